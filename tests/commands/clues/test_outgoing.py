"""What left the mailbox: put together from all sources, and told apart by who sent it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from commands.clues.outgoing import Origin, Outbox, outbox_of
from commands.report import Clause, Severity, Story
from commands.usual import learn
from graph.audit_log.record import AuditRecord, Item
from graph.evidence import Known
from tests.commands.evidence import INTRUDER, NESTOR, OFFICE, WINDOW, at, evidence, message, record, traced
from tests.commands.steps.planning_inputs import UNSEEN, finding, report_of
from tests.commands.symptoms.judging import broken_in, past

KEY = "<one@contoso.example>"


def outbox(*findings: Any, **sources: Any) -> Outbox:
    seen = evidence(**{"sign_ins": broken_in(), **sources})
    return outbox_of(seen, report_of(seen, findings), learn(seen))


def send(address: str, **more: Any) -> AuditRecord:
    return record("Send", address=address, items=[Item("Pay now", KEY, "", "")], **more)


def test_one_message_that_three_sources_tell_of_is_one() -> None:
    (one,) = outbox(
        audit_log=[send(INTRUDER)],
        message_trace=[traced("Pay now", to="a@fabrikam.example", message_id=KEY)],
        sent_items=[
            message(
                "Pay now", to=["a@fabrikam.example", "b@fabrikam.example"], internet_message_id=KEY, id="copy"
            )
        ],
    ).messages
    assert one.recipients == ("a@fabrikam.example", "b@fabrikam.example")
    assert one.addresses == (INTRUDER,)
    assert one.origin is Origin.INTRUDER
    assert one.records[-1] == "copy"


ORIGINS = [
    ("a suspicious IP address tells", {"audit_log": [send(INTRUDER)]}, Origin.INTRUDER),
    ("nothing tells where from", {"message_trace": [traced()]}, Origin.UNKNOWN),
    ("only a copy is left", {"sent_items": [message()]}, Origin.UNKNOWN),
    (
        "the copy was thrown away",
        {"deleted_items": [message(internet_message_id=KEY)], "audit_log": [send(INTRUDER)]},
        Origin.INTRUDER,
    ),
]


@pytest.mark.parametrize(("sources", "origin"), [row[1:] for row in ORIGINS], ids=[row[0] for row in ORIGINS])
def test_it_is_said_who_sent_a_message(sources: dict[str, Any], origin: Origin) -> None:
    assert [one.origin for one in outbox(**sources).messages] == [origin]


NOT_LISTED = [
    ("the user's own, from the office", {"audit_log": [send(OFFICE)]}),
    ("sent before someone else came", {"message_trace": [traced(hours=-20)]}),
    ("mail that came in and was thrown away", {"deleted_items": [message(sender="shop@fabrikam.example")]}),
    ("a draft", {"sent_items": [message(sent_date_time=None, received_date_time=None)]}),
    ("it never arrived", {"message_trace": [traced(status="failed")]}),
    (
        "someone else's",
        {"message_trace": [traced(sender_address="alex@contoso.example")]},
    ),
    ("sent after the window", {"message_trace": [traced(hours=40)]}),
]


@pytest.mark.parametrize("sources", [row[1] for row in NOT_LISTED], ids=[row[0] for row in NOT_LISTED])
def test_what_is_surely_not_the_intruders_is_left_out(sources: dict[str, Any]) -> None:
    assert outbox(**sources).messages == ()


def test_what_is_left_out_as_the_users_own_is_counted() -> None:
    assert outbox(audit_log=[send(OFFICE)]).own == 1


def test_without_an_intruder_everything_of_the_window_counts() -> None:
    found = outbox(sign_ins=past(), audit_log=[send(OFFICE)], message_trace=[traced(hours=-20)])
    assert not found.told
    assert found.since == WINDOW.start
    assert [one.origin for one in found.messages] == [Origin.UNKNOWN, Origin.USER]


def test_it_begins_when_somebody_else_first_got_in() -> None:
    assert outbox().since == at(-1)
    assert outbox(audit_log=[send(INTRUDER, hours=-3)]).since == at(-3)


def test_guessing_from_outside_is_no_way_in() -> None:
    guess = record("UserLoginFailed", address=INTRUDER, hours=-30, succeeded=False)
    assert outbox(audit_log=[guess]).since == at(-1)


def test_what_an_administrator_did_from_there_is_not_the_accounts() -> None:
    assert outbox(audit_log=[record("Set-Mailbox", actor=NESTOR, address=INTRUDER, hours=-30)]).since == at(
        -1
    )


def test_a_grave_finding_makes_a_message_the_intruders_and_a_light_one_does_not() -> None:
    grave = finding("hacked_account_messages", "m1")
    light = finding("mail_missing_from_sent_items", "m1", severity=Severity.LOW)
    copy = message(id="m1")
    assert outbox(grave, sent_items=[copy]).by_intruder == 1
    assert outbox(light, sent_items=[copy]).by_intruder == 0


def test_what_was_not_seen_is_said_with_its_reason() -> None:
    found = outbox(message_trace=UNSEEN, sent_items=Known((), missing=("hits beyond 1,000",)))
    assert "message trace (The permission for it is missing)" in found.unseen
    assert "sent items (incomplete: hits beyond 1,000)" in found.unseen
    assert found.seen == ("sent items",)


def test_what_the_story_tells_as_sent_by_them_is_theirs_here_as_well() -> None:
    seen = evidence(sign_ins=broken_in(), message_trace=[traced("Pay now", message_id=KEY)])
    (unsure,) = outbox_of(seen, report_of(seen, []), learn(seen)).messages
    assert unsure.origin is Origin.UNKNOWN
    told = Story(certain=True, sent=(Clause("A message was sent", records=unsure.records),))
    (theirs,) = outbox_of(seen, replace(report_of(seen, []), story=told), learn(seen)).messages
    assert theirs.origin is Origin.INTRUDER
