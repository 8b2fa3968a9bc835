"""How long the ledger was, in a small file beside it, so that a shorter one does not go unnoticed.

SQLite keeps the newest entries in a side file for a while. Whoever removes that, or the ledger itself, would
otherwise have the next start begin with a shorter ledger, or a new one, without a word. The mark proves
nothing against somebody who changes it as well; for that there are checkpoints.
"""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path

import structlog

from commands.errors import LedgerCut
from commands.ledger.chain import Head

log = structlog.get_logger(__name__)

_LINE = re.compile(rb"(\d{20}) ([0-9a-f]{64})\n")


class Mark:
    """The mark of one ledger. Any thread may use it.

    Args:
        ledger: The ledger's file; links are followed.

    Attributes:
        path: The file of the mark.
        size: How many entries there were; 0 where there is no mark.
    """

    def __init__(self, ledger: Path) -> None:
        self.path = mark_of(ledger)
        self._ledger = ledger
        self._lock = threading.Lock()
        known = _LINE.match(self.path.read_bytes()) if self.path.exists() else None
        self.size = int(known[1]) if known else 0
        self._hash = known[2].decode() if known else ""

    def demand(self, head: Head, hash_there: str) -> None:
        """See that the ledger is at least as long as it was.

        Args:
            head: Its end now.
            hash_there: The hash of the entry that was its last one.

        Raises:
            LedgerCut: it is shorter, or another one.
        """
        if self.size and (head.size < self.size or hash_there != self._hash):
            raise LedgerCut(str(self._ledger), head.size, self.size, str(self.path))

    def move(self, head: Head) -> None:
        """Note how long the ledger is now."""
        with self._lock:
            if head.size <= self.size:
                return
            try:
                # Written over in one piece, for there is no moment in which it may be missing.
                file = os.open(self.path, os.O_CREAT | os.O_WRONLY, 0o600)
                try:
                    os.pwrite(file, f"{head.size:020d} {head.hash}\n".encode(), 0)
                finally:
                    os.close(file)
            except OSError as error:
                log.warning("The ledger's mark was not moved.", action="ledger.no_mark", why=str(error))
                return
            self.size, self._hash = head.size, head.hash


def mark_of(ledger: Path) -> Path:
    """Name the file of a ledger's mark."""
    there = ledger.resolve()
    return there.with_name(there.name + ".head")
