"""The attacker's signature is not added any more, where the bot can do that; its text is for people."""

from __future__ import annotations

from commands.plans.plan import Change, ManualTask
from commands.steps import turn_off_signature
from commands.symptoms.signature import LURE_ADDED
from graph.request import Cmdlet
from graph.resources.mailbox import Signature
from tests.commands.evidence import ADELE
from tests.commands.steps.planning_inputs import (
    UNSEEN,
    changes,
    finding,
    guarded,
    nothing,
    planning,
    tasks,
)

UPN = ADELE.user_principal_name
FOUND = [finding("signature", sign=LURE_ADDED, summary="The signature matches a lure")]
ADDED = Signature(
    signature_text="pay here", auto_add_signature=True, auto_add_signature_on_reply=False, roaming=False
)
NAME = "Set-MailboxMessageConfiguration"


def test_it_is_not_added_any_more_and_its_text_stays_out_of_the_plan() -> None:
    change, task = turn_off_signature.plan(planning(found=FOUND, signature=ADDED))
    assert isinstance(change, Change)
    off = {"AutoAddSignature": False, "AutoAddSignatureOnReply": False}
    before = {"AutoAddSignature": True, "AutoAddSignatureOnReply": False}
    assert change.do == Cmdlet(NAME, {"Identity": UPN, **off}, anchor=UPN)
    assert change.look.ask == Cmdlet("Get-MailboxMessageConfiguration", {"Identity": UPN}, anchor=UPN)
    assert (change.expects, change.wants) == (before, off)
    assert change.undo is not None
    assert change.undo.do == Cmdlet(NAME, {"Identity": UPN, **before}, anchor=UPN)
    assert change.suggested
    assert isinstance(task, ManualTask)
    assert "pay here" not in f"{change}{task}"


def test_its_text_is_a_task_at_once() -> None:
    (task,) = tasks(turn_off_signature, planning(found=FOUND, signature=ADDED))
    assert task.says == f"At once: restore the signature of {UPN}"
    assert task.how[0] == "The signature matches a lure"
    assert task.suggested


def test_a_roaming_signature_or_one_that_nobody_saw_is_left_to_people() -> None:
    roaming = ADDED.model_copy(update={"roaming": True})
    assert changes(turn_off_signature, planning(found=FOUND, signature=roaming)) == []
    assert len(tasks(turn_off_signature, planning(found=FOUND, signature=roaming))) == 1
    assert changes(turn_off_signature, planning(found=FOUND, signature=UNSEEN)) == []
    assert len(tasks(turn_off_signature, planning(found=FOUND, signature=UNSEEN))) == 1


def test_one_that_is_not_added_needs_no_change() -> None:
    off = Signature(auto_add_signature=False, auto_add_signature_on_reply=False)
    assert changes(turn_off_signature, planning(found=FOUND, signature=off)) == []


def test_without_a_finding_the_signature_is_the_user_s() -> None:
    assert not nothing(turn_off_signature, planning(found=[], signature=ADDED)).refused


def test_a_protected_account_is_left_alone() -> None:
    assert nothing(turn_off_signature, planning(found=FOUND, guard=guarded())).refused
