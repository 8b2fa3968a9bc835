"""Times as a picture has room for them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def spoken_time(at: datetime, *, with_year: bool = False) -> str:
    """A time as people read it: ``21 Nov 20:05``."""
    utc = at.astimezone(UTC)
    year = f" {utc.year}" if with_year else ""
    return f"{utc.day} {_MONTHS[utc.month - 1]}{year} {utc:%H:%M}"
