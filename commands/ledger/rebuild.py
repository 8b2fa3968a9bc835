"""Make the tables anew from the entries."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Final

from commands.errors import LedgerTampered, LedgerUnwritable
from commands.ledger.apply import apply
from commands.ledger.chain import GENESIS, LENGTHS, TAG, Entry, Head
from commands.ledger.entries import Event, event_of
from commands.ledger.schema import check_guards, create_tables, drop_tables
from commands.ledger.tables import MemoryTables, Tables

_ENTRIES: Final = """SELECT
    seq, CAST(seq AS TEXT), at, kind, CAST(version AS TEXT), actor, case_id, body, prev, hash
FROM ledger ORDER BY seq"""


class _Hashed(dict[bytes, bytes]):
    """Texts that many entries share, each as it is hashed: its length, and itself."""

    def __missing__(self, text: bytes) -> bytes:
        return self.setdefault(text, LENGTHS[len(text)] + text)


class _Decoded(dict[bytes, str]):
    """The same texts, decoded."""

    def __missing__(self, text: bytes) -> str:
        return self.setdefault(text, text.decode())


def replay(
    source: sqlite3.Connection,
    tables: Tables,
    see: Callable[[Entry, Event], None] | None = None,
) -> Iterator[bytes]:
    """Read the entries from the first to the last, check their chain, apply each, and give their hashes.

    Args:
        source: Where the ledger is.
        tables: The empty tables.
        see: Called with each entry once it is applied.

    Raises:
        LedgerTampered: naming the first bad entry.
    """
    prev, expected = GENESIS, 1
    hashed, decoded, lengths = _Hashed(), _Decoded(), LENGTHS
    # Whoever changes a file need not leave text in it, so all of it is taken as bytes.
    before, source.text_factory = source.text_factory, bytes
    try:
        for seq, number, at, kind, version, actor, case_id, body, stored_prev, stored in source.execute(
            _ENTRIES
        ):
            if seq != expected:
                raise LedgerTampered(f"is missing (the next one there is {seq})", expected)
            if stored_prev != prev:
                raise LedgerTampered("does not chain to the previous entry", seq)
            try:
                # `hash_of`, spelled out: what an entry shares with others costs nothing more.
                header = (lengths[len(number)], number, lengths[len(at)], at, hashed[kind], hashed[version])
                about = (hashed[actor], hashed[case_id], lengths[len(body)], body)
                made = sha256(b"".join((TAG, prev, *header, *about))).digest()
            except TypeError:  # no program of ours leaves anything but texts there
                made = b""
            if made != stored:
                raise LedgerTampered("was changed after it was written", seq)
            try:
                code, form = decoded[kind], int(version)
                event = event_of(code, form, body)
                who, case = decoded[actor], decoded[case_id]
                entry = Entry(seq, at.decode(), code, form, who, case, body.decode(), prev, stored)
                apply(tables, entry, event)
            except (ValueError, LookupError, TypeError, sqlite3.IntegrityError) as error:
                # Its hash fits, so whoever made it knows the form of an entry, but it was not this program.
                raise LedgerTampered("is of a kind unknown to this version", seq) from error
            if see is not None:
                see(entry, event)
            prev, expected = stored, seq + 1
            yield stored
    finally:
        source.text_factory = before


def rebuild(db: sqlite3.Connection) -> Head:
    """Make the tables anew, inside a transaction that the caller began; give the ledger's head.

    Raises:
        LedgerTampered: the chain is broken, so nothing can be made from it.
    """
    drop_tables(db)
    create_tables(db)
    tables = MemoryTables()
    hashes = list(replay(db, tables))
    tables.write(db)
    return Head(len(hashes), (hashes[-1] if hashes else GENESIS).hex())


def rebuild_file(path: Path) -> Head:
    """Make the tables and indexes of a ledger's file anew, all or nothing; give its head.

    Raises:
        LedgerTampered: the chain is broken, or a guard is missing; nothing was changed.
        LedgerUnwritable: the file cannot be read or written, or is no ledger.
    """
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as db:
            if not is_ledger(db):
                raise LedgerUnwritable(str(path), "it contains no ledger")
            check_guards(db)
            db.execute("BEGIN IMMEDIATE")
            try:
                head = rebuild(db)
                db.execute("REINDEX")
                db.execute("COMMIT")
            except BaseException:
                db.execute("ROLLBACK")
                raise
            return head
    except sqlite3.Error as error:
        raise LedgerUnwritable(str(path), str(error)) from error


def holds_ledger(path: Path) -> bool:
    """Say whether a file holds a ledger of the present form; nothing is changed.

    Raises:
        LedgerUnwritable: it cannot be read as a file of SQLite.
    """
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as file:
            return is_ledger(file)
    except sqlite3.Error as error:
        raise LedgerUnwritable(str(path), str(error)) from error


def is_ledger(db: sqlite3.Connection) -> bool:
    """Say whether a file holds a ledger of the present form."""
    rows = db.execute("SELECT name FROM sqlite_master WHERE name IN ('ledger', 'contents')").fetchall()
    return len(rows) == 2
