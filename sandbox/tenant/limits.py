"""The published limits of each service, kept per tenant; turned off as a whole for other tests."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from time import monotonic

from sandbox.tenant.problems import GraphError

WINDOWS: dict[str, tuple[int, float, bool]] = {
    "reports": (5, 10.0, True),
    "risk": (1, 1.0, False),
    "trace": (100, 300.0, True),
    "devices": (25, 10.0, True),
}
"""Service class to calls, seconds, and whether the refusal carries Retry-After."""
PER_MAILBOX = 4
RUNNING_AUDIT_QUERIES = 10


@dataclass
class Limits:
    """Counts calls per service class and calls under way per mailbox; ``clock`` counts the seconds."""

    on: bool = True
    clock: Callable[[], float] = monotonic
    _seen: dict[str, deque[float]] = field(default_factory=dict)
    _open: Counter[str] = field(default_factory=Counter)

    def count(self, kind: str) -> None:
        """Count one call of a service class. Raises GraphError 429 when its window is full."""
        if not self.on or kind not in WINDOWS:
            return
        most, seconds, tells = WINDOWS[kind]
        seen = self._seen.setdefault(kind, deque())
        now = self.clock()
        while seen and seen[0] <= now - seconds:
            seen.popleft()
        if len(seen) >= most:
            wait = max(1, ceil(seen[0] + seconds - now))
            headers = {"Retry-After": str(wait)} if tells else {}
            raise GraphError(
                429, "TooManyRequests", "This request is throttled. Please try again later.", headers
            )
        seen.append(now)

    @contextmanager
    def mailbox(self, key: str | None) -> Iterator[None]:
        """Hold one of the mailbox's four places. Raises GraphError 429 when all are taken."""
        if key is None or not self.on:
            yield
            return
        if self._open[key] >= PER_MAILBOX:
            message = "Application is over its MailboxConcurrency limit."
            raise GraphError(429, "ApplicationThrottled", message, {"Retry-After": "1"})
        self._open[key] += 1
        try:
            yield
        finally:
            self._open[key] -= 1
