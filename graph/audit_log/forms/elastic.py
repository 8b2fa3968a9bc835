"""Elastic's Microsoft 365 integration: fields in Elastic's common schema around `o365.audit`.

Source: Elastic, "Microsoft 365 integration".
"""

# Operation, address and user are moved out of the record into `event.action`, `client.ip` and `user.id`;
# where `event.original` was kept it is the record itself. Discover's CSV has the same fields flat, and
# `o365audit` is what the agent sends before the integration works on it.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graph.audit_log.pieces import as_mapping, as_text, nested

URL: Final = (
    "https://github.com/elastic/integrations/blob/main/packages/o365/data_stream/audit/sample_event.json",
)
COLUMNS: Final = frozenset(
    {
        "@timestamp",
        "event",
        "client",
        "user",
        "o365",
        "organization",
        "host",
        "related",
        "source",
        "event.action",
        "event.id",
        "client.ip",
        "user.id",
        "o365.audit.recordtype",
    }
)
_PREFIX: Final = "o365.audit."
_MOVED: Final = (
    ("CreationTime", ("@timestamp",)),
    ("Id", ("event", "id")),
    ("Operation", ("event", "action")),
    ("Workload", ("event", "provider")),
    ("ClientIP", ("client", "ip")),
    ("ClientIP", ("client", "address")),
    ("ClientIP", ("source", "ip")),
    ("UserId", ("user", "id")),
    ("UserId", ("user", "email")),
    ("UserAgent", ("user_agent", "original")),
)


def is_one(names: frozenset[str]) -> bool:
    """Say whether these are the integration's fields, nested or flat."""
    if names & {"o365", "o365audit", "event.original"}:
        return True
    return any(name.startswith(_PREFIX) for name in names)


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the record: the original text where it was kept, else what the integration made of it."""
    if whole := as_mapping(raw.get("o365audit")):
        return whole
    fields = nested(raw)
    if original := as_mapping(as_mapping(fields.get("event")).get("original")):
        return original
    audit = as_mapping(as_mapping(fields.get("o365")).get("audit"))
    if not audit:
        return raw
    record = dict(audit)
    for name, path in _MOVED:
        value: Any = fields
        for key in path:
            value = as_mapping(value).get(key)
        if not as_text(record.get(name)) and (text := as_text(value)):
            record[name] = text
    return record
