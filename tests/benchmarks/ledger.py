"""A large ledger: how long each read takes, and how `verify` compares with a bare fetch of the entries.

200,000 entries of 5,000 cases of 3,000 accounts, with reports of 20 KB. What is measured is processor time,
as the machine is shared; a bare fetch reads every column of every row and does nothing with it.
"""

from __future__ import annotations

import random
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

from commands.identity import Identity
from commands.ledger import BOT, Ledger
from commands.ledger import entries as e
from commands.ledger.schema import TABLES
from commands.ledger.verify import verify_ledger
from graph.question import Subject, Window
from tests.benchmarks.row import Row

ENTRIES, CASES, ACCOUNTS = 200_000, 5_000, 3_000
REPORT = "x" * 20_000
GOAL = 0.020
"""Seconds of a read."""

APPENDED, TURNS = 100, 40
"""How many entries are written one by one, in how many turns with and without the look at the file."""

VERDICTS = ("compromised", "suspicious", "no_sign_found", "cannot_tell")


def account(number: int) -> Subject:
    """One of the accounts, with three addresses."""
    name = f"person{number:05d}"
    addresses = tuple(f"{name}@{domain}" for domain in ("contoso.example", "contoso.onmicrosoft.example"))
    return Subject(f"{number:08x}-0000-4000-8000-000000000000", addresses[0], addresses[0], addresses, name)


def fill(path: Path, *, entries: int = ENTRIES, cases: int = CASES, accounts: int = ACCOUNTS) -> None:
    """Write a ledger with as many entries, evenly over the cases."""
    chance = random.Random(1)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    with closing(Ledger(path, lambda: now)) as ledger:
        done = 0
        for number in range(cases):
            now += timedelta(minutes=90)
            with ledger.writing() as writing:
                case_id, subject = f"C-{number:05d}", account(chance.randrange(accounts))
                window = Window(now - timedelta(days=chance.choice((1, 7, 14))), now)
                request = f"request {number}"
                writing.ask(request, "U0MEGAN", "C0INCIDENT", f"check {subject.mail}")
                writing.open_case(
                    case_id,
                    tenant="Contoso",
                    subject=subject,
                    window=window,
                    channel="C0INCIDENT",
                    asked_by="U0MEGAN",
                    request=request,
                    owners=[f"U{number % accounts:05d}"],
                )
                writing.answer(request, e.CheckStarted(), BOT, case_id)
                writing.card_posted(case_id, "C0INCIDENT", f"{number}.1")
                for one in range(4):
                    writing.remember(case_id, f"source{one}", "query", f"{number}-{one}")
                report = f"{number:06d}{REPORT}"
                writing.finish(case_id, verdict=chance.choice(VERDICTS), report=report, offer=report[::-1])
                for one in range(5):
                    writing.posted(case_id, 1, f"details {one}", "C0INCIDENT", f"{number}.{one}")
                writing.shown(case_id, "as done")
                done += writing.entries
                # Between two cases the feeds are read and told to a SIEM.
                while done < (number + 1) * entries // cases:
                    event: e.Event = e.AlertsRead("Contoso", "defender", now)
                    writing.append(event if done % 2 else e.Delivered("webhook", done), BOT)
                    done += 1


def best(work: Callable[[], Any], times: int = 3) -> float:
    """Processor seconds of the fastest of some calls."""
    took = []
    for _ in range(times):
        start = process_time()
        work()
        took.append(process_time() - start)
    return min(took)


def fetched(path: Path) -> None:
    """Read every column of every row that `verify` compares."""
    with closing(sqlite3.connect(path)) as db:
        for table in ("ledger", "contents", *TABLES):
            for _ in db.execute(f"SELECT * FROM {table}"):  # noqa: S608 - names of ours
                pass


def reads(ledger: Ledger) -> dict[str, Callable[[], Any]]:
    """What the verbs read of it."""
    subject = account(7)
    person = Identity.of(("U00007",), (subject.id,), subject.addresses)
    nobody = Identity.of(("U0NOBODY",), (), ("nobody@contoso.example",))
    request = e.Asked("request 1", "C0INCIDENT", "check")
    return {
        "who is accused (`case_against`), of somebody who is not": lambda: ledger.case_against(nobody),
        "who is accused, of somebody with cases": lambda: ledger.case_against(person),
        "which cases need someone (Home)": ledger.open_cases,
        "whose account a case is about": lambda: ledger.owner(subject, "Contoso"),
        "a case with its report": lambda: ledger.case("C-00007"),
        "the story of a case": lambda: list(ledger.entries(case_id="C-00007")),
        "what is open": ledger.unfinished_cases,
        "the cases of an address": lambda: ledger.cases_about(subject.mail),
        "which check ended last": ledger.last_ended,
        "a question to be taken up": lambda: (request, ledger.unanswered_requests()),
    }


class Trusting(Ledger):
    """A ledger that does not look, before each entry, whether somebody meddled with its file."""

    def _demand_untouched(self, *_: Any) -> None:
        pass


def append_some(ledger: Ledger) -> None:
    """Write entries, each in a transaction of its own."""
    for number in range(APPENDED):
        ledger.append(e.Delivered("webhook", number), BOT)


def looking() -> tuple[float, float]:
    """Processor seconds of one entry with that look, and without it, the best of many turns."""
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(Ledger(Path(folder) / "looks.db", lambda: datetime.now(UTC))) as looks,
        closing(Trusting(Path(folder) / "trusts.db", lambda: datetime.now(UTC))) as trusts,
    ):
        took: dict[Ledger, list[float]] = {looks: [], trusts: []}
        for _ in range(TURNS):
            for ledger, spent in took.items():
                spent.append(best(partial(append_some, ledger), 1) / APPENDED)
        return min(took[looks]), min(took[trusts])


def measure() -> list[Row]:
    """Measure, and give the rows."""
    looks, bare_entry = looking()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        fill(path)
        rows = []
        with closing(Ledger(path, lambda: datetime.now(UTC))) as ledger:
            for name, read in reads(ledger).items():
                took = best(read)
                rows.append(Row(f"ledger: {name}", f"{took * 1000:.1f} ms", "under 20 ms", took < GOAL))
        bare, verified = best(lambda: fetched(path)), best(lambda: verify_ledger(path), 2)
    share = bare / verified
    look = "ledger: an entry with the look whether somebody meddled with the file, beside one without"
    rows.append(
        Row(
            look,
            f"{looks / bare_entry:.2f} ({looks * 1000:.3f} ms)",
            "at most 1.05",
            looks <= 1.05 * bare_entry,
        )
    )
    what = f"ledger: `verify` ({ENTRIES / verified:,.0f} entries a second), beside a bare fetch"
    return [*rows, Row(what, f"{share:.2f}", "at least 0.4", share >= 0.4)]
