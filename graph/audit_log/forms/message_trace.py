"""Message trace: rows of the portal's reports, of PowerShell and of Graph.

Source: Exchange Online, "Message trace in the new Exchange admin center" (enhanced summary and extended
reports); Exchange PowerShell, "Get-MessageTrace" and "Get-MessageTraceV2"; Microsoft Graph v1.0,
"exchangeMessageTrace resource type".
"""

# The extended report has a row for each event of a message: they come as the same message to the same
# recipients, and count once. Its `client_ip` is that of a server; `original_client_ip` is the sender's.

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from graph.audit_log.pieces import as_text, lowered

URL: Final = (
    "https://learn.microsoft.com/exchange/monitoring/trace-an-email-message/message-trace-modern-eac",
    "https://learn.microsoft.com/powershell/module/exchange/get-messagetracev2",
    "https://learn.microsoft.com/graph/api/resources/exchangemessagetrace",
)
COLUMNS: Final = frozenset(
    {
        "messagetraceid", "messageid", "received", "senderaddress", "recipientaddress", "subject", "status",
        "fromip", "toip", "size", "organization", "receiveddatetime", "origin_timestamp_utc", "date_time_utc",
        "sender_address", "recipient_status", "recipient_address", "message_subject", "total_bytes",
        "message_id", "network_message_id", "original_client_ip", "directionality", "event_id",
    }
)  # fmt: skip
_PORTAL_TIMES: Final = ("origin_timestamp_utc", "origin_timestamp", "date_time_utc", "date_time")
_TOLD_BY: Final = (
    frozenset({"senderaddress", "recipientaddress", "received"}),
    frozenset({"senderaddress", "recipientaddress", "receiveddatetime"}),
    *(frozenset({"sender_address", one}) for one in _PORTAL_TIMES),
)
_HEADINGS: Final = {
    "sender": "senderaddress",
    "sender address": "senderaddress",
    "recipient": "recipientaddress",
    "recipient address": "recipientaddress",
    "date": "received",
    "date (utc)": "received",
    "received (utc)": "received",
    "message id": "messageid",
    "message trace id": "messagetraceid",
    "from ip": "fromip",
}
"""How the list of the Exchange admin center heads the same columns."""

_LISTED: Final = frozenset({"senderaddress", "recipientaddress", "received", "subject"})
_INCOMING: Final = {
    "incoming": True, "inbound": True, "1": True,
    "originating": False, "outgoing": False, "outbound": False, "2": False,
}  # fmt: skip


def is_one(names: frozenset[str]) -> bool:
    """Say whether these are a trace's columns."""
    return any(some <= names for some in _TOLD_BY) or {_HEADINGS.get(one, one) for one in names} >= _LISTED


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the row under the names of Graph, with all its recipients."""
    row = {_HEADINGS.get(name, name): one for name, one in lowered(raw).items()}
    get = row.get
    portal = "sender_address" in row
    if not portal:
        return {
            "id": get("messagetraceid") or get("id"),
            "senderAddress": get("senderaddress"),
            "recipients": list(_recipients(get("recipientaddress"), get("status"))),
            "messageId": get("messageid"),
            "receivedDateTime": get("received") or get("receiveddatetime"),
            "subject": get("subject"),
            "size": get("size"),
            "fromIP": get("fromip"),
            "organization": get("organization"),
        }
    event = as_text(get("event_id")).lower()
    named = get("recipient_status") if "##" in as_text(get("recipient_status")) else get("recipient_address")
    return {
        "id": get("network_message_id"),
        "senderAddress": get("sender_address"),
        "recipients": list(
            _recipients(named or get("recipient_status"), "failed" if event == "fail" else "")
        ),
        "messageId": get("message_id"),
        "receivedDateTime": next((one for name in _PORTAL_TIMES if (one := get(name))), ""),
        "subject": get("message_subject"),
        "size": get("total_bytes"),
        "fromIP": get("original_client_ip"),
        "incoming": _INCOMING.get(as_text(get("directionality")).lower()),
    }


def _recipients(value: object, status: object) -> Iterator[tuple[str, str]]:
    """Give each address with what became of the message, from `a@b.example##Receive, Send;c@d.example##…`."""
    for one in as_text(value).split(";"):
        address, mark, states = one.partition("##")
        last = states.rpartition(",")[2].strip() if mark else as_text(status)
        if address.strip():
            yield address.strip(), "failed" if last.lower() == "fail" else last.lower()
