"""Somebody meddles with the ledger's file while the bot runs: the next entry is refused, and says why."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from commands.errors import LedgerError
from commands.ledger import BOT, Ledger
from commands.ledger import entries as e
from commands.ledger.schema import GUARDS

NOW = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    made = Ledger(path, lambda: NOW, patience=0.1)
    for number in range(5):
        note(made, number)
    yield made
    made.close()


def note(ledger: Ledger, number: int) -> None:
    ledger.append(e.Asked(f"q{number}", "C0INCIDENT", "help"), BOT)


def meddle(path: Path, *statements: str) -> None:
    """What somebody does with another program; the triggers are away meanwhile."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        for name in GUARDS:
            other.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            other.execute(statement)
        for sql in GUARDS.values():
            other.execute(sql)


def refused(ledger: Ledger, says: str) -> None:
    """See that nothing is written any more, from this thread or another one."""
    size = ledger.head().size
    with pytest.raises(LedgerError, match=says):
        note(ledger, 99)
    caught: list[LedgerError] = []

    def elsewhere() -> None:
        try:
            note(ledger, 98)
        except LedgerError as error:
            caught.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert caught
    assert ledger.head().size == size


def test_entries_that_were_removed_at_the_end_are_missed(ledger, path):
    meddle(path, "DELETE FROM ledger WHERE seq = 5")
    refused(ledger, "it had 5")


def test_a_last_entry_that_is_another_one_is_noticed(ledger, path):
    meddle(path, "UPDATE ledger SET hash = zeroblob(32) WHERE seq = 5")
    refused(ledger, "it had 5")


def test_a_trigger_that_is_gone_stops_the_next_entry(ledger, path):
    with closing(sqlite3.connect(path)) as other:
        other.execute("DROP TRIGGER ledger_keeps_words")
    refused(ledger, "ledger_keeps_words")


def test_a_trigger_that_is_not_ours_stops_the_next_entry(ledger, path):
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TRIGGER sly AFTER INSERT ON ledger BEGIN DELETE FROM requests; END")
    refused(ledger, "sly")


def test_yesterdays_copy_in_its_place_is_noticed(ledger, path, tmp_path):
    with closing(sqlite3.connect(path)) as other:
        other.execute("VACUUM INTO ?", [str(tmp_path / "copy.db")])
    note(ledger, 5)
    (tmp_path / "copy.db").rename(path)
    refused(ledger, "replaced")


def test_an_equal_copy_in_its_place_is_noticed(ledger, path, tmp_path):
    with closing(sqlite3.connect(path)) as other:
        other.execute("VACUUM INTO ?", [str(tmp_path / "copy.db")])
    (tmp_path / "copy.db").rename(path)
    refused(ledger, "replaced")


def test_a_file_that_is_gone_is_noticed(ledger, path):
    path.unlink()
    with pytest.raises(LedgerError, match="replaced"):
        note(ledger, 99)


def test_a_copy_over_the_file_is_noticed(ledger, path, tmp_path):
    with closing(sqlite3.connect(path)) as other:
        other.execute("VACUUM INTO ?", [str(tmp_path / "copy.db")])
    for number in range(6, 9):
        note(ledger, number)
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    shutil.copyfile(tmp_path / "copy.db", path)
    refused(ledger, "it had 8")


@pytest.mark.parametrize("tail", ["-wal", "-shm"])
def test_side_files_that_are_gone_are_noticed(ledger, path, tail):
    path.with_name(path.name + tail).unlink()
    refused(ledger, "-wal")


def test_an_emptied_side_file_is_noticed_at_the_next_start(ledger, path):
    with path.with_name(path.name + "-wal").open("r+b") as wal:
        wal.truncate(0)
    ledger.close()
    with pytest.raises(LedgerError):
        Ledger(path, lambda: NOW)


def test_what_another_process_of_ours_writes_or_reads_is_no_trouble(ledger, path):
    with closing(Ledger(path, lambda: NOW)) as other:
        note(other, 6)
    note(ledger, 7)
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    note(ledger, 8)
    assert ledger.head().size == 8


def test_it_opens_again_after_it_was_closed(ledger):
    ledger.close()
    note(ledger, 6)

    def elsewhere() -> None:
        note(ledger, 7)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    ledger.close()
    note(ledger, 8)
    assert ledger.head().size == 8
