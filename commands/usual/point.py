"""One reason for or against a place that somebody signed in from."""

from __future__ import annotations

from dataclasses import dataclass

from commands import facts


@dataclass(frozen=True, slots=True)
class Point:
    """One reason for or against an address; `name` is its id in ``commands/facts/weights.toml``.

    `rests_on` holds the ids of the audit records that it was taken from: whoever judges one of them, or the
    sign-in before it, leaves the reason out. It is empty where the reason lies in the sign-ins. `telling`:
    the user's being somewhere new, with something new, does not explain it. `harmless`: what would, as the
    end of a question.
    """

    points: int
    says: str
    rests_on: frozenset[str] = frozenset()
    telling: bool = False
    harmless: str = ""
    name: str = ""


def point(name: str, says: str) -> Point:
    """Give a point with its weight from ``commands/facts/weights.toml``."""
    row = facts.points()[name]
    return Point(row.points, says, telling=row.telling, harmless=row.harmless, name=name)
