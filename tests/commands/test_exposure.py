"""Whose data somebody else had: what is counted, what is said to be incomplete, and what is never claimed."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from commands import check
from commands.report import Exposure, Traffic, VerdictCode
from commands.story import exposure
from commands.usual import learn
from commands.usual.places import Countries
from graph.audit_log.record import AuditRecord, Item
from graph.evidence import Evidence, Known, Reason, Unavailable
from tests.commands.evidence import DROP, INTRUDER, NOON, evidence, message, record, sign_in, traced

COLLEAGUE = "megan.bowen@contoso.example"
AT_HOME = [sign_in(hours=-150 + 2 * n) for n in range(40)]
THEIRS = [
    sign_in(hours=1, address=INTRUDER, user_agent="axios/1.7"),
    record("UserLoggedIn", hours=1, address=INTRUDER, user_agent="axios/1.7"),
]


def opened(*ids: str, hours: float = 1.1, **details: str) -> AuditRecord:
    items = [Item(f"About {one}", f"<{one}@x.example>", "\\Inbox", one) for one in ids]
    return record("MailItemsAccessed", hours=hours, address=INTRUDER, items=items, details=details)


def seen(*records: AuditRecord, **sources: Any) -> Evidence:
    told = {
        "sign_ins": [*AT_HOME, THEIRS[0]],
        "sign_ins_non_interactive": [],
        "audit_log": [THEIRS[1], *records],
        "audit_log_on_mailbox": [],
        "message_trace": [],
        **sources,
    }
    return evidence(**told)


def learned(found: Evidence) -> Exposure:
    report = check.judge(found, NOON)
    assert report.exposure == exposure.learn(found, learn(found), report)
    assert report.exposure is not None
    return report.exposure


def test_a_message_opened_twice_counts_once_and_a_synced_folder_is_told_apart():
    (mailbox,) = learned(
        seen(
            opened("a", "b"),
            opened("b", "c", hours=1.2),
            opened(hours=1.3, MailAccessType="Sync", Folder="\\Pay"),
        )
    ).mailboxes
    assert (mailbox.mailbox, mailbox.opened, mailbox.least) == ("adele.vance@contoso.example", 3, False)
    assert (mailbox.synced, mailbox.folders) == (True, ("\\Pay",))
    assert len(mailbox.records) == 3


def test_a_record_that_lists_no_message_tells_of_as_many_as_it_says():
    (mailbox,) = learned(seen(opened(OperationCount="7"), opened("a", hours=1.2))).mailboxes
    assert mailbox.opened == 8


def test_a_search_is_known_by_its_operation_whatever_its_finding_says():
    """A search that the attacker made counts as theirs, not as a search: its sentence is not what tells."""
    searched = record("SearchCreated", hours=1.1, address=INTRUDER, object_id="Q3")
    exported = record(
        "New-ComplianceSearchAction", hours=1.2, address=INTRUDER, parameters={"Export": "True", "Name": "Q4"}
    )
    shared = record("AnonymousLinkCreated", hours=1.3, address=INTRUDER, object_id="f.xlsx")
    found = learned(seen(searched, exported, shared)).searches
    assert {id_ for one in found for id_ in one.records} == {searched.id, exported.id}
    assert learned(seen(shared)).searches == ()


def test_messages_that_no_record_names_a_recipient_of_are_counted():
    sent = [record("Send", hours=1 + n / 10, address=INTRUDER, items=[f"m{n}"]) for n in (1, 2)]
    traced_one = traced(to="a@fabrikam.example", hours=1.5, from_ip=INTRUDER)
    exposed = learned(seen(*sent, message_trace=[traced_one]))
    assert (exposed.sent, exposed.unnamed, exposed.outside) == (3, 2, ("a@fabrikam.example",))


def test_a_message_that_the_trace_has_as_failed_was_not_delivered_and_is_no_unknown_recipient():
    """Neither a Send record nor a copy in Sent Items makes it sent; a delivered row for somebody does."""
    lost, partly = (Item(f"Pay {one}", f"<{one}@contoso.example>", "", "") for one in ("lost", "partly"))
    sent = [record("Send", hours=1.1, address=INTRUDER, items=[one]) for one in (lost, partly)]
    trace = [
        traced(hours=1.1, to=to, status=status, message_id=one.internet_message_id)
        for one, to, status in (
            (lost, "gone@fabrikam.example", "failed"),
            (partly, "gone@fabrikam.example", "Failed"),
            (partly, DROP, "delivered"),
        )
    ]
    copy = message(to=["gone@fabrikam.example"], internet_message_id=lost.internet_message_id, hours=1.1)
    found = learned(seen(*sent, message_trace=trace, sent_items=[copy]))
    assert (found.sent, found.unnamed, found.undelivered, found.outside) == (1, 0, 1, (DROP,))
    assert set(found.undelivered_records) == {sent[0].id, trace[0].id, copy.id}
    assert set(found.undelivered_records).isdisjoint(found.sent_records)


def test_where_nothing_tells_who_sent_it_what_left_is_counted_all_the_same():
    rows = [traced(to=f"p{n}@fabrikam.example", hours=n) for n in range(3)] + [traced(to=COLLEAGUE, hours=5)]
    alone = evidence(message_trace=rows)
    report = check.judge(alone, NOON)
    assert report.verdict.answer is VerdictCode.CANNOT_TELL
    assert report.exposure is not None
    assert report.exposure.traffic == Traffic(
        messages=4,
        inside=(COLLEAGUE,),
        outside=("p0@fabrikam.example", "p1@fabrikam.example", "p2@fabrikam.example"),
        unnamed=0,
        first=rows[0].received_date_time,
        last=rows[3].received_date_time,
        records=tuple(one.id for one in rows),
    )
    assert (report.exposure.sent, report.exposure.perhaps_sent) == (0, 0)
    assert learned(seen(opened("a"), message_trace=rows)).traffic is None


def test_what_the_user_opens_at_home_is_nobodys_exposure():
    own = record("MailItemsAccessed", hours=-3, items=["x"])
    assert learned(seen(own)).mailboxes == ()


UNSEEN = Unavailable(Reason.PERMISSION, "The permission is missing.")


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (seen(opened("a"), audit_log=UNSEEN), "the audit log was not collected (The permission is missing)"),
        (seen(audit_log=Known((THEIRS[1], opened("a")), ("cut off",))), "collected only in part (cut off)"),
        (seen(), "no opening of a message was recorded at all"),
        (seen(opened("a", IsThrottled="True")), "stopped recording on 2026-09-09 13:06 UTC for 24 hours"),
        (
            seen(opened("a"), record("Set-MailboxAuditBypassAssociation", hours=1.2, address=INTRUDER,
                                     parameters={"AuditBypassEnabled": "True"})),
            "auditing of the mailbox was weakened or bypassed",
        ),
    ],
)  # fmt: skip
def test_records_that_are_not_complete_are_said_not_to_be(found, says):
    assert any(says in one for one in learned(found).unread), learned(found).unread


def test_complete_records_have_no_gap():
    assert learned(seen(opened("a"))).unread == ()


def test_files_have_their_names_and_recipients_their_side_of_the_fence():
    taken = record("FileDownloaded", hours=1.4, address=INTRUDER, details={"SourceFileName": "Pay.xlsx"})
    trace = [
        traced("Pay now", hours=1.5, to=to, message_id="<m@x>", from_ip=INTRUDER) for to in (DROP, COLLEAGUE)
    ]
    found = learned(seen(opened("a"), taken, message_trace=trace))
    assert found.files == ("Pay.xlsx",)
    assert (found.sent, found.outside, found.inside) == (1, (DROP,), (COLLEAGUE,))
    assert set(found.sent_records) == {row.id for row in trace}


def test_whom_the_attacker_wrote_to_inside_is_a_lead_with_the_reason():
    trace = [
        traced("Pay now", hours=1.5, to=to, message_id="<m@x>", from_ip=INTRUDER) for to in (DROP, COLLEAGUE)
    ]
    story = check.judge(seen(opened("a"), message_trace=trace), NOON).story
    assert story is not None
    assert [(one.says, one.because) for one in story.leads] == [
        (COLLEAGUE, "received mail from the attacker")
    ]
    assert story.leads[0].records
    assert check.judge(seen(opened("a")), NOON).story.leads == ()  # type: ignore[union-attr]


def test_where_nobody_else_was_in_nothing_is_attributed_and_gaps_still_stand():
    found = learned(evidence(sign_ins=AT_HOME, message_trace=[traced()]))
    assert dataclasses.replace(found, unread=(), traffic=None) == Exposure()
    assert found.unread


def test_a_check_learns_what_is_ordinary_once_and_with_its_own_atlas() -> None:
    found = seen()
    check.judge(found, NOON, Countries())
    assert sum(what is learn.__wrapped__ for what, *_ in found._made) == 1  # type: ignore[attr-defined]
