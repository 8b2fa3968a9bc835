"""Time, and what threads do while it passes: sleep, wait for a place, wait for news, run beside each other.

Whatever waits for Microsoft waits here. So the same code can be run against a tenant whose time passes as
soon as everybody waits, and hours of keeping to published limits take seconds.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any, Final, Protocol, TypeVar

T = TypeVar("T")


class Gate(Protocol):
    """So many places; whoever has none waits for one."""

    def acquire(self, *, timeout: float) -> bool:
        """Take a place; False where none became free in so many seconds."""
        ...

    def release(self) -> None:
        """Give the place back."""
        ...


class News(Protocol[T]):
    """What one thread tells another, in order."""

    def put(self, item: T) -> None:
        """Tell."""
        ...

    def get(self, *, timeout: float | None = None) -> T:
        """Wait for the next. Raises queue.Empty where none came in so many seconds."""
        ...


class Crew(Protocol):
    """Threads that work off what they are given, in order."""

    def submit(self, work: Callable[..., Any], /, *arguments: Any) -> object:
        """Give them something to do."""
        ...

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let them go after what they are doing, and with `cancel_futures` leave the rest."""
        ...


class Running(Protocol):
    """A thread that was begun."""

    def join(self) -> None:
        """Wait for its end."""
        ...


class Clock:
    """Real time and real threads."""

    def now(self) -> float:
        """Seconds since some moment."""
        return monotonic()

    def sleep(self, seconds: float, stop: threading.Event) -> bool:
        """Sleep, not longer than until `stop` is set; says whether it is."""
        return stop.wait(seconds)

    def gate(self, places: int) -> Gate:
        """Make a gate with so many places."""
        return threading.Semaphore(places)

    def news(self) -> News[Any]:
        """Make a line of news."""
        return queue.SimpleQueue()

    def crew(self, threads: int, name: str) -> Crew:
        """Make a crew of at most so many threads."""
        return ThreadPoolExecutor(threads, thread_name_prefix=name)

    def begin(self, work: Callable[[], None], name: str) -> Running:
        """Begin a thread."""
        thread = threading.Thread(target=work, name=name, daemon=True)
        thread.start()
        return thread


CLOCK: Final = Clock()
"""The one of this machine."""
