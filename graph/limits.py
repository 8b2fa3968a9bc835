"""How fast we may ask: deadlines, the published limits, and the pauses that a service asks for.

The limits are kept per tenant and shared by everything that asks the tenant, so that several checks at once
stay below them together; with a `Shared`, several processes do. They are the published ones; a margin on the
windows covers the differing travel times of requests. Source: Microsoft Graph, "Microsoft Graph
service-specific throttling limits".
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final, Protocol, TypeAlias
from urllib.parse import unquote

from pyrate_limiter import InMemoryBucket, Limiter, Rate, RateItem

from graph.clock import CLOCK, Clock, Gate
from graph.errors import OutOfTime
from graph.request import Cmdlet, Limit, Request

PER_MAILBOX = 4
"""Requests at the same time per application and mailbox (Outlook service limits)."""
EXCHANGE_AT_ONCE = 8
"""Cmdlets at the same time per tenant. No limit is published; widely used clients send ten in one batch."""
COMPLIANCE_AT_ONCE = 4
"""The same for Security & Compliance, which answers more slowly and is asked for little."""

AT_ONCE: Final = {Limit.REPORTS: 5, Limit.RISK: 1, Limit.TRACE: 4, Limit.AUDIT_SEARCH: 4, Limit.DIRECTORY: 10}
"""Requests at the same time per application and tenant, of the services that limit those."""

Rates: TypeAlias = Mapping[Limit, tuple[int, int]]
"""For a service: requests, and the window in milliseconds in which there may be so many."""

PUBLISHED: Final[Rates] = {
    Limit.REPORTS: (5, 10_500),
    Limit.RISK: (1, 1_060),
    Limit.TRACE: (100, 301_000),
}
"""Each window is a little longer than published."""

_MAILBOX = re.compile(r"^/users/([^/]+)")


_AGAIN = 0.05
"""Seconds between two tries to get a place that another process has."""

_ALL = -1
"""The number of the place of whoever collects all of them."""


class Shared(Protocol):
    """The same limits for several processes that ask as one application. Any thread may call it."""

    def take(self, wants: Sequence[tuple[str, Sequence[int]]]) -> list[int | None]:
        """Take of each gate one of these places among those that may ask at the same time.

        Gives which, in their order; None where other processes have all of them.
        """
        ...

    def leave(self, places: Sequence[tuple[str, int]]) -> None:
        """Leave places, each told by its gate and number."""
        ...

    def turn(self, service: str, count: int, seconds: float) -> float:
        """Take one of `count` turns in so many seconds; give when to try again, 0 where it is taken."""
        ...

    def pause(self, service: str, seconds: float) -> None:
        """Let nobody ask a service for so many seconds."""
        ...

    def paused(self, service: str) -> float:
        """Seconds that a service still wants to be left alone."""
        ...


class Deadline:
    """The moment by which an answer is needed, and the way to give up earlier.

    Args:
        seconds: From now.
        stop: When set, the time counts as over at once.
        clock: Tells the time.
    """

    def __init__(self, seconds: float, stop: threading.Event | None = None, clock: Clock = CLOCK) -> None:
        self._clock = clock
        self._at = clock.now() + seconds
        self._stop = stop or threading.Event()

    @property
    def left(self) -> float:
        """Seconds left, never below 0."""
        return 0.0 if self._stop.is_set() else max(0.0, self._at - self._clock.now())

    def check(self, doing: str) -> None:
        """Raise OutOfTime when the time is over."""
        if self.left <= 0:
            raise OutOfTime(f"Timed out while {doing}.")

    def sleep(self, seconds: float, doing: str) -> None:
        """Sleep; raise OutOfTime, without sleeping to the end, when there is not that much time left."""
        if seconds >= self.left:
            raise OutOfTime(f"Timed out while {doing}.", retry_after=seconds)
        if self._clock.sleep(seconds, self._stop):
            raise OutOfTime(f"Canceled while {doing}.")


@dataclass
class Pauses:
    """Until when each service of one tenant wants to be left alone; shared by all threads."""

    shared: Shared | None = None
    clock: Clock = CLOCK
    _until: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask_for(self, service: str, seconds: float) -> None:
        """Let nobody ask the service for so many seconds; a shorter pause never ends a longer one."""
        with self._lock:
            self._until[service] = max(self._until.get(service, 0.0), self.clock.now() + seconds)
        if self.shared is not None:
            self.shared.pause(service, seconds)

    def left(self, service: str) -> float:
        """Seconds that the service still wants to be left alone."""
        with self._lock:
            own = max(0.0, self._until.get(service, 0.0) - self.clock.now())
        return own if self.shared is None else max(own, self.shared.paused(service))

    def wait(self, service: str, deadline: Deadline) -> None:
        """Wait for the pause to end. Raises OutOfTime when it is longer than the time left."""
        while left := self.left(service):
            deadline.sleep(left, "the service throttled requests")


class Limits:
    """The limits of one tenant.

    Args:
        shared: The same for several processes; None where this is the only one.
        clock: Tells the time, and lets wait.
        rates: How fast each service may be asked.
    """

    def __init__(self, shared: Shared | None = None, clock: Clock = CLOCK, rates: Rates = PUBLISHED) -> None:
        self.clock = clock
        self.pauses = Pauses(shared, clock)
        self._shared = shared
        self._held: dict[str, set[int]] = {}
        self._taking = threading.Lock()
        self._rates = rates
        self._turns = {limit: _Turns(Rate(count, window), clock) for limit, (count, window) in rates.items()}
        self._limiters = {limit: Limiter(turns) for limit, turns in self._turns.items()}
        self._gates: dict[str, Gate] = {}
        self._wholes: dict[str, Gate] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Stop the limiters' upkeep."""
        for limiter in self._limiters.values():
            limiter.close()

    @contextmanager
    def slot(self, what: Request | Cmdlet, deadline: Deadline, *, whole: bool = False) -> Iterator[None]:
        """Hold one place among those that may ask at the same time.

        With `whole`, hold all of them: the parts of a batch are carried out side by side.

        Raises:
            OutOfTime: when no place became free in time.
        """
        key, places = gate_of(what)
        if not places:
            yield
            return
        with self._lock:
            gate = self._gates.get(key) or self._gates.setdefault(key, self.clock.gate(places))
            alone = self._wholes.get(key) or self._wholes.setdefault(key, self.clock.gate(1))
        with ExitStack() as held:
            if whole:
                # One collects at a time: two that each hold some places would wait for each other for ever.
                _take(alone, deadline)
                held.callback(alone.release)
            for _ in range(places if whole else 1):
                _take(gate, deadline)
                held.callback(gate.release)
            # Who wants all asks for that first: two that each hold some would wait for each other for ever.
            wants = [(key, (place,)) for place in (_ALL, *range(places))] if whole else [(key, range(places))]
            self._share(wants, deadline, held)
            yield

    def _share(self, wants: Sequence[tuple[str, Sequence[int]]], deadline: Deadline, held: ExitStack) -> None:
        """Take a place of each of these gates among all processes, at once where they are free.

        Whoever waits holds those before the one that is not, and none after it.
        """
        if self._shared is None:
            return
        left = list(wants)
        while left := left[self._taken(left, held) :]:
            deadline.sleep(_AGAIN, "other processes are querying this mailbox or service")

    def _taken(self, wants: Sequence[tuple[str, Sequence[int]]], held: ExitStack) -> int:
        """Take places up to the first that is not free; give how many."""
        assert self._shared is not None
        # A lock of a session is had as often as it is asked for: this process keeps count by itself.
        with self._taking:
            free = [
                (key, [place for place in places if place not in self._held.get(key, ())])
                for key, places in wants
            ]
            free = list(takewhile(lambda one: one[1], free))
            if not free:
                return 0
            got = [(key, place) for (key, _), place in zip(free, self._shared.take(free), strict=True)]
            had = [
                (key, place)
                for key, place in takewhile(lambda one: one[1] is not None, got)
                if place is not None
            ]
            if after := [(key, place) for key, place in got[len(had) :] if place is not None]:
                self._shared.leave(after)
            for key, place in had:
                self._held.setdefault(key, set()).add(place)
        if had:
            held.callback(self._leave, had)
        return len(had)

    def _leave(self, places: Sequence[tuple[str, int]]) -> None:
        assert self._shared is not None
        self._shared.leave(places)
        with self._taking:
            for key, place in places:
                self._held[key].discard(place)

    @contextmanager
    def slots(self, requests: Sequence[Request], deadline: Deadline) -> Iterator[None]:
        """Hold what a batch needs: all places of one mailbox, or one place of each of several.

        In the order of their names, so that two batches never wait for each other.

        Raises:
            OutOfTime: when a place did not become free in time.
        """
        each = dict(sorted(gate_of(request) for request in requests))
        if len(each) == 1:
            with self.slot(requests[0], deadline, whole=True):
                yield
            return
        wanted = [(key, places) for key, places in each.items() if places]
        with ExitStack() as held:
            for key, places in wanted:
                with self._lock:
                    gate = self._gates.get(key) or self._gates.setdefault(key, self.clock.gate(places))
                _take(gate, deadline)
                held.callback(gate.release)
            self._share([(key, range(places)) for key, places in wanted], deadline, held)
            yield

    def turn(self, limit: Limit, deadline: Deadline) -> None:
        """Wait until one more request keeps to the published rate, and for any pause.

        Raises:
            OutOfTime: when that comes too late.
        """
        self.pauses.wait(limit, deadline)
        limiter = self._limiters.get(limit)
        if limiter is None:
            return
        while not limiter.try_acquire(limit.value, blocking=False):
            deadline.sleep(self._turns[limit].wait(), "keeping to the service's published limit")
        if self._shared is not None:
            count, window = self._rates[limit]
            while wait := self._shared.turn(limit.value, count, window / 1000):
                deadline.sleep(wait, "keeping to the service's published limit")


class _Turns(InMemoryBucket):
    """The turns that were taken at one service, by our own clock."""

    def __init__(self, rate: Rate, clock: Clock) -> None:
        super().__init__([rate])
        self._time = clock

    def now(self) -> int:
        return int(self._time.now() * 1000)

    def wait(self) -> float:
        """Seconds until there may be a turn again."""
        wait = self.waiting(RateItem("", self.now()))
        assert isinstance(wait, int)
        return max(wait, 1) / 1000


def _take(gate: Gate, deadline: Deadline) -> None:
    if not gate.acquire(timeout=deadline.left):
        raise OutOfTime("Timed out waiting for other queries of this mailbox.")


def gate_of(what: Request | Cmdlet) -> tuple[str, int]:
    """Which gate something must pass, and how many fit through at the same time (0 = any number)."""
    if isinstance(what, Cmdlet):
        return ("compliance", COMPLIANCE_AT_ONCE) if what.compliance else ("exchange", EXCHANGE_AT_ONCE)
    if what.limit is Limit.MAILBOX:
        found = _MAILBOX.match(what.path)
        return f"mailbox {unquote(found[1]).casefold() if found else ''}", PER_MAILBOX
    return "", 0


def lane_of(what: Request | Cmdlet) -> tuple[str, int]:
    """Which queue something waits in, and how many of it may be under way at the same time."""
    if isinstance(what, Request) and what.limit in AT_ONCE:
        return what.limit.value, AT_ONCE[what.limit]
    return gate_of(what)
