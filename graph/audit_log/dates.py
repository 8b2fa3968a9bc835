"""Dates that the culture of some machine wrote: 3/4/2026 is March or April, and only the whole column tells.

Source: .NET, "Standard date and time format strings" ("G" by culture), which PowerShell's Export-Csv and
Excel use; Microsoft, "Date systems in Excel" (days since the end of 1899, which a cell without a date's
format shows as a number).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from graph.errors import UnreadableRecord
from graph.times import time_of

_CULTURAL: Final = re.compile(r"\s*(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?=$|[,\sT])(.*)", re.DOTALL)
_LONGEST: Final = 60
_CREATED: Final = re.compile(r'"CreationTime\\?"+\s*:\s*\\?"+(\d{4})-(\d\d)-(\d\d)')
_MONTHS: Final = 12
_CENTURY: Final = 100


def looks_cultural(text: str) -> bool:
    """Say whether this is a date that begins with day or month."""
    return len(text) < _LONGEST and _CULTURAL.fullmatch(text) is not None


_DAY: Final = re.compile(r"\s*(\d{5}(?:[.,]\d{1,12})?)\s*")
_DATED: Final = re.compile(r"date|time|received", re.IGNORECASE)
_FROM: Final = datetime(1899, 12, 30, tzinfo=UTC)
_DAYS: Final = (36_526, 73_050)
"""The numbers of the first days of 2000 and of 2100."""


def is_dated(name: str) -> bool:
    """Say whether a column's name is that of times."""
    return _DATED.search(name) is not None


def is_day_number(name: str, text: str) -> bool:
    """Say whether this is a day's number in a column of dates."""
    return len(text) < _LONGEST and is_dated(name) and _numbered(text) is not None


def _numbered(text: str) -> datetime | None:
    found = _DAY.fullmatch(text)
    number = float(found[1].replace(",", ".")) if found else 0.0
    if not _DAYS[0] <= number < _DAYS[1]:
        return None
    return (_FROM + timedelta(days=number, milliseconds=500)).replace(microsecond=0)


@dataclass(slots=True)
class DayNumbers:
    """A column whose dates Excel left as the numbers of days."""

    name: str

    def add(self, text: str, record: str) -> None:
        """Look at one cell, which decides nothing here."""

    def decide(self) -> str:
        """Give what is to be told of it."""
        return f"the dates in “{self.name}” are Excel's day numbers, taken for UTC"

    def plain(self, text: str) -> str:
        """Write a day's number as ISO 8601, to the second; another text comes back as it is."""
        moment = _numbered(text) if len(text) < _LONGEST else None
        return text if moment is None else moment.isoformat()


@dataclass(slots=True)
class _Run:
    """How a column looks when it is read one way: whether it is in order, and how far it reaches."""

    first: int = 0
    last: int = 0
    low: int = 0
    high: int = 0
    up: int = 0
    down: int = 0

    def add(self, day: int) -> None:
        """Note the next value, as a day's number."""
        if not self.low:
            self.low = self.high = self.last = day
        self.up += day > self.last
        self.down += day < self.last
        self.last = day
        self.low, self.high = min(self.low, day), max(self.high, day)

    @property
    def disorder(self) -> tuple[int, int]:
        """How often it turns against its own direction, then over how many days it reaches."""
        return min(self.up, self.down), self.high - self.low


@dataclass(slots=True)
class Column:
    """One column of dates, and how it is read."""

    name: str
    day_first: bool = False
    _days: int = 0
    _months: int = 0
    _dots: int = 0
    _open: int = 0
    _told: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    _as_day: _Run = field(default_factory=_Run)
    _as_month: _Run = field(default_factory=_Run)

    def add(self, text: str, record: str) -> None:
        """Look at one cell, and at the record beside it, whose own time is written in one way only."""
        parts = _CULTURAL.fullmatch(text) if len(text) < _LONGEST else None
        if parts is None:
            return
        one, two, year = int(parts[1]), int(parts[3]), _year(parts[4])
        self._dots += parts[2] == "."
        self._days += one > _MONTHS >= two
        self._months += two > _MONTHS >= one
        if one <= _MONTHS and two <= _MONTHS:
            self._open += one != two
            if one != two and (told := _CREATED.search(record)):
                month, day = int(told[2]), int(told[3])
                self._told[True] += (one, two) == (day, month)
                self._told[False] += (one, two) == (month, day)
        for run, month, day in ((self._as_month, one, two), (self._as_day, two, one)):
            if (moment := _day(year, month, day)) is not None:
                run.add(moment)

    def decide(self) -> str:
        """Decide how the column is read; give what is to be told of it, "" where it was plain."""
        if self._told[True] != self._told[False]:
            self.day_first = self._told[True] > self._told[False]
        elif self._days != self._months and not (self._days and self._months):
            self.day_first = self._days > 0
        elif self._days and self._months:
            self.day_first = self._days > self._months
        elif self._dots:
            self.day_first = True
        else:
            self.day_first = self._as_day.disorder < self._as_month.disorder
            if self._open:
                return (
                    f"the dates in “{self.name}” were read as {self._how()}; nothing in the file decides that"
                )
            return ""
        if self._days and self._months:
            return (
                f"“{self.name}” has dates of both orders, day first and month first, as Excel leaves them; "
                f"where both are possible they were taken to be {self._how()}"
            )
        return ""

    def plain(self, text: str) -> str:
        """Write a date of this column as ISO 8601; another text comes back as it is."""
        parts = _CULTURAL.fullmatch(text) if len(text) < _LONGEST else None
        if parts is None:
            return text
        day, month = (int(parts[1]), int(parts[3])) if self.day_first else (int(parts[3]), int(parts[1]))
        if month > _MONTHS:
            day, month = month, day
        try:
            # Any date will do to have the time behind it read.
            return time_of(f"{_year(parts[4]):04}-{month:02}-{day:02}{parts[5]}").isoformat()
        except UnreadableRecord:
            return text

    def _how(self) -> str:
        return "day/month/year" if self.day_first else "month/day/year"


def _year(text: str) -> int:
    return int(text) + 2000 if int(text) < _CENTURY else int(text)


def _day(year: int, month: int, day: int) -> int | None:
    try:
        return datetime(year, month, day, tzinfo=UTC).toordinal()
    except ValueError:
        return None
