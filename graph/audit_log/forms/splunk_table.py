"""Splunk: a table whose lists lie in columns such as `Parameters{}.Name`.

Source: Splunk, "Multivalue fields" and `spath`.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any, Final

from graph.audit_log.pieces import as_text

URL: Final = ("https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Spath",)
COLUMNS: Final = frozenset({"parameters{}.name", "parameters{}.value"})


def is_one(names: frozenset[str]) -> bool:
    """Say whether a column holds a part of a list."""
    return any("{}" in name for name in names)


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Lay the columns of a list together again; the n-th line of each belongs to its n-th entry."""
    record: dict[str, Any] = {}
    columns: dict[str, dict[str, list[str]]] = {}
    for key, value in raw.items():
        name, mark, part = key.partition("{}.")
        if not mark:
            record[key.replace("{}", "")] = value
        elif text := value if isinstance(value, list) else as_text(value):
            lines = [as_text(one) for one in text] if isinstance(text, list) else text.split("\n")
            columns.setdefault(name, {})[part.replace("{}", "")] = lines
    for name, parts in columns.items():
        entries = zip_longest(*parts.values(), fillvalue="")
        record[name] = [dict(zip(parts, entry, strict=True)) for entry in entries]
    return record
