"""Whose data somebody else had: mail opened, synced and sent on, files, and who got mail of theirs. Pure.

What counts as the attacker's is what the story attributes to them, so that nothing here says more than the
findings do. A number is never given without saying whether the records behind it are complete: Microsoft
stops recording opened mail for a day when there is too much of it, and records of a mailbox may never have
been written.
Source: Microsoft Purview, "Use MailItemsAccessed to investigate compromised accounts" (Bind, Sync,
throttling).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from commands.clues.outgoing import Origin, Outgoing, outbox_of, sent_anything
from commands.clues.records import is_about
from commands.counts import further_like, messages_in
from commands.payment_details import details_in
from commands.report import (
    Clause,
    Exposure,
    MailboxAccess,
    Owner,
    Report,
    Severity,
    Traced,
    Traffic,
    VerdictCode,
    numbered,
)
from commands.story.forwarded import targets_of
from commands.symptoms.data_leaving import is_search
from commands.symptoms.mail_access import FILE_OPERATIONS
from commands.usual import Usual
from graph.audit_log.record import AuditRecord
from graph.evidence import NOT_ASKED, Evidence, Known, Unavailable

OPENED: Final = "MailItemsAccessed"

_FORWARDS: Final = frozenset(
    {
        "rule_forwards_outside_secretly",
        "rule_forwards_outside",
        "rule_forwards_some_outside",
        "forwarding_outside_secretly",
        "forwarding_outside",
        "forwarding_outside_by_administrator",
        "forwarding_inside_from_suspect_address",
        "forwarding_to_shared_destination",
        "transport_rule_by_intruder",
        "transport_rule_outside",
    }
)
"""Signs of something that sends mail on."""

_MAIL_SCOPES: Final = ("mail.", "imap.", "pop.", "ews.", "full_access_as")
"""How permissions begin that open a mailbox. Source: Microsoft Graph, "Permissions reference"."""


def learn(evidence: Evidence, ordinary: Usual, report: Report) -> Exposure:
    """Put together whose data was seen, taken or sent.

    Args:
        evidence: Everything that was seen.
        ordinary: What is ordinary for the user.
        report: What the check found, with its story.
    """
    story = report.story
    theirs = frozenset(record for one in (story.read_or_taken if story else ()) for record in one.records)
    seen = [record for record in evidence.records() if record.id in theirs] if theirs else []
    files = [record for record in seen if record.operation in FILE_OPERATIONS]
    blind = report.verdict.answer is VerdictCode.CANNOT_TELL
    # Without a story only the traffic is told of, and of ten thousand accounts hardly one sent anything.
    told = story is not None or (blind and sent_anything(evidence, ordinary))
    outbox = outbox_of(evidence, report, ordinary) if told else None
    left = [one for one in outbox.messages if not one.is_lost] if outbox else []
    bad = [one for one in left if one.origin is Origin.INTRUDER]
    lost = [one for one in outbox.messages if one.is_lost] if outbox and story else []
    inside, outside = _recipients(bad, evidence, ordinary)
    searched = {one.id for one in seen if is_search(one)}
    names = tuple(dict.fromkeys(name for one in files if (name := one.details.get("SourceFileName", ""))))
    forwards = tuple(_forwards(report))
    given = details_in(evidence, ordinary, report, bad)
    return Exposure(
        mailboxes=tuple(_mailboxes(seen, evidence)),
        forwards=forwards,
        applications=tuple(_applications(report, evidence)),
        files=names,
        further_files=further_like(evidence, files) if names else 0,
        file_records=tuple(one.id for one in files),
        sent=len(bad),
        perhaps_sent=sum(one.origin is Origin.UNKNOWN for one in left) if story else 0,
        inside=inside,
        outside=outside,
        sent_records=tuple(dict.fromkeys(record for one in bad for record in one.records)),
        unread=tuple(_unread(evidence, ordinary, report)),
        unsent=outbox.unseen if outbox and story else (),
        unnamed=sum(not any(one.recipients) for one in bad),
        searches=tuple(one for one in (story.read_or_taken if story else ()) if searched & set(one.records)),
        traffic=_traffic(left, evidence, ordinary) if blind else None,
        undelivered=sum(one.origin is Origin.INTRUDER for one in lost),
        undelivered_records=tuple(
            dict.fromkeys(record for one in lost if one.origin is Origin.INTRUDER for record in one.records)
        ),
        payees=given.payees,
        replies=given.replies,
        unopened=given.attachments,
        **_traced(forwards, report, evidence, ordinary),
    )


def _recipients(
    messages: Iterable[Outgoing], evidence: Evidence, ordinary: Usual
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give who got some of these messages, inside and outside of the tenant, but for the subject."""
    people = sorted(
        {
            address
            for one in messages
            for address in one.recipients
            if address and not evidence.subject.is_meant_by(address)
        }
    )
    outside = tuple(one for one in people if ordinary.is_outside(one))
    return tuple(one for one in people if one not in set(outside)), outside


def _traffic(messages: Sequence[Outgoing], evidence: Evidence, ordinary: Usual) -> Traffic | None:
    if not messages:
        return None
    inside, outside = _recipients(messages, evidence, ordinary)
    return Traffic(
        messages=len(messages),
        inside=inside,
        outside=outside,
        unnamed=sum(not any(one.recipients) for one in messages),
        first=messages[0].at,
        last=messages[-1].at,
        records=tuple(dict.fromkeys(record for one in messages for record in one.records)),
    )


def _mailboxes(seen: Iterable[AuditRecord], evidence: Evidence) -> Iterator[MailboxAccess]:
    by_owner: dict[str, list[AuditRecord]] = defaultdict(list)
    subject = evidence.subject
    own = subject.mail or subject.user_principal_name
    for record in seen:
        if record.operation == OPENED:
            by_owner[own if is_about(record, subject) else record.owner].append(record)
    for owner, records in sorted(by_owner.items(), key=lambda one: (one[0] != own, one[0])):
        synced = [one for one in records if one.is_sync]
        single = [one for one in records if not one.is_sync]
        yield MailboxAccess(
            mailbox=owner,
            opened=messages_in(single),
            least=further_like(evidence, single) > 0,
            synced=bool(synced),
            folders=tuple(dict.fromkeys(path for one in synced for path in _folders(one))),
            first=records[0].at,
            last=records[-1].at,
            records=tuple(one.id for one in records),
        )


def _folders(record: AuditRecord) -> Iterator[str]:
    yield from (item.folder for item in record.items if item.folder)
    if folder := record.details.get("Folder", ""):
        yield folder


def _forwards(report: Report) -> Iterator[Clause]:
    signs = {number: finding.sign.id for number, finding in numbered(report.symptoms)}
    for clause in report.story.persistence if report.story else ():
        if any(signs.get(number) in _FORWARDS for number in clause.findings):
            yield clause


def _traced(
    forwards: Iterable[Clause], report: Report, evidence: Evidence, ordinary: Usual
) -> dict[str, Any]:
    """Tell how much went to where mail was sent on to, as far as the message trace was asked."""
    numbers = {number for one in forwards for number in one.findings}
    told = [one for number, one in numbered(report.symptoms) if number in numbers]
    theirs = targets_of((one for one in told if one.sign.id in _FORWARDS), evidence, ordinary)
    answer = evidence.forwarded
    by_address = {one.address: one for one in answer.seen(())}
    found = [by_address[address] for address in theirs if address in by_address]
    why = answer.says.rstrip(".") if isinstance(answer, Unavailable) else "; ".join(answer.missing)
    return {
        "passed_on": tuple(
            Traced(one.address, one.messages, one.failed, one.first, one.last) for one in found
        ),
        "untraced": tuple(address for address in theirs if address not in by_address),
        "why_untraced": "" if answer is NOT_ASKED else why,
    }


def _applications(report: Report, evidence: Evidence) -> Iterator[Clause]:
    """Give the applications of the story whose grant opens the mailbox."""
    told = {
        record: clause
        for clause in (report.story.persistence if report.story else ())
        for record in clause.records
    }
    for grant in evidence.oauth_grants.seen(()):
        scopes = [one for one in grant.scopes if one.casefold().startswith(_MAIL_SCOPES)]
        if scopes and grant.id in told:
            name = grant.app_display_name or grant.app_id or grant.client_id
            clause = told[grant.id]
            yield Clause(f"{name} ({', '.join(scopes)})", clause.at, clause.findings, (grant.id,))


@lru_cache(maxsize=256)  # the same sentence for ten thousand accounts of one export
def _only_in_part(missing: tuple[str, ...]) -> str:
    return f"the audit log was collected only in part ({'; '.join(missing)})"


def _unread(evidence: Evidence, ordinary: Usual, report: Report) -> Iterator[str]:
    """Say why what was opened may be more than was recorded."""
    log = evidence.audit_log
    if isinstance(log, Unavailable):
        yield f"the audit log was not collected ({log.says.rstrip('.')})"
        return
    if isinstance(log, Known) and log.missing:
        yield _only_in_part(log.in_short)
    opened = [
        one for one in evidence.records() if one.operation == OPENED and is_about(one, evidence.subject)
    ]
    if not opened:
        yield (
            "no opening of a message was recorded at all, not even the user's own, "
            "as happens where mailbox auditing is off or not licensed"
        )
    throttled = [one for one in opened if one.details.get("IsThrottled", "").casefold() == "true"]
    if throttled:
        yield (
            f"Exchange stopped recording on {throttled[0].at:%Y-%m-%d %H:%M} UTC for 24 hours, "
            "because too many messages were opened"
        )
    for finding in report.findings:
        if finding.symptom == "audit_trail" and finding.severity >= Severity.MEDIUM:
            yield "auditing of the mailbox was weakened or bypassed, as the findings show"
            break
    left = [(one, count) for one, count in evidence.left_out if one.operation.casefold() == OPENED.casefold()]
    if left:
        asked = any(ordinary.doubt_at(one.address or None).owner is not Owner.OWNER for one, _ in left)
        whence = "" if asked else ", none of them from an address in question"
        total = sum(count for _, count in left)
        yield f"{total:,} records of opened mail were only counted, and not read one by one{whence}"
