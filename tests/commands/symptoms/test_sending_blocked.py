"""Blocked from sending: twin tables of what is found and what must not be, each with its reason."""

from __future__ import annotations

import pytest

from commands.check import lacks
from commands.symptoms import sending_blocked
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence
from graph.resources.mailbox import BlockedSender
from tests.commands.evidence import ADELE, NESTOR, USUAL, at, counting, evidence, message, only, record


def alert(name: str, **fields: object) -> AuditRecord:
    return record(
        "AlertTriggered",
        actor="SecurityComplianceAlerts",
        address=None,
        details={"Name": name},
        **fields,  # type: ignore[arg-type]
    )


def bounce(text: str, sender: str = "postmaster@contoso.example") -> Evidence:
    return evidence(deleted_items=[message("Undeliverable: Hello", text, sender=sender)])


BLOCK = BlockedSender(
    sender_address="Adele.Vance@contoso.example",
    reason="ExceedingLimitType=External;InternalRecipientCountToday=3;ExternalRecipientCountToday=2114",
    created_datetime=at(-1),
)

FOUND = [
    ("the block in force", evidence(blocked_senders=[BLOCK]), "sending_blocked"),
    (
        "restricted",
        evidence(audit_log=[alert("User restricted from sending email")]),
        "sending_restricted_alert",
    ),
    (
        "restricted, and only the alert's data name the user",
        evidence(
            audit_log=[
                record(
                    "AlertEntityGenerated",
                    owner="",
                    actor="SecurityComplianceAlerts",
                    details={
                        "Name": "User restricted from sending email",
                        "Data": '{"f3u":"adele.vance@contoso.example"}',
                    },
                )
            ]
        ),
        "sending_restricted_alert",
    ),
    (
        "patterns",
        evidence(audit_log=[alert("Suspicious email sending patterns detected")]),
        "sending_pattern_alert",
    ),
    ("limit", evidence(audit_log=[alert("Email sending limit exceeded")]), "sending_pattern_alert"),
    (
        "a bounce says so",
        bounce("550 5.1.8 Access denied, bad outbound sender"),
        "sending_bounced_as_blocked",
    ),
    (
        "an administrator took a block away",
        evidence(
            audit_log=[
                record(
                    "Remove-BlockedSenderAddress",
                    actor=NESTOR,
                    owner="",
                    parameters={"SenderAddress": ADELE.mail},
                )
            ]
        ),
        "sending_was_blocked",
    ),
]


@pytest.mark.parametrize(("seen", "sign"), [row[1:] for row in FOUND], ids=[row[0] for row in FOUND])
def test_a_block_on_sending_is_found(seen: Evidence, sign: str) -> None:
    assert counting(sending_blocked, seen) == [sign]


NOT_FOUND = [
    ("no one is blocked", evidence(blocked_senders=[])),
    (
        "someone else is",
        evidence(blocked_senders=[BlockedSender(sender_address="alex.wilber@contoso.example")]),
    ),
    ("another alert", evidence(audit_log=[alert("Elevation of Exchange admin privilege")])),
    (
        "an alert about someone else",
        evidence(
            audit_log=[alert("User restricted from sending email", owner="alex.wilber@contoso.example")]
        ),
    ),
    ("a bounce for an unknown recipient", bounce("550 5.1.10 Recipient not found")),
    ("a colleague writes about the code", bounce("What does 5.1.8 mean?", "alex.wilber@contoso.example")),
    ("a version number", bounce("Mailer 5.1.8.2")),
]


@pytest.mark.parametrize("seen", [row[1] for row in NOT_FOUND], ids=[row[0] for row in NOT_FOUND])
def test_what_is_no_block_is_no_sign(seen: Evidence) -> None:
    assert counting(sending_blocked, seen) == []


def test_a_block_is_told_with_its_time_and_reach() -> None:
    finding = only(sending_blocked, evidence(blocked_senders=[BLOCK]))
    assert finding.at == at(-1)
    assert "2117 recipients" in finding.summary


def test_without_the_list_of_blocked_senders_nobody_may_call_it_absent() -> None:
    assert lacks(sending_blocked.NEEDS, evidence(audit_log=[]))
    assert not lacks(sending_blocked.NEEDS, evidence(blocked_senders=[]))


def test_records_of_one_alert_are_one_finding() -> None:
    alerts = [alert("User restricted from sending email", hours=n / 10) for n in range(3)]
    assert len(only(sending_blocked, evidence(audit_log=alerts)).records) == 3
    again = [*alerts, alert("User restricted from sending email", hours=20)]
    assert len(list(sending_blocked.detect(evidence(audit_log=again), USUAL))) == 2
