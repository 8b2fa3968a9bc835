"""`/compromise strike`: take changes out of an open proposal, which puts a smaller plan in its place."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import structlog

from bot.errors import SlackFailed
from bot.messages import decisions
from bot.messages.strike_modal import strike_modal
from bot.slack.intake import Asked
from bot.verbs import spelling
from bot.verbs.shape import Answer, Tools
from bot.verbs.spelling import Choice
from bot.verbs.voting import MayVote, NotCounted, Opened, proposal_for, refused, repaint
from bot.verbs.voting import shows as shows_vote
from commands.containment.proposals import Proposal
from commands.containment.propose import needs_of_plan, wants_factor, without
from commands.errors import VoteRefused
from commands.ledger import entries as e
from commands.plans.approval import why_not

log = structlog.get_logger(__name__)

NAME = "strike"
USAGE = "<proposal> [numbers because …]"
SAYS = "Removes changes from an open proposal: it closes, and the rest is proposed again and needs new votes."
EXAMPLE = "/compromise strike P-7F3K2 3,7 because the device is the user's own"


@dataclass(frozen=True, slots=True)
class Strike:
    """Take changes out of a proposal; without a choice, open the window in which one chooses."""

    proposal_id: str
    choice: Choice | None = None


@dataclass(frozen=True, slots=True)
class Struck:
    """A smaller plan stands in place of the one that was open."""

    old: Proposal
    new: Proposal


def read(words: list[str], text: str) -> Strike:
    """Read the proposal, and the numbers of its changes as its card has them."""
    return Strike(spelling.proposal_id_in(words, NAME), spelling.choice_in(words, text, NAME))


def may(wish: Strike, asked: Asked, tools: Tools) -> MayVote:
    """Let whoever may vote on it; whether it counts is decided when it is written."""
    proposal = proposal_for(wish.proposal_id, asked, tools)
    return MayVote(tools.gate.voter_about(asked, proposal.plan.case_id), proposal)


def do(wish: Strike, may: MayVote, asked: Asked, tools: Tools) -> Struck | Opened | NotCounted:
    """Open the window, or close the proposal and put the smaller plan before people.

    Raises:
        PlanRefused: nothing would be left, or something that is left depends on what is struck.
    """
    old, voter = may.proposal, may.voter
    earlier = tools.proposals.asked_for(asked.id)
    if earlier:
        return Struck(old, earlier)
    digest = (wish.choice.offer if wish.choice else "") or old.digest
    if wish.choice is None:
        ballot = tools.proposals.ballot(old)
        why = why_not(ballot, voter, yes=False, digest=digest, now=tools.clock())
        if why:
            return NotCounted(old, voter, why)
        tools.open(asked, strike_modal(old))
        return Opened("strike", old)
    policy = tools.tenancy.of(old.plan.tenant).policy
    plan = without(old.plan, wish.choice.numbers, secrets.token_hex(16))
    try:
        new = tools.proposals.strike(
            old.id,
            digest,
            voter,
            plan=plan,
            says=wish.choice.because,
            needs=needs_of_plan(plan, policy),
            factor=wants_factor(plan, policy),
            strict=policy.strict,
            expires_at=tools.clock() + policy.expires,
            request=asked.id,
        )
    except VoteRefused as error:
        return refused(old.id, voter, str(error), tools)
    log.info("Changes were struck out.", action="proposal.struck", proposal=old.id, by=voter.id, new=new.id)
    repaint(tools.proposals.get(old.id), tools)
    try:
        new = tools.papers.post(new.id)
    except SlackFailed as error:
        # It is in the ledger; the next round posts its card.
        log.warning("A proposal's card waits.", action="proposal.waits", error=str(error))
    return Struck(old, new)


def shows(done: Struck | Opened | NotCounted, tools: Tools) -> Answer:
    """Say where the smaller plan is, or why nothing was struck."""
    if not isinstance(done, Struck):
        return shows_vote(done, tools)
    message = decisions.struck(done.old, done.new, tools.papers.link(done.new))
    return Answer(e.Answered(proposal=done.new.id), done.new.plan.case_id, (message,))
