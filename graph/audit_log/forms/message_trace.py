"""Message trace, from the portal or PowerShell: known, but nothing is read from it yet.

Source: Exchange PowerShell, "Get-MessageTraceV2".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from graph.errors import UnreadableRecord


def is_one(names: frozenset[str]) -> bool:
    """Say whether these are a trace's columns."""
    powershell = {"messagetraceid", "senderaddress", "recipientaddress"}
    portal = {"origin_timestamp_utc", "sender_address"}
    return powershell <= names or portal <= names


def opened(raw: Mapping[str, Any]) -> NoReturn:
    """Say what to export in its place.

    Raises:
        UnreadableRecord: always.
    """
    del raw
    raise UnreadableRecord(
        "This is a message trace, which cannot be read from a file yet; export the audit log's Send records."
    )
