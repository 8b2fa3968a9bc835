"""The ledger keeps everything, in order, and shows when somebody changed it."""

import multiprocessing
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from commands.errors import (
    AlreadyLooking,
    EntryMissing,
    LedgerTampered,
    LedgerUnwritable,
    MarkUnusable,
    NoSuchCase,
)
from commands.identity import Identity
from commands.ledger import CaseState, Head, Ledger, Writing, new_case_id
from commands.ledger.chain import GENESIS
from commands.ledger.entries import Asked, Refused
from commands.ledger.mark import mark_of
from commands.ledger.schema import GUARDS
from commands.ledger.verify import verify_ledger
from graph.question import Subject, Window
from tests.each import each

NOW = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
ADELE = Subject(
    id="00000000-0000-0000-0000-0000000000ad",
    user_principal_name="adele.vance@contoso.example",
    mail="adele.vance@contoso.example",
    addresses=("adele.vance@contoso.example", "av@contoso.example"),
    display_name="Adele Vance",
)
WINDOW = Window(NOW - timedelta(days=14), NOW)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path):
    book = Ledger(path, lambda: NOW)
    yield book
    book.close()


def opened(ledger: Ledger, case_id: str = "C-2ABCD", subject: Subject = ADELE) -> str:
    with ledger.writing() as writing:
        writing.open_case(
            case_id,
            tenant="Contoso",
            subject=subject,
            window=WINDOW,
            channel="C0INCIDENT",
            asked_by="U0MEGANBOW",
        )
    return case_id


def behind_its_back(path: Path, *statements: str) -> None:
    """Do to the file what somebody with another program would do."""
    connection = sqlite3.connect(path)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def without_guards(path: Path, *statements: str) -> None:
    """The same by somebody who takes the guards away and puts them back."""
    drops = [f"DROP TRIGGER {name}" for name in GUARDS]
    behind_its_back(path, *drops, *statements, *GUARDS.values())


def filled(ledger: Ledger, entries: int = 5) -> None:
    for number in range(entries):
        ledger.append(Asked(words=str(number)), "U0MEGANBOW")


# --- the chain ---------------------------------------------------------------------------------------------


def test_an_empty_ledger_is_whole(ledger):
    assert verify_ledger(ledger.path).head == ledger.head() == Head(0, GENESIS.hex())


def test_whoever_reads_entries_may_write_between_two_of_them_beside_others(ledger, monkeypatch):
    """A ticket was filed twice: the note of the first was refused, because its thread was still reading."""
    monkeypatch.setattr("commands.ledger.book._PAGE", 2)
    asked = Refused(says="not now")
    for _ in range(5):
        ledger.append(asked, "U1")
    seen = []
    for entry in ledger.entries(after=1):
        seen.append(entry.seq)
        if len(seen) <= 3:
            other = threading.Thread(target=ledger.append, args=(asked, "U2"))
            other.start()
            other.join()
            ledger.append(asked, "U3")
    assert seen == list(range(2, 12))


def test_entries_are_numbered_from_one_and_chained(ledger):
    first = ledger.append(Asked(words="check adele.vance"), "U0MEGANBOW")
    second = ledger.append(Refused(says="Nein, größer \ud800"), "bot", "C-2ABCD")
    assert (first.seq, second.seq) == (1, 2)
    assert (first.prev, second.prev) == (GENESIS, first.hash)
    assert list(ledger.entries()) == [first, second]
    assert [entry.seq for entry in ledger.entries(case_id="C-2ABCD")] == [2]
    assert verify_ledger(ledger.path).head == ledger.head()
    assert first.event == Asked(words="check adele.vance")
    assert second.event == Refused(says="Nein, größer ?")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("body", '{"words":"7"}'),
        ("at", "2026-11-23T16:00:01.000000+00:00"),
        ("kind", "answered"),
        ("version", "2"),
        ("actor", "U0ALEXWILB"),
        ("case_id", "C-3BCDE"),
    ],
)
def test_a_change_of_any_column_is_found_and_named(ledger, path, column, value):
    filled(ledger)
    without_guards(path, f"UPDATE ledger SET {column} = '{value}' WHERE seq = 3")  # noqa: S608 - our own rows above
    with pytest.raises(
        LedgerTampered, match="Entry 3 of the ledger was changed after it was written"
    ) as caught:
        verify_ledger(ledger.path)
    assert caught.value.seq == 3


def test_moving_a_sign_from_one_column_to_the_next_is_found(ledger, path):
    ledger.append(Asked(), "bot", "C-1")
    without_guards(path, "UPDATE ledger SET kind = 'askedb', actor = 'ot'")
    with pytest.raises(LedgerTampered, match="Entry 1"):
        verify_ledger(ledger.path)


def test_a_removal_in_the_middle_is_found_and_named(ledger, path):
    filled(ledger)
    without_guards(path, "DELETE FROM ledger WHERE seq = 3")
    with pytest.raises(LedgerTampered, match="Entry 3 of the ledger is missing"):
        verify_ledger(ledger.path)


def test_closing_the_gap_of_a_removal_is_found(ledger, path):
    filled(ledger)
    without_guards(
        path,
        "DELETE FROM ledger WHERE seq = 3",
        "UPDATE ledger SET seq = 3 WHERE seq = 4",
        "UPDATE ledger SET seq = 4 WHERE seq = 5",
    )
    with pytest.raises(LedgerTampered, match="Entry 3 of the ledger does not chain to the previous entry"):
        verify_ledger(ledger.path)


# --- the guards --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE ledger SET body = '{}' WHERE seq = 2", "never changed"),
        ("DELETE FROM ledger WHERE seq = 5", "never removed"),
        ("DELETE FROM ledger", "never removed"),
        (
            (
                "INSERT OR REPLACE INTO ledger SELECT seq, at, kind, version, actor, case_id, '{}', prev,"
                " zeroblob(32) FROM ledger WHERE seq = 5"
            ),
            "must follow the last one",
        ),
        (
            (
                "INSERT INTO ledger SELECT 9, at, kind, version, actor, case_id, body, hash, zeroblob(32)"
                " FROM ledger WHERE seq = 5"
            ),
            "must follow the last one",
        ),
        (
            (
                "INSERT INTO ledger SELECT NULL, at, kind, version, actor, case_id, body, hash, zeroblob(32)"
                " FROM ledger WHERE seq = 5"
            ),
            "must follow the last one",
        ),
        (
            (
                "INSERT INTO ledger SELECT 6, at, kind, version, actor, case_id, body, prev, zeroblob(32)"
                " FROM ledger WHERE seq = 5"
            ),
            "must follow the last one",
        ),
    ],
)
def test_no_program_can_change_entries_past_the_guards(ledger, path, statement, says):
    filled(ledger)
    with pytest.raises(sqlite3.IntegrityError, match=says):
        behind_its_back(path, statement)
    assert verify_ledger(ledger.path).head.size == 5


@pytest.mark.parametrize("name", GUARDS)
def test_a_ledger_without_one_of_its_guards_is_not_opened(ledger, path, name):
    ledger.close()
    behind_its_back(path, f"DROP TRIGGER {name}")
    with pytest.raises(LedgerTampered, match=f"is missing its trigger {name}"):
        Ledger(path, lambda: NOW)


def test_a_ledger_with_a_toothless_guard_is_not_opened(ledger, path):
    ledger.close()
    behind_its_back(
        path,
        "DROP TRIGGER ledger_keeps_words",
        "CREATE TRIGGER ledger_keeps_words BEFORE UPDATE ON ledger WHEN false BEGIN SELECT 1; END",
    )
    with pytest.raises(LedgerTampered, match="has a changed trigger"):
        Ledger(path, lambda: NOW)


def test_the_tables_are_strict_and_the_file_writes_ahead_and_through(ledger, path):
    db = sqlite3.connect(path)
    tables = db.execute("PRAGMA table_list").fetchall()
    loose = {row[1] for row in tables if not row[5]}
    assert loose == {"sqlite_schema", "sqlite_temp_schema"}
    assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    db.close()
    assert ledger._db.execute("PRAGMA synchronous").fetchone()[0] == 2


# --- one writer at a time ----------------------------------------------------------------------------------


def test_closing_the_ledger_while_others_use_it_ends_nobodys_work(ledger):
    """A stop comes in the middle of work; a connection closed under a thread would end the whole process."""
    over, failed = threading.Event(), []

    def work() -> None:
        try:
            while not over.is_set():
                ledger.append(Asked(), "bot")
                list(ledger.entries())
        except Exception as error:  # noqa: BLE001 - told by the thread that waits
            failed.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(50):
        ledger.close()
        ledger.head()
    over.set()
    for thread in threads:
        thread.join()
    assert failed == []
    assert verify_ledger(ledger.path).head.size > 0


def test_threads_take_turns(ledger):
    threads = [threading.Thread(target=filled, args=(ledger, 20)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verify_ledger(ledger.path).head.size == 160


def _fill(path: Path) -> None:
    book = Ledger(path, lambda: NOW)
    filled(book, 25)
    book.close()


@pytest.mark.slow
def test_processes_take_turns_even_when_they_make_the_file(path):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_fill, args=(path,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    book = Ledger(path, lambda: NOW)
    assert verify_ledger(book.path).head.size == 75
    book.close()


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(LedgerUnwritable, match="nothing was done"):
        Ledger(tmp_path / "none" / "ledger.db", lambda: NOW)


def test_a_ledger_that_cannot_be_written_keeps_nothing(path):
    Ledger(path, lambda: NOW).close()
    book = Ledger(path, lambda: NOW, patience=0.1)
    other = sqlite3.connect(path)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerUnwritable, match="locked"):
        opened(book)
    other.rollback()
    other.close()
    assert book.head().size == 0
    assert book.unfinished_cases() == []
    book.close()


def test_a_failing_block_keeps_nothing(ledger):
    def fail() -> None:
        with ledger.writing() as writing:
            writing.append(Asked(), "bot")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert ledger.head().size == 0


def test_a_case_changes_only_together_with_an_entry(ledger):
    opened(ledger)
    with pytest.raises(EntryMissing), ledger.writing() as writing:
        writing._db.execute("UPDATE cases SET state = 'done'")
    assert ledger.case("C-2ABCD").state is CaseState.LOOKING


# --- cases, requests, posts, memory ------------------------------------------------------------------------


def test_a_case_is_read_back_as_it_was_opened(ledger):
    case = ledger.case(opened(ledger))
    assert (case.subject, case.window, case.asked_at) == (ADELE, WINDOW, NOW)
    assert (case.state, case.run, case.card, case.shown) == (CaseState.LOOKING, 1, "", False)


def test_an_unknown_case_is_told(ledger):
    with pytest.raises(NoSuchCase, match="There is no case C-XXXXX"):
        ledger.case("C-XXXXX")
    with pytest.raises(NoSuchCase), ledger.writing() as writing:
        writing.run_again("C-XXXXX", "bot", "why")


def test_an_account_is_checked_once_at_a_time(ledger):
    opened(ledger)
    with pytest.raises(AlreadyLooking) as caught:
        opened(ledger, "C-3BCDE")
    assert caught.value.case_id == "C-2ABCD"
    with ledger.writing() as writing:
        writing.fail("C-2ABCD", says="It failed.", reference="r1")
    opened(ledger, "C-3BCDE")
    with pytest.raises(AlreadyLooking), ledger.writing() as writing:
        writing.run_again("C-2ABCD", "bot", "why")


def test_of_many_who_ask_at_the_same_moment_one_opens_the_case(ledger):
    outcomes: list[str] = []

    def ask() -> None:
        try:
            opened(ledger, new_case_id())
            outcomes.append("opened")
        except AlreadyLooking:
            outcomes.append("told")

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["opened"] + ["told"] * 7


def test_the_same_request_is_kept_once(ledger):
    def ask() -> bool:
        with ledger.writing() as writing:
            return bool(writing.ask("r1", "U0MEGANBOW", "C0INCIDENT", "check adele.vance"))

    assert ask()
    assert not ask()
    assert [request.words for request in ledger.unanswered_requests()] == ["check adele.vance"]
    with ledger.writing() as writing:
        writing.answer("r1", Refused(says="No."), "U0MEGANBOW")
    assert ledger.unanswered_requests() == []
    assert [entry.kind for entry in ledger.entries()] == ["asked", "refused"]


def test_a_large_report_is_kept_whole_and_once(ledger, path):
    report = bytes(range(256)) * 10_000
    for case_id in ("C-2ABCD", "C-3ABCD"):
        opened(ledger, case_id, replace(ADELE, id=case_id))
        with ledger.writing() as writing:
            writing.finish(case_id, verdict="compromised", report=report)
        assert ledger.case(case_id).report == report
    verify_ledger(path)


def test_the_end_of_a_check_is_kept_with_the_digest_of_its_report(ledger):
    case_id = opened(ledger)
    with ledger.writing() as writing:
        writing.card_posted(case_id, "C0INCIDENT", "1.1")
        writing.finish(case_id, verdict="compromised", report="{}")
    case = ledger.case(case_id)
    assert (case.state, case.verdict, case.card, case.finished_at) == (
        CaseState.DONE,
        "compromised",
        "1.1",
        NOW,
    )
    entry = list(ledger.entries())[-1]
    assert entry.facts["report_sha256"].startswith("44136fa355b3678a")
    assert ledger.unfinished_cases() == [replace(case, report=b"", offer="")]
    with ledger.writing() as writing:
        writing.shown(case_id, "as done")
    assert ledger.unfinished_cases() == []


def test_a_check_that_starts_again_remembers(ledger):
    case_id = opened(ledger)
    memory = ledger.memory(case_id)
    memory.remember("audit_log", "query", "q1")
    memory.remember("audit_log", "query", "q2")
    with ledger.writing() as writing:
        assert writing.run_again(case_id, "bot", "killed") == 2
    assert memory.recall("audit_log") == {"query": "q2"}
    assert memory.recall("sign_ins") == {}


def test_a_search_that_cannot_be_remembered_costs_no_source_of_the_check(path):
    """A disk that is full for a moment is no reason to collect nothing."""
    book = Ledger(path, lambda: NOW, patience=0.1)
    memory = book.memory(opened(book))
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        memory.remember("audit_log", "query", "q1")
    assert memory.recall("audit_log") == {}
    book.close()


def test_what_was_posted_is_known_for_each_run(ledger):
    case_id = opened(ledger)
    with ledger.writing() as writing:
        writing.posted(case_id, 1, "details 1", "C0INCIDENT", "1.2")
    assert ledger.posted(case_id, 1) == {"details 1": "1.2"}
    assert ledger.posted(case_id, 2) == {}


def test_the_latest_verdict_decides_whether_an_account_counts_as_taken_over(ledger):
    def judged(case_id: str, verdict: str) -> None:
        opened(ledger, case_id)
        with ledger.writing() as writing:
            writing.finish(case_id, verdict=verdict, report="{}")

    person = Identity.of(addresses=("av@contoso.example",))
    judged("C-2ABCD", "compromised")
    assert ledger.case_against(person).id == "C-2ABCD"
    assert ledger.case_against(Identity.of(addresses=("megan.bowen@contoso.example",))) is None
    judged("C-3BCDE", "no-sign-found")
    assert ledger.case_against(person) is None


@contextmanager
def what_is_read(monkeypatch) -> Iterator[tuple[set[str], list[str]]]:
    """Watch SQLite itself: give the columns that statements name, and the statements as they ran."""
    columns: set[str] = set()
    statements: list[str] = []
    connect = sqlite3.connect

    def note(_: int, table: str | None, column: str | None, *__: object) -> int:
        columns.add(f"{table}.{column}")
        return sqlite3.SQLITE_OK

    def watched(*args: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **options)
        connection.set_authorizer(note)
        connection.set_trace_callback(statements.append)
        return connection

    with monkeypatch.context() as patched:
        patched.setattr(sqlite3, "connect", watched)
        yield columns, statements


def plans_of(path: Path, statements: list[str], word: str) -> list[str]:
    """Give how SQLite goes about each of these statements in which this word is."""
    connection = sqlite3.connect(path)
    found = [
        str(row[3])
        for statement in statements
        if word in statement
        for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")
    ]
    connection.close()
    assert found
    return found


def test_who_may_ask_and_decide_is_told_without_reading_a_report(ledger, path, monkeypatch):
    opened(ledger)
    with ledger.writing() as writing:
        writing.finish("C-2ABCD", verdict="suspicious", report="{}", offer="{}")
    with what_is_read(monkeypatch) as (columns, _):
        book = Ledger(path, lambda: NOW)
        columns.clear()
        assert book.case_against(Identity.of(addresses=("av@contoso.example",))) is None
        book.close()
    assert "cases.verdict" in columns
    assert "contents.content" not in columns


def test_the_unfinished_cases_are_found_without_reading_the_others(ledger, path, monkeypatch):
    with what_is_read(monkeypatch) as (_, statements):
        book = Ledger(path, lambda: NOW)
        opened(book)
        statements.clear()
        assert [case.id for case in book.unfinished_cases()] == ["C-2ABCD"]
        book.close()
    assert plans_of(path, statements, "cases")[:1] == ["SCAN cases USING INDEX cases_unfinished"]


def test_a_cases_entries_are_found_by_their_index(ledger, path, monkeypatch):
    opened(ledger)
    filled(ledger)
    with what_is_read(monkeypatch) as (_, statements):
        book = Ledger(path, lambda: NOW)
        statements.clear()
        assert [entry.kind for entry in book.entries(case_id="C-2ABCD")] == ["case_opened"]
        assert [entry.seq for entry in book.entries(after=2)] == [3, 4, 5, 6]
        book.close()
    of_case, of_all = plans_of(path, statements, "FROM ledger WHERE seq")
    assert of_case == "SEARCH ledger USING INDEX ledger_by_case (case_id=? AND seq>?)"
    assert of_all == "SEARCH ledger USING INTEGER PRIMARY KEY (rowid>?)"


def test_the_latest_case_with_a_report_is_found(ledger):
    assert ledger.latest_case("Contoso", ADELE.id) is None
    opened(ledger)
    with ledger.writing() as writing:
        writing.finish("C-2ABCD", verdict="suspicious", report="{}")
    opened(ledger, "C-3BCDE")
    assert ledger.latest_case("Contoso", ADELE.id).id == "C-3BCDE"
    assert ledger.latest_case("Contoso", ADELE.id, with_report=True).id == "C-2ABCD"


def test_the_cases_that_ended_since_have_a_verdict_and_are_of_one_tenant(ledger):
    opened(ledger)
    with ledger.writing() as writing:
        writing.finish("C-2ABCD", verdict="suspicious", report="{}")
    opened(ledger, "C-3BCDE")
    (one,) = ledger.judged_since("Contoso", ledger.case("C-2ABCD").finished_at)
    assert (one.id, one.verdict) == ("C-2ABCD", "suspicious")
    assert ledger.judged_since("Fabrikam", one.finished_at) == []
    assert ledger.judged_since("Contoso", one.finished_at + timedelta(seconds=1)) == []


def test_case_ids_hold_no_letters_that_are_misread():
    ids = {new_case_id() for _ in range(200)}
    assert len(ids) == 200
    assert not set("".join(ids)[2:]) & set("01ILO")


def test_every_way_of_changing_a_table_appends_an_entry():
    """A method of `Writing` that forgets its entry would be caught by `writing`; this names it earlier."""
    public = {name for name in vars(Writing) if not name.startswith("_")}
    public -= {"append", "keep", "rows"}  # the tools of those who write their entry themselves
    assert public == {
        "answer",
        "ask",
        "bind_owner",
        "card_posted",
        "fail",
        "finish",
        "open_case",
        "posted",
        "remember",
        "run_again",
        "shown",
    }


def test_threads_that_have_ended_leave_no_open_file(ledger):
    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    def in_a_thread() -> None:
        thread = threading.Thread(target=lambda: ledger.recall("C-2ABCD", "audit_log"))
        thread.start()
        thread.join()

    in_a_thread()
    before = open_files()
    for _ in range(30):
        in_a_thread()
    assert open_files() <= before + 3


@pytest.mark.parametrize("table", ["ledger", "cases", "requests"])
def test_a_trigger_that_is_not_ours_is_found(ledger, path, table):
    """One that ignores new rows would make the bot act without a record."""
    with sqlite3.connect(path) as other:
        other.execute(f"CREATE TRIGGER sly BEFORE INSERT ON {table} BEGIN SELECT RAISE(IGNORE); END")
    with pytest.raises(LedgerTampered, match="sly"):
        verify_ledger(ledger.path)
    with pytest.raises(LedgerTampered, match="sly"):
        Ledger(path, lambda: NOW)


def test_an_entry_that_is_swallowed_stops_what_it_was_for(ledger, path):
    with sqlite3.connect(path) as other:
        other.execute("CREATE TRIGGER sly BEFORE INSERT ON ledger BEGIN SELECT RAISE(IGNORE); END")
    with pytest.raises(LedgerTampered, match="sly"):
        opened(ledger)
    with pytest.raises(NoSuchCase):
        ledger.case("C-2ABCD")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cases SET verdict = 'no_sign_found'",
        "UPDATE cases SET report = '{}'",
        "UPDATE cases SET verdict = '', report = ''",
        "UPDATE cases SET subject = replace(subject, 'adele', 'megan')",
        "DELETE FROM cases",
    ],
)
def test_a_case_that_differs_from_its_entries_is_found(ledger, path, statement):
    with ledger.writing() as writing:
        writing.append(Asked(), "U1")
    opened(ledger)
    with ledger.writing() as writing:
        writing.finish("C-2ABCD", verdict="compromised", report='{"a": 1}')
    verify_ledger(ledger.path)
    with sqlite3.connect(path) as other:
        other.execute(statement)
    with pytest.raises(LedgerTampered, match="C-2ABCD"):
        verify_ledger(ledger.path)


def test_a_new_ledger_is_for_its_owners_eyes_only(ledger, path):
    ledger.append(Asked(), "U1")
    for file in each(path.parent.iterdir()):
        assert file.stat().st_mode & 0o077 == 0, file


def test_half_a_character_is_kept_as_a_question_mark(ledger):
    with ledger.writing() as writing:
        assert writing.ask("r1", "U1", "C1", "check \ud83d")
    assert [request.words for request in ledger.unanswered_requests()] == ["check ?"]
    verify_ledger(ledger.path)


def test_a_mark_that_cannot_be_written_stops_the_start_and_makes_no_copy_of_the_ledger(ledger, path):
    opened(ledger)
    mark = mark_of(path)
    kept = mark.read_bytes()
    # Root may write whatever the rights of a file say, but no folder.
    mark.unlink()
    mark.mkdir()
    with capture_logs() as logs:
        opened(ledger, "C-3ABCD", replace(ADELE, id="another"))
    (said,) = [one["why"] for one in logs if one.get("action") == "ledger.no_mark"]
    ledger.close()
    with pytest.raises(MarkUnusable) as stopped:
        Ledger(path, lambda: NOW)
    for told in (said, str(stopped.value)):
        assert f"{mark} cannot be read and written" in told
        assert "writable for the user who runs the bot" in told
    mark.rmdir()
    mark.write_bytes(kept)
    with closing(Ledger(path, lambda: NOW)) as again:
        assert not again.is_copy
        assert again.head().size > int(kept[:20])


def test_whoever_only_opens_a_copy_leaves_no_mark_beside_it(ledger, path):
    opened(ledger)
    ledger.close()
    mark_of(path).unlink()
    with closing(Ledger(path, lambda: NOW)) as copy:
        assert copy.is_copy
    assert not mark_of(path).exists()
