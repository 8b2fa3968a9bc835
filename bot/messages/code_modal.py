"""The window that asks an approver for the six digits of a second factor."""

from __future__ import annotations

from bot.messages import Modal, parts
from bot.messages.escape import said
from bot.messages.plans import DIGEST_SHOWN, reference
from commands.proposals import Proposal


def code_modal(proposal: Proposal, *, wrong: str = "") -> Modal:
    """Ask for the code that goes with an approval.

    Args:
        proposal: What is approved.
        wrong: Why the code before was not taken, one sentence; "" at first.
    """
    ours = parts.domains_of(proposal.plan.subject)
    blocks = [
        parts.section(
            f"You approve {parts.counted(len(proposal.plan.changes), 'change')} to"
            f" *{said(proposal.plan.subject, 100, ours)}*, exactly as listed on the card: proposal"
            f" {said(proposal.id, 40)}, digest `{said(proposal.digest[:DIGEST_SHOWN], 20)}`."
        ),
        parts.entry(
            "Six-digit code",
            "code",
            least=6,
            most=7,
            hint="From your authenticator app. Each code works once.",
        ),
    ]
    if wrong:
        blocks.insert(1, parts.section(f"✖ {said(wrong, 300)}"))
    return Modal(
        callback_id="approve_with_code",
        title="Approve with a code",
        blocks=tuple(blocks),
        submit="Approve",
        private_metadata=reference(proposal),
    )
