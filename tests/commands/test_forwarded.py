"""Where mail was sent on to, whose doing it was, and what is told of how much went there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.artefacts.exposed import how_much
from commands import check
from commands.report import Exposure, Traced
from commands.story.forwarded import targets
from commands.usual import learn
from graph.evidence import Evidence, Known, Reason, Unavailable
from graph.resources.mail import PassedOn
from graph.resources.mailbox import Mailbox
from tests.commands.evidence import DROP, INTRUDER, NOON, evidence, record, sign_in

AT_HOME = [sign_in(hours=-150 + 2 * n) for n in range(40)]
OLD = "partner@wingtip.example"
REFUSED = Unavailable(Reason.PERMISSION, "The permission is missing.")


def seen(*, forwarded: Any = None) -> Evidence:
    ours = record(
        "New-InboxRule",
        hours=-100,
        parameters={"Name": "Project", "From": "bob@fabrikam.example", "ForwardTo": OLD},
    )
    theirs = record(
        "Set-Mailbox",
        hours=1.2,
        address=INTRUDER,
        parameters={"ForwardingSmtpAddress": f"smtp:{DROP.upper()}"},
    )
    logon = record("UserLoggedIn", hours=1, address=INTRUDER, user_agent="axios/1.7")
    whole = evidence(
        sign_ins=[*AT_HOME, sign_in(hours=1, address=INTRUDER, user_agent="axios/1.7")],
        audit_log=[ours, logon, theirs],
        mailbox=Mailbox(forwarding_smtp_address=f"smtp:{DROP}", deliver_to_mailbox_and_forward=True),
        message_trace=[],
    )
    return replace(whole, forwarded=forwarded) if forwarded else whole


def learned(forwarded: Any) -> Exposure:
    exposure = check.judge(seen(forwarded=forwarded), NOON).exposure
    assert exposure is not None
    return exposure


def test_all_outside_addresses_are_asked_about_those_of_the_mailbox_first() -> None:
    found = seen()
    assert targets(found, learn(found)) == (DROP, OLD)


def test_the_report_counts_what_went_to_the_attackers_addresses_alone() -> None:
    told = learned(
        Known((PassedOn(address=DROP, messages=9, first=NOON, last=NOON), PassedOn(address=OLD, messages=70)))
    )
    assert told.passed_on == (Traced(DROP, 9, 0, NOON, NOON),)
    assert told.untraced == ()
    assert how_much(told).startswith(
        f"In the window, the message trace has 9 messages to {DROP} (2026-09-09 12:00"
    )


@pytest.mark.parametrize(
    ("forwarded", "says"),
    [
        (None, "How much was not looked at: run a message trace by recipient for each of these addresses."),
        (REFUSED, "How much was not looked at (The permission is missing): run a message trace by recipient"),
    ],
)
def test_where_nobody_asked_or_nothing_came_that_is_what_is_told(forwarded: Any, says: str) -> None:
    told = learned(forwarded)
    assert told.untraced == (DROP,)
    assert how_much(told).startswith(says)


def test_nothing_and_one_message_are_told_as_such_and_what_lacks_beside_it() -> None:
    one = Traced("a@x.example", 1, 2, NOON, NOON)
    none = Traced("b@x.example", 0, 0, None, None)
    says = how_much(Exposure(passed_on=(one, none), untraced=("c@x.example",), why_untraced="older mail"))
    assert "1 message to a@x.example" in says
    assert ", and 2 that failed; no message to b@x.example." in says
    assert "It lacks older mail." in says
    assert says.endswith("run a message trace by recipient for c@x.example.")
