"""Which records are the same one, met twice, and which only share an id.

Files overlap, and the same record comes in several forms, of which some leave fields out: a record is a
repeat where nothing in it contradicts the other. Tools that number records anew, and exports that cut ids,
give several records one id: those all count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import TypeAlias

from graph.audit_log.record import AuditRecord

Key: TypeAlias = tuple[str, datetime, str, str, int]
"""Id, time, operation and user of a record, and its number among those that share all of these."""


def keep(kept: dict[Key, AuditRecord], record: AuditRecord) -> None:
    """Add a record to those that are kept, unless it is the repeat of one of them."""
    number = 0
    while (held := kept.get((record.id, record.at, record.operation, record.actor, number))) is not None:
        if held is record or not _contradict(held, record):
            return
        number += 1
    kept[record.id, record.at, record.operation, record.actor, number] = record


def sharing(records: Iterable[AuditRecord]) -> int:
    """Count the records that share their id with another one."""
    return sum(count for count in Counter(one.id for one in records).values() if count > 1)


def _contradict(one: AuditRecord, other: AuditRecord) -> bool:
    """Say whether two records name different things in one place; what one leaves out contradicts nothing."""
    pairs = (
        (one.object_id, other.object_id),
        (one.owner, other.owner),
        (one.address or "", other.address or ""),
    )
    if any(first and second and first.casefold() != second.casefold() for first, second in pairs):
        return True
    items, others = (
        {item.internet_message_id or item.id for item in each.items} - {""} for each in (one, other)
    )
    if items and others and items.isdisjoint(others):
        return True
    # Some exports cut long values, so that one may begin as the other does.
    shared = one.parameters.keys() & other.parameters.keys()
    return any(not _begins_alike(one.parameters[name], other.parameters[name]) for name in shared)


def _begins_alike(one: str, other: str) -> bool:
    short, long = sorted((one.rstrip(".… ").casefold(), other.rstrip(".… ").casefold()), key=len)
    return long.startswith(short)
