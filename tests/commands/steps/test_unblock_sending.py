"""The mailbox may send again last of all, once what contains the intruder is confirmed."""

from __future__ import annotations

from typing import Any

from commands.plans.plan import Change, Look
from commands.report import VerdictCode
from commands.steps import unblock_sending
from graph.request import Cmdlet, Request
from graph.resources.mailbox import BlockedSender
from tests.commands.evidence import ADELE
from tests.commands.steps.planning_inputs import UNSEEN, finding, guarded, nothing, only_change, planning
from tests.each import each

ADDRESS = "adele@contoso.example"
"""An alias of the subject; any of her addresses may be blocked."""
BLOCKED = BlockedSender(sender_address=ADDRESS)


def planned(step: str, **fields: Any) -> Change:
    ask = Request("GET", "/invented")
    return Change(
        id=f"{step}:it",
        step=step,
        says="",
        why="",
        do=ask,
        look=Look(ask),
        expects=None,
        wants=None,
        **{"suggested": True, **fields},
    )


def test_the_blocked_address_is_taken_off_the_restricted_entities() -> None:
    change = only_change(unblock_sending, planning(found=[], blocked_senders=[BLOCKED]))
    assert change.id == f"unblock_sending:{ADDRESS}"
    assert isinstance(change.do, Cmdlet)
    assert change.do.name == "Remove-BlockedSenderAddress"
    assert change.do.parameters == {
        "SenderAddress": ADDRESS,
    }
    assert change.look.ask == Cmdlet("Get-BlockedSenderAddress", {"SenderAddress": ADDRESS})
    assert (change.expects, change.wants) == ({}, None)


def test_it_is_preselected_once_everything_before_it_is_too() -> None:
    found = [finding("sending_blocked", f"blocked sender {ADDRESS}")]
    first = [planned("revoke_sessions"), planned("reset_password")]
    whole = planning(found=found, planned=first, blocked_senders=[BLOCKED])
    assert only_change(unblock_sending, whole).suggested
    by_hand = planning(found=found, planned=first[:1], blocked_senders=[BLOCKED])
    assert not only_change(unblock_sending, by_hand).suggested
    harmless = planning(found=[], planned=first, blocked_senders=[BLOCKED])
    assert not only_change(unblock_sending, harmless).suggested
    answer = VerdictCode.SUSPICIOUS
    unsure = planning(found=found, planned=first, answer=answer, blocked_senders=[BLOCKED])
    assert not only_change(unblock_sending, unsure).suggested


def test_it_cannot_be_undone_is_not_sent_twice_and_waits_for_a_password_set_by_hand() -> None:
    found = [finding("sending_blocked", f"blocked sender {ADDRESS}")]
    change = only_change(unblock_sending, planning(found=found, blocked_senders=[BLOCKED]))
    assert change.undo is None
    assert change.no_undo
    assert not change.repeatable
    assert not change.suggested
    assert "limits how often" in change.warns[0]


def test_it_waits_for_every_suggested_change_that_contains_the_intruder() -> None:
    before = [
        planned("block_sign_in"),
        planned("remove_forwarding"),
        planned("disable_inbox_rules", suggested=False),
        planned("remove_exchange_roles"),
        planned("disable_transport_rules"),
    ]
    change = only_change(unblock_sending, planning(found=[], planned=before, blocked_senders=[BLOCKED]))
    assert change.after == ("block_sign_in:it", "remove_forwarding:it", "disable_transport_rules:it")


def test_the_password_comes_first_unless_no_sign_of_a_takeover_was_found() -> None:
    before = [
        planned(step, suggested=False) for step in ("block_sign_in", "revoke_sessions", "reset_password")
    ]
    waits = {
        VerdictCode.COMPROMISED: ("revoke_sessions:it", "reset_password:it"),
        VerdictCode.SUSPICIOUS: ("revoke_sessions:it", "reset_password:it"),
        VerdictCode.CANNOT_TELL: ("revoke_sessions:it", "reset_password:it"),
        VerdictCode.NO_SIGN_FOUND: (),
    }
    for answer, after in each(waits.items()):
        seen = planning(found=[], answer=answer, planned=before, blocked_senders=[BLOCKED])
        assert only_change(unblock_sending, seen).after == after


def test_it_says_so_where_the_password_is_left_to_a_person() -> None:
    seen = planning(found=[], planned=[planned("block_sign_in")], blocked_senders=[BLOCKED])
    assert any(
        (
            "The bot does not reset this account's password: verify that it has been reset, "
            "or the attacker keeps sending"
        )
        in one
        for one in only_change(unblock_sending, seen).warns
    )
    seen = planning(found=[], planned=[planned("reset_password")], blocked_senders=[BLOCKED])
    assert not any(
        (
            "The bot does not reset this account's password: verify that it has been "
            "reset, or the attacker keeps sending"
        )
        in one
        for one in only_change(unblock_sending, seen).warns
    )


def test_a_block_on_somebody_else_is_not_touched() -> None:
    other = BlockedSender(sender_address="megan.bowen@contoso.example")
    assert not nothing(unblock_sending, planning(found=[], blocked_senders=[other])).refused


def test_an_unseen_list_does_not_mean_that_nothing_is_blocked() -> None:
    assert nothing(unblock_sending, planning(found=[], blocked_senders=UNSEEN)).refused


def test_a_protected_account_is_left_alone() -> None:
    seen = planning(found=[], guard=guarded(), blocked_senders=[BLOCKED])
    assert nothing(unblock_sending, seen).refused


def test_the_subject_s_alias_is_the_subject() -> None:
    assert ADDRESS in ADELE.addresses
