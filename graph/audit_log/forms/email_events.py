"""Defender hunting, `EmailEvents`: a row for each recipient of a message.

Source: Microsoft Defender XDR, "EmailEvents table".
"""

# `SenderIPv4` is the last mail server that passed the message on: for what the organization sends it is
# Microsoft's own, and tells nothing of the sender's place.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graph.audit_log.pieces import as_text, lowered

URL: Final = ("https://learn.microsoft.com/defender-xdr/advanced-hunting-emailevents-table",)
COLUMNS: Final = frozenset(
    {
        "timestamp", "networkmessageid", "internetmessageid", "sendermailfromaddress", "senderfromaddress",
        "senderobjectid", "senderipv4", "recipientemailaddress", "subject", "emaildirection",
        "deliveryaction", "deliverylocation",
    }
)  # fmt: skip
_NOT_DELIVERED: Final = frozenset({"blocked", "failed", "dropped"})


def is_one(names: frozenset[str]) -> bool:
    """Say whether these are the table's columns."""
    when = {"networkmessageid", "timestamp", "timegenerated"} & names
    return {"senderfromaddress", "recipientemailaddress"} <= names and bool(when)


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the row as one of a message trace."""
    row = lowered(raw)
    direction = as_text(row.get("emaildirection")).lower()
    incoming = direction == "inbound"
    action = as_text(row.get("deliveryaction")).lower()
    place = as_text(row.get("deliverylocation")).lower()
    status = "failed" if {action, place} & _NOT_DELIVERED else action
    return {
        "id": row.get("networkmessageid"),
        "senderAddress": row.get("senderfromaddress") or row.get("sendermailfromaddress"),
        "recipients": [(as_text(row.get("recipientemailaddress")), status)],
        "messageId": row.get("internetmessageid"),
        "receivedDateTime": row.get("timestamp") or row.get("timegenerated"),
        "subject": row.get("subject"),
        "fromIP": (row.get("senderipv4") or row.get("senderipv6")) if incoming else "",
        "incoming": incoming if direction else None,
    }
