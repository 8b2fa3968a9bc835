"""What every verb reads is found by an index, however many cases and entries there are.

Not the clock is looked at but SQLite's own plan of each statement that a reader sends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from commands.ledger import Ledger, alerts, hunts
from commands.ledger.tasks import tasks, watches_due
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
    "its tasks": lambda book: tasks(book, "C-00007"),
    "looks that are due": lambda book: watches_due(book, plans.Clock()()),
    "alerts that wait": alerts.waiting,
    "alerts of an hour": lambda book: alerts.shown_since(book, "line", plans.Clock()()),
    "alerts of a source": lambda book: alerts.raised_since(book, "webhook", plans.Clock()()),
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
    asked = [statement for statement in sent if statement.lstrip().startswith("SELECT")]
    assert asked
    for statement in asked:
        plan = [row[3] for row in ledger._db.execute(f"EXPLAIN QUERY PLAN {statement}")]
        assert [step for step in plan if step.startswith("SCAN") and "USING" not in step] == [], statement


def test_the_entries_of_a_case_are_found_by_the_case_and_not_by_their_kind(ledger: Ledger) -> None:
    sent: list[str] = []
    ledger._db.set_trace_callback(sent.append)
    list(ledger.entries(case_id="C-00007", kinds=("case_opened",)))
    ledger._db.set_trace_callback(None)
    [plan] = ledger._db.execute(f"EXPLAIN QUERY PLAN {sent[-1]}").fetchall()
    assert "ledger_by_case" in plan[3]
