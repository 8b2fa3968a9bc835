"""Entra admin center, sign-in logs downloaded as CSV.

Source: the column headings of Entra's "InteractiveSignIns" and "NonInteractiveSignIns" files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graph.audit_log.pieces import as_text, plain_name
from graph.audit_log.sign_in import APPLICATIONS, NO_NUMBER
from graph.errors import UnreadableRecord

URL: Final = ("https://learn.microsoft.com/entra/identity/monitoring-health/howto-download-logs",)
COLUMNS: Final = frozenset(
    {
        "date (utc)",
        "request id",
        "user agent",
        "correlation id",
        "user id",
        "user",
        "username",
        "application",
        "application id",
        "resource",
        "ip address",
        "location",
        "status",
        "sign-in error code",
        "failure reason",
        "client app",
    }
)
_APPLICATION: Final = "service principal id"
_PARTS: Final = 3
_BLANK: Final = frozenset({"none", "-"})


def is_one(names: frozenset[str]) -> bool:
    """Say whether these are the file's columns."""
    who, when = {"username", _APPLICATION} & names, {"date (utc)", "date"} & names
    return {"request id", "ip address"} <= names and bool(who) and bool(when)


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the row as a sign-in of Graph.

    Raises:
        UnreadableRecord: when it is an application's: those are files of their own in the same download.
    """
    row = {
        plain_name(key): "" if (one := as_text(value)).lower() in _BLANK else one
        for key, value in raw.items()
    }
    get = row.get
    if _APPLICATION in row and not get("username"):
        raise UnreadableRecord(APPLICATIONS)
    city, state, country = ([one.strip() for one in get("location", "").rsplit(",", 2)] + [""] * _PARTS)[
        :_PARTS
    ]
    number = get("sign-in error code", "")
    if not number:
        number = "0" if get("status", "").lower() in {"", "success"} else str(NO_NUMBER)
    return {
        "id": get("request id"),
        "createdDateTime": get("date (utc)") or get("date"),
        "correlationId": get("correlation id"),
        "userId": get("user id"),
        "userPrincipalName": get("username"),
        "appId": get("application id"),
        "appDisplayName": get("application"),
        "resourceDisplayName": get("resource"),
        "ipAddress": get("ip address"),
        "clientAppUsed": get("client app"),
        "userAgent": get("user agent"),
        "conditionalAccessStatus": get("conditional access"),
        "authenticationProtocol": get("authentication protocol"),
        "authenticationRequirement": get("authentication requirement"),
        "originalTransferMethod": get("original transfer method"),
        "sessionId": get("session id"),
        "autonomousSystemNumber": get("autonomous system number"),
        "status": {"errorCode": number, "failureReason": get("failure reason")},
        "deviceDetail": {
            "deviceId": get("device id"),
            "operatingSystem": get("operating system"),
            "browser": get("browser"),
            "isCompliant": get("compliant"),
            "isManaged": get("managed"),
            "trustType": get("join type"),
        },
        "location": {"city": city, "state": state, "countryOrRegion": country},
    }
