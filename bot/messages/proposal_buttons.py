"""What may be pressed on a proposal's card, and what it says of a new password."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bot.messages import Block, parts
from bot.messages.plans import can_restore, last_actions, reference
from commands.containment.proposals import PERHAPS_MADE, SECRET_LIFE, Proposal
from commands.plans.approval import ProposalState
from commands.plans.plan import holds_password


def buttons(proposal: Proposal, password_shown_to: str, now: datetime) -> list[Block]:
    """What may be pressed now: nothing that is decided can be pressed again."""
    value = reference(proposal)
    if proposal.state is ProposalState.OPEN:
        return [
            parts.button("Approve", "approve", value, style="primary"),
            parts.button("Deny", "deny", value, style="danger"),
            *([parts.button("Strike out changes", "strike", value)] if _can_strike(proposal) else []),
            parts.button(
                "Withdraw",
                "withdraw",
                value,
                asks=parts.asking(
                    "Withdraw it?", "It can no longer be approved. It can be proposed again.", "Withdraw"
                ),
            ),
        ]
    found: list[Block] = []
    if not password_shown_to and _password_until(proposal) > now:
        found.append(
            parts.button(
                "Show new password once",
                "show_password",
                value,
                asks=parts.asking(
                    "Show password?",
                    ("It is shown to one person, once: whoever gives it to the user, by phone or in person."),
                    "Show",
                    danger=True,
                ),
            )
        )
    if proposal.state is ProposalState.DONE:
        if proposal.plan.tasks:
            found.append(parts.button("Manual tasks", "tasks", proposal.plan.case_id))
        if proposal.kind == "contain" and can_restore(proposal):
            found.append(parts.button("Undo changes", "restore", proposal.plan.case_id))
    return found


def _can_strike(proposal: Proposal) -> bool:
    """Whether something would be left after a change was taken out."""
    return len(proposal.plan.changes) > 1


def password(proposal: Proposal, password_shown_to: str, now: datetime) -> Iterator[Block]:
    """Say whether a new password was made, who saw it, and until when it can be shown."""
    until = _password_until(proposal)
    if until == proposal.made_at:
        return
    if password_shown_to:
        who = parts.mention(password_shown_to)
        yield parts.section(
            f"The new password was shown to {who}, who gives it to the user by phone or in person."
        )
    elif until > now:
        yield parts.section(
            "A new password was created. It can be shown once, to whoever gives it to the user "
            f"by phone or in person. It expires after 15 minutes, at {parts.until(until, now)}."
        )
    else:
        yield parts.section(
            "The new password has expired after 15 minutes. If the user did not get it, propose "
            "another reset."
        )


def _password_until(proposal: Proposal) -> datetime:
    """Until when the new password can be shown; the proposal's own time where none was made."""
    if proposal.state not in {ProposalState.RUNNING, ProposalState.DONE}:
        return proposal.made_at
    actions = last_actions(proposal)
    made = [
        action.intended_at + SECRET_LIFE
        for change in proposal.plan.changes
        if (action := actions.get(change.id)) and action.outcome in PERHAPS_MADE and holds_password(change.do)
    ]
    return max(made, default=proposal.made_at)
