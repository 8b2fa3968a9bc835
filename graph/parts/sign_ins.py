"""The sign-ins of the subject, from early enough on to know its ordinary days.

Source: Microsoft Graph, "List signIns"; how long they are kept: Microsoft Entra, "How long does Microsoft
Entra ID store reporting data?".
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Literal

from graph.asking import Effect, fetch
from graph.evidence import Known, SignIn
from graph.parts.directory_audits import KEPT_PREMIUM, LATENESS
from graph.parts.reading import graph_time, literal, read_each
from graph.question import Question
from graph.request import Limit, Request


def sign_ins(
    question: Question, version: Literal["v1.0", "beta"], kind: str = ""
) -> Generator[Effect, Any, Known[tuple[SignIn, ...]]]:
    """Read the sign-ins of one kind, oldest first.

    Args:
        question: Whose, and over which span of time.
        version: The version of Graph; only beta tells the kinds apart.
        kind: The `signInEventTypes` to ask for; "" for v1.0's only kind, the interactive ones.
    """
    window = question.window
    only = f"(signInEventTypes/any(t: t eq '{kind}')) and " if kind else ""
    since, until = graph_time(window.baseline_start), graph_time(window.end)
    user = literal(question.subject.id)
    filters = f"{only}userId eq '{user}' and createdDateTime ge {since} and createdDateTime le {until}"
    query = {"$filter": filters, "$top": "1000"}
    items = yield from fetch(
        Request("GET", "/auditLogs/signIns", query, version=version, limit=Limit.REPORTS)
    )
    found, missing = read_each(SignIn, items)
    oldest = window.end - KEPT_PREMIUM
    if window.start < oldest:
        missing += (f"sign-ins before {oldest:%Y-%m-%d %H:%M} UTC (they are kept for 30 days)",)
    ordered = tuple(sorted(found, key=lambda sign_in: (sign_in.created_date_time, sign_in.id)))
    return Known(ordered, missing=missing, complete_until=window.end - LATENESS)
