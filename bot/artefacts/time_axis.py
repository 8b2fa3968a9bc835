"""A time axis that gives its room to when something happened, and cuts calm stretches out.

A takeover is an hour here and ten minutes there within weeks. On an even axis both are a few pixels; so the
axis has up to five pieces, each even in itself, with a visible cut between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

PIECES: Final = 5
CUT: Final = 26.0
"""Pixels between two pieces."""

_NARROWEST = 116.0
_CALM = 20 * 60
"""A stretch of fewer seconds is never cut out."""

_SHARE = 4
"""A stretch is calm enough to be cut out when it takes a quarter or more of what would be drawn."""

_BINS = 120
_MARGIN = 30.0
"""Pixels inside of a piece that stay free at both ends, so that no mark hangs over a cut."""

_LABEL = 88.0
_LONG_LABEL = 124.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST, _LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
_DAY = 86_400
_STEPS: Final = (
    *(1, 2, 5, 10, 15, 30),
    *(60 * minutes for minutes in (1, 2, 5, 10, 15, 20, 30)),
    *(3_600 * hours for hours in (1, 2, 3, 4, 6, 12)),
    *(_DAY * days for days in (1, 2, 4, 7, 14, 28, 56, 112, 365, 730, 3_650, 36_500, 365_000)),
)
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on the axis: its pixel, its time, and the day where it is a new one ("" otherwise)."""

    x: float
    label: str
    day: str


@dataclass(frozen=True, slots=True)
class Piece:
    """An even part of the axis: seconds since 1970 at both ends, and the pixels that it takes."""

    start: float
    end: float
    left: float
    right: float

    def x(self, second: float) -> float:
        """Give the pixel of a time in it."""
        wide = self.right - self.left - 2 * _MARGIN
        return self.left + _MARGIN + wide * (second - self.start) / (self.end - self.start)

    def ticks(self) -> Iterator[Tick]:
        """Give round times with room for their labels; where there is none, the middle."""
        step = self._step()
        day = ""
        at = -(-self.start // step) * step
        marked = False
        while at <= self.end:
            marked = True
            yield Tick(self.x(at), _label(at, step), "" if _day(at, step) == day else _day(at, step))
            day = _day(at, step)
            at += step
        if not marked:
            middle = (self.start + self.end) / 2
            short = 1 if self.end - self.start < 60 else 60
            yield Tick(self.x(middle), _label(middle, short), _day(middle, short))

    def _step(self) -> int:
        wide = self.right - self.left - 2 * _MARGIN
        for step in _STEPS:
            room = wide * step / (self.end - self.start)
            if room >= (_LABEL if step >= 60 else _LONG_LABEL):
                return step
        return _STEPS[-1]


@dataclass(frozen=True, slots=True)
class Axis:
    """Pieces from left to right."""

    pieces: tuple[Piece, ...]

    def x(self, at: datetime) -> float | None:
        """Give the pixel of a time, None where the axis leaves it out."""
        second = seconds(at)
        for piece in self.pieces:
            if piece.start <= second <= piece.end:
                return piece.x(second)
        return None

    def spans(self, start: datetime, end: datetime) -> Iterator[tuple[float, float]]:
        """Give the pixels, from and to, that a stretch of time takes in each piece."""
        first, last = seconds(start), seconds(end)
        for piece in self.pieces:
            if first <= piece.end and last >= piece.start:
                yield piece.x(max(first, piece.start)), piece.x(min(last, piece.end))


def axis(moments: Iterable[datetime], left: float, right: float) -> Axis:
    """Make the axis that shows these moments between two pixels; at least one moment is needed.

    Args:
        moments: When something happened that must be seen.
        left: The first pixel.
        right: The last pixel.
    """
    told = sorted({seconds(moment) for moment in moments})
    groups = _groups(told)
    drawn = sum(group[-1] - group[0] for group in groups)
    bin_ = max(drawn / _BINS, 1.0)
    weights = [len({int(second / bin_) for second in group}) - 1 for group in groups]
    spare = right - left - CUT * (len(groups) - 1) - _NARROWEST * len(groups)
    total = sum(weights)
    pieces = []
    at = left
    for n, (group, weight) in enumerate(zip(groups, weights, strict=True)):
        wide = _NARROWEST + spare * (weight / total if total else 1 / len(groups))
        before = group[0] - groups[n - 1][-1] if n else None
        after = groups[n + 1][0] - group[-1] if n + 1 < len(groups) else None
        start, end = _padded(group[0], group[-1], before, after)
        pieces.append(Piece(start, end, at, at + wide))
        at += wide + CUT
    return Axis(tuple(pieces))


def seconds(at: datetime) -> float:
    """Seconds since 1970."""
    return (at - _EPOCH).total_seconds()


def spoken_time(at: datetime, *, with_year: bool = False) -> str:
    """A time as people read it: ``21 Nov 20:05``."""
    utc = at.astimezone(UTC)
    year = f" {utc.year}" if with_year else ""
    return f"{utc.day} {_MONTHS[utc.month - 1]}{year} {utc:%H:%M}"


def _groups(told: list[float]) -> list[list[float]]:
    """Cut the moments apart at the longest calm stretches."""
    gaps = sorted(((after - before, n) for n, (before, after) in enumerate(pairwise(told), 1)), reverse=True)
    drawn = told[-1] - told[0]
    cuts = []
    for gap, n in gaps[: PIECES - 1]:
        if gap < _CALM or gap * _SHARE < drawn:
            break
        cuts.append(n)
        drawn -= gap
    ends = [0, *sorted(cuts), len(told)]
    return [told[start:end] for start, end in pairwise(ends)]


def _padded(first: float, last: float, before: float | None, after: float | None) -> tuple[float, float]:
    """Widen a piece a little, so that what lies beside its ends is seen, but never into the next one."""
    more = max((last - first) * 0.02, 0.5 if last > first else 60.0)
    start = first - min(more, more if before is None else before / 3)
    end = last + min(more, more if after is None else after / 3)
    return start, end


def _label(second: float, step: int) -> str:
    at = _time(second)
    if step >= _DAY:
        return f"{at.day} {_MONTHS[at.month - 1]}"
    return f"{at:%H:%M}" if step >= 60 else f"{at:%H:%M:%S}"


def _day(second: float, step: int) -> str:
    at = _time(second)
    return str(at.year) if step >= _DAY else f"{at.day} {_MONTHS[at.month - 1]}"


def _time(second: float) -> datetime:
    """The time of so many seconds; what no calendar holds becomes its first or last day."""
    try:
        return _EPOCH + timedelta(seconds=second)
    except OverflowError:
        return _FIRST if second < 0 else _LAST
