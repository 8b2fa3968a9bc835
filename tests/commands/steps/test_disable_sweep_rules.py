"""Sweep rules are switched off through Exchange, the only service that knows them."""

from __future__ import annotations

from typing import Any

import pytest

from commands.steps import disable_sweep_rules
from graph.request import Cmdlet
from graph.resources.rules import SweepRule
from tests.commands.evidence import ADELE
from tests.commands.steps.planning_inputs import (
    UNSEEN,
    changes,
    finding,
    guarded,
    nothing,
    only_change,
    planning,
)

UPN = ADELE.user_principal_name


def sweep(**fields: Any) -> SweepRule:
    values = {"identity": "adele\\sweep1", "rule_id": "sweep1", "name": "Bank notices", **fields}
    return SweepRule(**values)


def test_a_rule_is_switched_off_and_on_again_by_its_id() -> None:
    change = only_change(disable_sweep_rules, planning(found=[], sweep_rules=[sweep()]))
    parameters = {"Identity": "sweep1", "Mailbox": UPN, "Confirm": False}
    assert change.id == "disable_sweep_rules:sweep1"
    assert change.do == Cmdlet("Disable-SweepRule", parameters, anchor=UPN)
    assert change.look.ask == Cmdlet("Get-SweepRule", {"Mailbox": UPN}, anchor=UPN)
    assert (change.look.where, change.look.fields) == ({"RuleId": "sweep1"}, ("Enabled",))
    assert (change.expects, change.wants) == ({"Enabled": True}, {"Enabled": False})
    assert change.undo is not None
    assert change.undo.do == Cmdlet("Enable-SweepRule", parameters, anchor=UPN)
    assert change.undo.wants == {"Enabled": True}


@pytest.mark.parametrize(
    ("rule", "where"),
    [
        (sweep(rule_id=""), {"Identity": "adele\\sweep1"}),
        (sweep(rule_id="", identity=""), {"Name": "Bank notices"}),
    ],
)
def test_without_an_id_the_next_best_name_is_used(rule: SweepRule, where: dict[str, str]) -> None:
    change = only_change(disable_sweep_rules, planning(found=[], sweep_rules=[rule]))
    assert change.look.where == where
    assert isinstance(change.do, Cmdlet)
    assert change.do.parameters["Identity"] == next(iter(where.values()))


def test_only_rules_with_a_finding_are_suggested() -> None:
    rules = [sweep(), sweep(rule_id="sweep2", name="Newsletters")]
    seen = planning(found=[finding("inbox_rules", "sweep1")], sweep_rules=rules)
    assert [one.suggested for one in changes(disable_sweep_rules, seen)] == [True, False]


def test_rules_that_are_off_need_nothing() -> None:
    answer = nothing(disable_sweep_rules, planning(found=[], sweep_rules=[sweep(enabled=False)]))
    assert not answer.refused


def test_unseen_rules_are_not_called_none() -> None:
    assert nothing(disable_sweep_rules, planning(found=[], sweep_rules=UNSEEN)).refused


def test_a_protected_account_is_left_alone() -> None:
    seen = planning(found=[], guard=guarded(), sweep_rules=[sweep()])
    assert nothing(disable_sweep_rules, seen).refused
