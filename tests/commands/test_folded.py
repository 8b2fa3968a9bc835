"""Timelines that are folded up say the same as before."""

from __future__ import annotations

import pickle
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from commands.analyze.folded import Folded
from commands.report import Event

EVENTS = tuple(
    Event(
        datetime(2026, 8, 1, tzinfo=UTC) + timedelta(minutes=number),
        "read mail: half of a character \ud83d",
        "adele.vance@contoso.example",
        "203.0.113.7",
        "audit_log",
        f"record-{number}",
        finding=number == 3,
    )
    for number in range(500)
)


def test_events_come_out_as_they_went_in() -> None:
    folded = Folded(EVENTS)
    assert (len(folded), bool(folded), bool(Folded(()))) == (500, True, False)
    assert tuple(folded) == EVENTS
    assert (folded[3], folded[-1], tuple(folded[-2:])) == (EVENTS[3], EVENTS[-1], EVENTS[-2:])
    assert folded == EVENTS
    assert folded != (*EVENTS[1:], replace(EVENTS[0], what="sent mail"))
    assert {hash(folded)} == {hash(Folded(EVENTS))}
    assert deepcopy(folded) == folded


def test_they_take_a_small_part_of_the_memory() -> None:
    assert len(pickle.dumps(Folded(EVENTS))) < len(pickle.dumps(EVENTS)) / 3
