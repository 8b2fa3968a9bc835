"""Our normal records as the cells that rules compare. Pure.

A place in a record is a path in it as it came, in any case; through lists it gives a value for each element,
and ends at a list or an object with its JSON. In lists of named values, as Microsoft writes a cmdlet's
parameters or changed properties, a name is followed as well. After a ``@`` it is one of the names of `_OWN`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from commands.sigma.shapes import Table
from graph.audit_log.files import Entry
from graph.audit_log.pieces import as_text, decoded
from graph.audit_log.record import AuditRecord
from graph.resources.sign_ins import RiskDetection, SignIn

ELEMENTS: Final = 50
"""Elements of a list that are compared; beyond that a record's lists are only compared as a whole."""

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


def rows(entry: Entry, places: Mapping[str, str]) -> Iterator[dict[str, str | None]]:
    """Yield the rows of one record: one, or one for each element where a path leads through a list.

    Args:
        entry: The record.
        places: The columns, each with its place.
    """
    raw = raw_of(entry)
    found = {column: _values(entry, raw, place) for column, place in places.items()}
    most = max((len(values) for values in found.values()), default=1)
    for number in range(min(max(most, 1), ELEMENTS)):
        yield {
            column: values[min(number, len(values) - 1)] if values else None
            for column, values in found.items()
        }


def _values(entry: Entry, raw: Mapping[str, Any], place: str) -> list[str]:
    if place.startswith("="):
        return [place[1:]]
    if place.startswith("@"):
        own = _OWN[place](entry, raw)
        return [own] if own is not None else []
    found = list(_at(raw, place.split(".")))
    if not found and place.lower().startswith("properties."):
        found = list(_at(raw, place.split(".")[1:]))
    if not found:
        found = list(_at(raw, ["properties", *place.split(".")]))
    if not found and isinstance(entry, AuditRecord):
        found = list(_named(entry, place))
    return found


def _at(value: Any, path: list[str]) -> Iterator[str]:
    """Yield what stands at the end of a path."""
    if not path:
        if value is not None:
            yield value if isinstance(value, str) else as_text(value)
        return
    if isinstance(value, str):
        value = decoded(value)
    if isinstance(value, Mapping):
        lower = {str(key).lower(): one for key, one in value.items()}
        if path[0].lower() in lower:
            yield from _at(lower[path[0].lower()], path[1:])
        elif len(path) > 1 and (whole := ".".join(path).lower()) in lower:
            yield from _at(lower[whole], [])
    elif isinstance(value, list | tuple):
        wanted = ".".join(path).lower()
        for one in value[:ELEMENTS]:
            if isinstance(one, Mapping) and (named := _value_named(one, wanted)) is not None:
                yield named
            else:
                yield from _at(one, path)


def _value_named(one: Mapping[str, Any], wanted: str) -> str | None:
    """Give the value of a ``{Name, Value}`` where it has this name."""
    lower = {str(key).lower(): value for key, value in one.items()}
    if as_text(lower.get("name", lower.get("key", lower.get("displayname")))).lower() != wanted:
        return None
    value = lower.get("value", lower.get("newvalue"))
    return None if value is None else as_text(value)


def _named(record: AuditRecord, name: str) -> Iterator[str]:
    """Yield what the normal form keeps under a name: a parameter, a changed property, a detail."""
    wanted = name.lower()
    for kept in (record.parameters, record.details):
        yield from (value for key, value in kept.items() if key.lower() == wanted)
    yield from (change.new for change in record.changes if change.name.lower() == wanted)


def _whole(entry: Entry, raw: Mapping[str, Any]) -> str:
    return json.dumps(raw, ensure_ascii=False, separators=(",", ":"), default=str)


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
    "@whole": _whole,
}
"""The names of our normal form: those of `AuditRecord`; whether it happened; the protocol of a sign-in, as
rules name it; and the whole record as JSON."""

OWN: Final = frozenset(_OWN)
