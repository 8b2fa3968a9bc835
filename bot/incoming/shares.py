"""What each sender of signed alerts may take of the bot: so many in a while, and so many at the same time.

Whoever has the secret of one tenant and sends without a pause, or an alert whose account takes long to be
looked up, keeps none waiting that another secret sends: neither for a thread nor for a connection.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final, TypeVar

from anyio import CapacityLimiter, to_thread
from pyrate_limiter import InMemoryBucket, Rate, RateItem

T = TypeVar("T")

PACE: Final = Rate(200, 10_000)
"""How many alerts of one secret are looked at, and in how many milliseconds."""

THREADS: Final = 8
"""How many of them at the same time."""

MOST: Final = 40
"""How many of them may be under way or wait for a thread; each holds a connection."""


class Share:
    """The share of one secret. The event loop alone uses it.

    Args:
        pace: How many in how many milliseconds.
        threads: How many are looked at at the same time.
        most: How many may be under way.
    """

    def __init__(self, pace: Rate = PACE, threads: int = THREADS, most: int = MOST) -> None:
        self._turns = InMemoryBucket([pace])
        self._threads = CapacityLimiter(threads)
        self._left = most
        self._pace = pace
        self._told = 0

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Take a turn for one alert, and give whether there was one left."""
        now = _now()
        self._turns.leak(now)
        # What is turned away takes no turn: whoever sends too much must not shut themselves out for ever.
        free = self._left > 0 and bool(self._turns.put(RateItem("", now)))
        self._left -= free
        try:
            yield free
        finally:
            self._left += free

    def is_news(self) -> bool:
        """Whether it was not told for a while that alerts are turned away: a flood must not fill the log."""
        now = _now()
        if self._told and now - self._told < self._pace.interval:
            return False
        self._told = now
        return True

    def in_thread(self, act: Callable[..., T], *given: object) -> Awaitable[T]:
        """Do something in one of the share's own threads."""
        return to_thread.run_sync(partial(act, *given), limiter=self._threads)


def _now() -> int:
    """Milliseconds that only go forward."""
    return time.monotonic_ns() // 1_000_000
