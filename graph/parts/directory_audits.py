"""Records of the directory's own audit log, on or by the subject.

Source: Microsoft Graph v1.0, "List directoryAudits"; how long they are kept: Microsoft Entra, "How long does
Microsoft Entra ID store reporting data?".
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from datetime import datetime, timedelta
from typing import Any

from graph.audit_log.directory_audit import parse
from graph.audit_log.record import AuditRecord
from graph.effects import Effect, Item, try_each
from graph.errors import GraphError, UnreadableRecord
from graph.evidence import Known
from graph.parts.reading import graph_time, lacking, unread, untold
from graph.question import Question
from graph.request import Limit, Request

LATENESS = timedelta(minutes=15)
"""How late sign-ins and directory audits may come: typically 2 to 15 minutes (Entra's reporting
latencies)."""
KEPT_FREE = timedelta(days=7)
KEPT_PREMIUM = timedelta(days=30)
ASKED = (Request("GET", "/auditLogs/directoryAudits"), Request("GET", "/subscribedSkus"))
_PREMIUM = frozenset({"AAD_PREMIUM", "AAD_PREMIUM_P2"})


def directory_audits(
    question: Question, condition: str
) -> Generator[Effect, Any, Known[tuple[AuditRecord, ...]]]:
    """Read the window's records that meet a condition, and say where the log does not reach back so far."""
    window = question.window
    since, until = graph_time(window.start), graph_time(window.end)
    filters = f"activityDateTime ge {since} and activityDateTime le {until} and {condition}"
    asked = [
        Request(
            "GET",
            "/auditLogs/directoryAudits",
            {"$filter": filters, "$orderby": "activityDateTime desc"},
            limit=Limit.REPORTS,
        )
    ]
    if window.end - window.start > KEPT_FREE:
        asked.append(Request("GET", "/subscribedSkus", {"$select": "servicePlans"}))
    items, *licenses = yield from try_each(asked)
    if isinstance(items, GraphError):
        raise items
    records, missing = read(items)
    missing += untold((item for item in items if item.get("activityDateTime")), "initiatedBy")
    oldest = None
    for answer in licenses:
        gaps, oldest = _not_kept(question, answer)
        missing += gaps
    return Known(records, missing=missing, complete_until=window.end - LATENESS, complete_from=oldest)


def read(items: Iterable[Item]) -> tuple[tuple[AuditRecord, ...], tuple[str, ...]]:
    """Bring the records into the normal form, oldest first; what cannot be read is counted."""
    records, unreadable = [], 0
    for item in items:
        try:
            records.append(parse(item))
        except UnreadableRecord:
            unreadable += 1
    return tuple(sorted(records, key=lambda record: (record.at, record.id))), unread(unreadable)


def _not_kept(
    question: Question, licenses: list[Item] | GraphError
) -> tuple[tuple[str, ...], datetime | None]:
    """Say from when on the tenant keeps this log, where that is later than the window's start."""
    if isinstance(licenses, GraphError):
        surely = question.window.end - KEPT_FREE
        return (lacking("whether the log goes back more than 7 days", licenses),), surely
    plans = (plan for sku in licenses for plan in sku.get("servicePlans") or ())
    premium = any(plan.get("servicePlanName") in _PREMIUM for plan in plans)
    oldest = question.window.end - (KEPT_PREMIUM if premium else KEPT_FREE)
    if question.window.start >= oldest:
        return (), None
    reason = "it is kept for 30 days" if premium else "without Microsoft Entra ID P1 it is kept for 7 days"
    return (f"the log before {oldest:%Y-%m-%d %H:%M} UTC ({reason})",), oldest
