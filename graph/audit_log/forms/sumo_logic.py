"""Sumo Logic: a message with its text under `_raw`, beside `_messagetime`.

Source: Sumo Logic, "Export search results".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graph.audit_log.pieces import as_mapping

URL: Final = (
    "https://www.sumologic.com/help/docs/search/get-started-with-search/search-basics/export-search-results/",
)
COLUMNS: Final = frozenset(
    {"_messagetime", "_messagetimems", "_raw", "_receipttime", "_collector", "_source", "_sourcecategory"}
)


def is_one(names: frozenset[str]) -> bool:
    """Say whether these are a message's fields."""
    return "_raw" in names and bool({"_messagetime", "_messagetimems"} & names)


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the message's text as a record."""
    return next((as_mapping(one) for name, one in raw.items() if name.lower() == "_raw"), {}) or raw
