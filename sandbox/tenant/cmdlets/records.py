"""The message trace and the search of the audit log."""

from __future__ import annotations

from datetime import timedelta

import orjson

from sandbox.scenarios.state import Json, graph_time, parse_time
from sandbox.tenant.audit_search import record_type, search
from sandbox.tenant.exchange import Invocation, bad_parameters
from sandbox.tenant.problems import CmdletError
from sandbox.tenant.reports import check_trace_window


def get_message_trace(call: Invocation) -> list[Json]:
    """The message trace; goes on from StartingRecipientAddress and EndDate, as it has no page of its own."""
    call.core.limits.count("trace")
    now = call.state.clock()
    start = parse_time(call.text("StartDate")) if call.text("StartDate") else now - timedelta(hours=48)
    end = parse_time(call.text("EndDate")) if call.text("EndDate") else now
    reason = check_trace_window(start, end, now)
    if reason is not None:
        raise bad_parameters(reason)
    size = _result_size(call, 1000)
    rows = [
        item
        for item in call.state.message_traces
        if graph_time(start) <= item["receivedDateTime"] <= graph_time(end) and _trace_wanted(call, item)
    ]
    rows.sort(key=lambda item: str(item["recipientAddress"]).lower())
    rows.sort(key=lambda item: str(item["receivedDateTime"]), reverse=True)
    resume = call.text("StartingRecipientAddress").lower()
    if resume:
        edge = graph_time(end)
        rows = [
            item
            for item in rows
            if item["receivedDateTime"] < edge or str(item["recipientAddress"]).lower() > resume
        ]
    if len(rows) > size:
        call.warnings.append("There are more results, use the following command to get more.")
    return [
        {
            "MessageTraceId": item["id"],
            "MessageId": item["messageId"],
            "Received": item["receivedDateTime"],
            "SenderAddress": item["senderAddress"],
            "RecipientAddress": item["recipientAddress"],
            "Subject": item["subject"],
            "Status": str(item["status"]).capitalize(),
            "FromIP": item["fromIP"],
            "ToIP": item["toIP"],
            "Size": item["size"],
        }
        for item in rows[:size]
    ]


def _trace_wanted(call: Invocation, item: Json) -> bool:
    for parameter, name in (
        ("SenderAddress", "senderAddress"),
        ("RecipientAddress", "recipientAddress"),
        ("MessageId", "messageId"),
        ("MessageTraceId", "id"),
        ("FromIP", "fromIP"),
        ("ToIP", "toIP"),
        ("Status", "status"),
    ):
        wanted = {value.lower() for value in call.many(parameter)}
        if wanted and str(item[name]).lower() not in wanted:
            return False
    subject = call.text("Subject").lower()
    return not subject or subject in str(item["subject"]).lower()


def _result_size(call: Invocation, default: int) -> int:
    text = call.text("ResultSize")
    size = int(text) if text.isdigit() else (default if not text else 0)
    if not 1 <= size <= 5000:
        message = "Cannot validate argument on parameter 'ResultSize': it must lie between 1 and 5000."
        raise bad_parameters(message)
    return size


def search_audit_log(call: Invocation) -> list[Json]:
    """The unified audit log, in one go or through a session that hands out page after page."""
    start, end = parse_time(call.required("StartDate")), parse_time(call.required("EndDate"))
    size, session, command = _result_size(call, 100), call.text("SessionId"), call.text("SessionCommand")
    if command and command not in {"ReturnLargeSet", "ReturnNextPreviewPage", "Initialize"}:
        raise bad_parameters(f"Cannot bind parameter 'SessionCommand': '{command}' is not known.")

    def find() -> list[Json]:
        return search(
            call.state,
            start,
            end,
            users=call.many("UserIds"),
            operations=call.many("Operations"),
            types=call.many("RecordType"),
            addresses=call.many("IPAddresses"),
            objects=call.many("ObjectIds"),
            keyword=call.text("FreeText") or None,
        )

    if not call.state.admin_audit_log_config.get("UnifiedAuditLogIngestionEnabled", True):
        raise CmdletError(
            400,
            "BadRequest",
            "Management.SystemConfigurationTasks.AuditLogSearchException",
            "Auditing is disabled.",
        )
    if not session:
        found = find()[:5000]
        return [_audit_row(item, number, len(found)) for number, item in enumerate(found[:size], 1)]
    sessions = call.core.sessions
    if session not in sessions:
        found = find()
        if command == "ReturnLargeSet":
            found = sorted(found, key=lambda item: str(item["Id"])[::-1])[:50_000]
        sessions[session] = [_audit_row(item, number, len(found)) for number, item in enumerate(found, 1)]
        sessions[f"{session}/command"] = [{"command": command}]
        if command != "ReturnLargeSet":
            sessions[session] = sessions[session][:5000]
    elif sessions[f"{session}/command"] != [{"command": command}]:
        sessions[session] = sessions[session][:10_000]
    page, sessions[session] = sessions[session][:size], sessions[session][size:]
    return page


def _audit_row(record: Json, index: int, count: int) -> Json:
    return {
        "RecordType": record_type(record),
        "CreationDate": str(record["CreationTime"]).removesuffix("Z") + "Z",
        "UserIds": record.get("UserId"),
        "Operations": record.get("Operation"),
        "AuditData": orjson.dumps(record).decode(),
        "ResultIndex": index,
        "ResultCount": count,
        "Identity": record.get("Id"),
        "IsValid": True,
        "ObjectState": "Unchanged",
    }
