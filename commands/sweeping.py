"""Sweep a tenant: ask, judge piece by piece, and say how far it is. The only part that waits for Microsoft.

Three stages: the questions about everybody, one slice of time after the other; the mailboxes in doubt, a
hundred at a time; and of those the hidden rules, which take Exchange longest. What a piece found is kept,
so that a restart goes on after the last whole piece, and nothing else of it is held.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from time import monotonic
from typing import Any, Final

from commands.hunt import Found, states
from commands.report import SourceState
from commands.sweep import (
    Coverages,
    Doubt,
    Suspects,
    dump,
    judged,
    judged_closely,
    load,
    seconds_left,
    state_of,
)
from graph.collect import Connection, Memory, collect
from graph.evidence import Source
from graph.hunting import EVERYBODY, TenantQuery
from graph.question import Question, Subject, Window
from graph.sweeping import (
    CHUNK,
    answers_of,
    close_queries,
    costly_queries,
    slices,
    standing_queries,
    timely_queries,
)

MOST: Final = 2_000
"""Mailboxes that are looked at closely, those with the most points: at 8 cmdlets at a time some two hours."""

_KEPT: Final = "sweep"
"""Under which name its pieces are remembered."""


class Stage(StrEnum):
    """What a sweep is at."""

    TENANT = "whole tenant"
    MAILBOXES = "mailboxes in doubt"
    HIDDEN = "hidden rules"


@dataclass(frozen=True, slots=True)
class Sweeping:
    """How far a sweep is.

    Attributes:
        stage: What it is at.
        done: How many pieces, or mailboxes, of the stage are done.
        total: Of how many.
        left: Seconds that the rest of the stage takes at the speed measured; None while none was measured.
        found: Whom it has found so far, and what it could not see.
    """

    stage: Stage
    done: int
    total: int
    left: float | None
    found: Found


def sweep(
    window: Window,
    connection: Connection,
    memory: Memory,
    *,
    patience: float,
    clock: Callable[[], float] = monotonic,
) -> Generator[Sweeping, None, None]:
    """Sweep a tenant; gives how far it is after each piece, and the whole outcome at the end.

    Closing the iterator stops it. What a source did not give is named in the outcome, and ends no sweep.

    Args:
        window: The span of time.
        connection: The tenant.
        memory: Where finished pieces are kept.
        patience: Seconds that the questions of one piece may take.
        clock: Measures the speed.
    """
    run = _Sweep(window, connection, memory, patience, clock)
    yield from run.tenant()
    suspects = run.suspects.subjects()[:MOST]
    yield from run.mailboxes(Stage.MAILBOXES, suspects, close_queries)
    yield from run.mailboxes(Stage.HIDDEN, suspects, costly_queries)


class _Sweep:
    def __init__(
        self,
        window: Window,
        connection: Connection,
        memory: Memory,
        patience: float,
        clock: Callable[[], float],
    ) -> None:
        self._window = window
        self._connection = connection
        self._memory = memory
        self._patience = patience
        self._clock = clock
        self._pieces = memory.recall(_KEPT)
        self.suspects = Suspects()
        self._coverages = Coverages()

    def tenant(self) -> Iterator[Sweeping]:
        """Ask about everybody."""
        pieces: list[tuple[str, Window, tuple[TenantQuery, ...]]] = [
            ("once", self._window, standing_queries()),
            *((f"slice {one.start.isoformat()}", one, timely_queries()) for one in slices(self._window)),
        ]
        began, fresh = self._clock(), 0
        yield self._told(Stage.TENANT, 0, len(pieces), None)
        for number, (name, window, queries) in enumerate(pieces, 1):
            fresh += name not in self._pieces
            self._piece(name, partial(self._everybody, window, queries))
            left = seconds_left(fresh, fresh + len(pieces) - number, self._clock() - began)
            yield self._told(Stage.TENANT, number, len(pieces), left)

    def mailboxes(
        self,
        stage: Stage,
        suspects: Sequence[Subject],
        queries: Callable[[Sequence[Subject]], tuple[TenantQuery, ...]],
    ) -> Iterator[Sweeping]:
        """Ask about the mailboxes in doubt, a chunk at a time."""
        began, fresh = self._clock(), 0
        for start in range(0, len(suspects), CHUNK):
            chunk = suspects[start : start + CHUNK]
            name = f"{stage.value} {start}"
            fresh += 0 if name in self._pieces else len(chunk)
            self._piece(name, partial(self._closely, chunk, queries(chunk)))
            done = start + len(chunk)
            left = seconds_left(fresh, fresh + len(suspects) - done, self._clock() - began)
            yield self._told(stage, done, len(suspects), left)

    def _piece(self, name: str, look: Callable[[], tuple[Sequence[Doubt], Sequence[SourceState]]]) -> None:
        """Look, or take what an earlier run found."""
        kept = self._pieces.get(name)
        if kept:
            doubts, sources = load(kept)
        else:
            found = look()
            doubts, sources = tuple(found[0]), tuple(found[1])
            self._memory.remember(_KEPT, name, dump(doubts, sources))
        self.suspects.add(doubts)
        self._coverages.add(sources)

    def _everybody(
        self, window: Window, queries: Sequence[TenantQuery]
    ) -> tuple[Sequence[Doubt], Sequence[SourceState]]:
        answers = dict(self._collected(window, queries))
        return judged(answers, window), states(answers)

    def _closely(
        self, suspects: Sequence[Subject], queries: Sequence[TenantQuery]
    ) -> tuple[Sequence[Doubt], Sequence[SourceState]]:
        answers: dict[str, dict[str, Source[Any]]] = defaultdict(dict)
        coverages = Coverages()
        for source, answer in self._collected(self._window, queries):
            for account, name, one in answers_of(source, suspects, answer):
                answers[account][name] = one
                coverages.add([state_of(name, one)])
        return judged_closely(suspects, answers, self._window), coverages.states("mailboxes")

    def _collected(self, window: Window, queries: Sequence[TenantQuery]) -> Iterator[tuple[str, Source[Any]]]:
        for arrived in collect(
            Question(EVERYBODY, window),
            self._connection,
            self._memory,
            patience=self._patience,
            sources=[query.name for query in queries],
            queries=queries,
        ):
            yield arrived.source, arrived.answer

    def _told(self, stage: Stage, done: int, total: int, left: float | None) -> Sweeping:
        return Sweeping(stage, done, total, left, Found(self.suspects.ranked(), self._coverages.states()))
