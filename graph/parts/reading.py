"""Reading items into values without losing count of those that cannot be read."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from graph.effects import Item
from graph.errors import GraphError, NoLicense, NoPermission, NotJson
from graph.repeated import Repeated

M = TypeVar("M", bound=BaseModel)


def read_each(model: type[M], items: Iterable[Item]) -> tuple[tuple[M, ...], tuple[str, ...]]:
    """Read items into values; the second part says how many could not be read, if any."""
    values, unreadable = [], 0
    once = Repeated()
    for item in items:
        try:
            values.append(lean(model.model_validate(item), once))
        except ValidationError:
            unreadable += 1
    return tuple(values), unread(unreadable)


class Reader(Generic[M]):
    """Reads a list page by page, in little space, and counts what is missing. Several threads may call it.

    Args:
        model: What the items are read into.
        within: A field without which an item is not counted as one that lacks others.
        names: The fields that are counted where they did not come.
        first: What an item becomes before it is read.
    """

    def __init__(
        self,
        model: type[M],
        within: str,
        names: Sequence[str],
        first: Callable[[Item], Item] = lambda item: item,
    ) -> None:
        self._model = model
        self._within = within
        self._first = first
        self._once = Repeated()
        self._lock = threading.Lock()
        self._unreadable = 0
        self._unsent = dict.fromkeys(names, 0)

    def __call__(self, page: list[Item]) -> list[M]:
        """Read a page."""
        values: list[M] = []
        unreadable = 0
        for item in page:
            try:
                values.append(lean(self._model.model_validate(self._first(item)), self._once))
            except ValidationError:
                unreadable += 1
        told = [item for item in page if item.get(self._within)]
        with self._lock:
            self._unreadable += unreadable
            for name in self._unsent:
                self._unsent[name] += sum(name not in item for item in told)
        return values

    @property
    def unreadable(self) -> tuple[str, ...]:
        """How many entries could not be read; nothing when all could."""
        return unread(self._unreadable)

    def unsent(self, *names: str) -> tuple[str, ...]:
        """Name the fields that did not come at all, each with the number of entries without it."""
        gaps = [(name, self._unsent[name]) for name in names]
        return tuple(f"{name} of {count} {_entries(count)}" for name, count in gaps if count)


_UNSET: Final[set[str]] = set()


def lean(value: M, once: Repeated) -> M:
    """Hold what a value repeats of others once, and forget which of its fields came: nobody asks for that.

    A validated value takes 7 kB without this, and half a kB with it: fields that are set one by one share
    their names with those of all other values, and a dictionary as pydantic gives it has its own.
    """
    held = value.__new__(type(value))
    put = object.__setattr__
    for name, inner in value.__dict__.items():
        kind = type(inner)
        if kind is str or kind is int:
            put(held, name, once(inner))
        elif kind is tuple:
            parts = [lean(one, once) if isinstance(one, BaseModel) else one for one in inner]
            put(held, name, once(tuple(parts)))
        elif isinstance(inner, BaseModel):
            put(held, name, once(lean(inner, once)))
        else:
            put(held, name, inner)
    put(held, "__pydantic_fields_set__", _UNSET)
    put(held, "__pydantic_extra__", value.__pydantic_extra__)
    put(held, "__pydantic_private__", value.__pydantic_private__)
    return held


def untold(items: Iterable[Item], *names: str) -> tuple[str, ...]:
    """Name the fields that decide and are not told, each with the number of entries that it is missing from.

    Null is as little of an answer as no field at all: a default of ours would read as clean.
    """
    told = list(items)
    gaps = ((name, sum(item.get(name) is None for item in told)) for name in names)
    return tuple(f"{name} of {count} {_entries(count)}" for name, count in gaps if count)


def unsent(items: Iterable[Item], *names: str) -> tuple[str, ...]:
    """Name the fields that decide and did not come at all, each with the number of entries without it.

    For fields of which null is an answer, such as where nothing is forwarded to. No field at all is none.
    """
    told = list(items)
    gaps = ((name, sum(name not in item for item in told)) for name in names)
    return tuple(f"{name} of {count} {_entries(count)}" for name, count in gaps if count)


def _entries(count: int) -> str:
    return "entry" if count == 1 else "entries"


def apart(value: Any) -> tuple[str, ...]:
    """The access rights of an entry, each by itself: one element may hold several with commas between.

    Source: CAPTURE mailbox delegation, ``["FullAccess, ReadPermission"]``.
    """
    return tuple(right.strip() for one in listed(value) for right in str(one).split(",") if right.strip())


def listed(value: Any) -> tuple[Any, ...]:
    """What should be a list; what is none is its only element, and nothing is an empty one."""
    if isinstance(value, (list, tuple)):
        return tuple(value)
    return () if value is None or value == "" else (value,)


def unread(count: int) -> tuple[str, ...]:
    """Say how many entries could not be read; nothing when all could."""
    if not count:
        return ()
    return (f"{count} unreadable {_entries(count)}",)


def lacking(what: str, error: GraphError) -> str:
    """Say what is missing because of an error, and what would help."""
    if isinstance(error, NoPermission | NoLicense) and error.needs:
        return needing(what, error.needs)
    return f"{what} ({error.sentence.rstrip('.')})"


def needing(what: str, need: str) -> str:
    """Say what is missing, and the permission, role or license that would bring it."""
    return f"{what} (needs {need})"


_NEEDS: Final = re.compile(r" \(needs ([^()]+)\)\Z")


def needed_for(gap: str) -> str:
    """Give the need that `needing` named; "" where a gap has none."""
    found = _NEEDS.search(gap)
    return found[1] if found else ""


def graph_time(moment: datetime) -> str:
    """A time as OData writes it: UTC to the second, with Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def segment(text: str) -> str:
    """A value as one segment of a path."""
    return quote(text, safe="")


def literal(text: str) -> str:
    """A text inside the quotes of an OData filter."""
    return text.replace("'", "''")


def without_nulls(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """An object without its null entries; None when nothing is left."""
    return {name: value for name, value in (values or {}).items() if value is not None} or None


def only(items: list[Item], where: str) -> Item:
    """The one item of an answer that always has one.

    Raises:
        NotJson: when it has none.
    """
    if not items:
        raise NotJson(f"{where} returned an empty response.")
    return items[0]
