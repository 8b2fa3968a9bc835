"""What programs left in the cells of a table in place of what stood there, and rows that are one record.

PowerShell's Export-Csv writes the name of a type for a list or an object, Power Query `[List]` or `[Record]`,
Excel a long number as 1.2E+15; each is told, and none is taken for a value. Power Query's Expand makes a row
for each entry of a list: rows that differ in those columns alone are one record again.

Source: PowerShell, "Export-Csv"; Microsoft Learn, "Work with a List, Record, or Table structured column"
(Power Query); Microsoft Support, "Keeping leading zeros and large numbers" (Excel); Microsoft Learn, "Export,
configure, and view audit log records" (its use of Power Query).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from graph.audit_log.values import Found

_TYPE: Final = re.compile(
    r"(?:System|Microsoft\.Graph\.PowerShell\.Models)\.[A-Za-z][\w.]*+(?:`\d\[.*\])?(?:\[\])?"
)
_OBJECT: Final = re.compile(r"(?:^|; )(\w+)=")
_WRITTEN: Final = ("System.", "Microsoft.Graph.PowerShell.Models.", "@{", "[")
_STRUCTURED: Final = frozenset(
    {"[List]", "[Record]", "[Table]", "[Liste]", "[Datensatz]", "[Tabelle]", "[Enregistrement]", "[Lista]"}
)
"""What Power Query shows for a value with values in it, in English, German, French and Spanish."""

_SHORT: Final = max(map(len, _STRUCTURED))
_ROUNDED: Final = re.compile(r"\d[.,]\d{1,14}E\+\d{2,3}")
_NAMED: Final = 5
_PARTS: Final = {
    "parameters": {"name", "value"},
    "extendedproperties": {"name", "value"},
    "operationproperties": {"name", "value"},
    "deviceproperties": {"name", "value"},
    "modifiedproperties": {"name", "newvalue"},
    "actor": {"id", "type"},
    "target": {"id", "type"},
}
"""The lists of a record, and the fields that each of their entries has."""

_MOST: Final = 10_000
"""Entries of one list at most; no record has more."""


class Cells:
    """Looks at the cells of a table's rows, and remembers what is to be said of them."""

    def __init__(self) -> None:
        self._lost: dict[str, None] = {}
        self._structured: dict[str, None] = {}
        self._rounded: dict[str, None] = {}

    def look(self, row: dict[str, Any]) -> None:
        """Put right what stands in place of a value: an object of PowerShell's is read, others are blank."""
        for name, cell in row.items():
            if cell.startswith(_WRITTEN):
                if cell.startswith("@{") and cell.endswith("}"):
                    row[name] = _object_of(cell[2:-1])
                elif _TYPE.fullmatch(cell):
                    row[name] = ""
                    self._lost[name] = None
                elif len(cell) <= _SHORT and cell in _STRUCTURED:
                    row[name] = ""
                    self._structured[name] = None
            elif cell[-4:-2] in {"E+", "+0", "+1"} and _ROUNDED.fullmatch(cell):
                row[name] = ""
                self._rounded[name] = None

    def says(self) -> Iterator[str]:
        """Give what was lost, a sentence for each program that lost it."""
        if self._lost:
            yield (
                f"PowerShell's Export-Csv lost the values of {_listed(self._lost)} and left a"
                f" type's name; export it with ConvertTo-Json"
            )
        if self._structured:
            yield (
                f"Power Query did not expand {_listed(self._structured)}; those values are"
                f" lost: use the file as it was before Power Query"
            )
        if self._rounded:
            yield (
                f"Excel rounded numbers in {_listed(self._rounded)} (as 1.2E+15), so they were"
                f" left out; use the file as it was before Excel"
            )


def _listed(names: dict[str, None]) -> str:
    return ", ".join(list(names)[:_NAMED]) + (" and others" if len(names) > _NAMED else "")


def _object_of(text: str) -> dict[str, str]:
    """Read an object as PowerShell shows it, `Id=5; Name=Inbox`; what lay deeper is blank."""
    pieces = _OBJECT.split(text)[1:]
    values = (one if _TYPE.fullmatch(one) is None else "" for one in pieces[1::2])
    return dict(zip(pieces[::2], values, strict=True))


def together(rows: Iterator[Found], names: Sequence[str]) -> Iterator[Found]:
    """Yield rows of which each holds one entry of a list as one record; other tables as they are."""
    parts = _parts_in(names)
    if not parts:
        yield from rows
        return
    held: Found | None = None
    key: object = None
    lists: dict[str, list[dict[str, Any]]] = {}
    for number, text, row in rows:
        if isinstance(row, str):
            yield number, text, row
            continue
        own = {name: one for name, one in row.items() if name not in parts}
        if held is None or list(own.values()) != key:
            if held is not None:
                yield held
            key, lists = list(own.values()), {}
            held = number, text, own
        entries: dict[str, dict[str, Any]] = {}
        for name, (within, leaf) in parts.items():
            if row.get(name, "") != "":
                entries.setdefault(within, {})[leaf] = row[name]
        for within, entry in entries.items():
            listed = lists.setdefault(within, [])
            if entry not in listed[-_MOST:] and len(listed) < _MOST:
                listed.append(entry)
            held[2][within] = listed  # type: ignore[index]  # it is this row's own, or that of one before
    if held is not None:
        yield held


def _parts_in(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Give the columns that hold a part of a list's entry, each with the list and the part."""
    found: dict[str, tuple[str, str]] = {}
    leaves: dict[str, set[str]] = {}
    for name in names:
        within, mark, leaf = name.rpartition(".")
        if mark and within.lower().removeprefix("auditdata.") in _PARTS:
            found[name] = within, leaf
            leaves.setdefault(within, set()).add(leaf.lower())
    whole = {one for one, has in leaves.items() if _PARTS[one.lower().removeprefix("auditdata.")] <= has}
    return {name: part for name, part in found.items() if part[0] in whole}
