"""The tables say what the entries say, in every column; and a ledger of each release stays readable."""

# ruff: noqa: S608 - the statements are made of our own names

import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.messages.history import history
from bot.people.second_factor import SecondFactor
from commands.containment.proposals import Proposals
from commands.errors import LedgerCut, LedgerTampered, LedgerUnwritable
from commands.identity import owner_of
from commands.ledger import BOT, Ledger
from commands.ledger.checkpoint import note, sign_head
from commands.ledger.entries import EVENTS
from commands.ledger.rebuild import rebuild_file
from commands.ledger.schema import TABLES
from commands.ledger.verify import verify_ledger
from commands.plans.approval import ProposalState
from commands.signing_key import SigningKey
from tests.commands import plans
from tests.commands.every_kind import GOLDEN, fill
from tests.commands.plans import NOW, opened


def _columns() -> list[tuple[str, str]]:
    with closing(sqlite3.connect(":memory:")) as db:
        for _, made in TABLES.values():
            db.execute(made)
        return [(table, str(row[1])) for table in TABLES for row in db.execute(f"PRAGMA table_info({table})")]


COLUMNS = [*_columns(), ("contents", "sha256"), ("contents", "content")]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    fill(folder / "ledger.db", folder / "compromise.key")
    return folder / "ledger.db"


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Path:
    shutil.copy(whole, tmp_path / "ledger.db")
    return tmp_path / "ledger.db"


def behind_its_back(path: Path, *statements: str) -> int:
    with closing(sqlite3.connect(path)) as file:
        changed = sum(file.execute(statement).rowcount for statement in statements)
        file.commit()
    return changed


def test_the_ledger_of_every_kind_is_sound_and_holds_every_kind(whole):
    assert verify_ledger(whole).head.size > len(EVENTS)
    with closing(sqlite3.connect(whole)) as file:
        kinds = {kind for (kind,) in file.execute("SELECT DISTINCT kind FROM ledger")}
        empty = [one for one in TABLES if not file.execute(f"SELECT 1 FROM {one}").fetchone()]
    assert kinds == {event.KIND for events in EVENTS.values() for event in events}
    assert empty == []


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=[".".join(one) for one in COLUMNS])
def test_a_change_of_any_column_of_any_table_is_found_and_named(path, table, column):
    with closing(sqlite3.connect(path)) as file:
        kinds = {row[1]: row[2] for row in file.execute(f"PRAGMA table_info({table})")}
    value = {"INTEGER": "99", "TEXT": "'2027-somebody'", "BLOB": "x'00'"}[kinds[column]]
    one = f"rowid = (SELECT max(rowid) FROM {table})"
    assert behind_its_back(path, f"UPDATE {table} SET {column} = {value} WHERE {one}") == 1
    with pytest.raises(LedgerTampered, match=rf"\b{table}\b") as caught:
        verify_ledger(path)
    key = TABLES[table][0].split(", ") if table in TABLES else ["sha256"]
    # A row whose key was changed is a lost one; any other column is named.
    assert column in key or f" {column} in row" in str(caught.value)


@pytest.mark.parametrize("table", [*TABLES, "contents"])
def test_a_row_that_was_removed_is_found_and_named(path, table):
    assert behind_its_back(path, f"DELETE FROM {table} WHERE rowid = (SELECT max(rowid) FROM {table})") == 1
    with pytest.raises(LedgerTampered, match=f"is missing row .* of table {table}"):
        verify_ledger(path)


def test_a_content_that_no_entry_tells_of_is_found(path):
    digest = hashlib.sha256(b"a").hexdigest()
    behind_its_back(path, f"INSERT INTO contents VALUES ('{digest}', x'61')")
    with pytest.raises(LedgerTampered, match="of table contents without an entry"):
        verify_ledger(path)


@pytest.mark.parametrize(
    "statement",
    [
        "DROP INDEX one_undecided_proposal",
        "DROP TABLE tasks",
        "CREATE INDEX mine ON cases (note)",
        "CREATE TABLE mine (note TEXT)",
        "ALTER TABLE cases ADD COLUMN mine TEXT",
        "PRAGMA user_version = 1",
    ],
)
def test_another_form_of_the_file_is_found(path, statement):
    behind_its_back(path, statement)
    with pytest.raises(LedgerTampered):
        verify_ledger(path)


# --- rebuilding --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        *(f"DROP TABLE {table}" for table in TABLES),
        *(f"DELETE FROM {table}" for table in TABLES),
        "DROP INDEX one_undecided_proposal",
        "UPDATE proposals SET needs = 1",
    ],
)
def test_whatever_follows_from_the_entries_is_made_anew(path, statement):
    before = verify_ledger(path).head
    behind_its_back(path, statement)
    with pytest.raises(LedgerTampered):
        verify_ledger(path)
    assert rebuild_file(path) == before
    assert verify_ledger(path).head == before


def test_a_broken_chain_is_never_rebuilt_from(path):
    with closing(sqlite3.connect(path)) as file:
        (guard,) = file.execute("SELECT sql FROM sqlite_master WHERE name = 'ledger_keeps_words'").fetchone()
    behind_its_back(path, "DROP TRIGGER ledger_keeps_words", "UPDATE ledger SET actor = 'x' WHERE seq = 3")
    behind_its_back(path, guard, "DROP TABLE votes")
    with pytest.raises(LedgerTampered, match="Entry 3"):
        rebuild_file(path)
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT count(*) FROM cases").fetchone() == (1,), "nothing was changed"


def test_tables_of_an_earlier_layout_are_made_anew_at_the_start(path):
    behind_its_back(path, "DROP TABLE tasks", "CREATE TABLE errands (id TEXT)", "PRAGMA user_version = 1")
    Ledger(path, lambda: NOW).close()
    verify_ledger(path)


def test_a_ledger_of_a_later_version_is_left_alone(path):
    behind_its_back(path, "PRAGMA user_version = 99")
    with pytest.raises(LedgerUnwritable, match="newer version"):
        Ledger(path, lambda: NOW)


# --- a ledger that was longer ------------------------------------------------------------------------------


def write_and_die(path: Path) -> None:
    """Leave the newest entries where SQLite keeps them while the ledger is in use."""
    opened(Ledger(path, lambda: NOW))
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("gone", [("-wal", "-shm"), ("", "-wal", "-shm")])
def test_a_ledger_whose_files_were_removed_while_it_was_in_use_stops_the_start(tmp_path, gone):
    path = tmp_path / "ledger.db"
    process = multiprocessing.get_context("spawn").Process(target=write_and_die, args=(path,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    for tail in gone:
        path.with_name(path.name + tail).unlink()
    with pytest.raises(LedgerCut, match="Restore the newest backup"):
        Ledger(path, lambda: NOW)


def test_another_ledger_in_its_place_stops_the_start(tmp_path, path):
    other = tmp_path / "other.db"
    with closing(Ledger(other, lambda: NOW)) as book:
        opened(book)
    shutil.copy(path, other)
    with pytest.raises(LedgerCut):
        Ledger(other, lambda: NOW)
    other.with_name("other.db.head").unlink()
    Ledger(other, lambda: NOW).close()


# --- releases ----------------------------------------------------------------------------------------------

RELEASES = sorted(GOLDEN.glob("*.db"))


def independent_head(path: Path) -> tuple[int, str]:
    """Read a ledger as the documentation describes it, with nothing of ours."""
    prev, size = bytes(32), 0
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as file:
        rows = file.execute(
            "SELECT seq, at, kind, version, actor, case_id, body, prev, hash FROM ledger ORDER BY seq"
        )
        for *texts, before, stored in rows:
            size += 1
            made = hashlib.sha256(b"compromise-bot ledger entry, version 2\n" + prev)
            for text in texts:
                raw = str(text).encode()
                made.update(len(raw).to_bytes(8, "big") + raw)
            assert (texts[0], before, stored) == (size, prev, made.digest())
            assert isinstance(json.loads(texts[-1]), dict)
            prev = stored
    return size, prev.hex()


@pytest.mark.parametrize("release", RELEASES, ids=[one.stem for one in RELEASES])
def test_a_ledger_of_each_release_is_read_the_same_by_us_and_by_a_reader_that_shares_nothing(
    release, tmp_path
):
    path = tmp_path / "ledger.db"
    shutil.copy(release, path)
    rebuild_file(path)
    head = verify_ledger(path).head
    assert (head.size, head.hash) == independent_head(release)
    with closing(Ledger(path, lambda: NOW)) as book:
        assert all(entry.event for entry in book.entries())


def test_there_is_a_golden_ledger_with_every_kind_in_its_present_version():
    known = set()
    for release in RELEASES:
        with closing(sqlite3.connect(f"file:{release}?immutable=1", uri=True)) as file:
            known |= set(file.execute("SELECT DISTINCT kind, version FROM ledger"))
    assert {(event.KIND, event.VERSION) for events in EVENTS.values() for event in events} <= known


@pytest.mark.parametrize("release", RELEASES, ids=[one.stem for one in RELEASES])
def test_a_ledger_of_each_release_is_used_on(release, tmp_path):
    """It is opened as the bot does, told, proposed and voted in, signed, and it stays sound."""
    path, clock = tmp_path / "ledger.db", plans.Clock()
    shutil.copy(release, path)
    keys = SigningKey.load_or_make(tmp_path / "key")
    with closing(Ledger(path, clock)) as book:
        clock.now = datetime.fromisoformat(list(book.entries())[-1].at)
        size, old = book.head().size, book.case(plans.CASE)
        proposals = Proposals(book)
        assert [one.state.value for one in proposals.of_case(old.id)] == [
            "withdrawn",
            "denied",
            "expired",
            "stopped",
            "done",
        ]
        told = history(tuple(book.entries()), old.subject.display_name)
        assert "approved proposal" in json.dumps([one.blocks for one in told])
        assert book.owner(old.subject, old.tenant).is_same(owner_of(plans.ADELE))
        assert SecondFactor(book, keys, clock).is_enrolled("U0ALEX")
        until = clock() + timedelta(minutes=30)
        made = plans.proposed(
            proposals, plans.plan(plans.change(), nonce="later"), request="later", expires_at=until
        )
        plans.approved(proposals, made)
        assert proposals.get(made.id).state is ProposalState.APPROVED
        proposals.withdraw(made.id, "U0MEGAN", "It was only to see")
        with book.writing() as writing:
            writing.bind_owner(old.id, old.subject, ["U0ADELE"], "")
        note(book, sign_head(book, keys), BOT, why="scheduled", channel="C0", ts="9.9")
        assert book.case(old.id).owners == frozenset({"U0ADELE"})
    head = verify_ledger(path).head
    assert head.size > size
    assert rebuild_file(path) == head == verify_ledger(path).head
