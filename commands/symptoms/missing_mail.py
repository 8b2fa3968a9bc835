"""Suspicious activity in the mailbox, such as missing or deleted mail.

Source: Microsoft's document, symptom 1; mailbox audit actions HardDelete, SoftDelete, MoveToDeletedItems,
Move.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from commands.clues.records import (
    SUBJECT,
    Doer,
    address_of,
    doer_of,
    done,
    found,
    in_brackets,
    is_about,
    listed,
    message_key,
    one_line,
    whence,
)
from commands.clues.sending import sent_of
from commands.clues.subject_lines import is_reply, notice_kind, topic
from commands.counts import further_like
from commands.report import Finding, Sign, weighed
from commands.sentence import Piece, ending, sentence, whole
from commands.usual import Usual
from commands.usual.folders import Hiding, hiding_of_name
from graph.audit_log.record import AuditRecord, Item
from graph.evidence import Evidence, Unavailable

TITLE = "Suspicious activity, such as missing or deleted emails"
SOURCE = "symptom 1"
NEEDS = ("audit_log",)
HELPS = (
    "audit_log_on_mailbox",
    "recoverable_items",
    "message_trace",
    "directory_audits_on_user",
    "directory_audits_by_user",
)

BY_SUSPECT = weighed("mail_deleted_from_suspect_address")
NOTICES_BY_SUSPECT = weighed("notices_deleted_from_suspect_address")
NOTICES = weighed("notices_deleted_from_new_address")
NOTICES_UNPLACED = weighed("notices_purged")
BULK = weighed("mail_purged_in_bulk_from_new_address")
BULK_UNPLACED = weighed("mail_purged_in_bulk")
TRACES = weighed("own_mail_and_answers_purged")
NOTICES_FOUND = weighed("notices_in_recoverable_items")
SIGNS = (
    BY_SUSPECT,
    NOTICES_BY_SUSPECT,
    NOTICES,
    NOTICES_UNPLACED,
    BULK,
    BULK_UNPLACED,
    TRACES,
    NOTICES_FOUND,
)

MANY: Final = 50
"""Messages purged within an hour from which on it is bulk; public detections put the day's limit there."""

SOON: Final = timedelta(days=7)
"""How long after sending an answer to it is an answer to it."""

_ID: Final = "missing_mail"
_PURGES: Final = frozenset({"harddelete", "softdelete"})
_UPKEEP: Final = ("client=tba", "timebasedassistants", "client=elc", "managedfolder", "msexchangeassistants")


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield deletions by somebody else, of telling mail, in bulk, and of the traces of what was sent."""
    deletions = [
        record for record in done(evidence) if _deletes(record) and is_about(record, evidence.subject)
    ]
    suspect = [record for record in deletions if usual.is_suspect_record(record)]
    yield from _by_suspect(suspect, evidence, usual)
    # Ordinary clean-up by the user from a usual address, and work by administrators and programs, is nothing.
    strange = [
        record
        for record in deletions
        if doer_of(record, evidence.subject, usual) in (Doer.UNFAMILIAR, Doer.UNPLACED)
        and record.operation.casefold() in _PURGES
    ]
    yield from _notices(strange, evidence, usual)
    yield from _bulk(strange, evidence, usual)
    yield from _traces([*suspect, *strange], evidence, usual)
    if isinstance(evidence.audit_log, Unavailable):
        yield from _left_behind(evidence)


def _deletes(record: AuditRecord) -> bool:
    operation = record.operation.casefold()
    if any(mark in record.client.casefold() for mark in _UPKEEP):
        return False
    if operation in _PURGES or operation == "movetodeleteditems":
        return True
    return operation == "move" and hiding_of_name(record.details.get("DestFolder", "")) is Hiding.DELETED


def _count(record: AuditRecord) -> int:
    if record.items:
        return len(record.items)
    count = record.details.get("OperationCount", "")
    return int(count) if count.isdecimal() else 1


def _by_suspect(records: Sequence[AuditRecord], evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    places: dict[str, list[AuditRecord]] = {}
    for record in records:
        places.setdefault(address_of(record) or record.session_id, []).append(record)
    for group in places.values():
        more = further_like(evidence, group)
        total = sum(_count(record) for record in group) + more
        named = _named([item for record in group for item in record.items], all_of=not more)
        # A record may tell of several messages, and how many those that were only counted tell of is unknown.
        least = "At least " if more and any(_count(record) > 1 for record in group) else ""
        what = f"{least}{total} messages were deleted" if total > 1 else "A message was deleted"
        says = sentence(what, named, whence(group[0], usual))
        ids = [record.id for record in group]
        yield found(_ID, BY_SUSPECT, says, group[0], records=ids, further=more)
        telling = _telling(group)
        if telling:
            yield _about_notices(NOTICES_BY_SUSPECT, telling, usual)


def _named(items: Sequence[Item], *, all_of: bool = True) -> Piece:
    subjects = list(dict.fromkeys(one_line(item.subject, SUBJECT) for item in items if item.subject))
    return in_brackets(subjects, "subject", all_of=all_of, spell="“{}”".format)


def _telling(records: Sequence[AuditRecord]) -> list[tuple[AuditRecord, Item]]:
    return [(record, item) for record in records for item in record.items if notice_kind(item.subject)]


def _about_notices(sign: Sign, telling: Sequence[tuple[AuditRecord, Item]], usual: Usual) -> Finding:
    first = telling[0][0]
    seen = {notice_kind(item.subject) for _, item in telling}
    topics = [word for kind, words in _KINDS.items() if kind in seen for word in words]
    kinds = " and ".join(part for part in (", ".join(topics[:-1]), topics[-1]) if part)
    named = _named([item for _, item in telling])
    says = sentence(f"Mail about {kinds} was deleted", named, whence(first, usual))
    return found(_ID, sign, says, first, records=[record.id for record, _ in telling])


_KINDS: Final = {
    "payment": ("payments",),
    "security": ("security", "passwords"),
    "complaint": ("bounces", "complaints"),
}


def _notices(records: Sequence[AuditRecord], evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    for doer, sign in ((Doer.UNFAMILIAR, NOTICES), (Doer.UNPLACED, NOTICES_UNPLACED)):
        telling = _telling([record for record in records if doer_of(record, evidence.subject, usual) is doer])
        if telling:
            yield _about_notices(sign, telling, usual)


def _bulk(records: Sequence[AuditRecord], evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    for doer, sign in ((Doer.UNFAMILIAR, BULK), (Doer.UNPLACED, BULK_UNPLACED)):
        own = [record for record in records if doer_of(record, evidence.subject, usual) is doer]
        start = 0
        total = 0
        for end, record in enumerate(own):
            total += _count(record)
            while record.at - own[start].at > timedelta(hours=1):
                total -= _count(own[start])
                start += 1
            if total >= MANY:
                # The whole hour counts, not only as many as make it bulk.
                until = own[start].at + timedelta(hours=1)
                group = [*own[start : end + 1], *(one for one in own[end + 1 :] if one.at <= until)]
                least = "At least " if further_like(evidence, group) else ""
                count = sum(map(_count, group))
                what = f"{least}{count} messages were purged within an hour"
                says = sentence(what, whence(group[0], usual))
                yield found(_ID, sign, says, group[0], records=[one.id for one in group])
                break


def _traces(records: Sequence[AuditRecord], evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Purged copies of what was sent, and purged answers to it."""
    sent = sent_of(evidence, usual)
    keys = {one.key: one for one in sent if one.key}
    topics = {topic(one.subject): one for one in sent if topic(one.subject)}
    hits: list[tuple[AuditRecord, Item]] = []
    for record in records:
        if record.operation.casefold() not in _PURGES:
            continue
        if doer_of(record, evidence.subject, usual) is Doer.UNPLACED:
            continue
        for item in record.items:
            by_topic = topics.get(topic(item.subject)) if is_reply(item.subject) else None
            one = keys.get(message_key(item.internet_message_id)) or by_topic
            if one is not None and timedelta() <= record.at - one.at <= SOON:
                hits.append((record, item))
    if hits:
        first = hits[0][0]
        named = _named([item for _, item in hits])
        says = sentence("Sent messages or replies were purged", named, whence(first, usual))
        yield found(_ID, TRACES, says, first, records=[record.id for record, _ in hits])


def _left_behind(evidence: Evidence) -> Iterator[Finding]:
    telling = [
        message
        for message in evidence.recoverable_items.seen(())
        if notice_kind(message.subject) in ("security", "complaint")
        and not (message.from_ and evidence.subject.is_meant_by(message.from_.email_address.address))
    ]
    if telling:
        named = listed([f"“{one_line(message.subject, SUBJECT)}”" for message in telling], 3)
        what = "1 alert or bounce is" if len(telling) == 1 else f"{len(telling)} alerts or bounces are"
        says = sentence(f"{what} among the purged messages", ending(f" ({named})"))
        yield Finding(
            symptom=_ID,
            sign=NOTICES_FOUND,
            summary=whole(says),
            at=telling[0].received_date_time,
            records=tuple(message.id for message in telling),
            pieces=says,
        )
