"""What is only counted of everyday work grows with the accounts, so it lies on disk with each of them."""

from __future__ import annotations

from pathlib import Path

from commands.analyze.everyday import Everyday, read, written
from commands.analyze.picking import TALLY, first_pass
from commands.analyze.progress import prepare
from graph.audit_log.blocks import Part
from graph.audit_log.contexts import Contexts, Counted, Habit, LeftOut
from tests.benchmarks.analyze.generate import generate

READ_MAIL = LeftOut("MailItemsAccessed", "adele@contoso.example", "adele@contoso.example", "192.0.2.1")
SENT = LeftOut("Send", "megan@contoso.example", "adele@contoso.example", "192.0.2.9")


def test_what_was_counted_is_added_up_over_the_parts_of_a_file_and_of_several_files_the_most_counts():
    beside = Everyday()
    for file, records in ((0, 5), (0, 7), (1, 10)):
        beside.add(file, Counted(READ_MAIL, records, Habit(4, "2026-08-04")), own=True)
    assert beside.left_out() == {READ_MAIL: 12}


def test_only_what_an_account_did_itself_is_a_habit_of_its_own():
    beside = Everyday()
    beside.add(0, Counted(READ_MAIL, 5, Habit(4, "2026-08-04")), own=True)
    beside.add(0, Counted(SENT, 5, Habit(9, "2026-08-09")), own=False)
    assert beside.habits == {"192.0.2.1": Habit(4, "2026-08-04")}
    assert beside.left_out() == {READ_MAIL: 5, SENT: 5}


def test_what_is_laid_down_is_read_back():
    for habit in (None, Habit(4, "2026-08-04")):
        assert read(written(Counted(SENT, 5, habit))) == Counted(SENT, 5, habit)


def test_after_the_first_pass_no_process_holds_anything_by_account(tmp_path: Path):
    path = tmp_path / "log"
    generate(path, 400, taken_over=0, accounts=40)
    prepare(tmp_path / "read", 1)
    place = tmp_path / "0000"
    tally = first_pass((Part(path, 0, path.stat().st_size), place, False, frozenset()))
    assert tally.records == 400
    assert (tally.names.by_id, tally.actors, tally.spilled, tally.got_in) == ({}, set(), set(), {})
    assert list(tally.everyday.counted()) == list(Contexts().counted()) == []
    assert (place / TALLY).stat().st_size > 1_000
