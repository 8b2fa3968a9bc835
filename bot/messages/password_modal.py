"""The window that shows a new password, once, to the one who hands it over."""

from __future__ import annotations

from bot.messages import Modal, parts
from bot.messages.escape import said


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
        title="The new password",
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
