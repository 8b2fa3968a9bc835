"""What an answer of Microsoft looks like, without anything of what it says. Pure.

Only what is Microsoft's own can come through: the names and enumerations of the contract (`graph.contract`),
numbers that count, and words of this module. A name that the contract does not know is a tenant's until
proven otherwise, see `Names`. The shape is therefore fit for a public bug report.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import orjson

from graph import contract
from graph.contract import Value, Version
from graph.request import Cmdlet, Request

HIDDEN: Final = "(name not shown)"
ANNOTATIONS: Final = frozenset(
    {
        "odata.context",
        "odata.count",
        "odata.deltaLink",
        "odata.editLink",
        "odata.etag",
        "odata.id",
        "odata.navigationLink",
        "odata.nextLink",
        "odata.type",
        "data.type",
        "adminapi.warnings",
        "microsoft.graph.tips",
    }
)
"""What may stand behind an @. Source: OData 4.01, "JSON Format", and answers of Exchange's endpoint."""

_DEEPEST: Final = 12
"""Objects and lists within one another that are looked into; a mail may bring a thousand."""
_FORMS: Final = (
    ("guid", re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")),
    ("time", re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?")),
    ("address", re.compile(r"[^\s@]+@[^\s@]+")),
    ("link", re.compile(r"https?://\S+")),
    ("number", re.compile(r"-?\d+(\.\d+)?")),
)
_PLAIN_NAME = re.compile(r"[A-Za-z]{2,64}")
_WORDS = re.compile(r"[^\W\d_]{4,}")
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


@dataclass(slots=True)
class Names:
    """Which names of fields may be told.

    A tenant can name extension attributes, schema extensions and whatever stands in an open object. In an
    object of a known type such names have a prefix with an underscore, so a name that the contract does not
    know is told only where it is of letters alone, stands in an object whose type is known and not open, and
    holds no word of any value that came. Source: Microsoft Graph, "Add custom data to resources by using
    extensions".

    Attributes:
        words: The words of values, small, of which none may stand in a name.
    """

    words: set[str] = field(default_factory=set)

    def learn(self, text: str) -> None:
        """Take in the words of a value; those that Microsoft's own names consist of do not count."""
        self.words.update(word for word in map(str.casefold, _WORDS.findall(text)) if word not in own_words())

    def shown(self, name: str, *, closed: bool) -> str:
        """The name, or `HIDDEN`."""
        stem, at, note = name.partition("@")
        if at:
            known = note in ANNOTATIONS and (not stem or stem in own_names())
            return name if known else HIDDEN
        if name in own_names():
            return name
        return name if closed and _PLAIN_NAME.fullmatch(name) and not self.holds_a_value(name) else HIDDEN

    def holds_a_value(self, name: str) -> bool:
        """Whether a word of any value stands in the name."""
        small = name.casefold()
        return any(word in small for word in self.words)


@dataclass(slots=True)
class Seen:
    """What was seen at one place of an answer.

    Attributes:
        times: How often something stood there.
        kinds: What it was, such as ``null``, ``text``, ``text (guid)``, ``list`` or ``object``.
        shortest: The least length of a text or list, in characters or elements; None where there was none.
        longest: The greatest length.
        values: The members of Microsoft's enumeration that stood there.
        known: What the contract says of it; None for a name that it does not know.
        closed: Whether the object around it is of a type whose fields are known.
    """

    times: int = 0
    kinds: set[str] = field(default_factory=set)
    shortest: int | None = None
    longest: int | None = None
    values: set[str] = field(default_factory=set)
    known: Value | None = None
    closed: bool = False

    def measure(self, length: int) -> None:
        """Take in a length."""
        self.shortest = length if self.shortest is None else min(self.shortest, length)
        self.longest = length if self.longest is None else max(self.longest, length)


@dataclass(slots=True)
class Shape:
    """The shape of all answers to one question.

    Attributes:
        fields: What the contract says that an item holds; None where it does not know the question.
        names: Which names may be told.
        version: The version of Graph whose fields count.
        items: How many items came.
        places: What was seen, by dotted path; ``[]`` stands behind a list.
    """

    fields: Mapping[str, Value] | None
    names: Names
    version: Version = "v1.0"
    items: int = 0
    places: dict[str, Seen] = field(default_factory=dict)

    def take(self, item: Mapping[str, Any]) -> None:
        """Take in one item."""
        self.items += 1
        own = _own_type(item)
        if own is None:
            self._object(item, "", self.fields or {}, closed=bool(self.fields), depth=0)
        else:
            self._typed(item, "", own, 0)

    def _typed(self, given: Mapping[str, Any], at: str, name: str, depth: int) -> None:
        """Take in an object of a type, which the contract may not know."""
        row = contract.types().get(name)
        fields = contract.fields_of(name, self.version) if row is not None else {}
        self._object(given, at, fields, closed=row is not None and bool(fields) and not row.open, depth=depth)

    def _object(
        self, given: Mapping[str, Any], at: str, fields: Mapping[str, Value], *, closed: bool, depth: int
    ) -> None:
        for name, value in given.items():
            known = fields.get(name)
            place = at + self.names.shown(str(name), closed=closed)
            seen = self.places.setdefault(place, Seen(known=known, closed=closed and "@" not in name))
            seen.times += 1
            self._value(value, place, seen, depth)

    def _value(self, value: Any, place: str, seen: Seen, depth: int) -> None:
        if depth > _DEEPEST:
            return
        match value:
            case None:
                seen.kinds.add("null")
            case bool():
                seen.kinds.add("boolean")
            case int() | float():
                seen.kinds.add("number")
            case str():
                self._text(value, place, seen, depth)
            case list():
                seen.kinds.add("list")
                seen.measure(len(value))
                inside = self.places.setdefault(f"{place}[]", Seen(known=seen.known, closed=seen.closed))
                for element in value:
                    inside.times += 1
                    self._value(element, f"{place}[]", inside, depth + 1)
            case dict():
                seen.kinds.add("object")
                named = _own_type(value) or (seen.known.type if seen.known is not None else "")
                self._typed(value, f"{place}.", named, depth + 1)

    def _text(self, text: str, place: str, seen: Seen, depth: int) -> None:
        seen.measure(len(text))
        row = contract.types().get(seen.known.type) if seen.known is not None else None
        if row is not None and text in row.values:
            seen.kinds.add("enumeration")
            seen.values.add(text)
            return
        inner = _json_in(text)
        if inner is not None:
            seen.kinds.add("text (JSON)")
            self._value(inner, f"{place}{{}}", self.places.setdefault(f"{place}{{}}", Seen()), depth + 1)
            return
        form = next((form for form, pattern in _FORMS if pattern.fullmatch(text)), "")
        seen.kinds.add(f"text ({form})" if form else "text")


def shape_for(what: Request | Cmdlet, names: Names) -> Shape:
    """An empty shape, with what the contract says of the question."""
    if isinstance(what, Cmdlet):
        row = contract.cmdlet(what.name)
        fields = (
            contract.answered(what.name, "compliance" if what.compliance else "exchange") if row else None
        )
        return Shape(fields or None, names)
    endpoint = contract.endpoint_for(what.version, what.method, what.path)
    named = endpoint.answers if endpoint is not None else ""
    fields = contract.fields_of(named, what.version) if named in contract.types() else None
    return Shape(fields or None, names, what.version)


def asked_of(what: Request | Cmdlet) -> frozenset[str]:
    """The fields that an answer should hold: those that were selected, else those that come by themselves."""
    if isinstance(what, Cmdlet):
        return frozenset(what.select) or frozenset(shape_for(what, Names()).fields or ())
    selected = what.query.get("$select")
    if selected:
        return frozenset(selected.split(","))
    endpoint = contract.endpoint_for(what.version, what.method, what.path)
    return frozenset(endpoint.default_fields) if endpoint is not None else frozenset()


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a JSON value, in any order, the names of fields left out.

    Whoever sends a mail may put a thousand brackets into it: this goes as deep as they do.
    """
    left = [value]
    while left:
        match left.pop():
            case str() as text:
                yield text
            case list() as elements:
                left.extend(elements)
            case dict() as fields:
                left.extend(fields.values())


@cache
def own_names() -> frozenset[str]:
    """Every name of a field in the contract."""
    names = {name for row in contract.types().values() for name in _fields(row.fields, row.only.values())}
    names |= {name for one in contract.cmdlets().values() for name in _fields(one.fields, one.only.values())}
    return frozenset(names)


@cache
def own_words() -> frozenset[str]:
    """The words that Microsoft's names and enumerations consist of, small."""
    members = {member for row in contract.types().values() for member in row.values}
    return frozenset(
        word.casefold()
        for name in own_names() | members | set(contract.types())
        for word in _CAMEL.findall(name)
    ) | {name.casefold() for name in own_names() | members | set(contract.types())}


def _fields(common: Mapping[str, Value], more: Iterable[Mapping[str, Value]]) -> set[str]:
    return set(common).union(*more)


def _own_type(item: Mapping[str, Any]) -> str | None:
    """The type that an object says it is of, where the contract has it."""
    named = str(item.get("@odata.type") or "").removeprefix("#").removeprefix("microsoft.graph.")
    return named if named in contract.types() else None


def _json_in(text: str) -> Any:
    """The JSON that a text holds as a whole, where it is an object or a list; else None."""
    if text[:1] not in ("{", "["):
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
