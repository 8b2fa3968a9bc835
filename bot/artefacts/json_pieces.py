"""Values as JSON, written piece by piece, so that nobody holds what a full mailbox comes to twice.

What is written is what pydantic writes of the same values at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, Final

from pydantic_core import PydanticSerializationError, SchemaSerializer, core_schema, to_json

TOGETHER: Final = 1_000
"""How many values of a list are written at once: few enough to be small beside all of them."""

_ANYTHING: Final = SchemaSerializer(core_schema.any_schema())


def pieces(value: Any, each: Callable[[Any], Any] | None = None) -> Iterator[bytes]:
    """Write a value as JSON. Halves of characters, which tenants do send and no JSON holds, become ``?``.

    Args:
        value: Of dataclasses and lists on the outside, and of anything that pydantic knows within.
        each: What becomes of every value in one of those lists, just before it is written.

    Raises:
        PydanticSerializationError: Nobody knows how to write something in it.
    """
    if is_dataclass(value):
        for number, field in enumerate(fields(value)):
            yield b'%b"%b":' % (b"," if number else b"{", field.name.encode())
            yield from pieces(getattr(value, field.name), each)
        yield b"}"
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        yield b"["
        listed = tuple(value)  # a timeline may be folded up, and unfolds as a whole
        for start in range(0, len(listed), TOGETHER):
            part = listed[start : start + TOGETHER]
            if start:
                yield b","
            yield _written(part if each is None else tuple(map(each, part)))[1:-1]
        yield b"]"
    else:
        yield _written(value)


def _written(value: Any) -> bytes:
    try:
        # What holds names and texts in little space is written as a plain object.
        return to_json(value, by_alias=True, fallback=dict)
    except (PydanticSerializationError, UnicodeEncodeError):
        return to_json(whole(_ANYTHING.to_python(value, by_alias=True, fallback=dict)))


def whole(value: Any) -> Any:
    """Give the same value, without halves of characters, which no database keeps as text."""
    if type(value) is str:
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {whole(name): whole(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [whole(inner) for inner in value]
    return value
