"""Times as a picture has room for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def spoken_time(at: datetime, *, with_year: bool = False) -> str:
    """A time as people read it: ``21 Nov 20:05``."""
    utc = at.astimezone(UTC)
    year = f" {utc.year}" if with_year else ""
    return f"{utc.day} {_MONTHS[utc.month - 1]}{year} {utc:%H:%M}"


def spoken_times(times: Sequence[datetime], spell: Callable[[datetime], str] = spoken_time) -> str:
    """Several times in order: ``21 Nov 20:05 and 21:10``; of more than two, from the first to the last.

    Args:
        times: The times, oldest first.
        spell: Writes one of them; the hour and minute are its last five letters.
    """
    if not times:
        return ""
    first, last = spell(times[0]), spell(times[-1])
    if first == last:
        return first
    short = last[-5:] if first[:-6] == last[:-6] else last
    return f"{first} {'and' if len(times) == 2 else 'to'} {short}"
