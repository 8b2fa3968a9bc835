"""Who must approve a proposal, who answered, and who decided it, when and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.messages import parts
from bot.messages.escape import said
from bot.messages.plans import counting
from commands.containment.proposals import Proposal
from commands.plans.approval import ProposalState

_AGAIN = "No changes were made. It can be proposed again."

_APPROVERS = 8
"""How many of those who may approve are named."""


def votes_and_decision(proposal: Proposal, decided_at: datetime | None, may_approve: Sequence[str]) -> str:
    """Who is needed, who may, and who answered; once it is decided, by whom, when and why."""
    lines = [_need(proposal)]
    if may_approve and proposal.state is ProposalState.OPEN:
        # Slack shows the same buttons to everybody in a channel, so they are told before they press one.
        lines.append(f"May approve: {parts.few(map(parts.mention, may_approve), _APPROVERS)}.")
    for vote in counting(proposal)[:20]:
        how = " with a code" if vote.factor else ""
        lines.append(f"▸ approved by {parts.mention(vote.voter)}{how}, {parts.utc(vote.at)}")
    lines += _decision(proposal, decided_at)
    return "\n".join(lines)


def _need(proposal: Proposal) -> str:
    if proposal.state is not ProposalState.OPEN:
        needed = parts.people(proposal.needs)
        return f"{needed[:1].upper()}{needed[1:]} had to approve; {len(counting(proposal))} did."
    different = "different " if proposal.needs > 1 else ""
    line = f"Needs approval by {parts.people(proposal.needs).replace(' ', f' {different}', 1)}"
    line += ", each with a code" if proposal.factor and proposal.needs > 1 else ""
    line += ", with a code" if proposal.factor and proposal.needs == 1 else ""
    line += (
        f"; has {len(counting(proposal))}. Open until {parts.until(proposal.expires_at, proposal.made_at)}."
    )
    if proposal.strict:
        line += " The proposer's own approval does not count."
    return line


def _note(proposal: Proposal) -> str:
    """The note, harmless; those who voted stay mentioned where it names them."""
    text = said(proposal.note, 600, parts.domains_of(proposal.plan.subject))
    for vote in proposal.votes:
        if vote.voter.isalnum():
            text = text.replace(f"&lt;@{vote.voter}&gt;", parts.mention(vote.voter))
    return text


def _decision(proposal: Proposal, decided_at: datetime | None) -> Iterator[str]:
    note = f": {_note(proposal)}" if proposal.note else ""
    against = [vote.at for vote in proposal.votes if not vote.yes]
    at = decided_at or (against[-1] if against else None)
    when = f", {parts.utc(at)}" if at else ""
    match proposal.state:
        case ProposalState.DENIED:
            yield f"✖ denied by {parts.mention(proposal.decided_by)}{when}{note}"
            yield _AGAIN
        case ProposalState.WITHDRAWN:
            at_all = f", {parts.utc(decided_at)}" if decided_at else ""
            yield f"↩ withdrawn by {parts.mention(proposal.decided_by)}{at_all}{note}"
            yield _AGAIN
        case ProposalState.EXPIRED:
            yield f"⌛ expired {parts.utc(proposal.expires_at)}{note}"
            yield _AGAIN
        case ProposalState.STOPPED:
            yield f"■ stopped before anything was sent{note}"
            yield _AGAIN
        case ProposalState.APPROVED:
            yield f"Starting{note}"
        case _:
            if proposal.note:
                yield _note(proposal)
