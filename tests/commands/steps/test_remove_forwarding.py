"""Forwarding is removed with all three properties at once, and comes back exactly as it was."""

from __future__ import annotations

from typing import Any

from commands.plans.plan import Change, ManualTask, Nothing
from commands.steps import remove_forwarding
from graph.evidence import Known, Reason, Unavailable
from graph.request import Cmdlet
from graph.resources.mailbox import Mailbox
from tests.commands.evidence import ADELE, DROP
from tests.commands.steps.planning_inputs import (
    UNSEEN,
    finding,
    guarded,
    nothing,
    only_change,
    planning,
    user,
)

UPN = ADELE.user_principal_name
FIELDS = ("ForwardingAddress", "ForwardingSmtpAddress", "DeliverToMailboxAndForward")


def mailbox(**fields: Any) -> Mailbox:
    return Mailbox(**{"forwarding_smtp_address": f"smtp:{DROP}", **fields})


def test_all_three_properties_are_cleared_with_one_cmdlet() -> None:
    change = only_change(remove_forwarding, planning(found=[], mailbox=mailbox()))
    assert change.id == "remove_forwarding:mailbox"
    assert change.do == Cmdlet(
        "Set-Mailbox",
        {
            "Identity": UPN,
            "ForwardingAddress": None,
            "ForwardingSmtpAddress": None,
            "DeliverToMailboxAndForward": False,
        },
        anchor=UPN,
    )
    assert change.look.ask == Cmdlet("Get-Mailbox", {"Identity": UPN}, anchor=UPN, select=FIELDS)
    assert change.look.fields == FIELDS
    assert change.wants == {
        "ForwardingAddress": None,
        "ForwardingSmtpAddress": None,
        "DeliverToMailboxAndForward": False,
    }


def test_the_undo_writes_back_what_was_seen_a_contact_included() -> None:
    seen = mailbox(
        forwarding_address="Accounts Archive",
        forwarding_contact_address="archive@fabrikam.example",
        deliver_to_mailbox_and_forward=True,
    )
    change = only_change(remove_forwarding, planning(found=[], mailbox=seen))
    before = {
        "ForwardingAddress": "Accounts Archive",
        "ForwardingSmtpAddress": f"smtp:{DROP}",
        "DeliverToMailboxAndForward": True,
    }
    assert change.expects == before
    assert change.undo is not None
    assert change.undo.do == Cmdlet("Set-Mailbox", {"Identity": UPN, **before}, anchor=UPN)
    assert change.undo.wants == before
    assert "archive@fabrikam.example (the contact Accounts Archive)" in change.says
    assert DROP in change.says


def test_it_is_suggested_where_the_finding_names_where_the_mail_goes() -> None:
    for after in (DROP, DROP.upper()):
        found = [finding("mail_forwarding", after=after, summary="Mail is forwarded")]
        change = only_change(remove_forwarding, planning(found=found, mailbox=mailbox()))
        assert (change.suggested, change.why) == (True, "Mail is forwarded")


def test_it_is_offered_but_not_suggested_where_nothing_speaks_against_it() -> None:
    for found in ([], [finding("mail_forwarding", after="somebody.else@fabrikam.example")]):
        assert not only_change(remove_forwarding, planning(found=found, mailbox=mailbox())).suggested


def test_for_a_synced_account_it_warns_that_the_value_may_come_from_on_premises() -> None:
    synced = user(on_premises_sync_enabled=True)
    task, change = remove_forwarding.plan(planning(found=[], mailbox=mailbox(), user=synced))
    assert isinstance(change, Change)
    assert isinstance(task, ManualTask)
    assert change.warns == (remove_forwarding.SYNCED,)
    assert task.id == "remove_forwarding:on_premises"
    assert "altRecipient" in " ".join(task.how)
    plain = only_change(remove_forwarding, planning(found=[], mailbox=mailbox(), user=user()))
    assert plain.warns == ()


def test_a_mailbox_that_forwards_to_nobody_needs_nothing() -> None:
    quiet = Mailbox(deliver_to_mailbox_and_forward=True)
    answer = nothing(remove_forwarding, planning(found=[], mailbox=quiet))
    assert answer == Nothing("remove_forwarding", "The mailbox has no forwarding.")


def test_an_unseen_mailbox_is_no_mailbox_without_forwarding() -> None:
    answer = nothing(remove_forwarding, planning(found=[], mailbox=UNSEEN))
    assert answer.refused
    assert "The permission for it is missing" in answer.why


def test_an_account_without_a_mailbox_is_no_refusal() -> None:
    none = Unavailable(Reason.NO_MAILBOX, "The account has no mailbox.")
    assert not nothing(remove_forwarding, planning(found=[], mailbox=none)).refused


def test_what_was_not_seen_is_said_beside_the_plan() -> None:
    part = Known(mailbox(), missing=("where the contact leads",))
    change, gap = remove_forwarding.plan(planning(found=[], mailbox=part))
    assert change.step == "remove_forwarding"
    assert isinstance(gap, Nothing)
    assert gap.refused
    assert "where the contact leads" in gap.why


def test_a_protected_account_is_left_alone() -> None:
    answer = nothing(remove_forwarding, planning(found=[], guard=guarded(), mailbox=mailbox()))
    assert answer.refused
