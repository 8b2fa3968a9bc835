"""Defender hunting, `EmailEvents`: known, but nothing is read from it yet.

Source: Microsoft Defender XDR, "EmailEvents table".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from graph.errors import UnreadableRecord


def is_one(names: frozenset[str]) -> bool:
    """Say whether these are the table's columns."""
    return {"networkmessageid", "senderfromaddress", "recipientemailaddress"} <= names


def opened(raw: Mapping[str, Any]) -> NoReturn:
    """Say what to export in its place.

    Raises:
        UnreadableRecord: always.
    """
    del raw
    raise UnreadableRecord(
        "This is Defender's EmailEvents table, which is not read from a file yet; export the audit log's Send"
        " records."
    )
