"""Sign-ins, directory audits, risk and the message trace."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sandbox.scenarios.state import Json, graph_time, parse_time
from sandbox.tenant import enforcing, odata
from sandbox.tenant.core import (
    P1,
    P2,
    Answer,
    Ask,
    Route,
    needs_premium,
    recent,
)
from sandbox.tenant.problems import GraphError, bad_request, forbidden, not_found

_SIGN_IN_TYPES = {"interactiveUser", "nonInteractiveUser", "servicePrincipal", "managedIdentity"}
"""Source: Microsoft Graph beta, "signIn resource type", signInEventTypes."""

_RISK_FIELDS = ("riskLevel", "riskDetail")
_HIDDEN = {"riskDetail": "hidden", "riskLevelAggregated": "hidden", "riskLevelDuringSignIn": "hidden"}


def sign_ins(ask: Ask) -> Answer:
    """Sign-ins, newest first: interactive ones, or on beta the one kind that the filter names."""
    needs_premium(ask.core)
    allowed = enforcing.filterable(ask.row, ask.version)
    kinds = {"interactiveUser"}
    text = ask.options.get("$filter")
    if text is not None:
        terms = odata.terms(odata.parse_filter(text, allowed))
        asked = {term.value for term in terms if term.name == "signInEventTypes/any()"}
        if len(asked) > 1:
            raise bad_request("Only one sign-in event type can be asked for at a time.")
        # No page tells what Microsoft answers to another type; refused here, whatever asks for it fails.
        if asked - _SIGN_IN_TYPES:
            raise bad_request("Invalid filter clause: unknown sign-in event type.")
        kinds = asked or kinds
        for term in terms:
            if term.field == "userPrincipalName" and term.value != str(term.value).lower():
                return ask.page([])
    items = [
        item
        for item in recent(ask.core, ask.state.sign_ins, "createdDateTime")
        if kinds & set(item["signInEventTypes"])
    ]
    items = ask.filtered(items)
    if P2 not in ask.state.licenses:
        items = [{**item, **_HIDDEN, "riskEventTypes_v2": []} for item in items]
    return ask.page(items, gap=True)


def directory_audits(ask: Ask) -> Answer:
    """Directory audit records, newest first."""
    items = ask.filtered(recent(ask.core, ask.state.directory_audits, "activityDateTime"))
    return ask.page(items, gap=True)


def _risk_license(ask: Ask) -> bool:
    """Whether details may be shown. Raises GraphError 403 without any premium license."""
    if P2 in ask.state.licenses:
        return True
    if P1 in ask.state.licenses:
        return False
    raise forbidden("Your tenant is not licensed for this feature.", "Forbidden")


def _risk_view(item: Json, full: bool) -> Json:
    return item if full else {**item, **dict.fromkeys(_RISK_FIELDS, "hidden")}


def risky_user(ask: Ask) -> Answer:
    """One risky user; 404 for someone who never was at risk."""
    full = _risk_license(ask)
    found = ask.state.risky_users.get(ask.values[0])
    if found is None:
        raise not_found(ask.values[0], "ResourceNotFound")
    return ask.one(_risk_view({name: text for name, text in found.items() if name != "history"}, full))


def risky_users(ask: Ask) -> Answer:
    """All risky users."""
    full = _risk_license(ask)
    items = [
        _risk_view({k: v for k, v in item.items() if k != "history"}, full)
        for item in ask.state.risky_users.values()
    ]
    return ask.page(ask.filtered(items))


def risky_history(ask: Ask) -> Answer:
    """How one user's risk developed."""
    full = _risk_license(ask)
    found = ask.state.risky_users.get(ask.values[0])
    if found is None:
        raise not_found(ask.values[0], "ResourceNotFound")
    return ask.page([_risk_view(item, full) for item in found.get("history", [])])


def risk_detections(ask: Ask) -> Answer:
    """What Identity Protection noticed."""
    full = _risk_license(ask)
    return ask.page([_risk_view(item, full) for item in ask.filtered(ask.state.risk_detections)])


def check_trace_window(start: datetime, end: datetime, now: datetime) -> str | None:
    """Why a trace may not span these times, or None: at most 10 days, 90 days back, no future."""
    if end <= start:
        return "The end date must be after the start date."
    if end - start > timedelta(days=10):
        return "The date range cannot be longer than 10 days."
    if start < now - timedelta(days=90, minutes=5):
        return "The start date cannot be more than 90 days ago."
    if end > now + timedelta(minutes=5):
        return "The end date cannot be in the future."
    return None


def message_traces(ask: Ask) -> Answer:
    """The message trace: both bounds or neither, one row per recipient, newest first."""
    if not ask.state.message_trace_enabled:
        message = "The service principal for the message trace is not present in the tenant."
        raise GraphError(401, "UnknownError", message)
    text = ask.options.get("$filter")
    now = ask.state.clock()
    start, end = now - timedelta(hours=48), now
    if text is not None:
        terms = odata.terms(odata.parse_filter(text, enforcing.filterable(ask.row, ask.version)))
        bounds = {term.operator[0]: term.value.text for term in terms if term.field == "receivedDateTime"}
        if bounds:
            if set(bounds) != {"g", "l"}:
                raise bad_request("Both the start and the end of receivedDateTime must be given.")
            start, end = parse_time(bounds["g"]), parse_time(bounds["l"])
    reason = check_trace_window(start, end, now)
    if reason is not None:
        raise bad_request(reason)
    low, high = graph_time(start), graph_time(end)
    items = [item for item in ask.state.message_traces if low <= item["receivedDateTime"] <= high]
    items.sort(key=lambda item: str(item["receivedDateTime"]), reverse=True)
    return ask.page(ask.filtered(items), gap=True)


def trace_details(ask: Ask) -> Answer:
    """What happened to one message on its way to one recipient."""
    trace_id, recipient = ask.values[0], ask.values[1].strip("'").lower()
    for item in ask.state.message_traces:
        if item["id"] == trace_id and item["recipientAddress"].lower() == recipient:
            when = parse_time(item["receivedDateTime"])
            steps = (
                ("Receive", 0),
                ("Submit", 1),
                ("Deliver" if item["status"] == "delivered" else "Fail", 4),
            )
            rows = [
                {
                    "id": f"{trace_id}-{number}",
                    "messageId": item["messageId"],
                    "dateTime": graph_time(when.astimezone(UTC) + timedelta(seconds=seconds)),
                    "event": event,
                    "action": "",
                    "description": f"{event} of the message",
                    "data": "",
                }
                for number, (event, seconds) in enumerate(steps)
            ]
            return ask.page(rows)
    raise not_found(trace_id)


_TRACES = "/admin/exchange/tracing/messageTraces"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/auditLogs/signIns", sign_ins),
    Route("GET", "/auditLogs/directoryAudits", directory_audits),
    Route("GET", "/identityProtection/riskyUsers", risky_users),
    Route("GET", "/identityProtection/riskyUsers/{riskyUser-id}", risky_user),
    Route("GET", "/identityProtection/riskyUsers/{riskyUser-id}/history", risky_history),
    Route("GET", "/identityProtection/riskDetections", risk_detections),
    Route("GET", _TRACES, message_traces),
    Route(
        "GET",
        _TRACES + "/{exchangeMessageTrace-id}/getDetailsByRecipient(recipientAddress='{recipientAddress}')",
        trace_details,
    ),
)
"""The report endpoints."""
