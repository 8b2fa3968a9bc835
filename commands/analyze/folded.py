"""Timelines that wait folded up: those of ten thousand accounts fill the memory, and few are looked at."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, Final, overload

from commands.report import Event


class Folded(Sequence[Event]):
    """Events that are unfolded whenever somebody looks; as fast as that many lines are written."""

    __slots__ = ("_count", "_data")

    def __init__(self, events: Sequence[Event]) -> None:
        self._count = len(events)
        # Pickled, for its texts may hold half characters, and many of them are one and the same. As plain
        # values, for pickle asks each object of a class for its fields by a call of its own.
        self._data = zlib.compress(pickle.dumps([_VALUES(one) for one in events]), 1)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Event]:
        return iter(self._unfolded())

    @overload
    def __getitem__(self, place: int) -> Event: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Event]: ...
    def __getitem__(self, place: int | slice) -> Event | Sequence[Event]:
        return self._unfolded()[place]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(self._unfolded())

    def _unfolded(self) -> tuple[Event, ...]:
        events: Any = pickle.loads(zlib.decompress(self._data))  # noqa: S301 - folded by this very program
        return tuple(Event(*values) for values in events)


_VALUES: Final = attrgetter(*(field.name for field in fields(Event)))
