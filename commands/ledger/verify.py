"""Whether a ledger is what was written into it, by reading its file and nothing else.

Five things are compared, in one pass over the entries. The chain: every entry's hash covers its text and the
hash before it. The form: tables, indexes and triggers are those of this program, and no other ones. The
anchors: checkpoints that were kept elsewhere fit, and so do those that the ledger notes of itself. The
tables: the entries are applied to empty ones, and every column of every row is the same there. The contents:
each is what its SHA-256 says, none is missing, and none is there besides.

The file is read in one view, so a bot that writes meanwhile does not matter, and it is not changed. What can
be proven in this way, and what cannot, is written in docs/reference/ledger.md.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any

from commands.errors import AnchorMisfit, AnchorUnreadable, LedgerTampered, LedgerUnwritable
from commands.ledger.chain import GENESIS, Entry, Head, sha256_of
from commands.ledger.checkpoint import Checkpoint, origin_of, read_checkpoints
from commands.ledger.entries import CheckpointSigned, Event
from commands.ledger.reading import Row, rows_of
from commands.ledger.rebuild import is_ledger, replay
from commands.ledger.schema import KEYS, LAYOUT, REFERENCES, TABLES, check_guards, create_kept, create_tables
from commands.ledger.tables import MemoryTables


@dataclass(frozen=True, slots=True)
class Soundness:
    """What was found in a ledger that is sound.

    Attributes:
        head: Its end.
        anchors: How many checkpoints from elsewhere fit.
        anchored: How many entries the last of them fixes; the chain alone stands for those that follow.
        checkpoints: How many checkpoints are noted in the ledger itself.
        signed: Whether signatures were checked; they are not when no public key was given.
    """

    head: Head
    anchors: int
    anchored: int
    checkpoints: int
    signed: bool


def verify_ledger(
    path: Path, anchors: Sequence[Checkpoint] = (), publics: Collection[bytes] = ()
) -> Soundness:
    """Check a ledger's file.

    Args:
        path: The file.
        anchors: Checkpoints that were kept outside of it.
        publics: The public keys, one of which must have signed each checkpoint; none: nothing is asked of
            signatures.

    Raises:
        LedgerTampered: naming the first bad entry, or the table that says something else than the entries.
        AnchorMisfit: naming the checkpoint that is not of this ledger as it is now.
        LedgerUnwritable: the file cannot be read, or is no ledger.
    """
    with verified(path, anchors, publics) as (sound, _):
        return sound


@contextmanager
def verified(
    path: Path, anchors: Sequence[Checkpoint] = (), publics: Collection[bytes] = ()
) -> Iterator[tuple[Soundness, Rebuilt]]:
    """Check a ledger's file, and give the tables as they follow from the entries, besides.

    Raises:
        LedgerError: as for `verify_ledger`.
    """
    try:
        with closing(_open(path)) as file:
            file.execute("BEGIN")
            _check_file(path, file)
            made = MemoryTables()
            notes: list[tuple[int, CheckpointSigned]] = []

            def see(entry: Entry, event: Event) -> None:
                if isinstance(event, CheckpointSigned):
                    notes.append((entry.seq, event))

            hashes = list(replay(file, made, see))
            _check_anchors(hashes, anchors, publics)
            for seq, event in notes:
                _check_note(hashes, seq, event, publics)
            for table in TABLES:
                _check_table(file, made, table)
            _check_contents(file, made)
            head = Head(len(hashes), (hashes[-1] if hashes else GENESIS).hex())
            anchored = max((anchor.size for anchor in anchors), default=0)
            yield Soundness(head, len(anchors), anchored, len(notes), bool(publics)), Rebuilt(made)
    except sqlite3.Error as error:
        raise LedgerUnwritable(str(path), str(error)) from error


class Rebuilt:
    """The tables as they follow from the entries of a ledger that was found sound."""

    def __init__(self, tables: MemoryTables) -> None:
        self._tables = tables

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """Read from the tables; for the readers of this package."""
        return rows_of(self._db, sql, values)

    @cached_property
    def _db(self) -> sqlite3.Connection:
        db = _empty()
        self._tables.write(db)
        return db


def _open(path: Path) -> sqlite3.Connection:
    address = path.resolve().as_uri()
    connection = sqlite3.connect(f"{address}?mode=ro", uri=True, isolation_level=None)
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        if path.with_name(path.name + "-wal").exists():
            raise
        # In a folder that cannot be written SQLite can make no side files, and needs none.
        connection = sqlite3.connect(f"{address}?immutable=1", uri=True, isolation_level=None)
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    return connection


def _empty() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    create_kept(connection)
    create_tables(connection)
    return connection


def _check_file(path: Path, file: sqlite3.Connection) -> None:
    """See that the file has the form that this program gives it."""
    if not is_ledger(file):
        raise LedgerUnwritable(str(path), "it contains no ledger of this version")
    check_guards(file)
    if file.execute("PRAGMA user_version").fetchone()[0] != LAYOUT:
        raise LedgerTampered(
            "has tables of another layout; start the bot, or run `compromise ledger rebuild`"
        )
    with closing(_empty()) as made:
        found, wanted = _form(file), _form(made)
    for kind, name in found.keys() - wanted.keys():
        raise LedgerTampered(f"has an unknown {kind} {name}; find out who added it")
    for (kind, name), sql in wanted.items():
        if found.get((kind, name)) != sql:
            state = "is missing its" if (kind, name) not in found else "has a changed"
            raise LedgerTampered(f"{state} {kind} {name}; run `compromise ledger rebuild`")


def _form(connection: sqlite3.Connection) -> dict[tuple[str, str], str]:
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {(kind, name): sql for kind, name, sql in rows}


# --- checkpoints -------------------------------------------------------------------------------------------


def _check_anchors(
    hashes: Sequence[bytes], anchors: Iterable[Checkpoint], publics: Collection[bytes]
) -> None:
    fits = 0
    for anchor in sorted(anchors, key=lambda one: one.size):
        where = anchor.where or f"for {anchor.size} entries"
        if publics and not anchor.is_signed_by(publics):
            raise AnchorMisfit(
                f"cannot be compared with the checkpoint in {where}: it was not signed by a given key",
                where,
            )
        if anchor.size > len(hashes):
            raise AnchorMisfit(
                (
                    f"ends with entry {len(hashes)}, but the checkpoint in {where} was signed at "
                    f"{anchor.size} entries: the ledger was truncated"
                ),
                where,
                len(hashes) + 1,
            )
        if anchor.origin != origin_of(hashes[0]):
            raise AnchorMisfit(
                (
                    f"has the origin {origin_of(hashes[0])}, but the checkpoint in {where} has "
                    f"{anchor.origin}: the ledger was rewritten or replaced, or the checkpoint "
                    "belongs to another ledger"
                ),
                where,
                1,
            )
        if hashes[anchor.size - 1].hex() != anchor.head:
            raise AnchorMisfit(
                (
                    f"does not match the checkpoint in {where}: at least one of the entries {fits + 1} "
                    f"to {anchor.size} was rewritten"
                ),
                where,
                fits + 1,
            )
        fits = anchor.size


def _check_note(
    hashes: Sequence[bytes], seq: int, event: CheckpointSigned, publics: Collection[bytes]
) -> None:
    """Check a checkpoint that the ledger notes of itself; it can only be about entries before its own."""
    try:
        (found,) = read_checkpoints(event.text)
    except (AnchorUnreadable, ValueError) as error:
        raise LedgerTampered("has no readable checkpoint", seq) from error
    if (found.size, found.head) != (event.size, event.head):
        raise LedgerTampered("contradicts its checkpoint", seq)
    if (
        found.size >= seq
        or found.origin != origin_of(hashes[0])
        or hashes[found.size - 1].hex() != found.head
    ):
        raise LedgerTampered("has a checkpoint that does not match the entries before it", seq)
    if publics and not found.is_signed_by(publics):
        raise LedgerTampered("has a checkpoint that was not signed by a given key", seq)


# --- tables and contents -----------------------------------------------------------------------------------


def _check_table(file: sqlite3.Connection, made: MemoryTables, table: str) -> None:
    """Compare every row with the one that the entries lead to; none may be missing, or there besides."""
    cursor = file.execute(f"SELECT * FROM {table} ORDER BY rowid")  # noqa: S608 - names of ours
    names = [column[0] for column in cursor.description]
    rows = cursor.fetchall()
    if _typed(rows) == _typed(list(map(itemgetter(*names), made.rows[table].values()))):
        return  # as nearly always, for both have their rows in the order in which they were put in
    keys = [names.index(name) for name in KEYS[table]]
    there = {tuple([row[at] for at in keys]): row for row in rows}
    for name, row in made.rows[table].items():
        found = there.pop(name, None)
        if found is None:
            raise LedgerTampered(f"is missing row {_named(name)} of table {table}")
        for column, one in zip(names, found, strict=True):
            other = row[column]
            if one != other or type(one) is not type(other):
                raise LedgerTampered(
                    f"has a different {column} in row {_named(name)} of table {table} than recorded"
                )
    for name in there:
        raise LedgerTampered(f"has row {_named(name)} of table {table} without an entry")


def _typed(rows: list[tuple[Any, ...]]) -> tuple[list[tuple[Any, ...]], list[type]]:
    """Give rows with the type of each of their values, for 1 and 1.0 are equal."""
    return rows, list(map(type, chain.from_iterable(rows)))


def _named(key: Iterable[object]) -> str:
    return " ".join(str(part) for part in key)


def _check_contents(file: sqlite3.Connection, made: MemoryTables) -> None:
    """See that each content is what its SHA-256 says, that none is missing, and none there besides."""
    named = (row[column] for table, column in REFERENCES for row in made.rows[table].values())
    wanted = set(filter(None, named))
    for digest, content in file.execute("SELECT sha256, content FROM contents"):
        if sha256_of(content) != digest:
            raise LedgerTampered(
                f"has a different content in row {digest} of table contents than its SHA-256 says"
            )
        if digest not in wanted:
            raise LedgerTampered(f"has row {digest} of table contents without an entry")
        wanted.remove(digest)
    for digest in wanted:
        raise LedgerTampered(f"is missing row {digest} of table contents")
