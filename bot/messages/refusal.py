"""A polite no, for the eyes of the person who asked."""

from __future__ import annotations

from collections.abc import Collection

from bot.messages import Message, parts
from bot.messages.escape import said


def refusal(sentence: str, ours: Collection[str] = ()) -> Message:
    """Say no, and why. The sentence may hold what was typed; addresses of our own domains stay readable."""
    text = said(sentence, 1_500, ours)
    return Message(text=text, blocks=(parts.section(f"✖ {text}"),))
