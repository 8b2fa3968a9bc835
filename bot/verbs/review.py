"""What the button Approve says: show somebody who may approve what they approve, and ask whether they do.

Only sending that window is a vote. A click that is answered late, after the program was started again, opens
no window and counts for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.errors import NotUnderstood
from bot.messages.approve_modal import approve_modal
from bot.messages.plans import reference
from bot.slack.intake import Asked
from bot.verbs import spelling
from bot.verbs.shape import Tools
from bot.verbs.voting import MayVote, NotCounted, Opened, Outcome, proposal_for, shows, vote
from commands.containment.proposals import Proposal
from commands.plans.approval import Voter, why_not

__all__ = ("EXAMPLE", "NAME", "SAYS", "USAGE", "Review", "do", "may", "read", "shows", "why_not_asked")

NAME = "review"
USAGE = "<proposal> [digest]"
SAYS = ""
EXAMPLE = "/compromise review P-7F3K2"


@dataclass(frozen=True, slots=True)
class Review:
    """Open the window in which a proposal is approved; the digest is as in `Approve`."""

    proposal_id: str
    digest: str = ""


def read(words: list[str], text: str) -> Review:
    """Read the proposal, and the digest that the button carries."""
    return Review(*spelling.proposal_with_digest(words, NAME))


def may(wish: Review, asked: Asked, tools: Tools) -> MayVote:
    """Give who votes; whoever may not is told why in place of a window."""
    proposal = proposal_for(wish.proposal_id, asked, tools)
    return MayVote(tools.gate.voter_about(asked, proposal.plan.case_id), proposal)


def do(wish: Review, may: MayVote, asked: Asked, tools: Tools) -> Outcome:
    """Open the window, with a field for the code where one is needed.

    Raises:
        NotUnderstood: the moment in which Slack opens one is over; says what to type.
    """
    proposal, voter = may.proposal, may.voter
    has_factor = tools.factor.is_enrolled(voter.id)
    why = why_not_asked(proposal, voter, wish.digest or proposal.digest, tools, enrolled=has_factor)
    if why:
        return refused(proposal, voter, why, tools)
    try:
        tools.open(asked, approve_modal(proposal, code=has_factor))
    except NotUnderstood as error:
        raise NotUnderstood(f"{error} Or type: /compromise approve {reference(proposal)}") from error
    return Opened("approve", proposal)


def why_not_asked(proposal: Proposal, voter: Voter, digest: str, tools: Tools, *, enrolled: bool) -> str:
    """Say why somebody could not approve, with a right code either, in one sentence; "" when they could."""
    with_code = replace(voter, factor=voter.factor or enrolled)
    ballot = tools.proposals.ballot(proposal)
    if ballot.factor and not with_code.factor:
        # Whoever may not approve anyway is told that, and is not sent to enroll.
        why = why_not(ballot, replace(voter, factor=True), yes=True, digest=digest, now=tools.clock())
        return (
            why
            or "This needs a second-factor code, and you have not enrolled. Type /compromise enroll first."
        )
    return why_not(ballot, with_code, yes=True, digest=digest, now=tools.clock())


def refused(proposal: Proposal, voter: Voter, why: str, tools: Tools) -> NotCounted:
    """Note that somebody tried to approve who may not."""
    # Barred, so that it stays refused whatever changes between the two looks.
    tried = vote(proposal, replace(voter, barred=why), proposal.digest, yes=True, says="", tools=tools)
    assert isinstance(tried, NotCounted)
    return tried
