"""What the proposer is told when a proposal has ended: an edited card notifies nobody. Pure."""

from __future__ import annotations

from bot.messages import Message, parts
from bot.messages.plans import counting
from bot.messages.proposal_card import proposal_line
from commands.approval import ProposalState
from commands.proposals import Proposal

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
