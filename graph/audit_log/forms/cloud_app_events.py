"""Defender hunting, `CloudAppEvents`: a row with the record under `RawEventData`.

Source: Microsoft Defender XDR, "CloudAppEvents table".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graph.audit_log.pieces import as_mapping, lowered


def is_one(names: frozenset[str]) -> bool:
    """Say whether these are the table's columns."""
    return {"raweventdata", "actiontype"} <= names


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the record; a row without one comes back as it is."""
    return as_mapping(lowered(raw).get("raweventdata")) or raw
