"""Journeys that nobody can have made: where a user signed in, and how fast the way was."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Final

from commands.usual.own import Own
from commands.usual.places import (
    NOWHERE,
    Place,
    spot_of,
)

TRAVEL_SPAN: Final = timedelta(hours=24)
"""Between how distant sign-ins a way is looked at."""


class Visits:
    """When somebody signed in at one place, for finding the nearest time without looking at all of them."""

    def __init__(self, visits: Sequence[tuple[datetime, str]]) -> None:
        """Take the times, the oldest first, each with the spot (see `places.spot_of`) it was from."""
        self._times = [at for at, _ in visits]
        self._spots = [spot for _, spot in visits]
        # For each visit the nearest on either side from another spot: one spot may be there a thousand times.
        self._before = _runs(self._spots)
        after = _runs(self._spots[::-1])
        self._after = [len(after) - 1 - one for one in reversed(after)]

    def nearest(self, at: datetime, spot: str) -> timedelta | None:
        """Give how far the nearest visit from any other spot is, before or after; None without any."""
        after = bisect_left(self._times, at)
        before = after - 1
        if before >= 0 and self._spots[before] == spot:
            before = self._before[before]
        if after < len(self._times) and self._spots[after] == spot:
            after = self._after[after]
        spans = []
        if before >= 0:
            spans.append(at - self._times[before])
        if after < len(self._times):
            spans.append(self._times[after] - at)
        return min(spans, default=None)


def _runs(spots: Sequence[str]) -> list[int]:
    """Give for each position the last one before it that holds something else, -1 where there is none."""
    found: list[int] = []
    for number, spot in enumerate(spots):
        same = number > 0 and spots[number - 1] == spot
        found.append(found[-1] if same else number - 1)
    return found


def homes_of(own: Own, places: Mapping[str, Place]) -> dict[Place, Visits]:
    """Gather when the user signed in at each own place, in the order in which the places came up."""
    visits: dict[Place, list[tuple[datetime, str]]] = defaultdict(list)
    for one in own.sign_ins:
        place = places.get(one.ip_address, NOWHERE)
        if one.is_interactive is not False and place.latitude is not None:
            visits[place].append((one.created_date_time, spot_of(one.ip_address)))
    return {place: Visits(sorted(times, key=itemgetter(0))) for place, times in visits.items()}
