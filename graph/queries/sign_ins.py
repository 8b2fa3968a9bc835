"""Sign-ins in which a person took part. Source: Microsoft Graph v1.0, "List signIns"."""

from __future__ import annotations

from graph.asking import Asking
from graph.evidence import SignIn
from graph.parts import sign_ins
from graph.question import Question
from graph.replies import P1

PERMISSIONS = ("AuditLog.Read.All",)
LICENCE = P1


def ask(question: Question) -> Asking[tuple[SignIn, ...]]:
    """Ask v1.0, which has this kind only."""
    return (yield from sign_ins.sign_ins(question, "v1.0"))
