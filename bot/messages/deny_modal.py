"""The window that asks why a proposal is denied."""

from __future__ import annotations

from bot.messages import Modal, parts
from bot.messages.escape import said
from bot.messages.plans import reference
from commands.containment.proposals import Proposal


def deny_modal(proposal: Proposal) -> Modal:
    """Ask for a reason, which may be left empty; one denial ends the proposal."""
    ours = parts.domains_of(proposal.plan.subject)
    return Modal(
        callback_id="deny",
        title="Deny the proposal",
        blocks=(
            parts.section(
                f"Proposal {said(proposal.id, 40)} for *{said(proposal.plan.subject, 100, ours)}* "
                "will not be carried out. It can be proposed again."
            ),
            parts.reason("Reason (shown on the card)", optional=True),
        ),
        submit="Deny",
        private_metadata=reference(proposal),
    )
