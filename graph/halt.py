"""How one thread ends what others are asking."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Halt:
    """Ends all collections that were begun with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ends: list[Callable[[], None]] = []
        self.called = False

    def add(self, end: Callable[[], None]) -> None:
        """Let this be called at the end; at once where that has come."""
        with self._lock:
            self._ends.append(end)
            called = self.called
        if called:
            end()

    def drop(self, end: Callable[[], None]) -> None:
        """Forget what has ended by itself."""
        with self._lock:
            self._ends.remove(end)

    def call(self) -> None:
        """End all."""
        with self._lock:
            self.called = True
            ends = tuple(self._ends)
        for end in ends:
            end()
