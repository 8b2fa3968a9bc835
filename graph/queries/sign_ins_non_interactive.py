"""Sign-ins that a client did with a token it had. Source: Microsoft Graph beta, "List signIns"."""

from __future__ import annotations

from graph.effects import Asking
from graph.parts.sign_ins import NON_INTERACTIVE, sign_ins
from graph.question import Question
from graph.request import Request
from graph.resources.sign_ins import SignIn
from graph.responses import P1

ASKS = (Request("GET", "/auditLogs/signIns", version="beta"),)
LICENSE = P1


def ask(question: Question) -> Asking[tuple[SignIn, ...]]:
    """Ask beta; v1.0 does not know this kind."""
    return (yield from sign_ins(question, NON_INTERACTIVE))
