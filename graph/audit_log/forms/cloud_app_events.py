"""Defender hunting, `CloudAppEvents`: a row with the record under `RawEventData`.

Source: Microsoft Defender XDR, "CloudAppEvents table".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graph.audit_log.pieces import as_mapping, lowered

URL: Final = ("https://learn.microsoft.com/defender-xdr/advanced-hunting-cloudappevents-table",)
COLUMNS: Final = frozenset(
    {
        "timestamp",
        "actiontype",
        "application",
        "applicationid",
        "accountobjectid",
        "accountid",
        "accountdisplayname",
        "ipaddress",
        "useragent",
        "raweventdata",
        "reportid",
    }
)


def is_one(names: frozenset[str]) -> bool:
    """Say whether these are the table's columns."""
    return {"raweventdata", "actiontype"} <= names


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the record; a row without one comes back as it is."""
    return as_mapping(lowered(raw).get("raweventdata")) or raw
