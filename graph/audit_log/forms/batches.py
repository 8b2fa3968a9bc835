"""Objects that hold many records: an array, a query's tables, a search's response, a results object.

Source: Azure Monitor, "Log Analytics query API" (tables with columns and rows); Elasticsearch, "Search API"
(hits in hits); Splunk, "Export search results" (results, or fields and rows); Kusto, "The query v2 HTTP
response" (frames); pandas, "DataFrame.to_json" (orient columns and split).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from graph.audit_log.pieces import as_mapping, decoded

_OF_A_RECORD: Final = frozenset(
    {"operation", "operations", "creationtime", "id", "createddatetime", "activitydatetime", "auditdata",
     "time", "timestamp", "@timestamp", "timegenerated", "userid", "operationname", "messageid"}
)  # fmt: skip
"""Names that a record has, and a frame around many does not."""

_TELLING: Final = frozenset(
    {"operation", "operations", "creationtime", "createddatetime", "activitydatetime", "auditdata", "userid",
     "operationname", "timegenerated"}
)  # fmt: skip
_WAY: Final = re.compile(r".*[._/]")
_TYPED: Final = re.compile(r"_[sdbgt]$")
_PRIMARY: Final = "PrimaryResult"
"""What Kusto calls the table that was asked for, among those that tell of the query."""


def records_in(value: object) -> Iterator[Mapping[str, Any] | None]:
    """Yield the records that a JSON value holds; itself when it is one; None for what is no object.

    Text that is an object's counts as the object.
    """
    if isinstance(value, str):
        value = decoded(value)
    if isinstance(value, list):
        for one in value:
            yield one if isinstance(one, Mapping) else as_mapping(one) or None
    elif not isinstance(value, Mapping):
        yield None
    elif isinstance(tables := value.get("tables") or value.get("Tables"), list):
        for table in tables:
            yield from _rows(as_mapping(table))
    elif "FrameType" in value:
        if value.get("TableKind") == _PRIMARY:
            yield from _rows(value)
    elif isinstance(hits := as_mapping(value.get("hits")).get("hits"), list):
        yield from records_in(hits)
    elif isinstance(results := value.get("results"), list) and "operation" not in value:
        yield from records_in(results)
    elif isinstance(value.get("rows"), list) and isinstance(value.get("fields"), list):
        yield from _rows({"columns": value["fields"], "rows": value["rows"]})
    elif isinstance(value.get("columns"), list) and _are_rows(value.get("data")):
        yield from _rows({"columns": value["columns"], "rows": value["data"]})
    elif (names := _columns_of(value)) is not None:
        for name in names:
            yield {column: cells[name] for column, cells in value.items()}
    elif (only := _only_list(value)) is not None:
        yield from records_in(only)
    else:
        yield value


def _are_rows(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(row, list) for row in value)


def _columns_of(value: Mapping[str, Any]) -> list[str] | None:
    """Give the rows' names of a table that stands column by column, each an object by these names."""
    first = next(iter(value.values()), None)
    if not isinstance(first, Mapping) or not first or _OF_A_RECORD.isdisjoint(map(str.lower, value)):
        return None
    names = list(first)
    if not names[0].isdecimal():
        return None
    alike = all(isinstance(cells, Mapping) and list(cells) == names for cells in value.values())
    return names if alike else None


def _only_list(value: Mapping[str, Any]) -> list[Any] | None:
    """Give the records of a frame that nobody described: its only list, with plain values beside it."""
    lists = [one for one in value.values() if isinstance(one, list | Mapping)]
    if len(lists) != 1 or not isinstance(lists[0], list) or not lists[0]:
        return None
    if not all(isinstance(one, Mapping) for one in lists[0]):
        return None
    return None if any(_is_of_a_record(key.lower()) for key in value) else lists[0]


def _is_of_a_record(name: str) -> bool:
    """Say whether a field is a record's own, also with the way to it before its name or a type behind."""
    return name in _OF_A_RECORD or _WAY.sub("", _TYPED.sub("", name)) in _TELLING


def _rows(table: Mapping[str, Any]) -> Iterator[Mapping[str, Any] | None]:
    low = {key.lower(): one for key, one in table.items()}
    names = [_name(column) for column in low.get("columns") or ()]
    for row in low.get("rows") or ():
        yield dict(zip(names, row, strict=False)) if isinstance(row, list) else None


def _name(column: object) -> str:
    if isinstance(column, Mapping):
        low = {str(key).lower(): one for key, one in column.items()}
        return str(low.get("name") or low.get("columnname") or "")
    return str(column)
