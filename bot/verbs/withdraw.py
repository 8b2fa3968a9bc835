"""`/compromise withdraw`: take one's own proposal back before it is carried out."""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import Barred
from bot.messages import decisions
from bot.slack.intake import Asked
from bot.verbs import spelling
from bot.verbs.shape import Answer, Tools
from bot.verbs.voting import proposal_for, repaint
from commands.containment.proposals import Proposal
from commands.errors import NotNow
from commands.ledger import entries as e

NAME = "withdraw"
USAGE = "<proposal> [because …]"
SAYS = "Withdraws a proposal before it is carried out."
EXAMPLE = "/compromise withdraw P-7F3K2"


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take a proposal back."""

    proposal_id: str
    because: str = ""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A proposal that was taken back, or why it could not be any more."""

    proposal: Proposal
    too_late: str = ""


def read(words: list[str], text: str) -> Withdraw:
    """Read the proposal, and why."""
    return Withdraw(spelling.proposal_id_in(words, NAME), spelling.reason_in(text, spelling.rest_of(words)))


def may(wish: Withdraw, asked: Asked, tools: Tools) -> Proposal:
    """Let the one who proposed it, and may still propose."""
    proposal = proposal_for(wish.proposal_id, asked, tools)
    # By the Slack account alone: an address can be changed to that of whoever proposed it.
    if asked.user != proposal.proposed_by:
        raise Barred("Only the person who proposed it can withdraw it. An approver can deny it.")
    tools.gate.proposer_about(asked, tools.ledger.case(proposal.plan.case_id))
    return proposal


def do(wish: Withdraw, may: Proposal, asked: Asked, tools: Tools) -> Withdrawn:
    """Take it back."""
    try:
        proposal = tools.proposals.withdraw(may.id, asked.user, wish.because)
    except NotNow as error:
        return Withdrawn(tools.proposals.get(may.id), str(error))
    repaint(proposal, tools)
    return Withdrawn(proposal)


def shows(done: Withdrawn, tools: Tools) -> Answer:
    """Say that it is withdrawn, or how it ended before."""
    case_id = done.proposal.plan.case_id
    if done.too_late:
        message = decisions.too_late(done.proposal)
        return Answer(e.NotAnswered(says=done.too_late), case_id, (message,))
    return Answer(e.Answered(proposal=done.proposal.id), case_id, (decisions.withdrawn(done.proposal),))
