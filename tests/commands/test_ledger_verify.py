"""Whatever somebody changes in the ledger's file is found, as far as it can be found."""

# ruff: noqa: S608 - the statements are made of our own names and numbers

import hashlib
import json
import random
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from commands.containment.proposals import Outcome, Proposals
from commands.errors import AnchorMisfit, LedgerTampered, LedgerUnwritable
from commands.ledger import Head, Ledger
from commands.ledger.chain import hash_of
from commands.ledger.checkpoint import Checkpoint, note, origin, origin_of, read_checkpoints, sign, sign_head
from commands.ledger.entries import Asked
from commands.ledger.rebuild import rebuild_file
from commands.ledger.schema import GUARDS, KEYS
from commands.ledger.verify import verify_ledger
from commands.plans.approval import Voter
from commands.plans.plan import Change, Look, Plan
from commands.signing_key import SigningKey
from graph.question import Subject, Window
from graph.request import Request
from tests.each import each

NOW = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
ADELE = Subject(
    id="00000000-0000-0000-0000-0000000000ad",
    user_principal_name="adele.vance@contoso.example",
    mail="adele.vance@contoso.example",
    addresses=("adele.vance@contoso.example", "av@contoso.example"),
    display_name="Adele Vance",
)
COLUMNS = ("at", "kind", "actor", "case_id", "body", "prev", "hash")


@pytest.fixture
def keys(tmp_path: Path) -> SigningKey:
    return SigningKey.load_or_make(tmp_path / "compromise.key")


@pytest.fixture
def path(tmp_path: Path, keys: SigningKey) -> Path:
    """A small ledger: a case with its check, a checkpoint, and two entries behind it."""
    path = tmp_path / "ledger.db"
    with closing(Ledger(path, lambda: NOW)) as book:
        with book.writing() as writing:
            writing.ask("r1", "U0MEGANBOW", "C0INCIDENT", "check adele.vance")
            writing.open_case(
                "C-2ABCD",
                tenant="Contoso",
                subject=ADELE,
                window=Window(NOW - timedelta(days=14), NOW),
                channel="C0INCIDENT",
                asked_by="U0MEGANBOW",
                request="r1",
            )
            writing.card_posted("C-2ABCD", "C0INCIDENT", "1.1")
            writing.finish("C-2ABCD", verdict="compromised", report='{"a": 1}', offer='["b"]')
            writing.shown("C-2ABCD", "as done")
        note(book, sign_head(book, keys), "bot")
        book.append(Asked(words="größer"), "U0ALEXWILB")
        book.append(Asked(words="last"), "U0ALEXWILB")
    return path


@pytest.fixture
def proposed(path: Path) -> Path:
    """The same ledger with a proposal that two people voted for and that was carried out."""
    change = Change(
        id="block_sign_in:user",
        step="block_sign_in",
        says="Block Adele Vance from signing in",
        why="It was taken over.",
        do=Request("PATCH", f"/users/{ADELE.id}", body={"accountEnabled": False}),
        look=Look(Request("GET", f"/users/{ADELE.id}"), fields=("accountEnabled",)),
        expects={"accountEnabled": True},
        wants={"accountEnabled": False},
        no_undo="It is a test.",
    )
    with closing(Ledger(path, lambda: NOW)) as book:
        proposals = Proposals(book)
        made = proposals.propose(
            kind="contain",
            plan=Plan("C-2ABCD", "Contoso", ADELE.id, ADELE.user_principal_name, (change,), (), "n"),
            proposed_by="U0MEGANBOW",
            proposer=frozenset({"megan.bowen@contoso.example"}),
            reason="It was taken over.",
            needs=2,
            factor=False,
            strict=False,
            expires_at=NOW + timedelta(minutes=30),
            channel="C0INCIDENT",
        )
        for user in ("U0ALEXWILB", "U0MEGANBOW"):
            voter = Voter(user, frozenset({f"{user.lower()}@contoso.example"}), object_id=f"id-of-{user}")
            proposals.vote(made.id, made.digest, voter, yes=True)
        proposals.start(made.id)
        proposals.intend(made.id, change.id, {"accountEnabled": True})
        proposals.ended(made.id, change.id, Outcome.UNCONFIRMED)
        proposals.confirmed(made.id, change.id)
        proposals.finish(made.id)
    return path


def behind_its_back(path: Path, work: Callable[[sqlite3.Connection], object]) -> None:
    """Do to the file what its owner can do with another program: guards away, and back again."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")  # thousands of changes, none of which need last
        connection.execute("BEGIN")
        for name in GUARDS:
            connection.execute(f"DROP TRIGGER {name}")
        work(connection)
        for made in GUARDS.values():
            connection.execute(made)
        connection.execute("COMMIT")


def written_by_hand(book: Ledger, kind: str, facts: dict[str, object]) -> None:
    """Append an entry that this program would not, with a hash that fits."""
    head, body = book.head(), json.dumps(facts)
    header = (str(head.size + 1), NOW.isoformat(), kind, "1", "bot", "C-9NONE")
    prev = bytes.fromhex(head.hash)
    made = hash_of(prev, tuple(part.encode() for part in header), body.encode())
    with closing(sqlite3.connect(book.path)) as file:
        row = [head.size + 1, header[1], kind, 1, "bot", "C-9NONE", body, prev, made]
        file.execute("INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        file.commit()


def statement(path: Path, sql: str) -> None:
    behind_its_back(path, lambda connection: connection.execute(sql))


def rewrite(path: Path, first: int) -> None:
    """Change an entry and make every hash from there on fit again, as somebody can who knows the form."""

    def work(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE ledger SET actor = 'U0SOMEBODY' WHERE seq = ?", [first])
        rows = connection.execute(
            "SELECT seq, at, kind, version, actor, case_id, body, hash FROM ledger ORDER BY seq"
        )
        prev = bytes(32)
        for seq, at, kind, version, actor, case_id, body, stored in rows.fetchall():
            header = tuple(part.encode() for part in (str(seq), at, kind, str(version), actor, case_id))
            made = hash_of(prev, header, body.encode())
            assert seq >= first or made == stored
            connection.execute("UPDATE ledger SET prev = ?, hash = ? WHERE seq = ?", [prev, made, seq])
            prev = made

    behind_its_back(path, work)


def anchor(path: Path, keys: SigningKey, size: int) -> Checkpoint:
    """The checkpoint that was signed when the ledger had so many entries."""
    with closing(Ledger(path, lambda: NOW)) as book:
        entry = list(book.entries())[size - 1]
        return sign(origin(book), Head(size, entry.hash.hex()), keys)


def size_of(path: Path) -> int:
    return verify_ledger(path).head.size


# --- sound -------------------------------------------------------------------------------------------------


def test_a_ledger_that_nobody_touched_is_sound(path, keys):
    found = verify_ledger(path, [anchor(path, keys, 6), anchor(path, keys, 8)], [keys.public])
    assert (found.head.size, found.anchors, found.anchored) == (8, 2, 8)
    assert (found.checkpoints, found.signed) == (1, True)
    assert not verify_ledger(path).signed


def test_a_proposal_with_its_votes_and_actions_is_sound(proposed, keys):
    assert verify_ledger(proposed, (), [keys.public]).head.size > 12


def test_an_empty_ledger_is_sound(tmp_path):
    Ledger(tmp_path / "new.db", lambda: NOW).close()
    assert verify_ledger(tmp_path / "new.db").head.size == 0


def test_checking_changes_no_byte_of_the_file(path):
    before = hashlib.sha256(path.read_bytes()).digest()
    verify_ledger(path)
    assert hashlib.sha256(path.read_bytes()).digest() == before


def test_a_ledger_in_a_folder_that_cannot_be_written_can_be_checked(path):
    path.parent.chmod(0o500)
    try:
        assert verify_ledger(path).head.size == 8
    finally:
        path.parent.chmod(0o700)


def test_a_ledger_that_can_have_no_side_files_is_read_without(path):
    """As in a folder that cannot be written, whoever runs the tests."""
    path.with_name(f"{path.name}-wal").symlink_to(path.parent / "no-such-folder" / "file")
    assert verify_ledger(path).head.size == 8


def test_a_ledger_whose_side_file_cannot_be_read_is_not_read_without_it(path):
    path.with_name(f"{path.name}-wal").mkdir()
    with pytest.raises(LedgerUnwritable):
        verify_ledger(path)


def test_a_bot_that_writes_meanwhile_does_not_matter(path):
    with closing(Ledger(path, lambda: NOW)) as book, book.writing() as writing:
        writing.run_again("C-2ABCD", "bot", "why")
        assert verify_ledger(path).head.size == 8
    assert verify_ledger(path).head.size == 9


# --- any byte ----------------------------------------------------------------------------------------------


def set_byte(path: Path, seq: int, column: str, at: int, value: int) -> None:
    def work(connection: sqlite3.Connection) -> None:
        found = connection.execute(f"SELECT CAST({column} AS BLOB) FROM ledger WHERE seq = ?", [seq])
        (raw,) = found.fetchone()
        changed = raw[:at] + bytes([value]) + raw[at + 1 :]
        kind = "BLOB" if column in ("prev", "hash") else "TEXT"
        connection.execute(f"UPDATE ledger SET {column} = CAST(? AS {kind}) WHERE seq = ?", [changed, seq])

    behind_its_back(path, work)


def bytes_of(path: Path, seq: int) -> list[tuple[str, int, int]]:
    """Every byte of an entry: its column, its place and what it is."""
    columns = ", ".join(f"CAST({one} AS BLOB)" for one in COLUMNS)
    with closing(sqlite3.connect(path)) as connection:
        row = connection.execute(f"SELECT {columns} FROM ledger WHERE seq = ?", [seq]).fetchone()
    pairs = zip(COLUMNS, row, strict=True)
    return [(name, at, value) for name, raw in pairs for at, value in enumerate(raw)]


@pytest.mark.parametrize("seq", [*(pytest.param(one, marks=pytest.mark.slow) for one in (1, 4)), 8])
def test_a_change_of_any_byte_of_an_entry_is_found_and_named(path, seq):
    """Every byte, once with its lowest bit turned, and once made into a byte that is no text."""
    for column, at, value in bytes_of(path, seq):
        for other in (value ^ 1, 0xFF if value != 0xFF else 0xFE):
            set_byte(path, seq, column, at, other)
            with pytest.raises(LedgerTampered) as caught:
                verify_ledger(path)
            assert caught.value.seq == seq, (column, at)
            set_byte(path, seq, column, at, value)
    assert size_of(path) == 8


@pytest.mark.parametrize("seed", [0, *(pytest.param(one, marks=pytest.mark.slow) for one in range(1, 5))])
def test_any_byte_of_any_other_entry_may_be_anything_and_is_found(path, seed):
    chance = random.Random(seed)
    for seq in (2, 3, 5, 6, 7):
        for column, at, value in each(chance.sample(bytes_of(path, seq), 15)):
            other = chance.choice([one for one in range(256) if one != value])
            set_byte(path, seq, column, at, other)
            with pytest.raises(LedgerTampered) as caught:
                verify_ledger(path)
            assert caught.value.seq == seq, (column, at)
            set_byte(path, seq, column, at, value)


@pytest.mark.parametrize("number", range(1, 9))
def test_another_number_is_found(path, number):
    statement(path, f"UPDATE ledger SET seq = 99 WHERE seq = {number}")
    with pytest.raises(LedgerTampered) as caught:
        verify_ledger(path)
    assert caught.value.seq == number


@pytest.mark.parametrize("number", range(1, 8))
def test_the_removal_of_any_entry_but_the_last_is_found_without_an_anchor(path, number):
    statement(path, f"DELETE FROM ledger WHERE seq = {number}")
    with pytest.raises(LedgerTampered) as caught:
        verify_ledger(path)
    assert caught.value.seq == number


def test_an_entry_whose_hash_fits_but_that_no_program_of_ours_writes_is_found(path):
    with closing(Ledger(path, lambda: NOW)) as book:
        written_by_hand(book, "check_finished", {"verdict": "no-sign-found"})
    with pytest.raises(LedgerTampered, match="is of a kind unknown to this version"):
        verify_ledger(path)


def test_nothing_in_place_of_a_text_is_found_where_the_file_lets_it_stand(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "UPDATE sqlite_master SET sql = replace(sql, 'actor TEXT NOT NULL', 'actor TEXT') "
            "WHERE name = 'ledger'"
        )
        connection.commit()
    statement(path, "UPDATE ledger SET actor = NULL WHERE seq = 3")
    with pytest.raises(LedgerTampered, match="Entry 3 of the ledger was changed"):
        rebuild_file(path)


def test_a_bent_page_of_the_file_is_never_called_sound(path):
    """Whatever byte of the raw file holds part of an entry, the answer is tampered or unreadable."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw = path.read_bytes()
    body = raw.index(b'"verdict":"compromised"')
    for at in range(body - 60, body + 60):
        path.write_bytes(raw[:at] + bytes([raw[at] ^ 0x10]) + raw[at + 1 :])
        with pytest.raises((LedgerTampered, LedgerUnwritable)):
            verify_ledger(path)


# --- guards ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GUARDS)
def test_a_guard_that_was_dropped_is_found(path, name):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"DROP TRIGGER {name}")
        connection.commit()
    with pytest.raises(LedgerTampered, match=f"is missing its trigger {name}"):
        verify_ledger(path)


def test_a_guard_that_is_not_ours_is_found(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TRIGGER sly BEFORE INSERT ON votes BEGIN SELECT RAISE(IGNORE); END")
        connection.commit()
    with pytest.raises(LedgerTampered, match="sly"):
        verify_ledger(path)


def test_a_table_that_was_dropped_is_found(path):
    statement(path, "DROP TABLE cases")
    with pytest.raises(LedgerTampered, match="is missing its table cases"):
        verify_ledger(path)


# --- anchors -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        (
            "PRAGMA user_version = 999",
            "has tables of another layout; start the bot, or run `compromise ledger rebuild`",
        ),
        ("CREATE TABLE sly (a)", "has an unknown table sly; find out who added it"),
        ("DROP TABLE cases", "is missing its table cases; run `compromise ledger rebuild`"),
        (
            "ALTER TABLE cases ADD COLUMN more TEXT",
            "has a changed table cases; run `compromise ledger rebuild`",
        ),
    ],
)
def test_a_file_of_another_form_is_answered_word_for_word(path, sql, says):
    statement(path, sql)
    with pytest.raises(LedgerTampered) as found:
        verify_ledger(path)
    assert str(found.value) == f"The ledger {says}."


@pytest.mark.parametrize("left", [0, 1, 5, 7])
def test_a_cut_off_end_is_found_by_an_anchor_behind_it(path, keys, left):
    kept = anchor(path, keys, 8)
    statement(path, f"DELETE FROM ledger WHERE seq > {left}")
    with pytest.raises(AnchorMisfit, match="entries: the ledger was truncated") as caught:
        verify_ledger(path, [kept], [keys.public])
    assert caught.value.seq == left + 1


def test_a_cut_off_end_behind_the_last_anchor_is_not_found(path, keys):
    """What the documentation says cannot be proven."""
    kept = anchor(path, keys, 6)
    statement(path, "DELETE FROM ledger WHERE seq > 7")
    found = verify_ledger(path, [kept], [keys.public])
    assert (found.head.size, found.anchored) == (7, 6)


def test_a_rewritten_entry_is_found_by_an_anchor_behind_it_and_narrowed_down_by_one_before_it(path, keys):
    kept = [read_checkpoints(str(anchor(path, keys, size)), f"{size}.txt")[0] for size in (8, 6)]
    rewrite(path, 7)
    assert verify_ledger(path, kept[1:], [keys.public]).anchored == 6
    with pytest.raises(AnchorMisfit, match=r"line 1 of 8\.txt.*entries 7 to 8") as caught:
        verify_ledger(path, kept, [keys.public])
    assert (caught.value.seq, caught.value.anchor) == (7, "line 1 of 8.txt")


def test_a_ledger_that_was_rewritten_from_its_first_entry_is_found(path, keys):
    kept = anchor(path, keys, 8)
    rewrite(path, 1)
    with pytest.raises(AnchorMisfit, match="was rewritten or replaced"):
        verify_ledger(path, [kept], [keys.public])


def misfit(path: Path, kept: Checkpoint, *publics: bytes) -> tuple[str, str, int | None]:
    """What is said of a checkpoint that does not fit, where it was found, and from which entry on."""
    with pytest.raises(AnchorMisfit) as found:
        verify_ledger(path, [kept], publics)
    return str(found.value), found.value.anchor, found.value.seq


def test_a_checkpoint_of_a_longer_ledger_is_answered_word_for_word(path, keys):
    kept = anchor(path, keys, 8)
    statement(path, "DELETE FROM ledger WHERE seq > 7")
    where = "for 8 entries"
    says = (
        f"ends with entry 7, but the checkpoint in {where} was signed at 8 entries: the ledger was truncated"
    )
    assert misfit(path, kept) == (f"The ledger {says}.", where, 8)


def test_a_checkpoint_of_another_key_is_answered_word_for_word(path, keys, tmp_path):
    forged = anchor(path, SigningKey.load_or_make(tmp_path / "other.key"), 8)
    where = "for 8 entries"
    says = f"cannot be compared with the checkpoint in {where}: it was not signed by a given key"
    assert misfit(path, forged, keys.public) == (f"The ledger {says}.", where, None)


def test_a_checkpoint_of_another_origin_is_answered_word_for_word(path, keys):
    kept = anchor(path, keys, 8)
    rewrite(path, 1)
    with closing(sqlite3.connect(path)) as file:
        (first,) = file.execute("SELECT hash FROM ledger WHERE seq = 1").fetchone()
    where = "for 8 entries"
    says = (
        f"has the origin {origin_of(first)}, but the checkpoint in {where} has {kept.origin}: the ledger was "
        "rewritten or replaced, or the checkpoint belongs to another ledger"
    )
    assert misfit(path, kept) == (f"The ledger {says}.", where, 1)


def test_a_checkpoint_of_a_rewritten_ledger_is_answered_word_for_word(path, keys):
    kept = anchor(path, keys, 8)
    rewrite(path, 7)
    where = "for 8 entries"
    says = f"does not match the checkpoint in {where}: at least one of the entries 1 to 8 was rewritten"
    assert misfit(path, kept) == (f"The ledger {says}.", where, 1)


def said_of_a_note(seq: int, why: str) -> str:
    return f"Entry {seq} of the ledger has a checkpoint that {why}."


def test_a_ledger_that_was_rewritten_contradicts_the_checkpoint_inside_of_it(path, keys):
    rewrite(path, 3)
    with pytest.raises(LedgerTampered) as found:
        verify_ledger(path)
    assert str(found.value) == said_of_a_note(6, "does not match the entries before it")


def test_an_anchor_that_another_key_signed_is_refused(path, keys, tmp_path):
    forged = anchor(path, SigningKey.load_or_make(tmp_path / "other.key"), 8)
    with pytest.raises(AnchorMisfit, match="not signed by a given key"):
        verify_ledger(path, [forged], [keys.public])
    assert verify_ledger(path, [forged]).anchors == 1, "without a key nothing is asked of signatures"


def test_two_anchors_that_contradict_each_other_cannot_both_fit(path, keys):
    good = anchor(path, keys, 8)
    other = sign(good.origin, Head(8, bytes(32).hex()), keys)
    for both in ([good, other], [other, good]):
        with pytest.raises(AnchorMisfit):
            verify_ledger(path, both, [keys.public])


def test_a_checkpoint_inside_the_ledger_that_another_key_signed_is_found(path, keys, tmp_path):
    other = SigningKey.load_or_make(tmp_path / "other.key")
    with closing(Ledger(path, lambda: NOW)) as book:
        note(book, sign_head(book, other), "bot")
    with pytest.raises(LedgerTampered) as found:
        verify_ledger(path, (), [keys.public])
    assert str(found.value) == said_of_a_note(9, "was not signed by a given key")
    assert verify_ledger(path, (), [keys.public, other.public]).checkpoints == 2


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"size": 8, "head": "", "text": "something else"},
        {"size": 1, "head": "00", "text": None},
    ],
)
def test_a_checkpoint_inside_the_ledger_that_is_none_is_found(path, facts):
    with closing(Ledger(path, lambda: NOW)) as book:
        written_by_hand(book, "checkpoint_signed", facts)
    with pytest.raises(LedgerTampered, match="Entry 9"):
        verify_ledger(path)


def test_a_checkpoint_inside_the_ledger_that_cannot_be_read_is_named(path):
    with closing(Ledger(path, lambda: NOW)) as book:
        written_by_hand(book, "checkpoint_signed", {"size": 8, "head": "", "text": "something else"})
    with pytest.raises(LedgerTampered) as found:
        verify_ledger(path)
    assert str(found.value) == "Entry 9 of the ledger has no readable checkpoint."


@pytest.mark.parametrize("other", [{"size": 7}, {"head": "00"}])
def test_a_checkpoint_inside_the_ledger_is_what_stands_beside_it(path, keys, other):
    with closing(Ledger(path, lambda: NOW)) as book:
        signed = sign_head(book, keys)
        facts = {"size": signed.size, "head": signed.head, "text": str(signed), **other}
        written_by_hand(book, "checkpoint_signed", facts)
    with pytest.raises(LedgerTampered) as found:
        verify_ledger(path)
    assert str(found.value) == "Entry 9 of the ledger contradicts its checkpoint."
    assert found.value.seq == 9


@pytest.mark.parametrize("size", [9, 99])
def test_a_checkpoint_inside_the_ledger_cannot_be_about_what_comes_later(path, keys, size):
    with closing(Ledger(path, lambda: NOW)) as book:
        note(book, sign(origin(book), Head(size, book.head().hash), keys), "bot")
    with pytest.raises(LedgerTampered) as found:
        verify_ledger(path)
    assert str(found.value) == said_of_a_note(9, "does not match the entries before it")


def test_a_checkpoint_inside_the_ledger_is_of_this_ledger(path, keys):
    with closing(Ledger(path, lambda: NOW)) as book:
        note(book, sign(origin_of(bytes(32)), book.head(), keys), "bot")
    with pytest.raises(LedgerTampered) as found:
        verify_ledger(path)
    assert str(found.value) == said_of_a_note(9, "does not match the entries before it")


def test_a_row_is_named_by_all_of_its_key(proposed):
    table = next(table for table, key in KEYS.items() if len(key) > 1 and rows_in(proposed, table, key))
    key = rows_in(proposed, table, KEYS[table])[0]
    where = " AND ".join(f"{column} = '{one}'" for column, one in zip(KEYS[table], key, strict=True))
    statement(proposed, f"DELETE FROM {table} WHERE {where}")
    with pytest.raises(LedgerTampered) as found:
        verify_ledger(proposed)
    assert f"is missing row {' '.join(map(str, key))} of table {table}" in str(found.value)


def rows_in(path: Path, table: str, columns: Sequence[str]) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as file:
        return file.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()


# --- tables ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "tenant = 'Fabrikam'",
        "subject = replace(subject, 'adele', 'megan')",
        "subject = 'nonsense'",
        "subject_id = 'someone-else'",
        "window_start = '2026-11-22T00:00:00.000000+00:00'",
        "window_end = ''",
        "channel = 'C0GENERAL'",
        "card = '2.2'",
        "asked_by = 'U0SOMEBODY'",
        "asked_at = ''",
        "state = 'looking'",
        "run = 2",
        "verdict = 'no-sign-found'",
        "report = '{}'",
        "report = CAST(x'ff' AS TEXT)",
        "offer = ''",
        "offer = '[]'",
        "shown = 0",
    ],
)
def test_a_changed_row_of_a_case_is_found(path, change):
    statement(path, f"UPDATE cases SET {change}")
    with pytest.raises(LedgerTampered, match=r"has a different .* in row C-2ABCD of table cases"):
        verify_ledger(path)


def test_a_case_that_was_removed_or_put_in_is_found(path):
    statement(path, "UPDATE cases SET id = 'C-3BCDE'")
    with pytest.raises(LedgerTampered, match="is missing row C-2ABCD of table cases"):
        verify_ledger(path)
    statement(path, "DELETE FROM cases")
    with pytest.raises(LedgerTampered, match="is missing row C-2ABCD of table cases"):
        verify_ledger(path)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE proposals SET digest = 'd'",
        "UPDATE proposals SET plan = replace(plan, 'false', 'true')",
        "UPDATE proposals SET needs = 1",
        "UPDATE proposals SET strict = 1",
        "UPDATE proposals SET factor = 1",
        "UPDATE proposals SET state = 'approved'",
        "UPDATE proposals SET proposer = '[]'",
        "UPDATE proposals SET expires_at = '2027'",
        "UPDATE proposals SET case_id = 'C-3BCDE'",
        "UPDATE proposals SET reason = ''",
        "DELETE FROM proposals",
        "UPDATE votes SET yes = 0 WHERE voter = 'U0ALEXWILB'",
        "UPDATE votes SET factor = 1 WHERE voter = 'U0ALEXWILB'",
        "UPDATE votes SET addresses = '[]' WHERE voter = 'U0ALEXWILB'",
        "UPDATE votes SET voter = 'U0SOMEBODY' WHERE voter = 'U0ALEXWILB'",
        "DELETE FROM votes WHERE voter = 'U0ALEXWILB'",
        "INSERT INTO votes SELECT proposal, 'U0SOMEBODY', 99, '[]', 'x', 1, 0, at, '' FROM votes LIMIT 1",
        "UPDATE actions SET outcome = NULL",
        "UPDATE actions SET outcome = 'failed'",
        "UPDATE actions SET attempt = 2",
        "DELETE FROM actions",
    ],
)
def test_a_changed_row_of_a_proposal_or_what_belongs_to_it_is_found(proposed, change):
    statement(proposed, change)
    with pytest.raises(LedgerTampered, match=r"proposals|votes|actions"):
        verify_ledger(proposed)


# --- unreadable --------------------------------------------------------------------------------------------


def test_what_is_no_ledger_is_unreadable_and_not_tampered(tmp_path):
    (tmp_path / "text.db").write_text("something else, and long enough to be taken for a file of SQLite" * 20)
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE letters (text)")
    for name in ("text.db", "other.db", "none.db"):
        with pytest.raises(LedgerUnwritable):
            verify_ledger(tmp_path / name)
    assert not (tmp_path / "none.db").exists()


def test_a_file_without_a_ledger_is_named(tmp_path):
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE letters (text)")
    with pytest.raises(LedgerUnwritable) as found:
        verify_ledger(path)
    assert (found.value.path, found.value.why) == (str(path), "it contains no ledger of this version")
