"""Reading who the people are that the settings name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from commands.identity import Identity
from commands.ledger.reading import Readable, Row


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody whom the settings name, as they were first seen, or last confirmed.

    Attributes:
        user: The Slack user id.
        email: The address in Slack.
        object_id: The Entra object id of the account that it led to.
        earlier: Everything by which this person was ever known.
        named_at: Since when (aware UTC).
        changed: Whether they were seen with another address or account since.
    """

    user: str
    email: str
    object_id: str
    earlier: Identity
    named_at: datetime
    changed: bool


def named_people(book: Readable) -> tuple[Named, ...]:
    """Give everybody who was named, by user."""
    return tuple(_named(row) for row in book.rows("SELECT * FROM people ORDER BY user"))


def named_person(book: Readable, user: str) -> Named | None:
    """Give one person, None who was never named."""
    rows = book.rows("SELECT * FROM people WHERE user = ?", [user])
    return _named(rows[0]) if rows else None


def _named(row: Row) -> Named:
    return Named(
        user=row["user"],
        email=row["email"],
        object_id=row["object_id"],
        earlier=Identity.of((row["user"],), json.loads(row["objects"]), json.loads(row["addresses"])),
        named_at=datetime.fromisoformat(row["named_at"]),
        changed=bool(row["changed"]),
    )
