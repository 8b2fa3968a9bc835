"""What was removed from Deleted Items and can still be recovered.

Source: Microsoft Graph v1.0, "List messages". Graph reaches the Deletions folder of the recoverable items.
Purges, which a hold keeps, are not reached.
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
    return (yield from mail.folder(question, "recoverableitemsdeletions", since="lastModifiedDateTime"))
