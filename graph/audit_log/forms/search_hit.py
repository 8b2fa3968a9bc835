"""Elasticsearch and OpenSearch: a hit of a search, with the document under `_source`.

Source: Elasticsearch, "Search API".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from graph.audit_log.pieces import as_mapping

URL: Final = ("https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-search",)
COLUMNS: Final = frozenset({"_index", "_id", "_score", "_source"})


def is_one(names: frozenset[str]) -> bool:
    """Say whether these are a hit's fields."""
    return "_source" in names


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the document."""
    return as_mapping(raw.get("_source")) or raw
