"""Reading hunts through the whole tenant."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from commands.errors import LedgerTampered, NoSuchHunt
from commands.ledger.chain import sha256_of
from commands.ledger.reading import Readable, Row
from graph.hunting import Term, TermKind
from graph.question import Window

_HUNTS = "SELECT hunts.*, content FROM hunts LEFT JOIN contents ON sha256 = found"


class HuntState(StrEnum):
    """Where a hunt stands; the values are stored."""

    LOOKING = "looking"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class Hunt:
    """One hunt through a tenant.

    Attributes:
        id: Such as ``H-7F3K2``.
        kind: ``pivot`` or ``sweep``.
        tenant: The name of the configured tenant.
        terms: What a pivot goes by.
        window: The span of time.
        channel: Where its card is.
        card: The card's timestamp, "" before it is posted.
        case_id: The case that it came from, "" for none.
        state: Where it stands.
        asked_by: The Slack user id of whoever asked.
        asked_at: When (aware UTC).
        finished_at: When it ended.
        found: What it found as JSON, "" before it ended.
        note: Why it failed.
        shown: Whether the card shows how it ended.
    """

    id: str
    kind: str
    tenant: str
    terms: tuple[Term, ...]
    window: Window
    channel: str
    card: str
    case_id: str
    state: HuntState
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None
    found: str
    note: str
    shown: bool


def hunt(book: Readable, name: str) -> Hunt:
    """Give one hunt.

    Raises:
        NoSuchHunt: there is none with this id.
    """
    rows = book.rows(f"{_HUNTS} WHERE id = ?", [name])
    if not rows:
        raise NoSuchHunt(name)
    return _hunt(rows[0])


def unfinished(book: Readable) -> tuple[Hunt, ...]:
    """Give the hunts that are under way, or whose end nobody was shown."""
    return tuple(map(_hunt, book.rows(f"{_HUNTS} WHERE state = 'looking' OR shown = 0 ORDER BY seq")))


def _term(text: str) -> Term:
    kind, _, value = text.partition(" ")
    return Term(TermKind(kind), value)


def _hunt(row: Row) -> Hunt:
    content = bytes(row["content"] or b"")
    if row["found"] and sha256_of(content) != row["found"]:
        raise LedgerTampered(f"has something else for hunt {row['id']} than recorded")
    return Hunt(
        id=row["id"],
        kind=row["kind"],
        tenant=row["tenant"],
        terms=tuple(map(_term, json.loads(row["terms"]))),
        window=Window(datetime.fromisoformat(row["window_start"]), datetime.fromisoformat(row["window_end"])),
        channel=row["channel"],
        card=row["card"],
        case_id=row["case_id"],
        state=HuntState(row["state"]),
        asked_by=row["asked_by"],
        asked_at=datetime.fromisoformat(row["asked_at"]),
        finished_at=datetime.fromisoformat(row["finished_at"]) if row["finished_at"] else None,
        found=content.decode("utf-8", "replace"),
        note=row["note"],
        shown=bool(row["shown"]),
    )
