"""The fields of one audit record, found whatever their letters' case and by each name that they go under."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from graph.audit_log.pieces import PLAIN_START, SCALARS, as_text, is_blank, plain_name

# Names that other collectors use for the same thing: Log Analytics' OfficeActivity and Entra's diagnostic
# stream.
_ALIASES: Final = {
    "id": ("officeid", "recordid", "identity"),
    "creationtime": ("timegenerated", "creationdate", "createddatetime"),
    "operation": ("operations",),
    "workload": ("officeworkload",),
    "objectid": ("officeobjectid",),
    "userid": ("userids",),
    "clientip": ("client_ip",),
    "clientipaddress": ("client_ipaddress",),
    "sessionid": ("session_id",),
    "logontype": ("logon_type",),
    "item": ("items",),
}

OWN_FIELDS: Final = frozenset(
    {
        "id",
        "creationtime",
        "operation",
        "recordtype",
        "workload",
        "userid",
        "usertype",
        "objectid",
        "clientip",
        "clientipaddress",
        "actoripaddress",
        "useragent",
        "clientinfostring",
        "parameters",
        "modifiedproperties",
        "extendedproperties",
        "operationproperties",
        "deviceproperties",
        "item",
        "affecteditems",
        "folders",
        "timegenerated",
        "organizationid",
        "version",
        "raw",
    }
)


def plain_key(key: str) -> str:
    """Lower a field's name; "" for the types that Graph notes beside fields, with @odata in the name."""
    return "" if "@odata" in key else plain_name(key)


_ALIAS_NAMES: Final = frozenset(name for names in _ALIASES.values() for name in names)


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the names of a record's fields tell, whatever their values.

    Attributes:
        names: The fields by their names in lower case; the first of several that differ only in case.
        details: The fields that belong into `details`: they have no place of their own in the normal form.
        aliased: Some other collector's name is among them.
    """

    names: Mapping[str, str]
    details: tuple[str, ...]
    aliased: bool


@lru_cache(maxsize=1024)
def _shape_of(keys: tuple[str, ...]) -> _Shape:
    # Records of one kind have the same fields in the same order: to look at thirty names anew for each record
    # took a quarter of the time.
    names: dict[str, str] = {}
    for key in keys:
        if name := plain_key(key):
            names.setdefault(name, key)
    details = tuple(key for key in keys if (name := plain_key(key)) and name not in OWN_FIELDS)
    return _Shape(names, details, aliased=not _ALIAS_NAMES.isdisjoint(names))


class Fields:
    """Case-blind look into one record, with the other collectors' names.

    `get` is the method of a plain dictionary from lower-case names to values: a record is looked into thirty
    times, and a method of ours for that took a sixth of the time of reading it.
    """

    __slots__ = ("_details", "_raw", "get")

    get: Callable[[str], Any]

    def __init__(self, raw: Mapping[str, Any]) -> None:
        shape = _shape_of(tuple(raw))
        self._raw = raw
        self._details = shape.details
        if len(shape.names) == len(raw):  # the names stand in the record's own order
            values = dict(zip(shape.names, raw.values(), strict=True))
        else:
            values = {name: raw[key] for name, key in shape.names.items()}
        self.get = (with_aliases(values) if shape.aliased else values).get

    def text(self, key: str) -> str:
        """Give a field as text, "" where it is missing or blank."""
        value = self.get(key)
        if value is None:
            return ""
        # As in `as_text`, written out: a dozen calls a record were saved.
        if type(value) is str and value and value[0] in PLAIN_START and value[-1] > " ":
            return value
        return as_text(value)

    def scalars(self) -> dict[str, str]:
        """Give the plain values of all fields that are none of AuditData's own, under their own names."""
        found = {}
        raw = self._raw
        for key in self._details:
            value = raw[key]
            kind = type(value)
            # Written out for the most frequent case: a dozen calls of `as_text` a record were saved.
            if kind is str and value and value[0] in PLAIN_START and value[-1] > " ":
                found[key] = value
            elif kind in SCALARS and (text := as_text(value)):
                found[key] = text
        return found


def with_aliases(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give what other collectors call differently under its own name too, where that is blank."""
    found = dict(values)
    for key, others in _ALIASES.items():
        if not is_blank(value := values.get(key)):
            continue
        for other in others:
            value = values.get(other)
            if not is_blank(value):
                break
        found[key] = value
    return found
