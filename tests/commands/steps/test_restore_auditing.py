"""An audit bypass is removed, and mailbox auditing enabled where it was disabled."""

from __future__ import annotations

from commands.steps import restore_auditing
from commands.symptoms import audit_trail
from graph.request import Cmdlet
from graph.resources.mailbox import Mailbox
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
BYPASSED = Mailbox(identity="adele", audit_enabled=True, audit_bypass_enabled=True)


def test_the_bypass_is_removed_read_back_and_can_be_set_again() -> None:
    change = only_change(restore_auditing, planning(mailbox=BYPASSED))
    name = "Set-MailboxAuditBypassAssociation"
    assert change.do == Cmdlet(name, {"Identity": UPN, "AuditBypassEnabled": False}, anchor=UPN)
    assert change.look.ask == Cmdlet("Get-MailboxAuditBypassAssociation", {"Identity": UPN}, anchor=UPN)
    assert (change.expects, change.wants) == ({"AuditBypassEnabled": True}, {"AuditBypassEnabled": False})
    assert change.undo is not None
    assert change.undo.do == Cmdlet(name, {"Identity": UPN, "AuditBypassEnabled": True}, anchor=UPN)
    assert change.undo.wants == {"AuditBypassEnabled": True}


def test_a_bypass_alone_is_a_finding_and_asks_for_it() -> None:
    change = only_change(restore_auditing, planning(mailbox=BYPASSED))
    assert change.suggested
    assert "audit bypass" in change.why


def test_auditing_that_is_disabled_is_enabled() -> None:
    seen = Mailbox(identity="adele", audit_enabled=False, audit_bypass_enabled=False)
    change = only_change(restore_auditing, planning(mailbox=seen))
    assert change.do == Cmdlet("Set-Mailbox", {"Identity": UPN, "AuditEnabled": True}, anchor=UPN)
    assert change.undo is not None
    assert change.undo.do == Cmdlet("Set-Mailbox", {"Identity": UPN, "AuditEnabled": False}, anchor=UPN)
    assert change.suggested


def test_a_change_rests_on_the_finding_of_its_kind_whatever_words_it_is_told_in() -> None:
    """A service plan that was disabled is no reason to enable mailbox auditing, and names are not read."""
    plan = finding(
        "audit_trail", summary="The service plan M365_ADVANCED_AUDITING was disabled", sign="other"
    )
    bypass = finding("audit_trail", summary="Made in another language", sign=audit_trail.BYPASSED)
    by_record = finding("audit_trail", act=audit_trail.MAILBOX_DISABLED, summary="Told otherwise")
    seen = Mailbox(identity="adele", audit_enabled=False, audit_bypass_enabled=True)
    why = {one.id.partition(":")[2]: one.why for one in changes(
        restore_auditing, planning(found=[plan, bypass], mailbox=seen)
    )}  # fmt: skip
    assert why == {
        "AuditBypassEnabled": "Made in another language",
        "AuditEnabled": "Mailbox auditing is disabled; no finding is about it.",
    }
    off = Mailbox(identity="adele", audit_enabled=False, audit_bypass_enabled=False)
    assert (
        only_change(restore_auditing, planning(found=[plan, by_record], mailbox=off)).why == "Told otherwise"
    )


def test_both_are_two_changes() -> None:
    seen = Mailbox(identity="adele", audit_enabled=False, audit_bypass_enabled=True)
    assert len(changes(restore_auditing, planning(mailbox=seen))) == 2


def test_what_is_audited_is_left_alone() -> None:
    seen = Mailbox(identity="adele", audit_enabled=True, audit_bypass_enabled=False)
    assert not nothing(restore_auditing, planning(mailbox=seen)).refused


def test_a_setting_that_nobody_saw_is_no_reason_to_change_it() -> None:
    seen = Mailbox(identity="adele", audit_enabled=None, audit_bypass_enabled=None)
    assert not nothing(restore_auditing, planning(mailbox=seen)).refused
    assert nothing(restore_auditing, planning(mailbox=UNSEEN)).refused


def test_a_protected_account_is_left_alone() -> None:
    assert nothing(restore_auditing, planning(mailbox=BYPASSED, guard=guarded())).refused
