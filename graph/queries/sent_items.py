"""What lies in Sent Items. Source: Microsoft Graph v1.0, "List messages"."""

from __future__ import annotations

from graph.effects import Asking
from graph.parts import mail
from graph.question import Question
from graph.resources.mail import Message

ASKS = mail.ASKED
LICENSE = ""


def ask(question: Question) -> Asking[tuple[Message, ...]]:
    """Ask for the messages of the window with their texts, or without where texts may not be read."""
    return (yield from mail.folder(question, "sentitems", since="receivedDateTime"))
