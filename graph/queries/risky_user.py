"""What Identity Protection thinks of the user. Source: Microsoft Graph v1.0, "Get riskyUser"."""

from __future__ import annotations

from graph.effects import Asking, fetch
from graph.errors import NotFound
from graph.evidence import Known
from graph.parts.reading import segment, untold
from graph.question import Question
from graph.request import Limit, Request
from graph.resources.sign_ins import RiskyUser
from graph.responses import P2

ASKS = (Request("GET", "/identityProtection/riskyUsers/{id}"),)
LICENSE = P2


def ask(question: Question) -> Asking[RiskyUser | None]:
    """Ask for the user's entry; "not found" means that it never was at risk."""
    path = f"/identityProtection/riskyUsers/{segment(question.subject.id)}"
    try:
        found = yield from fetch(Request("GET", path, limit=Limit.RISK))
    except NotFound:
        return Known(None)
    missing = untold(found, "riskState", "riskLevel")
    return Known(RiskyUser.model_validate(found[0]), missing=missing)
