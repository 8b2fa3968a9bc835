"""The other accounts that the evidence leads to are one task, each with the reason why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commands.plans.plan import ManualTask, Nothing
from commands.report import Clause, Story, Tie
from commands.steps import check_other_accounts
from tests.commands.steps.planning_inputs import planning


@pytest.mark.parametrize("count", [1, 25])
def test_the_other_accounts_are_one_task_that_names_each_with_the_reason(count: int) -> None:
    given = planning(found=[])
    leads = [
        *(Clause(f"u{number}@contoso.example", why=Tie.SAME_ADDRESS) for number in range(count)),
        Clause("bob@contoso.example", why=Tie.LURED),
    ]
    report = replace(given.report, story=Story(certain=True, leads=tuple(leads)))
    (task,) = check_other_accounts.plan(replace(given, report=report))
    assert isinstance(task, ManualTask)
    assert f"Check {count + 1} other accounts" in task.says
    assert task.how[0].startswith("Owner: ")
    assert "/compromise check u0@contoso.example: used from the attacker's IP address" in task.how
    assert any("more are in the story" in line for line in task.how) is (count > 20)
    assert "bob@contoso.example" in task.how[-1]
    assert task.how[-1].startswith("Ask who received mail from the attacker")


def test_without_a_lead_nobody_is_to_be_checked() -> None:
    (only,) = check_other_accounts.plan(planning(found=[]))
    assert isinstance(only, Nothing)
