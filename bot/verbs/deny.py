"""`/compromise deny`: say no to a proposal, which ends it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.messages.deny_modal import deny_modal
from bot.slack.intake import Asked
from bot.verbs import spelling
from bot.verbs.shape import Tools
from bot.verbs.voting import MayVote, Opened, Outcome, proposal_for, shows, vote
from commands.plans.approval import why_not

__all__ = ("EXAMPLE", "NAME", "SAYS", "USAGE", "Deny", "do", "may", "read", "shows")

NAME = "deny"
USAGE = "<proposal> [because …]"
SAYS = "Denies a proposal, which closes it."
EXAMPLE = "/compromise deny P-7F3K2 because the user confirmed the rule"


@dataclass(frozen=True, slots=True)
class Deny:
    """Say no to a proposal; the digest is as in `Approve`."""

    proposal_id: str
    digest: str = ""
    because: str = ""


def read(words: list[str], text: str) -> Deny:
    """Read the proposal, the digest that a button puts behind it, and why."""
    proposal_id, digest = spelling.proposal_with_digest(words, NAME)
    return Deny(proposal_id, digest, spelling.reason_in(text, spelling.rest_of(words)))


def may(wish: Deny, asked: Asked, tools: Tools) -> MayVote:
    """Give who votes; whether the vote counts is decided when it is written."""
    proposal = proposal_for(wish.proposal_id, asked, tools)
    return MayVote(tools.gate.voter_about(asked, proposal.plan.case_id), proposal)


def do(wish: Deny, may: MayVote, asked: Asked, tools: Tools) -> Outcome:
    """Ask why, where a button said it, and vote."""
    proposal, voter = may.proposal, may.voter
    digest = wish.digest or proposal.digest
    if asked.clicked and asked.trigger:
        ballot = tools.proposals.ballot(proposal)
        if not why_not(ballot, voter, yes=False, digest=digest, now=tools.clock()):
            tools.open(asked, deny_modal(proposal))
            return Opened("deny", proposal)
    return vote(proposal, voter, digest, yes=False, says=wish.because, tools=tools)
