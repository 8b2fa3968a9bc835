"""Audit records of which there may be a hundred thousand in memory: the same values in a tenth of the space.

A record's texts repeat those of its neighbors, so each text is held once; its tables of names and texts share
the names; and the record as it came lies compressed beside its neighbors until somebody asks for it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import orjson

from graph.audit_log.record import AuditRecord, Item, PropertyChange
from graph.repeated import Repeated

BLOCK: Final = 64
"""How many records are compressed together: enough to be small, few enough to be read in milliseconds."""

_OPEN_BLOCKS: Final = 16
"""How many blocks stay open, of which each check needs two: its records are read in the order of time, in
which they came, from few sources. Fewer would have eight checks at once open each other's for every record.
"""


class Columns(Mapping[str, str]):
    """A table of names and texts; all tables with the same names share them."""

    __slots__ = ("_places", "_texts")

    def __init__(self, table: Mapping[str, str], once: Repeated) -> None:
        self._places = _places_of(tuple(table))
        self._texts = tuple([once(text) for text in table.values()])

    def __getitem__(self, name: str) -> str:
        return self._texts[self._places[name]]

    def get(self, name: str, default: Any = None) -> Any:
        """Give the text of a name."""
        place = self._places.get(name)
        return default if place is None else self._texts[place]

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._texts)

    def __repr__(self) -> str:
        return repr(dict(self))


@lru_cache(maxsize=4096)
def _places_of(names: tuple[str, ...]) -> dict[str, int]:
    return {name: place for place, name in enumerate(names)}


class Block:
    """Some objects, compressed together."""

    __slots__ = ("_packed",)

    def __init__(self, objects: Sequence[Mapping[str, Any]]) -> None:
        self._packed = zlib.compress(orjson.dumps(objects), 1)

    def opened(self) -> list[dict[str, Any]]:
        """Give the objects."""
        found: list[dict[str, Any]] = orjson.loads(zlib.decompress(self._packed))
        return found


_opened = lru_cache(maxsize=_OPEN_BLOCKS)(Block.opened)


class Packed(Mapping[str, Any]):
    """One object of a block, which is opened when it is read."""

    __slots__ = ("_block", "_place")

    def __init__(self, block: Block, place: int) -> None:
        self._block = block
        self._place = place

    def __getitem__(self, name: str) -> Any:
        return _opened(self._block)[self._place][name]

    def get(self, name: str, default: Any = None) -> Any:
        """Give the value of a name."""
        return _opened(self._block)[self._place].get(name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(_opened(self._block)[self._place])

    def __len__(self) -> int:
        return len(_opened(self._block)[self._place])

    def __repr__(self) -> str:
        return repr(_opened(self._block)[self._place])


def compact(records: Sequence[AuditRecord], once: Repeated) -> list[AuditRecord]:
    """Give the same records in little space.

    Args:
        records: Some that came together.
        once: What they share with those before them.
    """
    found: list[AuditRecord] = []
    for start in range(0, len(records), BLOCK):
        part = records[start : start + BLOCK]
        try:
            block = Block([record.raw for record in part])
        except (TypeError, orjson.JSONEncodeError):
            # Halves of characters and numbers beyond 64 bits, which tenants do send, stay as they are.
            found.extend(_lean(record, record.raw, once) for record in part)
            continue
        found.extend(_lean(record, Packed(block, place), once) for place, record in enumerate(part))
    return found


def held(record: AuditRecord, once: Repeated) -> AuditRecord:
    """Give a record in little space, without the form in which it came.

    Args:
        record: One that came from a worker.
        once: What it shares with those before it.
    """
    return _lean(record, _NO_FORM, once)


def _lean(record: AuditRecord, raw: Mapping[str, Any], once: Repeated) -> AuditRecord:
    return replace(
        record,
        operation=once(record.operation),
        record_type=once(record.record_type),
        workload=once(record.workload),
        actor=once(record.actor),
        owner=once(record.owner),
        object_id=once(record.object_id),
        address=once(record.address),
        user_agent=once(record.user_agent),
        client=once(record.client),
        session_id=once(record.session_id),
        app_id=once(record.app_id),
        error_code=once(record.error_code),
        parameters=_columns(record.parameters, once),
        changes=tuple([_change(one, once) for one in record.changes]),
        items=tuple([_item(one, once) for one in record.items]),
        details=_columns(record.details, once),
        raw=raw,
    )


_NO_FORM: Final[Mapping[str, Any]] = {}
_NONE: Final[Mapping[str, str]] = Columns({}, Repeated())


def _columns(table: Mapping[str, str], once: Repeated) -> Mapping[str, str]:
    return Columns(table, once) if table else _NONE


def _change(one: PropertyChange, once: Repeated) -> PropertyChange:
    return PropertyChange(once(one.name), once(one.old), once(one.new))


def _item(one: Item, once: Repeated) -> Item:
    return Item(once(one.subject), one.internet_message_id, once(one.folder), one.id)
