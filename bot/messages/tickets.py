"""What a case's thread is told of its ticket. Pure."""

from __future__ import annotations

from bot.messages import Message, parts
from bot.messages.escape import said


def no_ticket(case_id: str, says: str) -> Message:
    """Tell that no ticket is filed for a case, and why: somebody has to file it by hand."""
    text = f"⚠ No ticket was filed for case {case_id}: {said(says, 300)} File it by hand."
    return Message(text=text, blocks=(parts.section(text),))
