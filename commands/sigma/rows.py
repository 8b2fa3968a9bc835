"""Our normal records as the cells that rules compare. Pure.

A place in a record is a path in it as it came, in any case; through lists it gives a value for each element,
and ends at a list or an object with its JSON. In lists of named values, as Microsoft writes a cmdlet's
parameters or changed properties, a name is followed as well. After a ``@`` it is one of the names of `_OWN`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import msgspec

from commands.sigma.shapes import Table
from graph.audit_log.files import Entry
from graph.audit_log.pieces import as_text, decoded
from graph.audit_log.record import AuditRecord
from graph.resources.sign_ins import RiskDetection, SignIn

ELEMENTS: Final = 50
"""Elements of a list that are compared; beyond that a record's lists are only compared as a whole."""

LONGEST: Final = 1 << 20
"""Characters of one value that are compared; SQLite refuses what is a few times longer."""

WHOLE: Final = "@whole"
"""The place that stands for the whole record as JSON."""

_ENTRA: Final = "AzureActiveDirectory"
_PROTOCOLS: Final = {"deviceCode": "Device Code", "ropc": "ROPC"}
"""How rules name the protocols of Entra's sign-ins."""


def tables_of(entry: Entry) -> tuple[Table, ...]:
    """Give the kinds of records that this one is."""
    if isinstance(entry, SignIn):
        return (Table.SIGN_INS,)
    if isinstance(entry, RiskDetection):
        return (Table.RISKS,)
    if not isinstance(entry, AuditRecord):
        return ()
    if entry.record_type == _ENTRA:
        # Entra's own log and the unified one tell of the same, in the same words.
        return (Table.AUDIT, Table.DIRECTORY) if "Operation" in entry.raw else (Table.DIRECTORY,)
    return (Table.AUDIT,)


def raw_of(entry: Entry) -> Mapping[str, Any]:
    """Give a record as it came, or in Graph's names where only the normal form is left of it."""
    if isinstance(entry, AuditRecord):
        return entry.raw
    if isinstance(entry, SignIn | RiskDetection):
        return entry.model_dump(mode="json", by_alias=True)
    return {}


@dataclass(frozen=True, slots=True)
class Cells:
    """What rules compare of one record.

    Attributes:
        rows: One, or one for each element where a path leads through a list; a cell for each place.
        whole: The whole record as JSON, "" where no rule wants it.
        partly: Some of it is left out: a list is longer than `ELEMENTS`, a text than `LONGEST`, or the record
            is nested too deeply.
    """

    rows: list[tuple[str | None, ...]]
    whole: str
    partly: bool


def cells(entry: Entry, places: Sequence[str], *, whole: bool = False) -> Cells:
    """Give the cells of one record.

    Args:
        entry: The record.
        places: What is compared, in the order of the cells.
        whole: Whether the whole record is compared as well.
    """
    reading = _Reading(entry)
    found = [reading.values(place) for place in places]
    most = max(map(len, found), default=1)
    if most > ELEMENTS:
        reading.partly = True
    rows = [
        tuple(values[min(number, len(values) - 1)] if values else None for values in found)
        for number in range(min(max(most, 1), ELEMENTS))
    ]
    text = reading.whole() if whole else ""
    return Cells(rows, text, reading.partly)


class _Reading:
    """One record while its cells are read; the names of its fields are made comparable once."""

    def __init__(self, entry: Entry) -> None:
        self.partly = False
        self._entry = entry
        self._raw = raw_of(entry)
        self._lower: dict[int, tuple[Mapping[str, Any], Mapping[str, Any]]] = {}
        self._kept: Mapping[str, list[str]] | None = None
        self._framed = any(name.startswith("properties") for name in self._lowered(self._raw))

    def values(self, place: str) -> list[str]:
        """Give what stands at a place, shortened where it is too long."""
        found = self._values(place)
        if any(len(one) > LONGEST for one in found):
            self.partly = True
            return [one[:LONGEST] for one in found]
        return found

    def whole(self) -> str:
        """Give the whole record as JSON, "" where it is nested too deeply for that."""
        try:
            text = _as_json(self._raw)
        except (RecursionError, ValueError):
            self.partly = True
            return ""
        if len(text) > LONGEST:
            self.partly = True
        return text[:LONGEST]

    def _values(self, place: str) -> list[str]:
        if place.startswith("="):
            return [place[1:]]
        if place.startswith("@"):
            own = _OWN[place](self._entry, self._raw)
            return [own] if own is not None else []
        path = _path(place)
        found: list[str] = []
        self._at(self._raw, path, found)
        if self._framed and not found:
            if path[0] == "properties":
                self._at(self._raw, path[1:], found)
            if not found:
                self._at(self._raw, ("properties", *path), found)
        elif not found and path[0] == "properties":
            self._at(self._raw, path[1:], found)
        if not found and isinstance(self._entry, AuditRecord):
            return self._named(self._entry).get(place.lower(), found)
        return found

    def _at(self, value: Any, path: tuple[str, ...], found: list[str]) -> None:
        """Add what stands at the end of a path; its length bounds how deep this goes."""
        if not path:
            if value is not None:
                found.append(value if isinstance(value, str) else self._text(value))
            return
        if isinstance(value, str):
            value = decoded(value)
        if isinstance(value, Mapping):
            lower = self._lowered(value)
            if path[0] in lower:
                self._at(lower[path[0]], path[1:], found)
            elif len(path) > 1 and (whole := ".".join(path)) in lower:
                self._at(lower[whole], (), found)
        elif isinstance(value, list | tuple):
            if len(value) > ELEMENTS:
                self.partly = True
            for one in value[:ELEMENTS]:
                if isinstance(one, Mapping) and (named := self._value_named(one, ".".join(path))) is not None:
                    found.append(named)
                else:
                    self._at(one, path, found)

    def _text(self, value: object) -> str:
        try:
            return as_text(value)
        except RecursionError:
            self.partly = True
            return ""

    def _value_named(self, one: Mapping[str, Any], wanted: str) -> str | None:
        """Give the value of a ``{Name, Value}`` where it has this name."""
        lower = self._lowered(one)
        if self._text(lower.get("name", lower.get("key", lower.get("displayname")))).lower() != wanted:
            return None
        value = lower.get("value", lower.get("newvalue"))
        return None if value is None else self._text(value)

    def _lowered(self, value: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give a mapping with its names in lower case."""
        known = self._lower.get(id(value))
        if known is None:
            names = _lower_names(tuple(map(str, value)))
            known = self._lower[id(value)] = (value, dict(zip(names, value.values(), strict=True)))
        return known[1]

    def _named(self, record: AuditRecord) -> Mapping[str, list[str]]:
        """Give what the normal form keeps under names: parameters, details, changed properties."""
        if self._kept is None:
            kept: dict[str, list[str]] = {}
            for named in (record.parameters, record.details):
                for name, value in named.items():
                    kept.setdefault(name.lower(), []).append(value)
            for change in record.changes:
                kept.setdefault(change.name.lower(), []).append(change.new)
            self._kept = kept
        return self._kept


def _as_json(raw: Mapping[str, Any]) -> str:
    try:
        return msgspec.json.encode(raw).decode()
    except (UnicodeEncodeError, TypeError, OverflowError):  # half characters, and values of the normal form
        return json.dumps(raw, ensure_ascii=False, separators=(",", ":"), default=str)


@lru_cache(maxsize=1024)
def _path(place: str) -> tuple[str, ...]:
    return tuple(place.lower().split("."))


@lru_cache(maxsize=1024)
def _lower_names(names: tuple[str, ...]) -> tuple[str, ...]:
    # Records of one kind have the same names: to lower them for each place took a third of the time.
    return tuple(name.lower() for name in names)


def _happened(entry: Entry, raw: Mapping[str, Any]) -> str | None:
    if isinstance(entry, SignIn):
        return "Success" if entry.succeeded else "Failure"
    return "Failure" if isinstance(entry, AuditRecord) and entry.succeeded is False else "Success"


def _of_record(name: str) -> Callable[[Entry, Mapping[str, Any]], str | None]:
    def of(entry: Entry, raw: Mapping[str, Any]) -> str | None:
        return getattr(entry, name) or None if isinstance(entry, AuditRecord) else None

    return of


def _protocol(entry: Entry, raw: Mapping[str, Any]) -> str | None:
    if not isinstance(entry, SignIn):
        return None
    return _PROTOCOLS.get(entry.authentication_protocol, entry.authentication_protocol)


_OWN: Final[Mapping[str, Callable[[Entry, Mapping[str, Any]], str | None]]] = {
    **{
        f"@{name}": _of_record(name)
        for name in ("operation", "workload", "record_type", "actor", "owner", "address", "user_agent")
    },
    "@happened": _happened,
    "@protocol": _protocol,
}
"""The names of our normal form: those of `AuditRecord`; whether it happened; the protocol of a sign-in, as
rules name it."""

OWN: Final = frozenset({*_OWN, WHOLE})
