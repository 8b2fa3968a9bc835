"""The message that holds a checkpoint of the ledger, in a form that can be copied out again."""

from __future__ import annotations

from bot.messages import Message, parts
from bot.messages.escape import said
from commands.ledger.checkpoint import Checkpoint


def checkpoint(value: Checkpoint, why: str) -> Message:
    """Show a checkpoint exactly as it is signed, with what it was made for."""
    entries = "1 entry" if value.size == 1 else f"{value.size} entries"
    text = f"Checkpoint of the ledger: {entries} ({said(why, 200)})"
    note = str(value)
    return Message(
        text=f"{text}\n```\n{note}```",
        blocks=(
            parts.section(f"*{text}*"),
            parts.preformatted(note.splitlines()),
            parts.context(
                "To verify that nothing before it was changed, save it to a file and run "
                "`compromise ledger verify --anchor FILE`."
            ),
        ),
    )
