"""What the proposer is told when a proposal has ended: an edited card notifies nobody. Pure."""

from __future__ import annotations

from bot.messages import Message, parts
from bot.messages.escape import said
from bot.messages.plans import counting
from bot.messages.proposal_words import proposal_line
from commands.containment.proposals import Proposal
from commands.plans.approval import ProposalState

_UNDONE = frozenset({ProposalState.DENIED, ProposalState.EXPIRED, ProposalState.STOPPED})


def ended(proposal: Proposal) -> Message | None:
    """Say in a line how it ended, to whoever proposed it; None where that person ended it."""
    if proposal.state is not ProposalState.DONE and proposal.state not in _UNDONE:
        return None
    says = f"{parts.mention(proposal.proposed_by)} {proposal_line(proposal)}"
    if proposal.state is ProposalState.EXPIRED:
        says += f" with {len(counting(proposal))} of {parts.counted(proposal.needs, 'approval')}"
    if proposal.state in _UNDONE:
        says += ". Nothing was changed; it can be proposed again."
    return Message(text=says, blocks=(parts.section(says),))


def event(proposal: Proposal) -> Message | None:
    """Say in a line of the case's thread that a proposal ended without a change; None where it did otherwise.

    Who denied it did so on a card of its own, perhaps in a direct message, which nobody else reads.
    """
    if proposal.state not in _UNDONE | {ProposalState.WITHDRAWN}:
        return None
    ours = parts.domains_of(proposal.plan.subject)
    reason = next((vote.says for vote in proposal.votes if not vote.yes and vote.says), "")
    why = f": “{said(reason, parts.REASON, ours)}”" if reason else ""
    says = f"{proposal_line(proposal)}{why}. Nothing was changed."
    return Message(text=says, blocks=(parts.section(says),))
