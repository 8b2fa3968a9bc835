"""Questions are in the ledger the moment they come, whatever comes after."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from bot.slack.intake import Asked, Intake
from commands.errors import LedgerUnwritable
from commands.ledger import Ledger
from commands.ledger.verify import verify_ledger


def question(number: int) -> Asked:
    return Asked(f"q{number}", "U0MEGAN01", "T0CONTOSO", "C0INCIDENT", f"check somebody{number}")


class Desk:
    """Notes what the intake reports."""

    def __init__(self) -> None:
        self.kept: list[tuple[str, bool]] = []
        self.failed: list[Exception] = []

    def written(self, asked: Asked, fresh: bool) -> None:
        self.kept.append((asked.id, fresh))

    def not_written(self, asked: Asked, error: Exception) -> None:
        self.failed.append(error)


@pytest.fixture
def ledger(tmp_path):
    kept = Ledger(tmp_path / "ledger.db", lambda: datetime.now(UTC))
    yield kept
    kept.close()


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def intake(ledger, desk):
    taking = Intake(ledger, written=desk.written, failed=desk.not_written)
    taking.start()
    return taking


def test_what_was_taken_is_in_the_ledger_after_a_stop(ledger, intake, desk):
    intake.take(question(1))
    intake.stop()
    assert [entry.kind for entry in ledger.entries()] == ["asked"]
    assert desk.kept == [("q1", True)]


def test_the_same_question_is_written_down_once(ledger, intake, desk):
    intake.take(question(1))
    intake.take(question(1))
    intake.stop()
    assert desk.kept == [("q1", True), ("q1", False)]
    assert len(list(ledger.entries())) == 1


def test_what_was_not_understood_is_kept_with_its_answer_and_is_not_answered_again(ledger, intake, desk):
    intake.take(question(1), not_understood="I do not know that word.")
    intake.stop()
    assert [entry.kind for entry in ledger.entries()] == ["asked", "not_understood"]
    assert list(ledger.unanswered_requests()) == []
    assert desk.kept == []


def test_many_at_once_are_all_written_and_the_chain_holds(ledger, intake, desk):
    gate = threading.Barrier(40)

    def ask(number: int) -> None:
        gate.wait()
        intake.take(question(number % 30))

    with ThreadPoolExecutor(40) as people:
        list(people.map(ask, range(40)))
    intake.stop()
    assert [fresh for _, fresh in desk.kept].count(True) == 30
    assert len(list(ledger.entries())) == 30
    verify_ledger(ledger.path)


def test_a_ledger_that_cannot_be_written_is_told_for_every_question(ledger, intake, desk):
    ledger.path.unlink()
    ledger.path.mkdir()
    ledger.close()
    for number in range(3):
        intake.take(question(number))
    intake.stop()
    assert len(desk.failed) == 3
    assert all(isinstance(error, LedgerUnwritable) for error in desk.failed)


def test_after_the_stop_nothing_is_taken(intake):
    intake.stop()
    with pytest.raises(LedgerUnwritable, match="the bot is stopping"):
        intake.take(question(1))
