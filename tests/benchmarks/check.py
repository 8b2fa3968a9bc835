"""How close a check comes to the longest chain of calls that must wait for each other.

The local tenant runs as its own process with 120 ms a call and every published limit on. Baselines, from the
same run: the slowest source asked alone (a chain that nothing can shorten, with sign-in and the account's
look-up), and as many calls of 120 ms one after another, with no waiting in between.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

from graph.accounts import find_subject
from graph.collect import collect
from graph.connection import Connection
from graph.evidence import SOURCES, Unavailable
from graph.question import Question, Window
from tests.benchmarks.processes import calls, settings_for, tenant_process
from tests.benchmarks.row import Row

LATENCY = 0.12
RUNS = 3
USER = "adele.vance@contoso.example"


class Forgetful:
    """A memory in which nothing is left from earlier runs."""

    def recall(self, source: str) -> Mapping[str, str]:
        return {}

    def remember(self, source: str, name: str, value: str) -> None:
        return None


def timed(told: Mapping[str, Any], sources: tuple[str, ...], patience: float = 120) -> float:
    """Seconds for sign-in, look-up and the sources on a fresh connection; every source must have answered."""
    now = datetime.now(UTC)
    with Connection(settings_for(told)) as connection:
        start = perf_counter()
        subject = find_subject(USER, connection)
        question = Question(subject, Window(now - timedelta(days=14), now))
        lost = [
            f"{arrived.source}: {arrived.answer.says}"
            for arrived in collect(question, connection, Forgetful(), patience=patience, sources=sources)
            if isinstance(arrived.answer, Unavailable)
        ]
        took = perf_counter() - start
    assert lost == [], lost
    return took


def measure() -> list[Row]:
    """Measure, and give the rows."""
    with tenant_process("--latency", str(LATENCY), "--no-limits") as told:
        alone = {source: timed(told, (source,)) for source in SOURCES}
    slowest = max(alone, key=lambda source: alone[source])
    walls, counts = [], []
    for _ in range(RUNS):
        with tenant_process("--latency", str(LATENCY)) as told:
            walls.append(timed(told, SOURCES))
            counts.append(len(calls(told)))
    wall, chain, count = statistics.median(walls), alone[slowest], statistics.median(counts)
    return [
        Row(
            f"check, {count:.0f} calls of 120 ms: wall time over the longest chain "
            f"({slowest}, {chain:.2f} s)",
            f"{wall / chain:.2f} ({wall:.2f} s)",
            "at most 1.25",
            wall / chain <= 1.25,
        ),
        Row(
            f"check: {count:.0f} calls of 120 ms one after another, over wall time",
            f"{count * LATENCY / wall:.1f}",
            "at least 8",
            count * LATENCY / wall >= 8,
        ),
    ]
