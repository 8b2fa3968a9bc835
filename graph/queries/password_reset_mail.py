"""Mail about resets and verification of passwords: other services that somebody may have tried to take over.

Source: Microsoft Graph v1.0, "Use the $search query parameter" and "Permissions reference", where
Mail.ReadBasic does not include to search. All folders are looked at, since an attacker moves such mail out of
the inbox. Only subjects are looked at. A search cannot be limited to a span of time, gives its newest 1,000
hits, and takes no other filter; the span and the exact words are therefore tested here.
"""

from __future__ import annotations

import re

from graph.effects import Asking, fetch
from graph.errors import NoPermission
from graph.evidence import Known
from graph.parts import mail
from graph.parts.reading import segment
from graph.question import Question
from graph.request import Limit, Request
from graph.resources.mail import Message

ASKS = (Request("GET", "/users/{id}/messages"),)
LICENSE = ""

_MOST = 1_000
_WORDS = (
    "password",
    "passcode",
    "verification",
    "verify",
    "reset",
    "Passwort",
    "Kennwort",
    "contraseña",
    "senha",
)
_MEANT = re.compile(
    r"(?:reset|change|recover|forgot|new|temporary|zurücksetz|ändern|restablec|redefin|réinitialis)\w*\W.*"
    r"(?:password|passcode|passwort|kennwort|contraseña|senha|mot de passe)"
    r"|(?:password|passcode|passwort|kennwort|contraseña|senha|mot de passe)\W*.*"
    r"(?:reset|change|recover|assist|zurücksetz|geändert|restablec|redefin|réinitialis)"
    r"|(?:verif|security|one-time|sign-?in|login)\w*\W+(?:code|passcode|your\W+(?:e-?mail|account|identity))"
    r"|confirm\W+your\W+(?:e-?mail|account|identity)",
    re.IGNORECASE,
)


def ask(question: Question) -> Asking[tuple[Message, ...]]:
    """Ask for the messages whose subject has one of the words, and keep those of the window that mean it.

    Who may not search reads what came within the window instead, message by message.
    """
    query = {
        "$select": mail.FIELDS,
        "$search": '"' + " OR ".join(f"subject:{word}" for word in _WORDS) + '"',
        "$top": "250",
    }
    path = f"/users/{segment(question.subject.id)}/messages"
    searched = True
    try:
        items = yield from fetch(Request("GET", path, query, limit=Limit.MAILBOX))
    except NoPermission:
        searched = False
        items = yield from fetch(mail.received(question, path, fields=mail.FIELDS))
    messages, missing = mail.read(items)
    if searched and len(items) >= _MOST:
        missing += (f"hits beyond the newest {_MOST:,}",)
    return Known(tuple(message for message in messages if is_meant(message, question)), missing=missing)


def is_meant(message: Message, question: Question) -> bool:
    """Say whether a message came within the window and speaks of resetting or verifying something."""
    came = message.received_date_time
    return came is not None and came in question.window and bool(_MEANT.search(message.subject))
