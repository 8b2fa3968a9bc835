"""What someone who proposes, votes or ticks off is told privately. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from bot.messages import Message, parts
from bot.messages.escape import said
from bot.messages.plans import counting
from commands.containment.proposals import Proposal, TaskState

_APPROVERS: Final = 6
"""How many of those who may approve are named."""


def proposal_posted(proposal: Proposal, link: str) -> Message:
    """Say that a proposal is before people, where, and how many it needs."""
    card = parts.link(link, "see its card")
    until = parts.until(proposal.expires_at, proposal.made_at)
    return parts.sentence(
        f"Proposed: {said(proposal.id, 40)}, {parts.counted(len(proposal.plan.changes), 'change')}, "
        f"needs {parts.people(proposal.needs)} until {until}: {card}. "
        "Nothing is changed until it is approved."
    )


def proposal_open(proposal: Proposal, link: str) -> Message:
    """Say that there is an open proposal for this case already."""
    return parts.sentence(
        f"Proposal {said(proposal.id, 40)} by {parts.mention(proposal.proposed_by)} is still "
        f"open, {parts.link(link, 'see its card')}. Approve, deny or withdraw it first."
    )


def struck(old: Proposal, new: Proposal, link: str) -> Message:
    """Say that changes were struck out, and where the rest is."""
    return parts.sentence(
        f"{said(old.id, 40)} is closed. The rest is proposed as {said(new.id, 40)}, "
        f"{parts.counted(len(new.plan.changes), 'change')}: {parts.link(link, 'see its card')}. "
        "Votes given before do not count for it."
    )


def vote_noted(proposal: Proposal, voter: str, *, waits: bool = False) -> Message:
    """Say that a vote was noted, and what is still missing; with `waits`, that the job database is away."""
    name = said(proposal.id, 40)
    own = [vote for vote in proposal.votes if vote.voter == voter]
    if own and not own[-1].yes:
        return parts.sentence(f"You denied {name}. It will not be carried out.")
    missing = proposal.needs - len(counting(proposal))
    if missing > 0:
        return parts.sentence(f"You approved {name}. It still needs {parts.people(missing)}.")
    if waits:
        return parts.sentence(
            f"You approved {name}. It has all approvals. The job database cannot be reached, so it is "
            "carried out when that is back."
        )
    return parts.sentence(f"You approved {name}. It has all approvals and is being carried out now.")


def vote_repeated(proposal: Proposal) -> Message:
    """Say that this person's answer is known already."""
    return parts.sentence(
        f"You already voted on {said(proposal.id, 40)}; each person votes once. To stop it, ask "
        f"{parts.mention(proposal.proposed_by)} to withdraw it, or another approver to deny it."
    )


def vote_refused(
    proposal_id: str, sentence: str, ours: Collection[str] = (), may_approve: Collection[str] = ()
) -> Message:
    """Say that someone may not decide, why, and who may; nobody is named where that is not known."""
    named = f" May approve: {parts.few(map(parts.mention, may_approve), _APPROVERS)}." if may_approve else ""
    return parts.sentence(f"✖ You cannot vote on {said(proposal_id, 40)}. {said(sentence, 600, ours)}{named}")


def too_late(proposal: Proposal) -> Message:
    """Say that a proposal is decided already, and how."""
    by = f" by {parts.mention(proposal.decided_by)}" if proposal.decided_by else ""
    return parts.sentence(
        f"{said(proposal.id, 40)} is already decided: {proposal.state}{by}. Nothing changed."
    )


def withdrawn(proposal: Proposal) -> Message:
    """Say that a proposal was withdrawn."""
    return parts.sentence(f"{said(proposal.id, 40)} is withdrawn. It will not be carried out.")


def offer_changed(case_id: str) -> Message:
    """Say that another check changed the offer while a window was open."""
    return parts.sentence(
        f"✖ Case {said(case_id, 40)} was checked again in the meantime. Nothing was proposed. Choose again."
    )


def nothing_to_undo(case_id: str) -> Message:
    """Say that nothing was done in a case that could be taken back."""
    return parts.sentence(f"Case {said(case_id, 40)} has no changes that can be undone.")


def password_gone(sentence: str = "") -> Message:
    """Say that a new password cannot be shown any more, and what to do."""
    why = said(sentence, 300) or "It is shown once and kept for at most 15 minutes."
    return parts.sentence(
        f"✖ The new password is no longer available. {why} Propose another reset to get a new one."
    )


def enrolled(user: str) -> Message:
    """Say that approvals of this person come with a code from now on."""
    return parts.sentence(
        f"{parts.mention(user)}, your second factor is enrolled: your approvals now need a code, and so does "
        "seeing a new password."
    )


def task_ticked(task: TaskState, left: int, ours: Collection[str] = (), *, again: bool = False) -> Message:
    """Say that a manual task is ticked off, or was before and by whom, and how many are still open."""
    what = f"{task.number}. {said(task.says, 200, ours)}"
    begins = f"Already completed by {parts.mention(task.done_by)}" if again else "Completed"
    return parts.sentence(f"{begins}: {what}. {parts.counted(left, 'manual task')} still open.")
