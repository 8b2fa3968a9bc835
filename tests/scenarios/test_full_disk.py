"""The disk of the ledger is full for a while: nothing is lost, said twice or told wrongly, and it goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot import desk
from commands.containment.proposals import Proposals
from commands.errors import LedgerFull, LedgerTampered
from commands.ledger import book
from commands.plans.approval import ProposalState
from tests.scenarios.deciding import Table, laid
from tests.scenarios.test_deciding import ALEX

FULL = "The disk that holds the ledger"
WAITS = "Do not repeat it"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    with pytest.MonkeyPatch.context() as patched:
        # What waits goes on when a story says so, and by nobody else meanwhile.
        patched.setattr(desk, "AGAIN", 3_600.0)
        with laid(tmp_path_factory.mktemp("full")) as table:
            yield table


@pytest.fixture
def full(table: Table, monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    """Give a function with which no row of a table can be written, and nothing beside the ledger."""

    @contextmanager
    def full(of: str, column: str, where: str = "1") -> Iterator[None]:
        # What is no JSON cannot be indexed as such.
        table.alter(f"CREATE INDEX full ON {of} (json_extract({column}, '$')) WHERE {where}")
        with monkeypatch.context() as patched:
            patched.setattr(book, "_has_room", lambda _: False)
            yield
            table.alter("DROP INDEX full")

    return full


def test_a_vote_that_finds_no_room_is_told_as_waiting_and_counts_once_there_is_room(table, full):
    story = table.sit(alone=True)
    proposal = story.simple()
    with full("votes", "voter"):
        story.votes_yes("approver", proposal)
        told = story.slack.as_text(story.told("approver", FULL))
        assert WAITS in told
        with pytest.raises(LedgerFull):
            story.bot.desk.go_on()
        assert story.votes(proposal) == []
        assert story.stands(proposal) is ProposalState.OPEN
    story.bot.desk.go_on()
    story.told("approver", f"You approved {proposal.id}")
    story.bot.desk.go_on()
    assert len(story.votes(proposal)) == 1
    story.ends(proposal, ProposalState.DONE)
    assert len(story.writes(proposal)) == 1
    assert story.bot.ledger.unanswered_requests() == []
    assert len([one for one in story.slack.ephemerals("approver") if WAITS in story.slack.as_text(one)]) == 1


def test_what_waited_and_is_then_refused_is_told_once_and_not_tried_again_and_again(table, full, monkeypatch):
    story = table.sit(alone=True)
    proposal = story.simple()
    with full("votes", "voter"):
        story.votes_yes("approver", proposal)
        story.told("approver", FULL)

    def refused(*_: object, **__: object) -> None:
        raise LedgerTampered("Somebody altered it")

    with monkeypatch.context() as patched:
        patched.setattr(Proposals, "vote", refused)
        for _ in range(3):
            story.bot.desk.go_on()
    told = [story.slack.as_text(one) for one in story.slack.ephemerals("approver")]
    assert sum("Somebody altered it" in one for one in told) == 1
    story.stop()
    story.start()
    story.ends(proposal, ProposalState.DONE)


def test_a_vote_that_counted_is_told_as_one_where_only_the_note_of_the_answer_finds_no_room(table, full):
    story = table.sit(alone=True)
    proposal = story.grave()
    story.wait(lambda: not story.bot.ledger.unanswered_requests(), "the answer to who proposed")
    with full("requests", "id", f"answered = 1 AND seq > {story.bot.ledger.head().size}"):
        story.votes_yes("approver", proposal)
        story.told("approver", f"You approved {proposal.id}")
    assert len(story.votes(proposal)) == 1
    assert story.bot.ledger.unanswered_requests()
    story.bot.desk.go_on()
    assert story.bot.ledger.unanswered_requests() == []
    assert story.votes(proposal, "vote_refused") == []
    story.stop()
    story.start()
    assert story.votes(proposal, "vote_refused") == []


def test_while_nothing_can_be_noted_nothing_is_posted_again_and_again(table, full):
    story = table.sit(alone=True)
    subject = story.account()
    change, _ = story.rule(subject)
    case = story.case(change, subject=subject)
    with full("proposals", "channel", "card <> ''"):
        story.type(f"contain {case.id} 1 because of what was found")
        story.told(holding=FULL)
        (proposal,) = story.proposals.of_case(case.id)
        card = f"Waiting for approval: {proposal.id}"
        for _ in range(3):
            story.bot.jobs.reconcile(timedelta(0))
        assert not [one for one in story.cards() if card in one.text]
    story.bot.desk.go_on()
    story.told(holding=f"Proposed: {proposal.id}")
    for _ in range(3):
        story.bot.jobs.reconcile(timedelta(0))
    assert len([one for one in story.cards() if card in one.text]) == 1
    assert story.slack.as_text(story.copy(proposal, "approver"))


def test_an_approved_plan_that_the_engine_cannot_begin_for_want_of_room_says_so_below_its_card(table, full):
    story = table.sit(alone=True)
    proposal = story.simple()
    story.proposals.vote(proposal.id, proposal.digest, ALEX, yes=True)

    def warnings() -> list[str]:
        texts = [story.slack.as_text(one) for one in story.slack.replies(story.paper(proposal))]
        return [one for one in texts if FULL in one]

    with full("actions", "change"):
        for _ in range(3):
            story.bot.jobs._carrying.tidy(timedelta(0), lambda _: None)
        assert len(warnings()) == 1
        assert "is not carried on" in warnings()[0]
    story.bot.jobs.reconcile(timedelta(0))
    story.ends(proposal, ProposalState.DONE)
    assert len(warnings()) == 1


def test_a_file_that_may_not_grow_is_a_disk_that_is_full(tmp_path: Path) -> None:
    assert book._has_room(tmp_path)
    assert book._has_room(tmp_path / "there is none"), "another trouble is told as what it is"
