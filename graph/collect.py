"""Ask every source about one account, all at the same time, and give the answers back as they come.

The queries are generators that send nothing (see `graph.effects`). One thread plays them; what they want sent
goes to a pool of threads, no more of one kind at a time than the service allows, so that a slow service never
holds up a quick one.

Longer than other files because the loop that plays, sends, waits and gives up is one state machine.
"""

from __future__ import annotations

import heapq
import itertools
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import structlog

from graph.clock import News
from graph.connection import Connection
from graph.effects import Asking, Fetch, Item, Remember, Wait
from graph.errors import (
    Broken,
    GraphError,
    OutOfTime,
    TooMuch,
    new_reference,
)
from graph.evidence import SOURCES, Known, Reason, Source, Unavailable
from graph.halt import Halt
from graph.limits import Deadline, lane_of
from graph.memory import Memory, Recorder
from graph.most import Tally
from graph.parcels import parcels as parcels_of
from graph.queries import Query, source_of, unavailable
from graph.queries.registry import QUERIES
from graph.question import Question
from graph.request import Cmdlet, Request

log = structlog.get_logger(__name__)

_LONG = (
    "risky_user",
    "risk_detections",
    "audit_log",
    "audit_log_on_mailbox",
    "exchange_role_groups",
    "purview_role_groups",
    "mailbox",
    "mail_folders",
    "delegates",
)
"""The sources whose requests depend on one another, or must keep apart; begun first, for they end last.

Before all others the two questions to the risk service, which lets a second pass between them: the earlier
the first is sent, the earlier the check ends.
"""


@dataclass(frozen=True, slots=True)
class Arrived:
    """The answer of one source."""

    source: str
    answer: Source[Any]


def collect(
    question: Question,
    connection: Connection,
    memory: Memory,
    *,
    patience: float,
    sources: Sequence[str] = SOURCES,
    recorder: Recorder | None = None,
    queries: Sequence[Query] = QUERIES,
    halt: Halt | None = None,
) -> Iterator[Arrived]:
    """Ask the sources and yield each answer as it comes; every source asked is answered exactly once.

    Closing the iterator early stops all asking.

    Args:
        question: Who is asked about, and over which span of time.
        connection: The tenant.
        memory: Where unfinished searches are kept.
        patience: Seconds after which a source that has not answered is given as out of time.
        sources: The ids of the sources to ask.
        recorder: Is given every answer as it came, before anything is read out of it.
        queries: What the sources ask; those of a check, unless others are given.
        halt: Ends it from another thread; what has not answered is then given as out of time.
    """
    asked = replace(
        question,
        audit_api=connection.settings.audit_api,
        global_cloud=connection.settings.is_global,
        seen={},
    )
    chosen = [query for query in queries if source_of(query) in sources]
    run = _Run(asked, connection, memory, patience, chosen, recorder=recorder)
    if halt is not None:
        halt.add(run.end)
    player = connection.clock.begin(run.play, "collect")
    try:
        for _ in range(len(run.queries)):
            yield run.arrived.get()
    finally:
        run.end()
        player.join()
        if halt is not None:
            halt.drop(run.end)


@dataclass(slots=True)
class _Player:
    """One query while it runs."""

    query: Query
    source: str
    asking: Asking[Any]
    tally: Tally
    effect: Fetch | None = None
    answers: list[list[Item] | GraphError | None] | None = None
    open: int = 0
    kept: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Parcel:
    """What is sent as one: a request, a cmdlet, or a batch of requests, and whose it is."""

    player: _Player
    effect: Fetch
    places: tuple[int, ...]
    what: tuple[Request | Cmdlet, ...]


class _Run:
    """Plays the queries of one check until all have answered, or the patience ends, or nobody listens."""

    def __init__(
        self,
        question: Question,
        connection: Connection,
        memory: Memory,
        patience: float,
        queries: Sequence[Query],
        *,
        recorder: Recorder | None = None,
    ) -> None:
        self.queries = queries
        self._clock = clock = connection.clock
        self.arrived: News[Arrived] = clock.news()
        self.events: News[tuple[_Parcel, list[list[Item] | GraphError]] | None] = clock.news()
        self.stop = threading.Event()
        self._question = question
        self._connection = connection
        self._memory = memory
        self._patience = patience
        self._recorder = recorder
        self._ends = clock.now() + patience
        self._deadline = Deadline(patience, self.stop, clock)
        self._whole = connection.whole()
        self._pool = clock.crew(connection.threads, "collect")
        self._waiting: dict[str, deque[_Parcel]] = {}
        self._under_way: dict[str, int] = {}
        self._timers: list[tuple[float, int, _Player]] = []
        self._numbers = itertools.count()
        self._left: dict[str, _Player] = {}

    def end(self) -> None:
        """Stop asking. Any thread may call it."""
        self.stop.set()
        self.events.put(None)

    def play(self) -> None:
        """Run to the end; every query is answered, whatever happens."""
        try:
            self._begin()
            while self._left and not self.stop.is_set():
                self._step()
        except Exception:
            reference = new_reference()
            log.exception("The collection of evidence failed.", action="collect.failed", reference=reference)
            for player in list(self._left.values()):
                self._answer(player, _failed(reference))
        finally:
            self.stop.set()
            self._pool.shutdown(wait=False, cancel_futures=True)
            for player in list(self._left.values()):
                self._answer(player, self._still_running(player))

    def _begin(self) -> None:
        for query in self.queries:
            source = source_of(query)
            question = replace(self._question, remembered=dict(self._memory.recall(source)))
            player = _Player(
                query,
                source,
                query.ask(question),
                self._connection.tally(self._whole),
                kept=dict(question.remembered),
            )
            self._left[source] = player
        for player in sorted(self._left.values(), key=_place):
            self._resume(player, None)

    def _step(self) -> None:
        """Take in one answer, or wake the queries whose waiting is over."""
        now = self._clock.now()
        if now >= self._ends:
            self.stop.set()
            return
        until = min([self._ends, *(at for at, _, _ in self._timers[:1])])
        try:
            event = self.events.get(timeout=max(0.0, until - now))
        except queue.Empty:
            event = None
        if event is not None:
            self._take_in(*event)
        while self._timers and self._timers[0][0] <= self._clock.now():
            self._resume(heapq.heappop(self._timers)[2], None)

    def _take_in(self, parcel: _Parcel, answers: list[list[Item] | GraphError]) -> None:
        lane = lane_of(parcel.what[0])[0]
        self._under_way[lane] -= 1
        player = parcel.player
        # Of a question that one error has already answered, the other answers come too late.
        if player.source in self._left and player.answers is not None and player.effect is parcel.effect:
            for place, answer in zip(parcel.places, answers, strict=True):
                player.answers[place] = answer
            player.open -= 1
            errors = [answer for answer in answers if isinstance(answer, GraphError)]
            if errors and not parcel.effect.gather:
                self._throw(player, errors[0])
            elif player.open == 0:
                self._resume(player, player.answers)
        self._send_more(lane)

    def _resume(self, player: _Player, value: Any) -> None:
        self._drive(player, lambda: player.asking.send(value))

    def _throw(self, player: _Player, error: GraphError) -> None:
        self._drive(player, lambda: player.asking.throw(error))

    def _drive(self, player: _Player, go: Callable[[], Any]) -> None:
        """Let a query run until it wants something that takes time, or ends."""
        player.answers, player.effect = None, None
        while True:
            try:
                effect = go()
            except StopIteration as end:
                self._answer(player, end.value)
                return
            except GraphError as error:
                self._answer(player, self._ended(player, error))
                return
            except Exception:
                # A mistake in one query must not take the other sources along, nor pass for a clean answer.
                reference = new_reference()
                log.exception(
                    "A query failed.", action="collect.bug", source=player.source, reference=reference
                )
                self._answer(player, _failed(reference))
                return
            match effect:
                case Remember(name, value):
                    self._memory.remember(player.source, name, value)
                    player.kept[name] = value
                    go = partial(player.asking.send, None)
                case Wait(seconds):
                    at = self._clock.now() + seconds * self._connection.polls
                    heapq.heappush(self._timers, (at, next(self._numbers), player))
                    return
                case Fetch():
                    self._fetch(player, effect)
                    return

    def _fetch(self, player: _Player, effect: Fetch) -> None:
        parcels = [
            _Parcel(player, effect, tuple(places), tuple(effect.what[place] for place in places))
            for places in parcels_of(effect.what)
        ]
        player.effect, player.tally.thin = effect, effect.thin
        player.answers = [None] * len(effect.what)
        player.open = len(parcels)
        lanes = set()
        for parcel in parcels:
            lane = lane_of(parcel.what[0])[0]
            self._waiting.setdefault(lane, deque()).append(parcel)
            lanes.add(lane)
        for lane in lanes:
            self._send_more(lane)

    def _send_more(self, lane: str) -> None:
        waiting = self._waiting.get(lane, deque())
        while waiting and self._under_way.get(lane, 0) < lane_of(waiting[0].what[0])[1]:
            parcel = waiting.popleft()
            if parcel.player.effect is not parcel.effect:
                continue
            self._under_way[lane] = self._under_way.get(lane, 0) + 1
            self._pool.submit(self._send, parcel)

    def _send(self, parcel: _Parcel) -> None:
        """Runs in the pool: send one parcel and report what came of it."""
        answers: list[list[Item] | GraphError]
        try:
            if len(parcel.what) > 1:
                requests = [what for what in parcel.what if isinstance(what, Request)]
                found = self._connection.fetch_batch(requests, self._deadline, parcel.player.tally)
                read = [list(one.items) if isinstance(one, TooMuch) else one for one in found]
                answers = [
                    one if isinstance(one, GraphError) else list(self._taken(parcel, what, one))
                    for what, one in zip(parcel.what, read, strict=True)
                ]
            else:
                (what,) = parcel.what
                answers = [
                    self._connection.fetch(
                        what, self._deadline, parcel.player.tally, partial(self._taken, parcel, what)
                    )
                ]
        except TooMuch as error:
            # What was read is worth having; the tally makes the source partial.
            answers = [list(error.items)]
        except GraphError as error:
            answers = [error] * len(parcel.what)
        except Exception:
            reference = new_reference()
            log.exception(
                "Sending failed.", action="collect.failed", reference=reference, source=parcel.player.source
            )
            says = f"Internal error. Reference: {reference}."
            answers = [Broken(says) for _ in parcel.what]
        for what, answer in zip(parcel.what, answers, strict=True):
            if isinstance(answer, GraphError):
                self._record(parcel.player.source, what, answer)
        self.events.put((parcel, answers))

    def _taken(self, parcel: _Parcel, what: Request | Cmdlet, items: list[Item]) -> Sequence[Any]:
        """Record the items of a page, and give what the query makes of them."""
        self._record(parcel.player.source, what, items)
        return items if parcel.effect.read is None else parcel.effect.read(items)

    def _record(self, source: str, asked: Request | Cmdlet, answer: list[Item] | GraphError) -> None:
        if self._recorder is None:
            return
        try:
            self._recorder(source, asked, answer)
        except Exception:
            # What cannot be kept must not cost the answer itself; the archive then lacks it.
            log.exception("An answer could not be recorded.", action="collect.not_recorded", source=source)

    def _answer(self, player: _Player, answer: Source[Any]) -> None:
        if self._left.pop(player.source, None) is None:
            return
        player.asking.close()
        cut = player.tally.missing
        if cut and isinstance(answer, Known):
            # First, so that nothing that is shown shortened loses the number.
            answer = replace(answer, missing=(*cut, *answer.missing))
        if isinstance(answer, Unavailable):
            log.info(
                "A source could not be read.",
                action="collect.unavailable",
                source=player.source,
                reason=answer.reason.value,
                needs=answer.needs,
            )
        self.arrived.put(Arrived(player.source, answer))

    def _ended(self, player: _Player, error: GraphError) -> Unavailable:
        if isinstance(error, OutOfTime) and (any(player.kept.values()) or self._clock.now() >= self._ends):
            return self._still_running(player)
        return unavailable(error, player.query)

    def _still_running(self, player: _Player) -> Unavailable:
        after = f"{self._patience:.0f} s" if self._patience >= 1 else f"{self._patience:.1f} s"
        if any(player.kept.values()):
            says = f"Microsoft's search did not finish within {after}; check again later."
        else:
            says = f"No answer from Microsoft within {after}."
        return Unavailable(Reason.TIME, says)


def _place(player: _Player) -> int:
    return _LONG.index(player.source) if player.source in _LONG else len(_LONG)


def _failed(reference: str) -> Unavailable:
    says = f"Internal error while reading this source. Reference: {reference}."
    return Unavailable(Reason.FAILED, says)
