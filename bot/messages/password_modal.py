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
                "Hand it over by phone, on a number that you know, or in person. Never by mail and never in "
                "this chat: whoever took the mailbox over may read both.\n"
                "It must be changed at the next sign-in. It is shown only this once; when this window is "
                "closed, it is gone."
            ),
        ),
        close="Done",
    )
