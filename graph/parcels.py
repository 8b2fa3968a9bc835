"""What is sent as one: plain reads of the directory or of one mailbox travel in batches, all else alone."""

from __future__ import annotations

from collections.abc import Sequence

from graph.client import BATCH
from graph.limits import gate_of
from graph.request import Cmdlet, Limit, Request

_BATCHED = frozenset({Limit.DIRECTORY, Limit.MAILBOX})
_WORTH_A_BATCH = 4
"""Up to so many requests are sent side by side: that is as fast, and each is throttled and logged alone."""


def parcels(what: Sequence[Request | Cmdlet]) -> list[list[int]]:
    """Pack requests: give the places of those that travel together, and of each other one alone."""
    # One request each to many mailboxes: they travel together, and each mailbox has one of them at a time.
    gates = [gate_of(one)[0] for one in what]
    many = len(set(gates)) == len(gates) > 1
    batched: dict[tuple[str, str], list[int]] = {}
    for place, one in enumerate(what):
        if isinstance(one, Request) and one.method == "GET" and one.limit in _BATCHED and not one.headers:
            batched.setdefault((one.version, "" if many else gate_of(one)[0]), []).append(place)
    packed = [
        places[start : start + BATCH]
        for places in batched.values()
        if len(places) > _WORTH_A_BATCH
        for start in range(0, len(places), BATCH)
    ]
    inside = {place for places in packed for place in places}
    alone = [[place] for place in range(len(what)) if place not in inside]
    return [*alone, *packed]
