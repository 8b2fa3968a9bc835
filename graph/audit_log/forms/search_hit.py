"""Elasticsearch and OpenSearch: a hit of a search, with the document under `_source` or `fields`.

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
    return "_source" in names or {"_index", "fields"} <= names


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the document."""
    return as_mapping(raw.get("_source")) or _fields_of(as_mapping(raw.get("fields"))) or raw


def _fields_of(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the fields that were asked for, as Kibana does: each has a list, also of one value alone."""
    alone = {name: one[0] for name, one in fields.items() if isinstance(one, list) and len(one) == 1}
    return {**fields, **alone}
