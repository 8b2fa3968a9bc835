"""`/compromise approve`: say yes to a proposal; with the last yes that it needs, it is carried out."""

from __future__ import annotations

from dataclasses import dataclass

from bot.errors import NotUnderstood
from bot.messages.approve_modal import approve_modal
from bot.slack.intake import Asked
from bot.verbs import spelling
from bot.verbs.review import refused, why_not_asked
from bot.verbs.shape import Tools
from bot.verbs.spelling import DIGEST, said
from bot.verbs.voting import MayVote, Opened, Outcome, proposal_for, shows, vote

__all__ = ("EXAMPLE", "NAME", "SAYS", "USAGE", "Approve", "do", "may", "read", "shows")

NAME = "approve"
USAGE = "<proposal> [digest]"
SAYS = "Approves a proposal; the last required approval carries it out."
EXAMPLE = "/compromise approve P-7F3K2"

_CODE = "Your approvals need a code. Select Approve on the card again, and enter the code."


@dataclass(frozen=True, slots=True)
class Approve:
    """Say yes to a proposal; the digest says to which plan, "" for the one that it has."""

    proposal_id: str
    digest: str = ""


def read(words: list[str], text: str) -> Approve:
    """Read the proposal, and the digest of the plan that is meant."""
    proposal_id, more = spelling.proposal_id_in(words, NAME), words[1:]
    digest = more[0].casefold() if more else ""
    if len(more) > 1 or (digest and not DIGEST.fullmatch(digest)):
        raise NotUnderstood(
            f"I do not understand “{said(' '.join(more))}” here. Type: /compromise approve "
            f"{proposal_id}, optionally with the digest from its card."
        )
    return Approve(proposal_id, digest)


def may(wish: Approve, asked: Asked, tools: Tools) -> MayVote:
    """Give who votes; whether the vote counts is decided when it is written."""
    proposal = proposal_for(wish.proposal_id, asked, tools)
    return MayVote(tools.gate.voter_about(asked, proposal.plan.case_id, factor=asked.factor), proposal)


def do(wish: Approve, may: MayVote, asked: Asked, tools: Tools) -> Outcome:
    """Vote; where a code is needed and none came, open the window that asks for it."""
    proposal, voter = may.proposal, may.voter
    digest = wish.digest or proposal.digest
    has_factor = tools.factor.is_enrolled(asked.user)
    if (proposal.factor or has_factor) and not asked.factor:
        # Whoever may not approve anyway is told so before any code is asked for.
        why = why_not_asked(proposal, voter, digest, tools, enrolled=has_factor)
        if not why and asked.trigger:
            tools.open(asked, approve_modal(proposal, code=True))
            return Opened("approve", proposal)
        return refused(proposal, voter, why or _CODE, tools)
    return vote(proposal, voter, digest, yes=True, says="", tools=tools)
