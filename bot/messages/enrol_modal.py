"""The window in which someone enrolls an authenticator app as a second factor for approvals."""

from __future__ import annotations

from bot.messages import Modal, parts
from bot.messages.escape import said, visible


def enrol_modal(secret: str, uri: str, *, private_metadata: str = "", wrong: str = "") -> Modal:
    """Show the new secret key and ask for the first code that is made with it.

    Args:
        secret: The key in base 32. It is shown here and nowhere else.
        uri: The same as an ``otpauth://`` address, for apps that take one.
        private_metadata: Ids that come back with the code; never the key.
        wrong: Why the code before was not taken, one sentence; "" at first.
    """
    grouped = " ".join(secret[n : n + 4] for n in range(0, len(secret), 4))
    blocks = [
        parts.section(
            "Add an account to your authenticator app with this key (time-based, six digits), "
            "and enter the code it shows. Do not share the key; it is shown only once."
        ),
        parts.preformatted([grouped]),
        parts.context("As a URI, for apps that accept one:"),
        parts.preformatted([visible(uri)[:2_000]]),
        parts.entry("Six-digit code", "code", least=6, most=7),
    ]
    if wrong:
        blocks.insert(0, parts.section(f"✖ {said(wrong, 300)}"))
    return Modal(
        callback_id="enrol",
        title="Enroll second factor",
        blocks=tuple(blocks),
        submit="Enroll",
        private_metadata=private_metadata,
    )
