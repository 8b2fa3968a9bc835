"""The proposer is told how a proposal ended, in a line that mentions them."""

from __future__ import annotations

import pytest

from bot.messages.ended import ended
from commands.containment.proposals import Outcome
from commands.plans.approval import ProposalState
from tests.bot.messages import samples


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (ProposalState.DONE, "<@U0MEGAN01> ● *P-7F3K2*: carried out: 1 done and confirmed."),
        (ProposalState.DENIED, "<@U0MEGAN01> ✖ *P-7F3K2*: denied by <@U0ALEX002>. Nothing was changed; it"),
        (ProposalState.EXPIRED, "<@U0MEGAN01> ⌛ *P-7F3K2*: expired with 1 of 2 approvals. Nothing was"),
        (ProposalState.STOPPED, "<@U0MEGAN01> ■ *P-7F3K2*: stopped. Nothing was changed; it can be proposed"),
    ],
)
def test_how_it_ended_is_told_in_a_line(state: ProposalState, says: str) -> None:
    change = samples.change(1)
    actions = (samples.action(change, Outcome.CONFIRMED),) if state is ProposalState.DONE else ()
    by = "U0ALEX002" if state is ProposalState.DENIED else ""
    votes = (samples.vote("U0ALEX002"),)
    told = ended(samples.small(change, state=state, actions=actions, decided_by=by, votes=votes))
    assert told is not None
    assert told.text.startswith(says)


@pytest.mark.parametrize("state", [ProposalState.OPEN, ProposalState.RUNNING, ProposalState.WITHDRAWN])
def test_nothing_is_told_before_the_end_nor_to_whoever_ended_it(state: ProposalState) -> None:
    assert ended(samples.small(samples.change(1), state=state)) is None
