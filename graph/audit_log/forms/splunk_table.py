"""Splunk: a table whose lists lie in columns such as `Parameters{}.Name`.

Source: Splunk, "Multivalue fields" and `spath`.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any, Final

from graph.audit_log.pieces import as_text
from graph.errors import UnreadableRecord

URL: Final = ("https://docs.splunk.com/Documentation/Splunk/latest/SearchReference/Spath",)
_NAMED: Final = frozenset({"parameters", "extendedproperties", "operationproperties", "deviceproperties"})
_MARKS: Final = (";", ",", "|", " ")
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
        if name.lower() in _NAMED:
            parts = _parted(parts)  # noqa: PLW2901 - the same, put right
        entries = zip_longest(*parts.values(), fillvalue="")
        record[name] = [dict(zip(parts, entry, strict=True)) for entry in entries]
    return record


def _parted(parts: dict[str, list[str]]) -> dict[str, list[str]]:
    """Part values that were joined in one line; a name of these lists has neither blank nor separator.

    Raises:
        UnreadableRecord: the values have more of what they were joined with than the names.
    """
    names = next((lines for part, lines in parts.items() if part.lower() == "name"), [])
    mark = next((one for one in _MARKS if len(names) == 1 and one in names[0]), "")
    if not mark:
        return parts
    parted = {part: lines[0].split(mark) for part, lines in parts.items() if len(lines) == 1}
    if len(parted) != len(parts) or len({len(lines) for lines in parted.values()}) != 1:
        raise UnreadableRecord(
            "Its lists were joined in one line, so which value belongs to which name is lost; export the"
            " events (_raw) as JSON."
        )
    return parted
