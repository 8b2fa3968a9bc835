"""Splunk: an event with its text under `_raw`, alone or as a line of results.

Source: Splunk, "Export search results".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graph.audit_log.pieces import as_mapping

URL: Final = ("https://docs.splunk.com/Documentation/Splunk/latest/Search/ExportdatausingRESTAPI",)
COLUMNS: Final = frozenset(
    {"_raw", "_time", "host", "source", "sourcetype", "index", "preview", "offset", "result"}
)


def is_one(names: frozenset[str]) -> bool:
    """Say whether these are an event's fields, or a line's of results."""
    return "_raw" in names or ("result" in names and bool(names & {"preview", "offset", "lastrow"}))


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the event's text as a record, or the event in a line of results."""
    return as_mapping(raw.get("_raw")) or as_mapping(raw.get("result")) or raw
