"""Troubles that can be turned on: refusals, server errors, slowness, lost answers, broken sockets.

A fault is put before a method (`faults.add("chat.update", rate_limited(retry_after=1), times=2)`); each
call takes the first one that waits for it. `*` stands for every method, `response_url` and `upload` for
those addresses.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One trouble.

    `status` 0 means that the call is answered as usual (after `delay` seconds). With `after_effect` the
    call does its work first and only the answer goes wrong: the caller cannot know. With `reset` the
    connection is cut.
    """

    status: int = 0
    body: str = ""
    content_type: str = "application/json"
    retry_after: int | None = None
    delay: float = 0.0
    after_effect: bool = False
    reset: bool = False
    error: str | None = None


def rate_limited(retry_after: int = 1) -> Fault:
    """Return a 429 that asks to wait `retry_after` seconds."""
    return Fault(
        status=429, body='{"ok":false,"error":"ratelimited"}', retry_after=retry_after, error="ratelimited"
    )


def server_error(
    status: int = 500, body: str = "<html><body>Server Error</body></html>", *, after_effect: bool = False
) -> Fault:
    """Return an HTML error page, as Slack's edge gives it.

    `after_effect` when the work was done all the same.
    """
    return Fault(
        status=status, body=body, content_type="text/html", after_effect=after_effect, error="server_error"
    )


def api_error(error: str) -> Fault:
    """Return a plain refusal with one of Slack's error names."""
    return Fault(status=200, body=f'{{"ok":false,"error":"{error}"}}', error=error)


def slow(seconds: float) -> Fault:
    """Return an answer that takes its time."""
    return Fault(delay=seconds)


def reset(*, after_effect: bool = False) -> Fault:
    """Return a connection that is cut without an answer."""
    return Fault(reset=True, after_effect=after_effect, error="reset")


class Faults:
    """The troubles that wait for calls, and the levers on the sockets."""

    def __init__(self, disconnect: Callable[[str | None], int]) -> None:
        self._waiting: dict[str, deque[Fault]] = {}
        self._lock = threading.Lock()
        self._disconnect = disconnect

    def add(self, method: str, fault: Fault, times: int = 1) -> None:
        """Let the next `times` calls of `method` meet this fault."""
        with self._lock:
            self._waiting.setdefault(method, deque()).extend([fault] * times)

    def clear(self) -> None:
        """Take back all faults that still wait."""
        with self._lock:
            self._waiting.clear()

    def left(self, method: str, fault: Fault) -> int:
        """Return how many more calls of `method` will meet this fault."""
        with self._lock:
            return sum(waiting == fault for waiting in self._waiting.get(method, ()))

    def take(self, method: str) -> Fault | None:
        """Return and use up the next fault for the method, or None."""
        with self._lock:
            for key in (method, "*"):
                if self._waiting.get(key):
                    return self._waiting[key].popleft()
        return None

    def disconnect_socket(self) -> int:
        """Cut every Socket Mode connection without a word; return how many there were."""
        return self._disconnect(None)

    def refresh_socket(self) -> int:
        """Ask every connection to be replaced (`refresh_requested`) and close it.

        Return how many there were.
        """
        return self._disconnect("refresh_requested")

    def warn_socket(self) -> int:
        """Warn every connection that it will be closed soon; nothing more is sent on it."""
        return self._disconnect("warning")
