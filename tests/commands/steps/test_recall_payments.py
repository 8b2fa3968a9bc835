"""Payments are recalled within hours: whom to call, what to ask for, and where the numbers come from."""

from __future__ import annotations

from dataclasses import replace

from commands.plans.plan import ManualTask, Nothing
from commands.plans.planning_input import PlanningInput
from commands.report import Clause, Exposure, Impact, Story
from commands.steps import recall_payments
from tests.commands.evidence import NOON
from tests.commands.steps.planning_inputs import finding, planning

LURE = finding(
    "hacked_account_messages", "r1", summary="3 messages were sent about bank details (“Invoice 4471”)"
)


def on(impact: tuple[Impact, ...] = (Impact.FRAUD,), **exposure: tuple[str, ...]) -> PlanningInput:
    given = planning(found=[LURE])
    report = replace(
        given.report,
        verdict=replace(given.report.verdict, impact=impact),
        story=Story(certain=True, since=(Clause("signed in", at=NOON),)),
        exposure=Exposure(**exposure) if exposure else None,  # type: ignore[arg-type]
    )
    return replace(given, report=report)


def by_id(given: PlanningInput) -> dict[str, ManualTask]:
    return {one.id: one for one in recall_payments.plan(given) if isinstance(one, ManualTask)}


def test_the_bank_and_payroll_are_tasks_with_an_owner_and_a_time() -> None:
    found = by_id(on(outside=("cfo@client.example",), inside=("bob@contoso.example",)))
    assert list(found) == ["recall_payments:bank", "recall_payments:payroll"]
    for task in found.values():
        assert task.says.startswith("At once: ")
        assert task.suggested
        assert task.how[0].startswith("Owner: ")
        assert "When: " in task.how[0]
        assert any("never from this mailbox" in line for line in task.how)
    assert "within hours" in found["recall_payments:bank"].how[0]
    assert "next payroll run" in found["recall_payments:payroll"].how[0]


def test_whom_to_ask_and_what_for_is_named() -> None:
    how = "\n".join(by_id(on(outside=("cfo@client.example",)))["recall_payments:bank"].how)
    for named in ("adele.vance@contoso.example", "since 2026-09-09 12:00 UTC", "Invoice 4471", "cfo@client"):
        assert named in how


def test_without_a_recipient_in_the_records_the_trace_is_to_tell() -> None:
    how = by_id(on())["recall_payments:bank"].how
    assert any("message trace" in line for line in how)


def test_many_recipients_are_counted() -> None:
    people = tuple(f"p{number}@client.example" for number in range(12))
    how = by_id(on(outside=people))["recall_payments:bank"].how
    assert any(line.endswith("and 4 more in recipients.csv") for line in how)


def test_without_fraud_nobody_calls_the_bank() -> None:
    (only,) = recall_payments.plan(on(impact=(Impact.EXPOSURE,)))
    assert isinstance(only, Nothing)
