"""A bot is started with a copy of its ledger, as after a restore: what was approved before is not sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from commands.containment.proposals import Outcome
from commands.ledger.mark import mark_of
from commands.plans.approval import ProposalState
from tests.scenarios.deciding import Table, laid
from tests.scenarios.test_deciding import ALEX, LIDIA

SAYS = "The bot was started with a copy of its ledger"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    with laid(tmp_path_factory.mktemp("copied")) as table:
        yield table


def test_what_was_open_approved_or_under_way_in_a_copy_ends_and_nothing_is_sent(table):
    story = table.sit(alone=True)
    is_open, approved, running = story.grave(), story.grave(), story.grave()
    story.proposals.vote(is_open.id, is_open.digest, ALEX, yes=True)
    for proposal in (approved, running):
        for voter in (ALEX, LIDIA):
            story.proposals.vote(proposal.id, proposal.digest, voter, yes=True)
    story.proposals.start(running.id)
    first, second = running.plan.changes
    story.proposals.intend(running.id, first.id, first.expects)
    story.stop()
    # A backup has the ledger and the answers, and nothing else.
    mark_of(story.settings.ledger).unlink()
    story.start()
    for proposal, state in (
        (is_open, ProposalState.EXPIRED),
        (approved, ProposalState.STOPPED),
        (running, ProposalState.DONE),
    ):
        ended = story.ends(proposal, state)
        assert story.writes(proposal) == []
        assert SAYS in " ".join([ended.note, *(action.says for action in ended.actions)])
    outcomes = {one.change: one.outcome for one in story.proposals.get(running.id).actions}
    assert outcomes == {first.id: Outcome.UNKNOWN, second.id: Outcome.REFUSED}
    # From now on it is the ledger.
    anew = story.grave()
    story.stop()
    story.start()
    assert story.stands(anew) is ProposalState.OPEN
