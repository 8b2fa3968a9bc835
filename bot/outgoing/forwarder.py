"""Sends entries of the ledger to other systems, each at least once and in their order.

How far a target is, stands in the ledger itself, so nothing is lost by a restart, and what was sent since the
last note of it is sent once more: receivers know an entry by its number. Nothing here holds anything up: a
target that does not answer is tried again, later and later, and the entries wait for it in the ledger.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from commands.errors import CommandError
from commands.ledger import BOT, Entry, Ledger
from commands.ledger.alerts import delivered_until
from commands.ledger.entries import Delivered

log = structlog.get_logger(__name__)

PAUSE: Final = 5.0
"""Seconds between two looks for new entries."""

LONGEST_PAUSE: Final = 600.0
"""Seconds after which a target that does not answer is tried again, at most."""

NOTED: Final = timedelta(minutes=5)
"""How often it is noted how far a target is; a kill costs repeats of what was sent since."""


class NotDelivered(Exception):
    """A target did not take an entry; says why, without secrets."""


class NotTaken(NotDelivered):
    """A target will never take this entry as it is, whatever it makes of others."""


class Target(Protocol):
    """Where entries go."""

    @property
    def name(self) -> str:
        """What the ledger calls it; for ever."""

    def send(self, entry: Entry) -> None:
        """Send one entry.

        Raises:
            NotDelivered: it was not taken, and is to be sent again.
        """

    def close(self) -> None:
        """Let go of connections."""


class Forwarder:
    """Sends the entries to one target, in a thread of its own.

    Args:
        ledger: Where the entries are.
        target: Where they go.
        clock: Tells the time (aware UTC).
    """

    def __init__(self, ledger: Ledger, target: Target, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._target = target
        self._clock = clock
        self._at: int | None = None
        self._noted_at = datetime.min.replace(tzinfo=clock().tzinfo)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"to {target.name}", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Send no more, and note how far it came."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        try:
            self._note()
        except CommandError as error:
            log.warning("How far a target is could not be noted.", action="siem.not_noted", why=str(error))
        self._target.close()

    def _run(self) -> None:
        pause = PAUSE
        while not self._stopping.wait(pause):
            try:
                self.forward()
                pause = PAUSE
            except NotDelivered as error:
                pause = min(pause * 2, LONGEST_PAUSE)
                log.warning(
                    "A target takes no entries.",
                    action="siem.waits",
                    target=self._target.name,
                    why=str(error),
                )
            except Exception:
                pause = min(pause * 2, LONGEST_PAUSE)
                log.exception("Entries could not be sent.", action="siem.failed", target=self._target.name)

    def forward(self) -> int:
        """Send everything that is new; give how many entries that were.

        Raises:
            NotDelivered: the target took no more; what it took before is counted.
            LedgerError: the ledger cannot be used.
        """
        if self._at is None:
            self._at = delivered_until(self._ledger, self._target.name)
        if self._at is None:
            # The past is not sent: whoever wants it exports it.
            self._at = self._ledger.head().size
            self._note()
        sent = 0
        try:
            for entry in self._ledger.entries(after=self._at):
                if self._stopping.is_set():
                    break
                # How far this got is no news for anybody, and would be followed by another note for ever.
                if entry.kind != Delivered.KIND:
                    self._target.send(entry)
                    sent += 1
                self._at = entry.seq
        finally:
            if sent and self._clock() - self._noted_at >= NOTED:
                self._note()
        return sent

    def _note(self) -> None:
        if self._at is None or self._at == delivered_until(self._ledger, self._target.name):
            return
        self._ledger.append(Delivered(self._target.name, self._at), BOT)
        self._noted_at = self._clock()
