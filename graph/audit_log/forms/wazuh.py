"""Wazuh: an alert with the record under `data.office365`.

Source: Wazuh, "Monitoring Office 365 audit logs".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graph.audit_log.pieces import as_mapping, nested

URL: Final = (
    "https://documentation.wazuh.com/current/cloud-security/office365/monitoring-office365-activity.html",
)
COLUMNS: Final = frozenset({"timestamp", "rule", "agent", "manager", "id", "decoder", "data", "location"})
_PREFIX: Final = "data.office365."


def is_one(names: frozenset[str]) -> bool:
    """Say whether these are the fields of an alert, nested or flat, of an archived event, or an agent's."""
    if {"integration", "office365"} <= names or ("data" in names and names & {"rule", "decoder"}):
        return True
    return any(name.startswith(_PREFIX) for name in names)


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the record in the alert."""
    inside = as_mapping(as_mapping(raw.get("data")).get("office365")) or as_mapping(raw.get("office365"))
    return inside or as_mapping(as_mapping(nested(raw).get("data")).get("office365")) or raw
