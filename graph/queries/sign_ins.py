"""Sign-ins in which a person took part. Source: Microsoft Graph beta, then v1.0, "List signIns"."""

from __future__ import annotations

from dataclasses import replace

from graph.effects import Asking
from graph.errors import NotFound, Refused
from graph.parts.reading import lacking
from graph.parts.sign_ins import INTERACTIVE, sign_ins
from graph.question import Question
from graph.request import Request
from graph.resources.sign_ins import SignIn
from graph.responses import P1

ASKS = (Request("GET", "/auditLogs/signIns"),)
LICENSE = P1


def ask(question: Question) -> Asking[tuple[SignIn, ...]]:
    """Ask beta; v1.0 where beta refuses, and name what v1.0 does not tell."""
    try:
        return (yield from sign_ins(question, INTERACTIVE))
    except (Refused, NotFound) as error:
        found = yield from sign_ins(question)
        untold = lacking("device codes, sessions and networks of interactive sign-ins", error)
        return replace(found, missing=(*found.missing, untold))
