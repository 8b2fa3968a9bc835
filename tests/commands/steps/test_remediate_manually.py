"""Every kind of finding has an answer: a change, an urgent task for people, or none, with the reason."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from commands.containment.propose import offer
from commands.facts.remedies import Remedy, remedies, remedy_of, tasks
from commands.plans.plan import Change, ManualTask, Nothing, Planned
from commands.plans.task_order import AT_ONCE
from commands.report import Finding, Severity
from commands.steps import STEPS, remediate_manually
from commands.symptoms import SYMPTOMS
from commands.symptoms.audit_trail import BY_INTRUDER as AUDIT_BY_INTRUDER
from commands.symptoms.data_leaving import SHARED_BY_INTRUDER
from commands.symptoms.delegates import BY_INTRUDER
from commands.symptoms.signature import LURE_ADDED
from graph.audit_log.record import AuditRecord
from tests.commands.evidence import ADELE, record
from tests.commands.steps.planning_inputs import finding, guarded, nothing, planning
from tests.commands.steps.planning_inputs import tasks as planned_tasks
from tests.commands.steps.rich import PLAYED, named
from tests.each import each

SIGNS = {sign.id: step.__name__.rpartition(".")[2] for step in SYMPTOMS for sign in step.SIGNS}
IDS = {step.__name__.rpartition(".")[2] for step in STEPS}
QUIET = {"a clean account", "an account without a mailbox"}
ALL = (*remedies("sign").values(), *remedies("symptom").values())
FILE = "https://contoso.sharepoint.example/sites/hr/Payroll.xlsx"


def test_every_kind_of_finding_has_an_answer_and_no_row_is_left_over() -> None:
    assert {sign for sign, symptom in SIGNS.items() if remedy_of(sign, symptom) is None} == set()
    used = [remedy_of(sign, symptom) for sign, symptom in SIGNS.items()]
    assert [one.id for one in ALL if one not in used] == []


def test_every_answer_names_steps_and_tasks_that_exist_and_every_task_is_asked_for() -> None:
    named_steps = {step for one in ALL for step in one.steps}
    assert named_steps <= IDS
    named_tasks = {name for one in ALL for name in (one.task, one.others) if name}
    assert named_tasks == set(tasks())


@pytest.mark.parametrize(
    "given", [{}, {"steps": ["reset_password"], "none": "Because."}, {"task": "sharing", "none": "Because."}]
)
def test_an_answer_is_just_one_of_the_three(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="steps, or a task, or a reason"):
        Remedy(id="one", source="OWN", read="2026-11-29", **given)


def answers(found: Finding, offered: tuple[Planned, ...]) -> list[Change | ManualTask]:
    """What the plan has preselected that answers a finding."""
    remedy = remedy_of(found.sign.id, found.symptom)
    assert remedy is not None
    own = {f"{remediate_manually._ID}:{task}" for task in (remedy.task, remedy.others) if task}
    return [
        one
        for one in offered
        if not isinstance(one, Nothing) and one.suggested and (one.step in remedy.steps or one.id in own)
    ]


@pytest.mark.parametrize("name", sorted(set(PLAYED) - QUIET))
def test_each_finding_of_a_played_takeover_leads_to_a_change_or_to_a_task_at_once(name: str) -> None:
    """What was done already, or may not be done, is said instead."""
    seen = named(name)
    offered = offer(seen.evidence, seen.report, seen.guard)
    said = {one.step for one in offered if isinstance(one, Nothing)}
    for found in each(one for one in seen.report.findings if one.severity >= Severity.MEDIUM):
        remedy = remedy_of(found.sign.id, found.symptom)
        assert remedy is not None
        assert remedy.none or answers(found, offered) or set(remedy.steps) & said, found.summary


def test_the_played_takeover_leaves_none_of_the_gravest_unanswered() -> None:
    seen = named("the takeover")
    offered = offer(seen.evidence, seen.report, seen.guard)
    for sign in each(("audit_bypassed", "shared_by_intruder", "signature_lure_added", "sending_blocked")):
        found = next(one for one in seen.report.findings if one.sign.id == sign)
        assert answers(found, offered), sign


def on(*found: Finding, records: list[AuditRecord] | None = None) -> Any:
    return planning(found=found, audit_log=records or [])


def test_a_sharing_link_becomes_a_task_at_once_that_says_where_the_file_is() -> None:
    seen = record("AnonymousLinkCreated", object_id=FILE)
    made = finding("data_leaving", seen.id, sign=SHARED_BY_INTRUDER, summary="1 file was shared")
    (task,) = planned_tasks(remediate_manually, on(made, records=[seen]))
    assert task.says == f"{AT_ONCE}: remove the sharing links and guests that {ADELE.mail} added to files"
    assert task.how[:2] == ("1 file was shared", FILE)
    assert task.suggested


def test_what_was_done_to_another_account_is_not_left_to_the_steps_for_this_one() -> None:
    other = record("Add-MailboxPermission", owner="megan.bowen@contoso.example")
    own = record("Add-MailboxPermission", owner=ADELE.mail, id="own")
    on_other = finding("delegates", other.id, sign=BY_INTRUDER, summary="Full access to Megan's mailbox")
    on_own = finding("delegates", own.id, sign=BY_INTRUDER, summary="Full access to this account")
    (task,) = planned_tasks(remediate_manually, on(on_other, on_own, records=[other, own]))
    assert task.id == "remediate_manually:other_accounts"
    assert task.how[0] == "Full access to Megan's mailbox"
    assert "Full access to this account" not in task.how


def test_a_name_that_says_this_account_does_not_make_it_this_one() -> None:
    other = record("Add-MailboxPermission", owner="megan.bowen@contoso.example")
    on_other = finding("delegates", other.id, sign=BY_INTRUDER, summary="Access of “this account” to Megan's")
    (task,) = planned_tasks(remediate_manually, on(on_other, records=[other]))
    assert task.id == "remediate_manually:other_accounts"


def test_an_audit_log_that_was_disabled_for_everyone_is_a_task() -> None:
    seen = record("Set-AdminAuditLogConfig", owner="")
    found = finding("audit_trail", seen.id, sign=AUDIT_BY_INTRUDER, summary="The audit log was disabled")
    (task,) = planned_tasks(remediate_manually, on(found, records=[seen]))
    assert task.id == "remediate_manually:auditing"


def test_what_steps_answer_needs_no_task_of_its_own() -> None:
    assert not nothing(remediate_manually, on(finding("signature", sign=LURE_ADDED))).refused


def test_a_protected_account_is_left_alone() -> None:
    assert nothing(remediate_manually, planning(found=[], guard=guarded())).refused
