"""Wazuh: an alert with the record under `data.office365`.

Source: Wazuh, "Monitoring Office 365 audit logs".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graph.audit_log.pieces import as_mapping, nested

_PREFIX: Final = "data.office365."


def is_one(names: frozenset[str]) -> bool:
    """Say whether these are an alert's fields, nested or flat."""
    return {"data", "rule"} <= names or any(name.startswith(_PREFIX) for name in names)


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the record in the alert."""
    inside = as_mapping(as_mapping(raw.get("data")).get("office365"))
    return inside or as_mapping(as_mapping(nested(raw).get("data")).get("office365")) or raw
