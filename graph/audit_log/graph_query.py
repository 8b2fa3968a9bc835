"""Records of Graph's audit search: a frame of their own around the AuditData object.

Source: Microsoft Graph, "auditLogRecord resource type", and what the service really sends: the frame's
`userId` is the classic UserKey and its `userPrincipalName` the classic UserId, `clientIp` is null, and
AuditData comes as an object, as an open dictionary inside it, or as JSON text.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from graph.audit_log.parse import parse as parse_audit_data
from graph.audit_log.pieces import as_mapping, as_text
from graph.audit_log.record import AuditRecord

URL: Final = "https://learn.microsoft.com/graph/api/resources/security-auditlogrecord"
COLUMNS: Final = frozenset(
    {
        "id",
        "createddatetime",
        "auditlogrecordtype",
        "operation",
        "organizationid",
        "usertype",
        "userid",
        "service",
        "objectid",
        "userprincipalname",
        "clientip",
        "administrativeunits",
        "auditdata",
    }
)

_FRAME: Final = {
    "id": "Id",
    "createddatetime": "CreationTime",
    "auditlogrecordtype": "RecordType",
    "operation": "Operation",
    "organizationid": "OrganizationId",
    "usertype": "UserType",
    "userid": "UserKey",
    "userprincipalname": "UserId",
    "service": "Workload",
    "objectid": "ObjectId",
    "clientip": "ClientIP",
}

_OPEN: Final = frozenset({"dynamicproperties", "additionalproperties"})
"""Where an open type keeps its fields: over REST, and in PowerShell's objects."""


def is_one(raw: Mapping[str, Any]) -> bool:
    """Say whether this is a record of Graph's audit search."""
    lower = {key.lower() for key in raw}
    return "auditdata" in lower and bool(lower & {"createddatetime", "auditlogrecordtype"})


def parse(raw: Mapping[str, Any]) -> AuditRecord:
    """Bring one record into the normal form; what AuditData says goes before what the frame says.

    Raises:
        UnreadableRecord: when neither names an operation and a time.
    """
    lower = {key.lower(): value for key, value in raw.items()}
    merged = {name: lower[key] for key, name in _FRAME.items() if _says(lower.get(key))}
    names = {name.lower(): name for name in merged}
    inner = as_mapping(lower.get("auditdata"))
    open_part: Mapping[str, Any] = {}
    for key, value in inner.items():
        small = _small(key)
        if small in _OPEN:
            open_part = open_part or as_mapping(value)
        elif small and _says(value):
            merged[names.get(small, key)] = value
    for key, value in open_part.items():
        if (small := _small(key)) and small not in _OPEN and _says(value):
            merged[names.get(small, key)] = value
    return parse_audit_data(merged)


def _says(value: object) -> bool:
    """Whether anything stands there; to write a list as text only to see that it is none took its time."""
    if type(value) is str:
        return bool(as_text(value))
    return value is not None


@lru_cache(maxsize=4096)
def _small(key: str) -> str:
    """Lower the name of a field; "" for the types that Graph notes beside fields."""
    return "" if "@odata" in key else key.lower()
