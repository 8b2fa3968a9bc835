"""Reading second factors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from commands.ledger.reading import Readable, Row


@dataclass(frozen=True, slots=True)
class Factor:
    """One person's second factor.

    Attributes:
        user: The Slack user id.
        sealed: The secret, sealed.
        enrolled_at: Since when it counts (aware UTC); None while no code of it was shown yet.
        last_step: The half minute, counted since 1970, of the last code that was right.
        wrong: How many codes in a row were wrong.
        locked_until: Until when no code counts; None when it is not locked.
    """

    user: str
    sealed: bytes
    enrolled_at: datetime | None
    last_step: int
    wrong: int
    locked_until: datetime | None


def factors(book: Readable) -> tuple[Factor, ...]:
    """Give everybody's factors, by user."""
    rows = book.rows("SELECT factors.*, content FROM factors JOIN contents ON sha256 = sealed ORDER BY user")
    return tuple(_factor(row) for row in rows)


def factor_of(book: Readable, user: str) -> Factor | None:
    """Give one person's factor."""
    rows = book.rows(
        "SELECT factors.*, content FROM factors JOIN contents ON sha256 = sealed WHERE user = ?", [user]
    )
    return _factor(rows[0]) if rows else None


def _factor(row: Row) -> Factor:
    return Factor(
        user=row["user"],
        sealed=bytes(row["content"]),
        enrolled_at=_moment(row["enrolled_at"]),
        last_step=row["last_step"],
        wrong=row["wrong"],
        locked_until=_moment(row["locked_until"]),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
