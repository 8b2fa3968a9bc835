"""The windows that ask for a code, and show a new password, once, to the one who hands it over."""

from __future__ import annotations

from typing import Final

from bot.messages import Modal, parts
from bot.messages.escape import said
from commands.containment.proposals import Proposal

TITLE: Final = "The new password"


def password_modal(password: str, subject: str, *, case_id: str) -> Modal:
    """Show the password exactly as it is.

    Args:
        password: The password. It goes nowhere but into this window.
        subject: The address of the account that it is for.
        case_id: The case.
    """
    ours = parts.domains_of(subject)
    return Modal(
        callback_id="password",
        title=TITLE,
        blocks=(
            parts.section(f"For *{said(subject, 100, ours)}* · case {said(case_id, 40)}"),
            # Rich text, because Slack takes nothing in it for a sign of its own.
            parts.preformatted([password]),
            parts.section(
                "Give it to the user in person or by phone, on a known number. Never by email or "
                "in this chat: the attacker may read both.\nIt must be changed at the next "
                "sign-in. It is shown only once; closing this dialog discards it."
            ),
        ),
        close="Done",
    )


def password_code_modal(proposal: Proposal) -> Modal:
    """Ask for the code without which a new password is not shown to somebody who has a second factor.

    Args:
        proposal: The proposal that the password was made for.
    """
    subject = proposal.plan.subject
    return Modal(
        callback_id="password_code",
        title=TITLE,
        blocks=(
            parts.section(f"For *{said(subject, 100, parts.domains_of(subject))}*"),
            parts.code_entry(),
        ),
        submit="Show it once",
        close="Not yet",
        private_metadata=f"{proposal.id} {proposal.digest}",
    )


def password_waits() -> Modal:
    """Say, in place of the code, that the password is about to be shown."""
    return Modal(
        callback_id="password",
        title=TITLE,
        blocks=(parts.section("It appears here in a moment. If it does not, a private message says why."),),
        close="Close",
    )
