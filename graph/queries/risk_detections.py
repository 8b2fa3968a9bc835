"""The risks that Identity Protection saw. Source: Microsoft Graph v1.0, "List riskDetection"."""

from __future__ import annotations

from graph.asking import Asking, fetch
from graph.evidence import Known, RiskDetection
from graph.parts.reading import literal, read_each, untold
from graph.question import Question
from graph.replies import P2
from graph.request import Limit, Request

PERMISSIONS = ("IdentityRiskEvent.Read.All",)
LICENCE = P2


def ask(question: Question) -> Asking[tuple[RiskDetection, ...]]:
    """Ask for all detections that are kept; there are few, and older ones tell what is ordinary."""
    query = {"$filter": f"userId eq '{literal(question.subject.id)}'", "$orderby": "detectedDateTime desc"}
    items = yield from fetch(Request("GET", "/identityProtection/riskDetections", query, limit=Limit.RISK))
    found, missing = read_each(RiskDetection, items)
    return Known(found, missing=missing + untold(items, "riskEventType"))
