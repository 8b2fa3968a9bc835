"""Rows of Search-UnifiedAuditLog and of the portals' exports: AuditData as JSON text beside a few columns.

Source: Exchange PowerShell, "Search-UnifiedAuditLog", and Purview's "Export audit log records". Exports can
blank AuditData or cut it at 10,000 characters; then what can be read of it and the row's own columns make the
record.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from graph.audit_log.parse import parse as parse_audit_data
from graph.audit_log.pieces import as_mapping, as_text, objects_of, time_text
from graph.audit_log.record import AuditRecord

URL: Final = "https://learn.microsoft.com/powershell/module/exchange/search-unifiedauditlog"
COLUMNS: Final = frozenset(
    {
        "recordtype",
        "creationdate",
        "userids",
        "operations",
        "auditdata",
        "resultindex",
        "resultcount",
        "identity",
        "recordid",
        "operation",
        "userid",
        "associatedadminunits",
        "associatedadminunitsnames",
    }
)

_COLUMNS: Final = {
    "recordid": "Id",
    "identity": "Id",
    "creationdate": "CreationTime",
    "recordtype": "RecordType",
    "operation": "Operation",
    "operations": "Operation",
    "userid": "UserId",
    "userids": "UserId",
}

STATE: Final = "AuditDataState"
"""The field that says why AuditData is not whole."""


def is_one(raw: Mapping[str, Any]) -> bool:
    """Say whether this is a search row."""
    lower = {key.strip().lower() for key in raw if isinstance(key, str)}
    return "auditdata" in lower


def parse(row: Mapping[str, Any]) -> AuditRecord:
    """Bring one row into the normal form.

    AuditData that is not whole shows in `details` as ``AuditDataState`` with "blank", "cut" or "unreadable".

    Raises:
        UnreadableRecord: when neither AuditData nor the columns name an operation and a time.
    """
    lower = {key.strip().lower(): value for key, value in row.items() if isinstance(key, str)}
    times = {"creationdate": time_text(lower.get("creationdate"))}
    columns = {
        name: text.split(",")[0] if key == "userids" else text
        for key, name in _COLUMNS.items()
        if (text := times.get(key) or as_text(lower.get(key)))
    }
    given = lower.get("auditdata")
    if isinstance(given, Mapping):
        return parse_audit_data({**_absent_in(columns, given), **given})
    text = as_text(given)
    text = _unescaped(text)
    if data := as_mapping(text):
        return parse_audit_data({**_absent_in(columns, data), **data})
    rescued = rescued_fields(text)
    state = "cut" if rescued else "unreadable" if text else "blank"
    return parse_audit_data({**_absent_in(columns, rescued), **rescued, STATE: state})


def _unescaped(text: str) -> str:
    """Undo the backslashes that databases write before quotes, also of a text that is cut off."""
    if not text.startswith(('{\\"', '"{\\"')):
        return text
    body = text.removeprefix('"').removesuffix('"').rstrip("\\")
    try:
        return str(json.loads(f'"{body}"', strict=False))
    except ValueError:
        return text


def rescued_fields(text: str) -> dict[str, Any]:
    """Read the whole fields of a JSON object whose end is missing, and the whole objects of its last list."""
    found: dict[str, Any] = {}
    decoder = json.JSONDecoder(strict=False)
    at = text.find("{") + 1
    while 0 < at < len(text):
        try:
            at = _skip(text, at)
            key, at = decoder.raw_decode(text, at)
            at = _skip(text, at)
        except (ValueError, RecursionError):
            break
        if not isinstance(key, str) or text[at : at + 1] != ":":
            break
        at = _skip(text, at + 1)
        try:
            found[key], at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            if text[at : at + 1] == "[" and (rest := objects_of(text[at:])):
                found[key] = rest
            break
        at = _skip(text, at)
        if text[at : at + 1] != ",":
            break
        at += 1
    return found


def _absent_in(columns: Mapping[str, str], data: Mapping[str, Any]) -> dict[str, str]:
    """Take the columns for which the data has nothing of its own."""
    have = {key.lower() for key, value in data.items() if isinstance(key, str) and as_text(value)}
    return {name: text for name, text in columns.items() if name.lower() not in have}


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at
