"""Bare AuditData objects, as the Management Activity API gives them, and the envelopes of collectors.

Source: Office 365 Management Activity API reference. Collectors store the object as it came, as a text under
``event.original`` or ``message``, or under ``o365.audit``; Log Analytics writes it with names of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graph.audit_log.parse import parse as parse_audit_data
from graph.audit_log.pieces import as_mapping, plain_name
from graph.audit_log.record import AuditRecord

URL: Final = (
    "https://learn.microsoft.com/office/office-365-management-api/office-365-management-activity-api-schema"
)
COLUMNS: Final = frozenset(
    {
        "creationtime",
        "id",
        "operation",
        "organizationid",
        "recordtype",
        "resultstatus",
        "userkey",
        "usertype",
        "workload",
        "clientip",
        "userid",
        "objectid",
    }
)

_TIMES: Final = frozenset({"creationtime", "timegenerated", "createddatetime", "creationdate"})
_ENVELOPES: Final = (("event", "original"), ("message",), ("o365", "audit"), ("_source",), ("_raw",))


def is_one(raw: Mapping[str, Any]) -> bool:
    """Say whether this looks like AuditData itself."""
    lower = {plain_name(key) for key in raw if isinstance(key, str)}
    return "operation" in lower and bool(lower & _TIMES)


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Take a record out of a collector's envelope; a record without one comes back as it is."""
    if is_one(raw):
        return raw
    for path in _ENVELOPES:
        inner: Mapping[str, Any] = raw
        for key in path:
            inner = as_mapping(inner.get(key))
        if inner:
            return opened(inner)
    return raw


def parse(raw: Mapping[str, Any]) -> AuditRecord:
    """Bring one object, with or without envelope, into the normal form.

    Raises:
        UnreadableRecord: when it names no operation or no readable time.
    """
    return parse_audit_data(opened(raw))
