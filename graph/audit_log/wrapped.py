"""Records inside objects and texts that no known form describes, wherever in them they lie.

A pipeline puts a record under a field of its own making (`body`, `event`, `@rawstring`), as an object, as its
text or as that in base64, gzipped or not; a response holds lists several levels deep, or objects by their
ids. Only what no form is known for is searched, and only what a form's reader takes whole is a record, so
that this finds nothing inside of a record that is read already.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from graph.audit_log.forms.batches import records_in
from graph.audit_log.pieces import decoded, plain_name
from graph.errors import UnknownForm, UnreadableRecord

DEEPEST: Final = 10
"""How many levels down it is looked, a text in which an object stands counted as one."""

LOOKED_AT: Final = 20_000
"""How many values are looked at behind the last record that was found, before the search ends."""

PLACES: Final = 100
"""How many places are told apart."""

_NAMED: Final = 3
_SHORTEST: Final = 40
"""No text of fewer characters holds a record with an operation and a time."""

_BASE64: Final = re.compile(r"[A-Za-z0-9+/_\-\s]{40,}+={0,2}+\s*+")
_STEP: Final = 60


class Read(Protocol):
    """A form's reader, asked whether it takes an object."""

    def __call__(self, raw: Mapping[str, Any], /) -> tuple[Hashable, Hashable, bool]:
        """Read it closely.

        Returns:
            What tells the record from all others; who did what and when; and whether it has an id of its own.

        Raises:
            UnknownForm: when no form is known for it.
            UnreadableRecord: when one is, and it cannot be read.
        """


@dataclass(slots=True)
class Inside:
    """What an object of unknown form holds.

    Attributes:
        records: The records, each once.
        places: Where they lie, such as ``response.data.items``.
        unread: Objects that no record was made of, with the reason: of a known form and not readable, or in a
            list among records.
        ended: The search ended before all was looked at.
    """

    records: list[Mapping[str, Any]] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    unread: list[tuple[Mapping[str, Any], str]] = field(default_factory=list)
    ended: bool = False


def search(raw: Mapping[str, Any], read: Read) -> Inside:
    """Find the records inside of an object that is none itself."""
    looking = _Search(read)
    looking.below(raw, (), 0)
    return looking.found()


class _Search:
    def __init__(self, read: Read) -> None:
        self._read = read
        self._seen: set[Hashable] = set()
        self._held: list[tuple[Mapping[str, Any], tuple[str, ...], Hashable, bool]] = []
        self._unread: list[tuple[Mapping[str, Any], str]] = []
        self._since = 0

    def found(self) -> Inside:
        """Give what was found; a copy that lost its id is told by who did what and when."""
        named = {what for _, _, what, has_id in self._held if has_id}
        kept = [one for one in self._held if one[3] or one[2] not in named]
        return Inside(
            records=[record for record, *_ in kept],
            places=list(_places([tuple(map(_step, way)) for _, way, *_ in kept])),
            unread=self._unread,
            ended=self._since > LOOKED_AT,
        )

    def below(self, value: Any, way: tuple[str, ...], depth: int) -> bool:
        """Look at what a value holds; say whether there is a record in it."""
        if depth >= DEEPEST:
            return False
        kind = type(value)
        if kind is str:
            return self._listed(_objects_in(value), way, depth)
        if kind is list:
            return self._listed(value, way, depth)
        if kind is not dict and not isinstance(value, Mapping):
            return False
        if (rows := _rows_in(value)) is not None:
            return self._listed(rows, way, depth)
        holds = [
            self._at(one, (*way, str(name)), depth + 1)[0] for name, one in value.items() if _may_hold(one)
        ]
        return any(holds)

    def _listed(self, values: list[Any], way: tuple[str, ...], depth: int) -> bool:
        looked = [(one, *self._at(one, way, depth + 1)) for one in values if _may_hold(one)]
        if not any(holds for _, holds, _ in looked):
            return False
        self._unread += [(one, why) for one, holds, why in looked if not holds and why]
        return True

    def _at(self, value: object, way: tuple[str, ...], depth: int) -> tuple[bool, str]:
        """Look at a value; say whether it is or holds a record, and why an object is none."""
        self._since += 1
        if self._since > LOOKED_AT:
            return False, ""
        why = ""
        if type(value) is dict:
            try:
                key, what, has_id = self._read(value)
            except UnknownForm as wrong:
                why = wrong.sentence
            except UnreadableRecord as wrong:
                self._unread.append((value, wrong.sentence))
                return False, ""
            else:
                self._since = 0
                if key not in self._seen:
                    self._seen.add(key)
                    self._held.append((value, way, what, has_id))
                return True, ""
        return self.below(value, way, depth), why


def _rows_in(value: Mapping[str, Any]) -> list[Any] | None:
    """Give the rows of a query's table, by the names of its columns; None where it is none."""
    if list not in map(type, value.values()):
        return None
    low = {plain_name(str(name)): one for name, one in value.items() if isinstance(one, list)}
    columns = low.get("columns") or low.get("fields")
    if columns is None or "rows" not in low:
        return None
    return list(records_in({"tables": [{"columns": columns, "rows": low["rows"]}]}))


def _may_hold(value: Any) -> bool:
    kind = type(value)
    if kind is str:
        return len(value) >= _SHORTEST  # by its type, which is quicker told
    # What JSON gives are these and no others.
    return (kind is dict or kind is list) and bool(value)


def _objects_in(text: str) -> list[Any]:
    """Give the objects that a text consists of or ends in, also where it is base64."""
    value = decoded(text)
    if not isinstance(value, str):
        return [value]
    if value is not text:  # it was encoded twice
        return [value]
    at = text.find('{"')
    if at >= 0:
        return list(_following(text, at))
    if _BASE64.fullmatch(text):
        try:
            data = base64.b64decode("".join(text.split()).translate(_URL_SAFE) + "==")
            plain = (_unpacked(data) if data.startswith(_GZIP) else data).decode()
        except (binascii.Error, ValueError, zlib.error):
            return []
        return [plain] if "{" in plain else []
    return []


def _unpacked(data: bytes) -> bytes:
    """Undo gzip; nothing comes of what unpacks to far more than records do."""
    member = zlib.decompressobj(_WINDOW)
    found = member.decompress(data, _RATIO * len(data))
    return b"" if member.unconsumed_tail else found


_GZIP: Final = b"\x1f\x8b"
_WINDOW: Final = 31  # zlib's largest window, with gzip's frame around it
_RATIO: Final = 100
"""How many times its own size a text in base64 may unpack to; records pack to a tenth or twentieth."""

_URL_SAFE: Final = str.maketrans("-_", "+/")
_DECODER: Final = json.JSONDecoder(strict=False)


def _following(text: str, at: int) -> Iterator[Any]:
    """Give the objects that follow one another in a text; the first that is none ends it."""
    while at >= 0:
        try:
            value, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        yield value
        at = text.find('{"', end)


def _step(name: str) -> str:
    """Give a field's name as it is shown: a file may hold anything."""
    if len(name) <= _STEP and name.isprintable() and name:
        return name
    return "".join(char for char in name[:_STEP] if char.isprintable()) or "…"


def _places(ways: list[tuple[str, ...]]) -> Iterator[str]:
    """Give where records lie; many fields beside one another, as their ids are, are one place."""
    beside: dict[tuple[str, ...], set[str]] = {}
    for way in set(ways):
        if way:
            beside.setdefault(way[:-1], set()).add(way[-1])
    told: dict[str, None] = {}
    for way in ways:
        many = bool(way) and len(beside[way[:-1]]) > 1
        told[".".join((*way[:-1], EACH) if many else way)] = None
        if len(told) >= PLACES:
            break
    yield from told


EACH: Final = "*"
"""Stands in a place for many names, such as ids."""


def said(places: Mapping[str, None]) -> str:
    """Say where records were found; "" where all lay plain."""
    above: dict[str, list[str]] = {}
    for place in places:
        above.setdefault(place.rpartition(".")[0], []).append(place)
    told: dict[str, None] = {}
    for start, alike in above.items():
        if len(alike) > _NAMED:
            told[f"{start}.{EACH}".lstrip(".")] = None
        else:
            told |= dict.fromkeys(alike)
    named = list(told)[:_NAMED]
    more = " and other fields" if len(told) > _NAMED else ""
    return f"records under {', '.join(named)}{more}" if named else ""
