"""Defender hunting, `AADSignInEventsBeta` and `EntraIdSignInEvents`: sign-ins.

Source: Microsoft Defender XDR, "AADSignInEventsBeta table".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graph.audit_log.pieces import as_text, lowered

URL: Final = ("https://learn.microsoft.com/defender-xdr/advanced-hunting-aadsignineventsbeta-table",)
COLUMNS: Final = frozenset(
    {
        "timestamp",
        "application",
        "applicationid",
        "logontype",
        "errorcode",
        "correlationid",
        "sessionid",
        "accountdisplayname",
        "accountobjectid",
        "accountupn",
        "ipaddress",
        "country",
        "city",
        "useragent",
        "requestid",
        "reportid",
    }
)


def is_one(names: frozenset[str]) -> bool:
    """Say whether these are the table's columns."""
    return {"timestamp", "accountupn", "errorcode", "ipaddress"} <= names


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the row as a sign-in of Graph."""
    row = lowered(raw)
    logon = as_text(row.get("logontype")).lower()
    return {
        "id": row.get("requestid") or row.get("reportid"),
        "createdDateTime": row.get("timestamp"),
        "userId": row.get("accountobjectid"),
        "userPrincipalName": row.get("accountupn"),
        "appId": row.get("applicationid"),
        "appDisplayName": row.get("application"),
        "resourceDisplayName": row.get("resourcedisplayname"),
        "ipAddress": row.get("ipaddress"),
        "clientAppUsed": row.get("clientappused"),
        "userAgent": row.get("useragent"),
        "isInteractive": "noninteractive" not in logon if logon else None,
        "resourceId": row.get("resourceid"),
        "riskState": _spoken(row.get("riskstate"), _RISK_STATES),
        "conditionalAccessStatus": _spoken(row.get("conditionalaccessstatus"), _CONDITIONAL_ACCESS),
        "authenticationRequirement": row.get("authenticationrequirement"),
        "sessionId": row.get("sessionid"),
        "status": {"errorCode": row.get("errorcode")},
        "deviceDetail": {
            "deviceId": row.get("aaddeviceid") or row.get("entraiddeviceid"),
            "displayName": row.get("devicename"),
            "operatingSystem": row.get("osplatform"),
            "browser": row.get("browser"),
            "isCompliant": _flag(row.get("iscompliant")),
            "isManaged": _flag(row.get("ismanaged")),
            "trustType": row.get("devicetrusttype"),
        },
        "location": {
            "city": row.get("city"),
            "state": row.get("state"),
            "countryOrRegion": row.get("country"),
            "geoCoordinates": {
                "latitude": _number(row.get("latitude")),
                "longitude": _number(row.get("longitude")),
            },
        },
    }


_RISK_STATES: Final = {
    "0": "none",
    "1": "confirmedSafe",
    "2": "remediated",
    "3": "dismissed",
    "4": "atRisk",
    "5": "confirmedCompromised",
}
_CONDITIONAL_ACCESS: Final = {"0": "success", "1": "failure", "2": "notApplied"}


def _spoken(value: object, words: Mapping[str, str]) -> str:
    # The table has numbers where Graph has words.
    text = as_text(value)
    return words.get(text, text)


def _number(value: object) -> float | None:
    try:
        return float(as_text(value))
    except ValueError:
        return None  # most rows name no coordinates


def _flag(value: object) -> str:
    # The table writes its flags as numbers.
    text = as_text(value)
    return {"1": "true", "0": "false"}.get(text, text)
