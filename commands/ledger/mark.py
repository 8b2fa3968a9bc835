"""How long the ledger was, in a small file beside it, so that a shorter one does not go unnoticed.

SQLite keeps the newest entries in a side file for a while. Whoever removes that, or the ledger itself, would
otherwise have the next start begin with a shorter ledger, or a new one, without a word. The mark proves
nothing against somebody who changes it as well; for that there are checkpoints.
"""

from __future__ import annotations

import errno
import os
import re
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import structlog

from commands.errors import LedgerCut, MarkUnusable
from commands.ledger.chain import Head

log = structlog.get_logger(__name__)

_LINE = re.compile(rb"(\d{20}) ([0-9a-f]{64})\n")

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""How the system says that a disk is full."""


class Mark:
    """The mark of one ledger. Any thread may use it.

    Args:
        ledger: The ledger's file; links are followed.

    Attributes:
        path: The file of the mark.
        head: How many entries there were, and the hash of the last one; 0 where there is no mark.
        waits: Whether the file is left as it is: no bot has taken the ledger over yet.

    Raises:
        MarkUnusable: the file cannot be read, or could not be written later.
    """

    def __init__(self, ledger: Path) -> None:
        self.path = mark_of(ledger)
        self._ledger = ledger
        self._lock = threading.Lock()
        known = _LINE.match(self._demand_usable())
        self.head = Head(int(known[1]), known[2].decode()) if known else Head(0, "")
        self.waits = False

    def _demand_usable(self) -> bytes:
        """Read the file, and see that it can be written: without it the next start would find a copy."""
        try:
            try:
                os.close(os.open(self.path, os.O_WRONLY))
            except FileNotFoundError:
                # None is made here: whoever only reads a ledger leaves nothing that is not the bot's own.
                tempfile.TemporaryFile(dir=self.path.parent).close()
                return b""
            return self.path.read_bytes()
        except OSError as error:
            if error.errno in NO_ROOM or not self.path.parent.is_dir():
                return b""  # told where the ledger itself is opened and written
            raise MarkUnusable(str(self.path), error.strerror or str(error)) from error

    def demand(self, head: Head, hash_at: Callable[[int], str]) -> None:
        """See that the ledger is at least as long as it was.

        Args:
            head: Its end now.
            hash_at: Gives the hash of an entry by its number, "" where there is none.

        Raises:
            LedgerCut: it is shorter, or another one.
        """
        was = self.head  # read once: another thread may move it meanwhile
        if head == was:
            return  # as nearly always
        if was.size and (head.size < was.size or hash_at(was.size) != was.hash):
            raise LedgerCut(str(self._ledger), head.size, was.size, str(self.path))

    def move(self, head: Head) -> None:
        """Note how long the ledger is now."""
        with self._lock:
            if head.size < self.head.size or (head.size == self.head.size and self.path.exists()):
                return
            self.head = head
            if self.waits:
                return
            try:
                # Written over in one piece, for there is no moment in which it may be missing.
                file = os.open(self.path, os.O_CREAT | os.O_WRONLY, 0o600)
                try:
                    os.pwrite(file, f"{head.size:020d} {head.hash}\n".encode(), 0)
                finally:
                    os.close(file)
            except OSError as error:
                log.warning(
                    "The ledger's mark was not moved.",
                    action="ledger.no_mark",
                    why=str(MarkUnusable(str(self.path), error.strerror or str(error))),
                )


def mark_of(ledger: Path) -> Path:
    """Name the file of a ledger's mark."""
    there = ledger.resolve()
    return there.with_name(there.name + ".head")
