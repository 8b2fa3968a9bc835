"""The risks that Identity Protection saw. Source: Microsoft Graph v1.0, "List riskDetection".

How long they are kept: Microsoft Entra, "How long does Microsoft Entra ID store reporting data?".
Microsoft Entra ID P1 shows that there was a risk, P2 also which one.
"""

from __future__ import annotations

from graph.effects import Asking, fetch
from graph.evidence import Known
from graph.parts.directory_audits import KEPT_PREMIUM
from graph.parts.reading import literal, needing, read_each, untold
from graph.question import Question
from graph.request import Limit, Request
from graph.resources.sign_ins import RiskDetection
from graph.responses import P1, P2

ASKS = (Request("GET", "/identityProtection/riskDetections"),)
LICENSE = P1

_MOST = "500"
"""On one page, at most; unasked there are 20 on one, at one request a second."""


def ask(question: Question) -> Asking[tuple[RiskDetection, ...]]:
    """Ask for all detections that are kept; there are few, and older ones tell what is ordinary."""
    query = {
        "$filter": f"userId eq '{literal(question.subject.id)}'",
        "$orderby": "detectedDateTime desc",
        "$top": _MOST,
    }
    items = yield from fetch(Request("GET", "/identityProtection/riskDetections", query, limit=Limit.RISK))
    found, missing = read_each(RiskDetection, items)
    missing += untold(items, "riskEventType")
    if hidden := sum(one.risk_event_type == "generic" or one.risk_level == "hidden" for one in found):
        missing += (needing(f"details of {hidden} {'risk' if hidden == 1 else 'risks'}", P2),)
    oldest = question.window.end - KEPT_PREMIUM
    if question.window.start >= oldest:
        return Known(found, missing=missing)
    older = f"risks before {oldest:%Y-%m-%d %H:%M} UTC (they are kept for 30 days, with {P2} for 90 days)"
    return Known(found, missing=(*missing, older), complete_from=oldest)
