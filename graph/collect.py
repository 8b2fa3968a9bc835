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
import re
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol
from urllib.parse import quote

import structlog

from graph.client import BATCH
from graph.clock import News
from graph.connection import Connection
from graph.effects import Asking, Fetch, Item, Remember, Wait
from graph.errors import (
    AuditingOff,
    Broken,
    GraphError,
    NoLicence,
    NoMailbox,
    NoPermission,
    NoSuchUser,
    NotFound,
    NotJson,
    OutOfTime,
    Refused,
    Throttled,
    TooMuch,
    new_reference,
)
from graph.evidence import SOURCES, Known, Reason, Source, Unavailable
from graph.halt import Halt
from graph.limits import Deadline, gate_of
from graph.most import Tally
from graph.queries import Query
from graph.queries.registry import QUERIES
from graph.question import Question, Subject
from graph.request import Cmdlet, Limit, Request

__all__ = ["Arrived", "Connection", "Deadline", "Memory", "Recorder", "collect", "find_subject"]

log = structlog.get_logger(__name__)

LOOKUP_SECONDS = 30.0
"""How long finding the account itself may take."""

_NOT_IN_A_NAME = re.compile(r"[\s\x00-\x1f\ud800-\udfff]")
_NAME = re.compile(r"[^@]+@[^@]+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
"""Something with one @ in it, or an object id."""

_LANES = {Limit.REPORTS: 5, Limit.RISK: 1, Limit.TRACE: 4, Limit.AUDIT_SEARCH: 4, Limit.DIRECTORY: 10}

_LONG = frozenset(
    {
        "audit_log",
        "audit_log_on_mailbox",
        "risky_user",
        "risk_detections",
        "exchange_role_groups",
        "purview_role_groups",
        "mailbox",
        "mail_folders",
        "delegates",
    }
)
"""The sources whose requests depend on one another, or must keep apart; begun first, for they end last."""

_REASONS: tuple[tuple[type[GraphError], Reason], ...] = (
    (NoPermission, Reason.PERMISSION),
    (NoLicence, Reason.LICENCE),
    (Throttled, Reason.THROTTLING),
    (OutOfTime, Reason.TIME),
    (NoMailbox, Reason.NO_MAILBOX),
    (AuditingOff, Reason.AUDITING_OFF),
    (NotFound, Reason.NOT_FOUND),
)


class Memory(Protocol):
    """Where unfinished searches are kept across a restart, one small table of texts for each source.

    Both are called from one thread, which is not the caller's. An empty text takes back what was kept.
    """

    def recall(self, source: str) -> Mapping[str, str]:
        """What was kept for a source; empty when nothing was."""
        ...

    def remember(self, source: str, name: str, value: str) -> None:
        """Keep a text for a source, in place of an earlier one of the same name."""
        ...


class Recorder(Protocol):
    """Keeps what Microsoft answered, as it came. It is called from several threads at once."""

    def __call__(self, source: str, asked: Request | Cmdlet, answer: list[Item] | GraphError) -> None:
        """Keep one answer: the items of one page, or the error; the items must not be changed."""
        ...


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


def find_subject(text: str, connection: Connection) -> Subject:
    """Find the account that an address, an alias, a user principal name or an object id means.

    Raises:
        NoSuchUser: when there is none, or more than one.
        GraphError: when the directory cannot be asked.
    """
    wanted = text.strip().strip("<>").removeprefix("mailto:").strip()
    if not wanted or _NOT_IN_A_NAME.search(wanted):
        raise NoSuchUser(f"{text!r} is not an email address, a user principal name or an object ID.")
    if not _NAME.fullmatch(wanted):
        # Graph would read other words as something else, such as /users/delta or /users/.. .
        raise NoSuchUser(f"No account in {connection.settings.name} has the address {wanted}.")
    deadline = Deadline(LOOKUP_SECONDS)
    select = {"$select": "id,userPrincipalName,displayName,mail,proxyAddresses"}
    try:
        found = connection.fetch(Request("GET", f"/users/{quote(wanted, safe='')}", select), deadline)
    except (NotFound, Refused):
        # A 400 is Graph's answer to a name that no user principal name can have; it may still be an alias.
        found = _by_address(wanted, connection, deadline, select)
    if not found:
        raise NoSuchUser(f"No account in {connection.settings.name} has the address {wanted}.")
    if len(found) > 1:
        names = ", ".join(str(one.get("userPrincipalName") or one.get("id")) for one in found[:5])
        raise NoSuchUser(f"{wanted} matches more than one account: {names}. Use the user principal name.")
    return _subject(found[0])


def _by_address(
    wanted: str, connection: Connection, deadline: Deadline, select: Mapping[str, str]
) -> list[Item]:
    """Accounts that have the address as a proxy address or as their mail address."""
    if "@" not in wanted:
        return []
    escaped = wanted.replace("'", "''")
    filters = f"proxyAddresses/any(p:p eq 'smtp:{escaped}') or mail eq '{escaped}'"
    return connection.fetch(Request("GET", "/users", {"$filter": filters, **select}), deadline)


def _subject(user: Item) -> Subject:
    if not user.get("id") or not user.get("userPrincipalName"):
        raise NotJson("Microsoft returned something other than an account.")
    name = str(user["userPrincipalName"]).casefold()
    mail = str(user.get("mail") or name).casefold()
    proxies = (str(proxy) for proxy in user.get("proxyAddresses") or ())
    aliases = (proxy[5:].casefold() for proxy in proxies if proxy[:5].casefold() == "smtp:")
    addresses = tuple(dict.fromkeys((mail, name, *aliases)))
    return Subject(
        id=str(user["id"]),
        user_principal_name=name,
        mail=mail,
        addresses=addresses,
        display_name=str(user.get("displayName") or ""),
    )


def source_of(query: Query) -> str:
    """The id of the source that a query module fills."""
    return query.__name__.rpartition(".")[2]


def unavailable(error: GraphError, query: Query) -> Unavailable:
    """Say why a source could not be looked at."""
    reason = next((reason for kind, reason in _REASONS if isinstance(error, kind)), Reason.FAILED)
    needs = error.needs
    if reason is Reason.LICENCE and not needs:
        needs = query.LICENCE
    return Unavailable(reason, error.sentence, needs)


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
        for player in sorted(self._left.values(), key=lambda player: player.source not in _LONG):
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
        lane = _lane(parcel.what[0])[0]
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

    def _drive(self, player: _Player, go: Any) -> None:
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
                    go = lambda: player.asking.send(None)  # noqa: E731 - the next turn of this very loop
                case Wait(seconds):
                    at = self._clock.now() + seconds * self._connection.polls
                    heapq.heappush(self._timers, (at, next(self._numbers), player))
                    return
                case Fetch():
                    self._fetch(player, effect)
                    return

    def _fetch(self, player: _Player, effect: Fetch) -> None:
        parcels = _parcels(player, effect)
        player.effect, player.tally.thin = effect, effect.thin
        player.answers = [None] * len(effect.what)
        player.open = len(parcels)
        lanes = set()
        for parcel in parcels:
            lane = _lane(parcel.what[0])[0]
            self._waiting.setdefault(lane, deque()).append(parcel)
            lanes.add(lane)
        for lane in lanes:
            self._send_more(lane)

    def _send_more(self, lane: str) -> None:
        waiting = self._waiting.get(lane, deque())
        while waiting and self._under_way.get(lane, 0) < _lane(waiting[0].what[0])[1]:
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


def _failed(reference: str) -> Unavailable:
    says = f"Internal error while reading this source. Reference: {reference}."
    return Unavailable(Reason.FAILED, says)


def _lane(what: Request | Cmdlet) -> tuple[str, int]:
    """Which queue something waits in, and how many of it may be under way at the same time."""
    if isinstance(what, Request) and what.limit in _LANES:
        return what.limit.value, _LANES[what.limit]
    return gate_of(what)


def _parcels(player: _Player, effect: Fetch) -> list[_Parcel]:
    """Pack plain reads of the directory or of one mailbox into batches; send the rest one by one."""
    what = effect.what
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
    return [
        _Parcel(player, effect, tuple(places), tuple(what[place] for place in places))
        for places in (*alone, *packed)
    ]


_BATCHED = frozenset({Limit.DIRECTORY, Limit.MAILBOX})
_WORTH_A_BATCH = 4
"""Up to so many requests are sent side by side: that is as fast, and each is throttled and logged alone."""
