"""What crosses between keeper and worker is JSON of a known shape, within bounds, and never code.

A task crosses as an object, in the engine's own tables; a result, or how far it is, crosses compressed, in a
table of ours. `checks/task.py`, `hunts/task.py` and `rechecks/task.py` say what each kind of work sends.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any, Final, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from bot.artefacts.json_pieces import pieces, whole
from bot.errors import BotError

T = TypeVar("T")

PACKED: Final = 64 * 1024 * 1024
"""The most bytes that one result may have when it is compressed."""

UNPACKED: Final = 512 * 1024 * 1024
"""The most bytes that it may have otherwise. A report of 300,000 records has a fifth of it."""

SHOWN: Final = 1024 * 1024
"""The most bytes that a sent progress may have when it is compressed."""

SHOWN_WHOLE: Final = 16 * 1024 * 1024
"""The most bytes that it may have otherwise."""


class ResultRefused(BotError):
    """What a worker sent cannot be used; says why."""


class ResultUnreadable(ResultRefused):
    """What a worker sent is of another version, damaged, or too large."""


class TaskCodec(Generic[T]):
    """Writes and reads the tasks of one kind of work.

    Args:
        kind: What such a task is.
    """

    def __init__(self, kind: type[T]) -> None:
        self._adapter = TypeAdapter(kind)

    def write(self, task: T) -> dict[str, Any]:
        """Write a task as JSON."""
        sent: dict[str, Any] = whole(self._adapter.dump_python(task, mode="json"))
        return sent

    def read(self, sent: Mapping[str, Any]) -> T:
        """Read a task.

        Raises:
            pydantic.ValidationError: it is none.
        """
        return self._adapter.validate_python(sent)

    def crossed(self, task: T) -> T:
        """Give a task as it is after it crossed: half a character, say, does not arrive."""
        return self.read(self.write(task))


class ResultCodec(Generic[T]):
    """Writes and reads what goes back to the keeper, compressed and within bounds.

    Args:
        kind: What it is.
        small: Whether it is how far something is, of which the keeper reads less than of a result.
    """

    def __init__(self, kind: type[T], *, small: bool = False) -> None:
        self._adapter = TypeAdapter(kind)
        self._small = small

    def pack(self, value: T, each: Callable[[Any], Any] | None = None) -> bytes:
        """Write something, compressed.

        Args:
            value: What.
            each: What becomes of every value in its lists, just before it is written.

        Raises:
            ResultRefused: there is more of it than the keeper takes.
        """
        made, press, size = BytesIO(), zlib.compressobj(1), 0
        for piece in pieces(value, each):
            size += len(piece)
            made.write(press.compress(piece))
        made.write(press.flush())
        if size > UNPACKED or made.tell() > PACKED:
            raise ResultRefused(f"The result has {size // 2**20} MB, which is more than the bot takes.")
        return made.getvalue()

    def unpack(self, sent: bytes) -> T:
        """Read what `pack` wrote.

        Raises:
            ResultUnreadable: it is none of this, or too large.
        """
        reader = zlib.decompressobj()
        most, whole = (SHOWN, SHOWN_WHOLE) if self._small else (PACKED, UNPACKED)
        try:
            text = reader.decompress(sent, whole) if len(sent) <= most else b""
            if not text or not reader.eof:
                raise ResultUnreadable("The worker sent something that is cut off or too large.")
            return self._adapter.validate_json(text)
        except (zlib.error, ValidationError) as error:
            raise ResultUnreadable("The worker sent something that cannot be read.") from error
