"""Simulated time: it stands still while anybody works, and leaps to the next moment that somebody waits for.

Real threads, of which one runs at a time; the one that has to wait hands over to the next. So a run is the
same each time, however busy the machine is, and work itself takes no time: what is measured is waiting.
"""

from __future__ import annotations

import heapq
import itertools
import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from graph.clock import Clock, Crew, Gate, News, Running


class _Turn:
    """What one thread waits for."""

    def __init__(self) -> None:
        self.came = threading.Semaphore(0)
        self.over = False
        self.given: Any = None


class Stuck(Exception):
    """Everybody waits for somebody else."""


class Simulated(Clock):
    """Simulated time, in seconds from 0. Use it within `run` only."""

    def __init__(self) -> None:
        self._now = 0.0
        self._ready: deque[_Turn] = deque()
        self._later: list[tuple[float, int, _Turn]] = []
        self._numbers = itertools.count()
        self._failed: list[BaseException] = []

    def now(self) -> float:
        return self._now

    def run(self, work: Callable[[], Any]) -> Any:
        """Do this in simulated time, and what it begins; ends with the last of it."""
        result: list[Any] = []
        ended = threading.Event()
        self.begin(lambda: result.append(work()), "main", ended)
        self._next().came.release()
        ended.wait()
        if self._failed:
            raise self._failed[0]
        return result[0]

    def sleep(self, seconds: float, stop: threading.Event) -> bool:
        if not stop.is_set():
            self._wait(_Turn(), seconds)
        return stop.is_set()

    def gate(self, places: int) -> Gate:
        return _Gate(self, places)

    def news(self) -> News[Any]:
        return _News(self)

    def crew(self, threads: int, name: str) -> Crew:
        return _Crew(self, threads, name)

    def begin(self, work: Callable[[], None], name: str, ended: threading.Event | None = None) -> Running:
        gate = _Gate(self, 0)
        turn = _Turn()

        def live() -> None:
            turn.came.acquire()
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - raised again where the run was asked for
                self._failed.append(error)
            gate.open()
            if ended is not None:
                ended.set()
            else:
                self._next().came.release()

        threading.Thread(target=live, name=name, daemon=True).start()
        self._ready.append(turn)
        return gate

    def wake(self, turn: _Turn, given: Any = None) -> None:
        """Give somebody what it waits for; it goes on when it is its turn."""
        turn.over, turn.given = True, given
        self._ready.append(turn)

    def wait(self, turn: _Turn, seconds: float | None) -> bool:
        """Wait to be woken; False where nobody did in so many seconds."""
        self._wait(turn, seconds)
        return turn.over

    def _wait(self, turn: _Turn, seconds: float | None) -> None:
        if seconds is not None:
            heapq.heappush(self._later, (self._now + max(seconds, 0.0), next(self._numbers), turn))
        following = self._next()
        if following is not turn:
            following.came.release()
            turn.came.acquire()

    def _next(self) -> _Turn:
        if self._ready:
            return self._ready.popleft()
        while self._later:
            at, _, turn = heapq.heappop(self._later)
            if not turn.over:
                self._now = max(self._now, at)
                return turn
        raise Stuck("everybody waits for somebody else")


class _Gate:
    def __init__(self, clock: Simulated, places: int) -> None:
        self._clock = clock
        self._places = places
        self._waiting: deque[_Turn] = deque()
        self._opened = False

    def acquire(self, *, timeout: float | None) -> bool:
        if self._places:
            self._places -= 1
            return True
        if timeout is not None and timeout <= 0:
            return False
        turn = _Turn()
        self._waiting.append(turn)
        if self._clock.wait(turn, timeout):
            return True
        self._waiting.remove(turn)
        return False

    def release(self) -> None:
        if self._waiting:
            self._clock.wake(self._waiting.popleft())
        else:
            self._places += 1

    def open(self) -> None:
        """Let everybody through from now on."""
        self._opened = True
        while self._waiting:
            self._clock.wake(self._waiting.popleft())

    def join(self) -> None:
        if not self._opened:
            self.acquire(timeout=None)


class _News:
    def __init__(self, clock: Simulated) -> None:
        self._clock = clock
        self._items: deque[Any] = deque()
        self._waiting: deque[_Turn] = deque()

    def put(self, item: Any) -> None:
        if self._waiting:
            self._clock.wake(self._waiting.popleft(), item)
        else:
            self._items.append(item)

    def get(self, *, timeout: float | None = None) -> Any:
        if self._items:
            return self._items.popleft()
        turn = _Turn()
        self._waiting.append(turn)
        if self._clock.wait(turn, timeout):
            # The turn itself is held until its time-out would have come, which may be hours away.
            given, turn.given = turn.given, None
            return given
        self._waiting.remove(turn)
        raise queue.Empty


class _Crew:
    """Threads that are begun when there is something to do, and end when there is not."""

    def __init__(self, clock: Simulated, threads: int, name: str) -> None:
        self._clock = clock
        self._free = threads
        self._name = name
        self._left: deque[Callable[[], Any]] = deque()

    def submit(self, work: Callable[..., Any], /, *arguments: Any) -> object:
        self._left.append(lambda: work(*arguments))
        if self._free:
            self._free -= 1
            self._clock.begin(self._live, self._name)
        return None

    def _live(self) -> None:
        while self._left:
            self._left.popleft()()
        self._free += 1

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if cancel_futures:
            self._left.clear()
