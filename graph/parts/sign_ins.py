"""The sign-ins of the subject, from early enough on to know its ordinary days.

Source: Microsoft Graph beta, "List signIns" and "signIn resource type": device codes, sessions and networks
come from beta alone. How long sign-ins are kept: Microsoft Entra, "How long does Microsoft Entra ID store
reporting data?".
"""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime
from typing import Any, Final

from graph.effects import Effect, fetch
from graph.evidence import Known
from graph.parts.directory_audits import KEPT_PREMIUM, LATENESS
from graph.parts.reading import Reader, graph_time, literal
from graph.question import Question, Window
from graph.request import Limit, Request
from graph.resources.sign_ins import SignIn

INTERACTIVE: Final = "interactiveUser"
NON_INTERACTIVE: Final = "nonInteractiveUser"


def sign_ins(question: Question, kind: str = "") -> Generator[Effect, Any, Known[tuple[SignIn, ...]]]:
    """Read the sign-ins of one kind, oldest first.

    Args:
        question: Whose, and over which span of time.
        kind: The `signInEventTypes` to ask beta for; "" for v1.0, which has the interactive ones alone and
            knows neither device codes nor sessions nor networks.
    """
    window = question.window
    only = f"(signInEventTypes/any(t: t eq '{kind}')) and " if kind else ""
    since, until = graph_time(window.baseline_start), graph_time(window.end)
    user = literal(question.subject.id)
    filters = f"{only}userId eq '{user}' and createdDateTime ge {since} and createdDateTime le {until}"
    query = {"$filter": filters, "$top": "1000"}
    deciding = ("ipAddress", "location", *(("userAgent",) if kind else ()))
    read = Reader(SignIn, "createdDateTime", deciding)
    asked = Request(
        "GET", "/auditLogs/signIns", query, version="beta" if kind else "v1.0", limit=Limit.REPORTS
    )
    found: list[SignIn] = yield from fetch(asked, read)
    missing = read.unreadable + read.unsent(*deciding)
    if untold := sum(one.status.error_code is None for one in found):
        missing += (f"whether {untold} sign-in{'s' if untold > 1 else ''} succeeded (status)",)
    older, oldest = too_old(window)
    missing += older
    ordered = tuple(sorted(found, key=lambda sign_in: (sign_in.created_date_time, sign_in.id)))
    return Known(ordered, missing=missing, complete_until=window.end - LATENESS, complete_from=oldest)


def too_old(window: Window) -> tuple[tuple[str, ...], datetime | None]:
    """Say what is no longer kept of the window, and from when on sign-ins are; (), None where all is kept."""
    oldest = window.end - KEPT_PREMIUM
    if window.start >= oldest:
        return (), None
    return (f"sign-ins before {oldest:%Y-%m-%d %H:%M} UTC (they are kept for 30 days)",), oldest
