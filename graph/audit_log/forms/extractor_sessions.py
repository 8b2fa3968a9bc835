"""Microsoft Extractor Suite, sessions of MailItemsAccessed: the times and addresses of mail access alone.

Source: Microsoft Extractor Suite, "Get-MailItemsAccessed.ps1" (Get-Sessions).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graph.audit_log.pieces import lowered

URL: Final = (
    "https://github.com/invictus-ir/Microsoft-Extractor-Suite/blob/main/Scripts/Get-MailItemsAccessed.ps1",
)
COLUMNS: Final = frozenset(
    {
        "timestamp",
        "user",
        "action",
        "sessionid",
        "clientip",
        "mailaccesstype",
        "isthrottled",
        "operationcount",
    }
)


def is_one(names: frozenset[str]) -> bool:
    """Say whether these are the file's columns."""
    return {"timestamp", "user", "action", "mailaccesstype"} <= names


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the row as a record of the audit log; which messages were read does not stand in it."""
    row = lowered(raw)
    properties = {"MailAccessType": row.get("mailaccesstype"), "IsThrottled": row.get("isthrottled")}
    return {
        "CreationTime": row.get("timestamp"),
        "Operation": row.get("action"),
        "RecordType": "ExchangeItemAggregated",
        "Workload": "Exchange",
        "UserId": row.get("user"),
        "MailboxOwnerUPN": row.get("user"),
        "ClientIPAddress": row.get("clientip"),
        "SessionId": row.get("sessionid"),
        "OperationCount": row.get("operationcount"),
        "OperationProperties": [{"Name": name, "Value": one} for name, one in properties.items() if one],
    }
