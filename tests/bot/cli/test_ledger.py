"""The ledger on the command line: what is sound, what is not, and what can be taken elsewhere."""

import csv
import hashlib
import json
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest

from bot.cli import command
from bot.people.second_factor import SecondFactor
from commands.ledger import Ledger
from commands.ledger.checkpoint import read_checkpoints, read_public_keys
from commands.ledger.entries import Asked
from commands.ledger.schema import GUARDS
from commands.signing_key import SigningKey

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture
def compromise(capsys, monkeypatch, tmp_path):
    """Run the command in the ledger's folder; gives status, output and errors."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            command.main(arguments)
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run


@pytest.fixture
def ledger(tmp_path: Path):
    """A ledger of four entries with its key."""
    path = tmp_path / "ledger.db"
    with closing(Ledger(path, lambda: NOW)) as book:
        for number in range(4):
            book.append(Asked(words=f"={number}+1 größer"), "U0MEGANBOW", "C-2ABCD")
    SigningKey.load_or_make(tmp_path / "compromise.key")
    return path


def behind_its_back(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for name in GUARDS:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(statement)
        for made in GUARDS.values():
            connection.execute(made)


def test_a_checkpoint_is_printed_noted_and_proves_the_ledger(compromise, ledger, tmp_path):
    status, text, _ = compromise("ledger", "checkpoint")
    assert status == 0
    (made,) = read_checkpoints(text)
    assert made.size == 4
    (tmp_path / "anchors.txt").write_text(f"> {text}")
    status, key, _ = compromise("ledger", "public-key")
    assert (status, len(read_public_keys(key))) == (0, 1)
    assert key.startswith(f"{made.origin}+")
    (tmp_path / "key.txt").write_text(key)
    status, out, _ = compromise("ledger", "verify", "--anchor", "anchors.txt", "--public", "key.txt")
    assert status == 0
    assert "5 entries verified: none changed" in out
    assert "1 external checkpoints match; signatures are valid. 1 entries were added after" in out
    with closing(Ledger(ledger, lambda: NOW)) as book:
        assert list(book.entries())[-1].facts["text"] == text


def test_without_an_anchor_it_is_said_what_cannot_be_told(compromise, ledger):
    status, out, _ = compromise("ledger", "verify")
    assert status == 0
    assert "cannot be ruled out" in out


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE ledger SET body = '{}' WHERE seq = 3", "Entry 3"),
        ("UPDATE ledger SET actor = CAST(x'ff' AS TEXT) WHERE seq = 1", "Entry 1"),
        ("UPDATE ledger SET hash = x'00' WHERE seq = 2", "Entry 2"),
        ("DELETE FROM ledger WHERE seq = 2", "Entry 2 of the ledger is missing"),
        ("DELETE FROM ledger WHERE seq > 2", "line 1 of anchors.txt"),
        ("DELETE FROM ledger", "entries: the ledger was truncated"),
        (
            (
                "INSERT INTO tasks (case_id, number, id, says, how, done_by, note)"
                " VALUES ('C-1', 1, 'harden:0', '', '[]', '', '')"
            ),
            "without an entry",
        ),
    ],
)
def test_a_ledger_that_was_altered_ends_with_status_1(compromise, ledger, tmp_path, statement, says):
    (tmp_path / "anchors.txt").write_text(compromise("ledger", "checkpoint")[1])
    behind_its_back(ledger, statement)
    status, out, err = compromise("ledger", "verify", "--anchor", "anchors.txt")
    assert (status, out) == (1, "")
    assert says in err


def test_a_ledger_without_its_guards_ends_with_status_1(compromise, ledger):
    with closing(sqlite3.connect(ledger)) as connection:
        connection.execute("DROP TRIGGER ledger_keeps_words")
    status, _, err = compromise("ledger", "verify")
    assert status == 1
    assert "ledger_keeps_words" in err


def test_an_anchor_of_another_key_ends_with_status_1(compromise, ledger, tmp_path):
    SigningKey.load_or_make(tmp_path / "other.key")
    text = compromise("ledger", "checkpoint", "--key", "other.key")[1]
    (tmp_path / "anchors.txt").write_text(text)
    status, _, err = compromise("ledger", "verify", "--anchor", "anchors.txt")
    assert status == 1
    assert ": it was not signed by a given key" in err
    both = [compromise("ledger", "public-key", "--key", name)[1] for name in ("compromise.key", "other.key")]
    (tmp_path / "keys.txt").write_text("".join(both))
    assert compromise("ledger", "verify", "--anchor", "anchors.txt", "--public", "keys.txt")[0] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify", "--anchor", "not-there.txt"],
        ["verify", "--anchor", "words.txt"],
        ["verify", "--public", "words.txt"],
        ["verify", "--key", "not-there.key"],
        ["verify", "--key", "words.txt"],
        ["verify", "--ledger", "words.txt"],
        ["verify", "--ledger", "."],
        ["checkpoint", "--key", "not-there.key"],
        ["checkpoint", "--ledger", "not-there.db"],
        ["checkpoint", "--ledger", "empty.db"],
        ["public-key", "--key", "words.txt"],
        ["public-key", "--ledger", "empty.db"],
        ["export", "--format", "xml"],
        ["export", "--output", "not/there.jsonl"],
    ],
)
def test_what_cannot_be_read_or_signed_ends_with_status_2_and_writes_nothing(
    compromise, ledger, tmp_path, arguments
):
    (tmp_path / "words.txt").write_text("something else")
    Ledger(tmp_path / "empty.db", lambda: NOW).close()
    status, out, err = compromise("ledger", *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("compromise: ")
    assert err.count("\n") == 1
    with closing(Ledger(ledger, lambda: NOW)) as book:
        assert book.head().size == 4
    assert not (tmp_path / "not-there.key").exists()


def test_a_key_that_others_may_read_signs_nothing(compromise, ledger, tmp_path):
    (tmp_path / "compromise.key").chmod(0o644)
    for verb in ("checkpoint", "verify", "public-key"):
        status, _, err = compromise("ledger", verb)
        assert status == 2
        assert "chmod 600" in err


def test_the_chain_can_be_computed_again_from_the_json_lines(compromise, ledger, tmp_path):
    status, out, _ = compromise("ledger", "export", "--output", "ledger.jsonl")
    assert status == 0
    assert "4 entries" in out
    path = tmp_path / "ledger.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    prev = bytes(32)
    lines = path.read_text().splitlines()
    for line in lines:
        entry = json.loads(line)
        assert entry["prev"] == prev.hex()
        made = hashlib.sha256(b"compromise-bot ledger entry, version 2\n" + prev)
        for name in ("seq", "at", "kind", "version", "actor", "case", "body"):
            raw = str(entry[name]).encode()
            made.update(len(raw).to_bytes(8, "big") + raw)
        prev = made.digest()
        assert entry["hash"] == prev.hex()
    with closing(Ledger(ledger, lambda: NOW)) as book:
        assert (len(lines), prev.hex()) == (book.head().size, book.head().hash)


def test_json_lines_go_to_the_standard_output_unless_a_file_is_named(compromise, ledger):
    status, out, _ = compromise("ledger", "export")
    assert status == 0
    assert [json.loads(line)["seq"] for line in out.splitlines()] == [1, 2, 3, 4]


def test_no_cell_of_the_csv_is_a_formula(compromise, tmp_path):
    with closing(Ledger(tmp_path / "ledger.db", lambda: NOW)) as book:
        book.append(Asked(words="\u202eabc;=1+1"), "+U1", "@SUM(A1)")
    status, out, _ = compromise("ledger", "export", "--format", "csv")
    head, row = csv.reader(out.splitlines())
    assert status == 0
    assert head == ["seq", "at", "kind", "version", "actor", "case", "body", "prev", "hash"]
    assert row[4:6] == ["'+U1", "'@SUM(A1)"]
    assert not any(cell.startswith(("=", "+", "-", "@")) or ";=" in cell for cell in row)


def test_second_factors_are_listed_and_removed(compromise, ledger, tmp_path):
    assert compromise("factor", "list") == (0, "", "")
    with closing(Ledger(ledger, lambda: NOW)) as book:
        factor = SecondFactor(book, SigningKey.load(tmp_path / "compromise.key"), lambda: NOW)
        factor.confirm("U0MEGANBOW", pyotp.TOTP(factor.enrol("U0MEGANBOW")).at(NOW))
        factor.enrol("U0ALEXWILB")
    status, out, _ = compromise("factor", "list")
    assert status == 0
    assert out == "U0ALEXWILB not confirmed\nU0MEGANBOW enrolled 2026-03-02 00:00 UTC\n"
    assert compromise("factor", "remove", "U0MEGANBOW")[0] == 0
    assert "U0MEGANBOW" not in compromise("factor", "list")[1]
    assert compromise("factor", "remove", "U0MEGANBOW")[0] == 2
    assert compromise("ledger", "verify")[0] == 0
