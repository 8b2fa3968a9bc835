"""The ledger's file: opened, written in transactions, and read.

Triggers refuse every change and removal of an entry, for whichever program opens the file. The tables beside
the entries change only by `apply`, in the transaction that adds the entry. What that proves, and what it
cannot, is for `commands.ledger.verify` to say, which reads nothing but the file.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from commands.errors import EntryMissing, LedgerFull, LedgerReplaced, LedgerTampered, LedgerUnwritable
from commands.ledger import entries as e
from commands.ledger.cases import CaseReader
from commands.ledger.chain import COLUMNS, Entry, Head, head_of
from commands.ledger.mark import NO_ROOM, Mark
from commands.ledger.reading import Row, rows_of
from commands.ledger.rebuild import rebuild
from commands.ledger.recorded import Owners, binds
from commands.ledger.schema import LAYOUT, TABLES, check_guards, create_kept, create_tables
from commands.ledger.writing import Writing

log = structlog.get_logger(__name__)

_PAGE = 1_000
"""How many entries are read at once."""

NOTE = 256 * 1024
"""Bytes that must be free for a few entries with the rows that they lead to."""

Inode = tuple[int, int] | None
"""Which file something is, wherever it lies; None where it cannot be seen."""


class Ledger(CaseReader):
    """The ledger's file. Any thread may use it; each gets a connection of its own.

    Args:
        path: The file; it is made when it does not exist.
        clock: Tells the time (aware UTC).
        patience: Seconds to wait for another writer.

    Attributes:
        is_copy: Whether the file was put here, such as from a backup, and no bot has taken it over yet:
            it has entries, and no mark beside it.

    Raises:
        LedgerUnwritable: the file or its mark cannot be opened or written, or another version wrote it.
        LedgerTampered: the file's guards are missing or are not ours, or it is shorter than it was.
    """

    def __init__(self, path: Path, clock: Callable[[], datetime], *, patience: float = 30) -> None:
        self.path = path
        self._clock = clock
        self._patience = patience
        self._mine = threading.local()
        self._all: dict[threading.Thread, sqlite3.Connection] = {}
        self._lock = threading.Lock()
        self._places = (str(path), f"{path}-wal", f"{path}-shm")
        self._files: tuple[Inode, ...] | None = None
        self._owners, self._owners_lock = Owners(), threading.Lock()
        self._mark = Mark(path)
        self.is_copy = False
        with self._trouble():
            if not path.exists():
                self._mark.demand(Head(0, ""), lambda _: "")
            _make_private(path)
            db = self._db
            db.execute("BEGIN IMMEDIATE")
            try:
                _prepare(path, db)
                db.commit()
            except BaseException:
                db.rollback()
                raise
            check_guards(db)
            head = head_of(db)
            self._mark.demand(head, partial(_hash_at, db))
            self._mark.waits = self.is_copy = bool(head.size) and not self._mark.head.size

    def accept(self) -> None:
        """Take a copy that was put here for the ledger from now on."""
        self.is_copy = self._mark.waits = False
        self._mark.move(self.head())

    @property
    def _db(self) -> sqlite3.Connection:
        db: sqlite3.Connection | None = getattr(self._mine, "db", None)
        if db is None:
            # Closed from another thread than its own, hence no check for the same thread.
            db = sqlite3.connect(
                self.path, timeout=self._patience, check_same_thread=False, isolation_level=None
            )
            with self._lock:
                # Each check has a thread of its own, which ends; its connection would stay open for ever.
                # The first stays: with the last one SQLite removes the side files, and makes other ones.
                for thread in [one for one in list(self._all)[1:] if not one.is_alive()]:
                    self._all.pop(thread).close()
                self._all[threading.current_thread()] = db
            self._mine.db = db
            db.execute("PRAGMA journal_mode = WAL").fetchone()
            db.execute("PRAGMA synchronous = FULL")
        return db

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            full = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL
            if full or not _has_room(self.path.parent):
                raise LedgerFull(str(self.path)) from error
            raise LedgerUnwritable(str(self.path), str(error)) from error

    def demand_room(self) -> None:
        """See that there is room for a few entries, before something is done that must be noted afterward.

        What was posted and cannot be noted is posted again and again.

        Raises:
            LedgerFull: there is none.
        """
        if not _has_room(self.path.parent):
            raise LedgerFull(str(self.path))

    def close(self) -> None:
        """Close every connection; the ledger opens them again when it is used again.

        One that another thread may be using this very moment is only let go: closed under its hands, it would
        take the whole process down. It closes as soon as nobody holds it.
        """
        with self._lock:
            for thread, connection in self._all.items():
                if thread is threading.current_thread() or not thread.is_alive():
                    connection.close()
            self._all.clear()
            self._files = None
        self._mine = threading.local()

    # --- writing -------------------------------------------------------------------------------------------

    def _demand_untouched(self, db: sqlite3.Connection, head: Head) -> None:
        """See, before each entry, that the file is the one that was opened, whole, and with its guards.

        Args:
            db: The transaction.
            head: The end that it sees.

        Raises:
            LedgerTampered: somebody changed, replaced or removed it meanwhile; says what to do.
        """
        files = tuple([_file_of(place) for place in self._places])
        with self._lock:
            if self._files is None:
                self._files = files
            if files != self._files:
                raise LedgerReplaced(str(self.path))
        form = db.execute("PRAGMA schema_version").fetchone()[0]
        if form != getattr(self._mine, "form", None):
            check_guards(db)
            self._mine.form = form
        self._mark.demand(head, partial(_hash_at, db))

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """Hold the ledger for writing; everything inside happens, or nothing.

        Raises:
            LedgerUnwritable: it could not be written; nothing was kept.
            EntryMissing: the block changed something and appended no entry; nothing was kept.
        """
        with self._trouble():
            db = self._db
            # IMMEDIATE: a deferred transaction that reads the head first fails at once beside another writer.
            db.execute("BEGIN IMMEDIATE")
            before = db.total_changes
            try:
                head = head_of(db)
                self._demand_untouched(db, head)
                writing = Writing(db, self._clock(), head)
                self._mine.committed = writing.head.size
                yield writing
                if db.total_changes != before and not writing.entries:
                    raise EntryMissing
                db.commit()
            except BaseException:
                # The rollback itself may fail on a broken disk; the reason to roll back is the one to tell.
                with suppress(sqlite3.Error):
                    db.rollback()
                raise
            finally:
                self._mine.committed = None
            if writing.entries:
                self._mark.move(writing.head)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold one view of the ledger for what this thread reads, whatever others write meanwhile.

        Raises:
            LedgerUnwritable: the file cannot be read.
        """
        with self._trouble():
            db = self._db
            if db.in_transaction:  # the one that writes sees one view anyway
                yield
                return
            db.execute("BEGIN")
            try:
                yield
            finally:
                db.rollback()

    def append(self, event: e.Event, actor: str, case_id: str = "") -> Entry:
        """Add one entry.

        Raises:
            LedgerUnwritable: it could not be written.
        """
        with self.writing() as writing:
            return writing.append(event, actor, case_id)

    # --- reading -------------------------------------------------------------------------------------------

    def head(self) -> Head:
        """Say how long the ledger is and which hash it ends with."""
        with self._trouble():
            return head_of(self._db)

    def entries(
        self, *, case_id: str | None = None, kinds: Collection[str] = (), after: int = 0
    ) -> Iterator[Entry]:
        """Give the entries in their order: all of them, those of one case, or those of some kinds.

        Whoever takes one may write before taking the next.
        """
        # Conditions are left out where they ask nothing, so that the others find their index.
        where, values = ["seq > ?"], [after, *kinds]
        if kinds:
            # One case has a few hundred entries and a kind has thousands: the plus keeps SQLite to the case.
            plus = "" if case_id is None else "+"
            where.append(f"{plus}kind IN ({', '.join('?' * len(kinds))})")
        if case_id is not None:
            where.append("case_id = ?")
            values.append(case_id)
        columns = ", ".join(COLUMNS)
        asks = f"SELECT {columns} FROM ledger WHERE {' AND '.join(where)} ORDER BY seq LIMIT {_PAGE}"  # noqa: S608 - words of ours
        while True:
            with self._trouble():
                # A statement that is still open would hold an old view, beside which nothing can be written.
                page = [Entry(*row) for row in self._db.execute(asks, values)]
            yield from page
            if len(page) < _PAGE:
                return
            values[0] = page[-1].seq

    @contextmanager
    def owners(self) -> Iterator[Owners]:
        """Hold whose the cases are by the entries that this thread sees; others wait meanwhile.

        Raises:
            LedgerUnwritable: the file cannot be read.
            LedgerTampered: an entry is about a case that no entry opened.
        """
        with self.reading(), self._owners_lock:
            size = self.head().size
            committed: int | None = getattr(self._mine, "committed", None)
            until = size if committed is None else committed
            found = self._owners
            if found.seen > until or (until < size and binds(self, until)):
                # An older view than was read since, or entries that may yet be taken back: for this once.
                found, until = Owners(), size
            found.catch_up(self, until)
            yield found

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Read from the tables; for the readers of this package.

        Raises:
            LedgerUnwritable: the file cannot be read.
        """
        with self._trouble():
            return rows_of(self._db, sql, values)

    def memory(self, case_id: str) -> CaseMemory:
        """Give the memory of a case, for `graph.collect`."""
        return CaseMemory(self, case_id)


@dataclass(frozen=True, slots=True)
class CaseMemory:
    """The memory of one case; what `graph.collect` calls Memory."""

    ledger: Ledger
    case_id: str

    def recall(self, source: str) -> Mapping[str, str]:
        """Give what this source's query remembered."""
        return self.ledger.recall(self.case_id, source)

    def remember(self, source: str, name: str, value: str) -> None:
        """Keep a value for this source's query; a full disk costs another search later, and no source now."""
        try:
            with self.ledger.writing() as writing:
                writing.remember(self.case_id, source, name, value)
        except LedgerUnwritable as error:
            log.warning(
                "A search is not remembered.", action="memory.away", case=self.case_id, why=str(error)
            )


def _prepare(path: Path, db: sqlite3.Connection) -> None:
    """Make the tables of a new ledger, or anew those that another version made.

    Raises:
        LedgerUnwritable: the file is of a version that this program cannot read.
        LedgerTampered: a guard or a table is missing.
    """
    names = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "ledger" not in names:
        create_kept(db)
        create_tables(db)
        return
    check_guards(db)
    layout = db.execute("PRAGMA user_version").fetchone()[0]
    if "contents" not in names or layout > LAYOUT:
        age = "newer" if layout > LAYOUT else "older"
        then = "" if age == "newer" else ", let it finish what is open, and begin a new ledger with this one"
        raise LedgerUnwritable(str(path), f"it was written by a much {age} version; use that version{then}")
    if layout != LAYOUT:
        rebuild(db)
        return
    for name in TABLES:
        if name not in names:
            raise LedgerTampered(f"is missing table {name}; run `compromise ledger rebuild`")


def _file_of(place: str) -> Inode:
    """Tell which file is at a place; one that is put in its place is another one."""
    try:
        found = os.stat(place)  # noqa: PTH116 - before each entry, and a Path takes several times as long
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _has_room(folder: Path) -> bool:
    """Whether a few entries more can be written in a folder: a quota may be used up where the disk is not."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(NOTE))
    except OSError as error:
        return error.errno not in NO_ROOM
    return True


def _hash_at(db: sqlite3.Connection, seq: int) -> str:
    row = db.execute("SELECT hash FROM ledger WHERE seq = ?", [seq]).fetchone()
    return str(row[0].hex()) if row else ""


def _make_private(path: Path) -> None:
    """Make the file, where there is none, for its owner's eyes only; SQLite's side files take after it."""
    with suppress(OSError):  # what is wrong with the place is told when SQLite opens it
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
