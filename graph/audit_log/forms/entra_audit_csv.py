"""Entra admin center, audit logs downloaded as CSV.

Source: the column headings of Entra's "AuditLogs" file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from graph.audit_log.pieces import as_text, plain_name

URL: Final = ("https://learn.microsoft.com/entra/identity/monitoring-health/howto-download-logs",)
COLUMNS: Final = frozenset(
    {
        "date (utc)",
        "correlationid",
        "service",
        "category",
        "activity",
        "result",
        "resultreason",
        "actortype",
        "actordisplayname",
        "actorobjectid",
        "actoruserprincipalname",
        "ipaddress",
        "target1type",
        "target1displayname",
        "target1objectid",
    }
)


def is_one(names: frozenset[str]) -> bool:
    """Say whether these are the file's columns."""
    return {"activity", "correlationid", "actortype"} <= names


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the row as a directory audit of Graph."""
    row = {plain_name(key): as_text(value) for key, value in raw.items()}
    get = row.get
    user = {
        "id": get("actorobjectid"),
        "userPrincipalName": get("actoruserprincipalname"),
        "displayName": get("actordisplayname"),
        "ipAddress": get("ipaddress"),
    }
    app = {
        "servicePrincipalId": get("actorserviceprincipalid"),
        "displayName": get("actorserviceprincipalname"),
    }
    return {
        "activityDateTime": get("date (utc)") or get("date"),
        "activityDisplayName": get("activity"),
        "loggedByService": get("service"),
        "category": get("category"),
        "result": get("result"),
        "resultReason": get("resultreason"),
        "correlationId": get("correlationid"),
        "callerIpAddress": get("ipaddress"),
        "userAgent": get("user agent"),
        "initiatedBy": {"app": app} if app["servicePrincipalId"] or app["displayName"] else {"user": user},
        "targetResources": list(_targets(row)),
        "additionalDetails": list(_details(row)),
    }


def _targets(row: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    number = 1
    while f"target{number}type" in row or f"target{number}objectid" in row:
        start = f"target{number}"
        target: dict[str, Any] = {
            "type": row.get(f"{start}type", ""),
            "displayName": row.get(f"{start}displayname", ""),
            "id": row.get(f"{start}objectid", ""),
            "userPrincipalName": row.get(f"{start}userprincipalname", ""),
        }
        number += 1
        if any(target.values()):
            target["modifiedProperties"] = list(_changes(row, f"{start}modifiedproperty"))
            yield target


def _changes(row: Mapping[str, str], start: str) -> Iterator[Mapping[str, str]]:
    number = 1
    while f"{start}{number}name" in row:
        if name := row[f"{start}{number}name"]:
            yield {
                "displayName": name,
                "oldValue": row.get(f"{start}{number}oldvalue", ""),
                "newValue": row.get(f"{start}{number}newvalue", ""),
            }
        number += 1


def _details(row: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    number = 1
    while f"additionaldetail{number}key" in row:
        if key := row[f"additionaldetail{number}key"]:
            yield {"key": key, "value": row.get(f"additionaldetail{number}value", "")}
        number += 1
