"""How progress is shown on a card: seldom enough for Slack, and the first findings at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from commands.check import Progress

log = structlog.get_logger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Edits:
    """How far apart a card is edited. All values are seconds.

    Attributes:
        first: Between the first answer and the first edit at most, so that it shows findings.
        apart: Between two edits of one card: Slack allows 50 edits a minute for all cards together.
        each: For each copy of a card that is edited at once.
        soon: Between the first answer and the first edit at least, so that it shows more than one finding.
    """

    first: float = 0.5
    apart: float = 1.5
    each: float = 1.2
    soon: float = 0.1


class Painter(Generic[T]):
    """Shows the newest progress from a thread of its own and leaves out what came too quickly.

    Args:
        paint: Shows it; gives the seconds until the next may be shown.
        edits: How far apart.
        worth: Whether it is worth the first edit before the time for that has come; the next one is far.
    """

    def __init__(
        self, paint: Callable[[T], float], edits: Edits, worth: Callable[[T], bool] = lambda _: False
    ) -> None:
        self._paint = paint
        self._edits = edits
        self._worth = worth
        self._changed = threading.Condition()
        self._latest: T | None = None
        self._over = False
        self._begun = False
        self.thread = threading.Thread(target=self._run, name="painter", daemon=True)

    def tell(self, progress: T) -> None:
        """Take note of the newest progress."""
        with self._changed:
            self._latest = progress
            self._changed.notify()

    def stop(self) -> None:
        """Paint no more; what is under way is waited for, so that it cannot overwrite what follows."""
        with self._changed:
            self._over = True
            self._changed.notify()
        self.thread.join()

    def _run(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._over or self._latest is not None)
        self._await_something(self._edits.first)
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._over or self._latest is not None)
                if self._over or self._latest is None:
                    return
                progress, self._latest = self._latest, None
            try:
                pause = self._paint(progress)
            except Exception:
                # A card that cannot be drawn must not end the check; the verdict's card is drawn anew.
                log.exception("Progress could not be drawn.", action="case.not_drawn")
                pause = self._edits.apart
            self._begun = self._begun or self._is_worth(progress)
            if self._begun or pause > self._edits.apart:
                with self._changed:
                    self._changed.wait_for(lambda: self._over, timeout=pause)
            else:
                # The card shows nothing of worth yet: what is comes at once.
                self._await_something(pause)

    def _await_something(self, seconds: float) -> None:
        """Wait until the newest progress is worth an edit, or for so long; at least for `Edits.soon`.

        To judge costs whoever collects beside it, so it is done no more often than that.
        """
        due = time.monotonic() + seconds
        seen: T | None = None
        while (left := due - time.monotonic()) > 0:
            with self._changed:
                if self._changed.wait_for(lambda: self._over, timeout=min(self._edits.soon, left)):
                    return
                before, left = seen, due - time.monotonic()
                self._changed.wait_for(
                    lambda before=before: self._over or self._latest is not before,  # type: ignore[misc]
                    timeout=max(left, 0),
                )
                seen = self._latest
            if self._over or (seen is not None and seen is not before and self._is_worth(seen)):
                return

    def _is_worth(self, progress: T) -> bool:
        try:
            return self._worth(progress)
        except Exception:
            # What could not be judged yet is shown when the first edit is due.
            log.exception("Progress could not be judged.", action="case.not_judged")
            return False


def shows_something(progress: Progress) -> bool:
    """Say whether there is a finding by now."""
    return bool(progress.so_far().reasons)
