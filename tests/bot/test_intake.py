"""Questions are in the ledger before anybody is told that they arrived."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from bot.intake import Asked, Intake
from commands.errors import LedgerUnwritable
from commands.ledger import Ledger


def question(number: int) -> Asked:
    return Asked(f"q{number}", "U0MEGAN01", "T0CONTOSO", "C0INCIDENT", f"check somebody{number}")


@pytest.fixture
def ledger(tmp_path):
    kept = Ledger(tmp_path / "ledger.db", lambda: datetime.now(UTC))
    yield kept
    kept.close()


@pytest.fixture
def intake(ledger):
    taking = Intake(ledger)
    taking.start()
    yield taking
    taking.stop()


def test_a_question_is_written_down_when_write_returns(ledger, intake):
    assert intake.write(question(1))
    assert [entry.kind for entry in ledger.entries()] == ["asked"]


def test_the_same_question_is_written_down_once(ledger, intake):
    assert intake.write(question(1))
    assert not intake.write(question(1))
    assert len(list(ledger.entries())) == 1


def test_what_was_not_understood_is_kept_with_its_answer_and_is_not_answered_again(ledger, intake):
    intake.write(question(1), not_understood="I do not know that word.")
    assert [entry.kind for entry in ledger.entries()] == ["asked", "not understood"]
    assert list(ledger.unanswered_requests()) == []


def test_many_at_once_are_all_written_and_the_chain_holds(ledger, intake):
    gate = threading.Barrier(40)

    def ask(number: int) -> bool:
        gate.wait()
        return bool(intake.write(question(number % 30)))

    with ThreadPoolExecutor(40) as people:
        fresh = list(people.map(ask, range(40)))
    assert fresh.count(True) == 30
    assert len(list(ledger.entries())) == 30
    ledger.verify()


def test_a_ledger_that_cannot_be_written_is_told_to_everybody_who_waits(ledger, intake):
    ledger.path.unlink()
    ledger.path.mkdir()
    ledger.close()
    with ThreadPoolExecutor(3) as people:
        errors = [people.submit(intake.write, question(number)).exception() for number in range(3)]
    assert all(isinstance(error, LedgerUnwritable) for error in errors)


def test_after_the_stop_nothing_is_taken_and_nobody_waits_for_ever(ledger):
    taking = Intake(ledger)
    taking.start()
    taking.stop()
    with pytest.raises(LedgerUnwritable, match="the bot is stopping"):
        taking.write(question(1))
