"""Mail that was opened or synced where nothing tells by whom, and what would settle it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from commands.clues.records import by_service, by_subject, is_about, named
from commands.counts import messages_in
from commands.report import Clause, Owner, Point
from commands.usual import Usual
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence


def unattributed(
    found: Mapping[str, Sequence[Clause]], evidence: Evidence, ordinary: Usual
) -> Iterator[Clause]:
    """Give one clause for each address and kind of access, synced folders first.

    In question is what a session read that may be the user's, and, while somebody else was in, what names
    neither address nor session.

    Args:
        found: The parts of the story: what is attributed to somebody else, and when they were in.
        evidence: Everything that was seen.
        ordinary: What is ordinary for the user.
    """
    told = {record for one in found.get("read_or_taken", ()) for record in one.records}
    first, last = (found[part][0].at if found.get(part) else None for part in ("since", "last_seen"))
    groups: dict[tuple[bool, str, str], list[AuditRecord]] = defaultdict(list)
    for record in evidence.records():
        read = record.operation == "MailItemsAccessed" and record.id not in told and not by_service(record)
        if not read or record.at not in evidence.window:
            continue
        own = is_about(record, evidence.subject)
        if not own and not by_subject(record, evidence.subject):
            continue
        nameless = not record.address and not record.session_id
        within = first is not None and last is not None and first <= record.at <= last
        if ordinary.doubt_of(record).owner is Owner.DOUBTFUL or (own and nameless and within):
            mailbox = "" if own else named(record.owner)
            groups[record.is_sync, record.address or "", mailbox].append(record)
    ordered = sorted(groups.items(), key=lambda one: (not one[0][0], one[1][0].at))
    for (synced, address, mailbox), records in ordered:
        count = messages_in(records)
        opened = f"who opened {count:,} message{'' if count == 1 else 's'}"
        what = "who synced whole folders" if synced else opened
        where = f"{f' in the mailbox {mailbox}' if mailbox else ''}{f' from {address}' if address else ''}"
        settles = (
            "whether the user was there at that time"
            if address
            else "the whole records, with address and session"
        )
        yield Clause(
            says=f"{what}{where} on {records[0].at:%Y-%m-%d %H:%M} UTC (to settle it: {settles})",
            at=records[0].at,
            records=tuple(one.id for one in records),
            point=Point.WHOSE,
        )
