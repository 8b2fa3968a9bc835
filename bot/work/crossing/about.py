"""Whether what came back is about the account that was asked for."""

from __future__ import annotations

from dataclasses import replace

from bot.work.crossing.codec import ResultRefused
from commands import accounts
from graph.evidence import Evidence
from graph.question import Subject


def demand_subject(asked: Subject, evidence: Evidence) -> None:
    """See that it is about who was asked for, and nobody else: under which names goes by the records alone.

    Raises:
        ResultRefused: it is not.
    """
    if evidence.subject != accounts.fuller(replace(evidence, subject=asked)):
        raise ResultRefused("The worker answered about a different account.")
    user = evidence.user.seen(None)
    if user is not None and user.id != asked.id:
        raise ResultRefused("The worker answered with a different user.")
