"""What every verb reads is found by an index, however many cases and entries there are.

Not the clock is looked at but SQLite's own plan of each statement that a reader sends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from commands.identity import Identity, owner_of
from commands.ledger import BOT, Ledger, alerts, hunts
from commands.ledger import entries as e
from commands.ledger.standing import open_case
from commands.ledger.tasks import alarms, is_rechecked, tasks, watches_due
from graph.question import Window
from tests.commands import plans

CASES = 60


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    clock = plans.Clock()
    with closing(Ledger(tmp_path_factory.mktemp("size") / "ledger.db", clock)) as book:
        for number in range(CASES):
            name = f"C-{number:05d}"
            with book.writing() as writing:
                writing.open_case(
                    name,
                    tenant="Contoso",
                    subject=plans.ADELE,
                    window=Window(clock() - timedelta(days=1), clock()),
                    channel="C0",
                    asked_by="U0MEGAN",
                )
                writing.finish(name, verdict="suspicious", report="{}")
                writing.shown(name, "as done")
        yield book


READERS: dict[str, Callable[[Ledger], Any]] = {
    "a case": lambda book: book.case("C-00007"),
    "the story of a case": lambda book: list(book.entries(case_id="C-00007")),
    "one kind of entry of a case": lambda book: list(
        book.entries(case_id="C-00007", kinds=("rechecked", "voted"))
    ),
    "its last recheck": lambda book: book.last_recheck("C-00007"),
    "its answers": lambda book: book.answers_of(book.case("C-00007")),
    "whether it is as noted": lambda book: book.demand_as_noted(book.case("C-00007")),
    "the newest case of an account": lambda book: book.latest_case("Contoso", plans.ADELE.id),
    "what is open": lambda book: book.unfinished_cases(),
    "what was posted": lambda book: book.posted("C-00007", 1),
    "who is accused": lambda book: book.case_against(owner_of(plans.ADELE)),
    "whose account it is": lambda book: book.owner(plans.ADELE, "Contoso"),
    "the cases that need someone": lambda book: book.open_cases(),
    "its tasks": lambda book: tasks(book, "C-00007"),
    "looks that are due": lambda book: watches_due(book, plans.Clock()()),
    "whether it was looked at": lambda book: is_rechecked(book, "C-00007", 1),
    "what is to be told of looks": alarms,
    "alerts that wait": alerts.waiting,
    "alerts of an hour": lambda book: alerts.shown_since(book, "Contoso", "line", plans.Clock()()),
    "checks of an hour": lambda book: alerts.checks_since(
        book, "Contoso", plans.Clock()(), plans.Clock()() - timedelta(days=1)
    ),
    "alerts in digests": lambda book: alerts.in_digests(book, "C0", plans.Clock()()),
    "alerts that may still get a check": lambda book: alerts.unchecked(book, plans.Clock()()),
    "when people heard of alerts last": lambda book: alerts.last_heard(book, "C0", plans.Clock()()),
    "alerts of a source": lambda book: alerts.raised_since(book, "Contoso", "webhook", plans.Clock()()),
    "hunts that are open": hunts.unfinished,
    "new entries for a SIEM": lambda book: list(book.entries(after=CASES * 2)),
}


@pytest.mark.parametrize("name", READERS)
def test_a_reader_goes_through_no_table_from_its_beginning(ledger: Ledger, name: str) -> None:
    sent: list[str] = []
    ledger._db.set_trace_callback(sent.append)
    try:
        READERS[name](ledger)
    finally:
        ledger._db.set_trace_callback(None)
    asked = [
        statement
        for statement in sent
        if statement.lstrip().startswith("SELECT") and not statement.endswith("ORDER BY seq DESC LIMIT 1")
    ]
    assert asked
    for statement in asked:
        plan = [row[3] for row in ledger._db.execute(f"EXPLAIN QUERY PLAN {statement}")]
        assert [
            step for step in plan if step.startswith("SCAN") and not {"USING", "VIRTUAL"} & {*step.split()}
        ] == [], statement


def test_the_entries_of_a_case_are_found_by_the_case_and_not_by_their_kind(ledger: Ledger) -> None:
    sent: list[str] = []
    ledger._db.set_trace_callback(sent.append)
    list(ledger.entries(case_id="C-00007", kinds=("case_opened",)))
    ledger._db.set_trace_callback(None)
    [plan] = ledger._db.execute(f"EXPLAIN QUERY PLAN {sent[-1]}").fetchall()
    assert "ledger_by_case" in plan[3]


def asked_of(ledger: Ledger, read: Callable[[], Any]) -> list[str]:
    """Give the statements that a read sends about entries."""
    sent: list[str] = []
    ledger._db.set_trace_callback(sent.append)
    try:
        read()
    finally:
        ledger._db.set_trace_callback(None)
    return [one for one in sent if "FROM ledger WHERE" in one]


def test_whose_account_a_case_is_about_is_read_once_from_the_entries_and_then_only_from_newer_ones(
    ledger: Ledger,
) -> None:
    person = owner_of(plans.ADELE)
    assert ledger.case_against(person, ("suspicious",)) is not None
    assert asked_of(ledger, lambda: ledger.case_against(person)) == []
    assert asked_of(ledger, lambda: ledger.owner(plans.ADELE, "Contoso")) == []
    before = ledger.head().size
    ledger.append(e.OwnerBound(plans.ADELE.id, (), ("U0NEW",), ""), BOT, "C-00000")
    [asked] = asked_of(ledger, lambda: ledger.case_against(Identity.of(("U0NEW",))))
    assert f"seq > {before}" in asked
    assert ledger.case_against(Identity.of(("U0NEW",)), ("suspicious",)) is not None


def test_an_owner_who_was_bound_in_a_transaction_that_was_taken_back_is_none(ledger: Ledger) -> None:
    class TakenBackError(Exception):
        pass

    nobody = Identity.of(("U0NOBODY",))

    def bind() -> None:
        with ledger.writing() as writing:
            writing.append(e.OwnerBound(plans.ADELE.id, (), ("U0NOBODY",), ""), BOT, "C-00001")
            assert ledger.owner(plans.ADELE, "Contoso").is_same(nobody)
            raise TakenBackError

    with pytest.raises(TakenBackError):
        bind()
    assert not ledger.owner(plans.ADELE, "Contoso").is_same(nobody)


def test_a_view_that_is_older_than_what_another_thread_read_is_compared_with_its_own_entries(
    ledger: Ledger,
) -> None:
    late = Identity.of(("U0LATE",))

    def bind() -> bool:
        ledger.append(e.OwnerBound(plans.ADELE.id, (), ("U0LATE",), ""), BOT, "C-00002")
        return ledger.owner(plans.ADELE, "Contoso").is_same(late)

    with ThreadPoolExecutor(1) as other, ledger.reading():
        before = ledger.owner(plans.ADELE, "Contoso")
        assert other.submit(bind).result()
        assert ledger.owner(plans.ADELE, "Contoso") == before
    assert ledger.owner(plans.ADELE, "Contoso").is_same(late)


def test_the_end_of_a_check_looks_at_no_other_cases_contents(ledger: Ledger) -> None:
    sent: list[str] = []
    ledger._db.set_trace_callback(sent.append)
    with ledger.writing() as writing:
        writing.finish("C-00003", verdict="suspicious", report="[3]", offer="[4]")
    with ledger.writing() as writing:
        writing.finish("C-00003", verdict="suspicious", report="[5]")
    ledger._db.set_trace_callback(None)
    plan = [
        row[3]
        for one in sent
        if one.startswith(("DELETE FROM contents", "SELECT * FROM cases"))
        for row in ledger._db.execute(f"EXPLAIN QUERY PLAN {one}")
    ]
    assert any("cases_by_report" in step for step in plan)
    assert [step for step in plan if step.startswith(("SCAN cases", "SCAN contents"))] == []
    kept = {bytes(row["content"]) for row in ledger.rows("SELECT content FROM contents")}
    # The first report is the one of all the other cases too.
    assert kept == {b"{}", b"[5]"}


STANDINGS = {
    "nobody was judged": ([("done", "", 1)], None),
    "it is being looked at": ([("done", "suspicious", 1), ("looking", "", 1)], 1),
    "it is accused": ([("done", "no-sign-found", 1), ("done", "compromised", 1)], 1),
    "a longer look acquits": ([("done", "compromised", 1), ("done", "no-sign-found", 2)], None),
    "a look as long acquits": ([("done", "compromised", 1), ("done", "cannot-tell", 1)], None),
    "a shorter look acquits of nothing": ([("done", "compromised", 2), ("done", "no-sign-found", 1)], 0),
    "the newest accusation counts": ([("done", "compromised", 1), ("done", "suspicious", 1)], 1),
    "a failed look changes nothing": ([("done", "compromised", 1), ("failed", "", 9)], 0),
}


@pytest.mark.parametrize("name", STANDINGS)
def test_the_case_of_an_account_that_needs_someone(name: str) -> None:
    cases, needs = STANDINGS[name]
    start = plans.Clock()()
    rows = [
        {
            "id": str(number),
            "seq": number,
            "asked_at": start.isoformat(),
            "window_start": start.isoformat(),
            "window_end": (start + timedelta(days=days)).isoformat(),
            "state": state,
            "verdict": verdict,
        }
        for number, (state, verdict, days) in enumerate(cases)
    ]
    assert open_case(rows) == ("" if needs is None else str(needs))
    assert open_case(reversed(rows)) == open_case(rows)
