"""Defender hunting, `AADSignInEventsBeta` and `EntraIdSignInEvents`: sign-ins.

Source: Microsoft Defender XDR, "AADSignInEventsBeta table".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.audit_log.pieces import as_text, lowered


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
        "riskState": row.get("riskstate"),
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
        },
    }


def _flag(value: object) -> str:
    # The table writes its flags as numbers.
    text = as_text(value)
    return {"1": "true", "0": "false"}.get(text, text)
