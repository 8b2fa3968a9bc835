"""What lies in Deleted Items. Source: Microsoft Graph v1.0, "List messages".

A message that came long ago may have been deleted yesterday, so it is the last change that decides, not
arrival.
"""

from __future__ import annotations

from graph.effects import Asking
from graph.parts import mail
from graph.question import Question
from graph.resources.mail import Message

ASKS = mail.ASKED
LICENSE = ""


def ask(question: Question) -> Asking[tuple[Message, ...]]:
    """Ask for the messages changed in the window, with their texts where these may be read."""
    return (yield from mail.folder(question, "deleteditems", since="lastModifiedDateTime"))
