"""Sweep a tenant: ask, judge piece by piece, and say how far it is. The only part that waits for Microsoft.

Three stages: the questions about everybody, one slice of time after the other; the mailboxes in doubt, a
hundred at a time; and of those the hidden rules, which take Exchange longest. What a piece found is kept,
so that a restart repeats no whole piece, and nothing else of it is held.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from queue import Empty
from typing import Any, Final

from commands.hunts.hunt import Closely, Found, states
from commands.hunts.sweep_results import (
    Coverages,
    Doubt,
    Suspects,
    dump,
    judged,
    judged_closely,
    load,
    of_mailbox,
    seconds_left,
)
from commands.report import SourceState
from graph.clock import News
from graph.collect import collect
from graph.connection import Connection
from graph.evidence import Source
from graph.halt import Halt
from graph.hunting import EVERYBODY, TenantQuery
from graph.memory import Memory
from graph.question import Question, Subject, Window
from graph.sweeping import (
    CHUNK,
    DOMAINS,
    answers_of,
    close_queries,
    costly_queries,
    slices,
    standing_queries,
    timely_queries,
)

AT_ONCE: Final = 4
"""Pieces that are asked about at the same time: while Microsoft searches for one, others are read. Each holds
no more than a day's answers, or those of a hundred mailboxes."""

BEAT: Final = 5.0
"""Seconds after which a sweep tells how far it is even where nothing came, so that it can be stopped."""

SO_FAR: Final = 15
"""Accounts that are told while a sweep runs, those with the most points."""

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
        number: How many accounts have signs so far.
        found: The first of them while it runs, all at the end, and what it could not see.
    """

    stage: Stage
    done: int
    total: int
    left: float | None
    number: int
    found: Found


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a sweep that is kept as one: its name, how much it is, and how it is looked at."""

    name: str
    size: int
    look: Callable[[], tuple[Sequence[Doubt], Sequence[SourceState]]]


def sweep(
    window: Window, connection: Connection, memory: Memory, *, patience: float, at_once: int = AT_ONCE
) -> Generator[Sweeping, None, None]:
    """Sweep a tenant; gives how far it is after each piece, and the whole outcome at the end.

    Every account in doubt is looked at closely, those with the most points first. Closing the iterator stops
    it. What a source did not give is named in the outcome, and ends no sweep.

    Args:
        window: The span of time.
        connection: The tenant.
        memory: Where finished pieces are kept.
        patience: Seconds that the questions of one piece may take.
        at_once: How many pieces are asked about at the same time.
    """
    run = _Sweep(window, connection, memory, patience, at_once)
    yield from run.tenant()
    suspects = run.suspects.subjects()
    run.closely = Closely(len(suspects), 0, 0)
    yield from run.mailboxes(Stage.MAILBOXES, suspects, close_queries)
    yield from run.mailboxes(Stage.HIDDEN, suspects, costly_queries)
    yield run.ended()


class _Sweep:
    def __init__(
        self, window: Window, connection: Connection, memory: Memory, patience: float, at_once: int
    ) -> None:
        self._window = window
        self._connection = connection
        self._memory = memory
        self._patience = patience
        self._at_once = at_once
        self._pieces = memory.recall(_KEPT)
        self._halt = Halt()
        self.suspects = Suspects()
        self.closely: Closely | None = None
        self._coverages = Coverages()

    def tenant(self) -> Iterator[Sweeping]:
        """Ask about everybody."""
        asked: list[tuple[str, Window, tuple[TenantQuery, ...]]] = [
            ("once", self._window, standing_queries()),
            *((f"slice {one.start.isoformat()}", one, timely_queries()) for one in slices(self._window)),
        ]
        pieces = [_Piece(name, 1, partial(self._everybody, span, queries)) for name, span, queries in asked]
        yield self._told(Stage.TENANT, 0, len(pieces), None)
        yield from self._each(Stage.TENANT, pieces)

    def mailboxes(
        self,
        stage: Stage,
        suspects: Sequence[Subject],
        queries: Callable[[Sequence[Subject]], tuple[TenantQuery, ...]],
    ) -> Iterator[Sweeping]:
        """Ask about the mailboxes in doubt, those with the most points first, a chunk at a time."""
        chunks = [(start, suspects[start : start + CHUNK]) for start in range(0, len(suspects), CHUNK)]
        pieces = [
            _Piece(f"{stage.value} {start}", len(chunk), partial(self._closely, chunk, queries))
            for start, chunk in chunks
        ]
        yield from self._each(stage, pieces)

    def ended(self) -> Sweeping:
        """Tell the whole outcome."""
        found = Found(self.suspects.ranked(), self._coverages.states(), self.closely)
        total = self.closely.doubted if self.closely else 0
        return Sweeping(Stage.HIDDEN, total, total, None, len(found.touched), found)

    def _each(self, stage: Stage, pieces: Sequence[_Piece]) -> Iterator[Sweeping]:
        """Look at pieces, some at the same time, and take in what each found, and tell how far it is."""
        clock = self._connection.clock
        done = clock.news()
        crew = clock.crew(self._at_once, "sweep")
        began, fresh, size, total = clock.now(), 0, 0, sum(piece.size for piece in pieces)
        waiting = [(number, piece) for number, piece in enumerate(pieces) if piece.name not in self._pieces]
        try:
            for number, piece in waiting:
                crew.submit(self._look, number, piece, done)
            for number, piece in enumerate(pieces):
                if kept := self._pieces.get(piece.name):
                    size += piece.size
                    yield self._taken(stage, number, piece, load(kept), (size, total, None))
            left: float | None = None
            for _ in waiting:
                while (came := _next(done)) is None:
                    yield self._told(stage, size, total, left)
                number, piece, found = came
                if isinstance(found, BaseException):
                    raise found
                self._memory.remember(_KEPT, piece.name, dump(*found))
                size, fresh = size + piece.size, fresh + piece.size
                left = seconds_left(fresh, fresh + total - size, clock.now() - began)
                yield self._taken(stage, number, piece, found, (size, total, left))
        finally:
            crew.shutdown(wait=False, cancel_futures=True)
            if size < total:
                self._halt.call()

    def _look(self, number: int, piece: _Piece, done: News[Any]) -> None:
        """Look at one piece, in a thread of its own; what goes wrong is raised where pieces are taken in."""
        try:
            done.put((number, piece, piece.look()))
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits for it
            done.put((number, piece, error))

    def _taken(
        self,
        stage: Stage,
        number: int,
        piece: _Piece,
        found: tuple[Sequence[Doubt], Sequence[SourceState]],
        far: tuple[int, int, float | None],
    ) -> Sweeping:
        """Take in what a piece found."""
        self.suspects.add(found[0], order=([*Stage].index(stage), number))
        self._coverages.add(found[1])
        if self.closely and stage is Stage.MAILBOXES:
            self.closely = replace(self.closely, looked=self.closely.looked + piece.size)
        if self.closely and stage is Stage.HIDDEN:
            self.closely = replace(self.closely, hidden=self.closely.hidden + piece.size)
        return self._told(stage, *far)

    def _everybody(
        self, window: Window, queries: Sequence[TenantQuery]
    ) -> tuple[Sequence[Doubt], Sequence[SourceState]]:
        answers = dict(self._collected(window, queries))
        return judged(answers, window), states(answers)

    def _closely(
        self, suspects: Sequence[Subject], queries: Callable[[Sequence[Subject]], tuple[TenantQuery, ...]]
    ) -> tuple[Sequence[Doubt], Sequence[SourceState]]:
        answers: dict[str, dict[str, Source[Any]]] = defaultdict(dict)
        coverages = Coverages()
        for source, answer in self._collected(self._window, queries(suspects)):
            for account, name, one in answers_of(source, suspects, answer):
                answers[account][name] = one
                if name != DOMAINS:
                    coverages.add([of_mailbox(name, one)])
        return judged_closely(suspects, answers, self._window), coverages.states("mailboxes")

    def _collected(self, window: Window, queries: Sequence[TenantQuery]) -> Iterator[tuple[str, Source[Any]]]:
        for arrived in collect(
            Question(EVERYBODY, window),
            self._connection,
            self._memory,
            patience=self._patience,
            sources=[query.name for query in queries],
            queries=queries,
            halt=self._halt,
        ):
            yield arrived.source, arrived.answer

    def _told(self, stage: Stage, done: int, total: int, left: float | None) -> Sweeping:
        found = Found(self.suspects.ranked(SO_FAR), self._coverages.states(), self.closely)
        return Sweeping(stage, done, total, left, len(self.suspects), found)


def _next(done: News[Any]) -> Any:
    """Wait for the next piece, not longer than a beat; None where none came."""
    try:
        return done.get(timeout=BEAT)
    except Empty:
        return None
