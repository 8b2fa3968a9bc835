"""Opened and synced mail that is nobody's for sure is attributed where deeds tell, and else told as open."""

from __future__ import annotations

from typing import Any

import pytest

from commands import check
from commands.report import VerdictCode
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence
from tests.commands.evidence import INTRUDER, NOON, OFFICE, evidence, record

THERE = "(to settle it: whether the user was there at that time)"
WHOLE = "(to settle it: the whole records, with address and session)"
OWA = "Client=OWA;Action=ViaProxy"


def mine() -> list[AuditRecord]:
    """Opened mail at the office, day by day: an export that holds no sign-in."""
    return [
        record("MailItemsAccessed", hours=-day * 12, client="Client=REST", workload="Exchange")
        for day in range(1, 13)
    ]


def read(*, kind: str = "Sync", address: str | None = INTRUDER, hours: float = 0) -> AuditRecord:
    return record(
        "MailItemsAccessed",
        id="read",
        hours=hours,
        address=address,
        client=OWA,
        workload="Exchange",
        details={"MailAccessType": kind, "Folder": "\\\\Inbox"},
    )


def rule(**given: str) -> AuditRecord:
    return record("New-InboxRule", hours=0.1, address=INTRUDER, workload="Exchange", parameters=given)


def forwarding() -> AuditRecord:
    given = {"ForwardingSmtpAddress": "smtp:drop@mailbox.example", "DeliverToMailboxAndForward": "True"}
    return record("Set-Mailbox", hours=0.2, address=INTRUDER, workload="Exchange", parameters=given)


HIDING = {"Name": "..", "SubjectOrBodyContainsWords": "invoice;payment", "MarkAsRead": "True"}


def seen(*records: AuditRecord) -> Evidence:
    return evidence(audit_log=[*mine(), *records])


@pytest.mark.parametrize(
    ("folder", "attributed"),
    [("RSS Feeds", True), ("RSS-Feeds", True), ("Conversation History", True), ("Invoices", False)],
)
def test_a_rule_that_hides_mail_tells_whose_the_address_is_as_forwarding_does(folder, attributed):
    report = check.judge(seen(read(), rule(**HIDING, MoveToFolder=folder), forwarding()), NOON)
    assert report.verdict.answer is VerdictCode.COMPROMISED
    assert report.story is not None
    records = {number for one in report.story.read_or_taken for number in one.records}
    assert ("read" in records) is attributed
    in_question = any("read" in one.records for one in report.story.unknown)
    assert in_question is not attributed, "what is attributed to nobody is told, with what would settle it"


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (
            read(),
            f"who synced whole folders from {INTRUDER} on 2026-09-09 12:00 UTC {THERE}",
        ),
        (
            read(kind="Bind"),
            f"who opened 1 message from {INTRUDER} on 2026-09-09 12:00 UTC {THERE}",
        ),
        (
            read(address=None, hours=0.15),
            f"who synced whole folders on 2026-09-09 12:09 UTC {WHOLE}",
        ),
        (read(address=OFFICE, hours=0.15), ""),
        (read(address=None, hours=6), ""),
    ],
    ids=["synced", "opened", "without an address while they were in", "at the office", "without one, later"],
)
def test_what_is_attributed_to_nobody_says_what_would_settle_it(one, says):
    report = check.judge(seen(one, rule(**HIDING, MoveToFolder="Invoices"), forwarding()), NOON)
    assert report.story is not None
    assert [each.says for each in report.story.unknown if "read" in each.records] == ([says] if says else [])


def test_what_is_open_is_told_in_the_report():
    told: Any = check.judge(seen(read(), rule(**HIDING, MoveToFolder="Invoices"), forwarding()), NOON).story
    assert any(one.says.startswith("who synced") for one in told.unknown)
