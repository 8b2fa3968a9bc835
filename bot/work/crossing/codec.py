"""What crosses between keeper and worker is JSON of a known shape, within bounds, and never code.

A task crosses as an object, in the engine's own tables; a result, or how far it is, crosses compressed, in a
table of ours. `checks/task.py`, `hunts/task.py` and `rechecks/task.py` say what each kind of work sends.

A result is lines of JSON: first all of it with its long lists empty, then some hundred values of one of these
lists a line, after its name. So neither side ever holds the text of a full mailbox, which has hundreds of
megabytes, nor what a parser makes of it. A result without long lists is one line.
"""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import chain
from typing import Any, Final, Generic, TypeVar

from pydantic import TypeAdapter
from pydantic_core import SchemaValidator

from bot.artefacts.json_pieces import pieces, whole
from bot.errors import BotError

T = TypeVar("T")

PACKED: Final = 64 * 1024 * 1024
"""The most bytes that one result may have when it is compressed."""

UNPACKED: Final = 512 * 1024 * 1024
"""The most bytes that it may have otherwise. A report of 300,000 records has a fifth of it."""

LINE: Final = 64 * 1024 * 1024
"""The most bytes of one line of it: some hundred of the longest records have a few of these."""

PART: Final = 200
"""How many values of a long list are in one line: who reads a line lets no other thread compute meanwhile."""

STEP: Final = 64 * 1024
"""How many bytes are decompressed, and come of it, at once."""

SHOWN: Final = 1024 * 1024
"""The most bytes that a sent progress may have when it is compressed."""

SHOWN_WHOLE: Final = 16 * 1024 * 1024
"""The most bytes that it may have otherwise."""


_MANY: Final = frozenset({"list", "tuple", "set", "frozenset", "dict"})

VALUES: Final = 22_000_000
"""The most values that a result may have: the largest that may come has 24 bytes for each of them."""

VALUES_OF_LINE: Final = 3_000_000
"""The most values of one line, which may take a gigabyte while it is read."""

FEW: Final = 10_000
DENSITY: Final = 12
"""The fewest bytes that a value has on the average, where there are more than a few: what workers send has 20
to 28. Of a few thousand bytes somebody could else make gigabytes of brackets."""


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


@dataclass(frozen=True, slots=True)
class LongLists(Generic[T]):
    """How the long lists of a kind of result are taken out of it, and put back.

    Attributes:
        out: Gives the same without what is in them, and what is in them by their names.
        reader: Gives what reads the lists of one result: from the name of one and some of its values as JSON,
            which come in the order of `out`. That raises LookupError where there is no such list.
        back: Puts what came of each list into what came without. Raises LookupError where it has no such
            list.
    """

    out: Callable[[T], tuple[T, Mapping[str, Sequence[Any]]]]
    reader: Callable[[], Callable[[str, bytes], Sequence[Any]]]
    back: Callable[[T, Mapping[str, Sequence[Any]]], T]


class ResultCodec(Generic[T]):
    """Writes and reads what goes back to the keeper, compressed and within bounds.

    Args:
        kind: What it is.
        small: Whether it is how far something is, of which the keeper reads less than of a result.
        long: Its long lists; None where it has none.
    """

    def __init__(self, kind: type[T], *, small: bool = False, long: LongLists[T] | None = None) -> None:
        # An error takes more memory than what is wrong, so the first one in a list is enough. The validators
        # that single classes have ready know nothing of that.
        self._reader = SchemaValidator(_hasty(TypeAdapter(kind).core_schema), _use_prebuilt=False)
        self._small = small
        self._long = long

    def pack(self, value: T, each: Callable[[Any], Any] | None = None) -> bytes:
        """Write something, compressed.

        Args:
            value: What.
            each: What becomes of every value in its lists, just before it is written.

        Raises:
            ResultRefused: there is more of it than the keeper takes.
        """
        made, press = BytesIO(), zlib.compressobj(1)
        size = longest = 0
        for line in self._lines(value, each):
            length = 0
            for piece in line:
                length += len(piece)
                made.write(press.compress(piece))
            size, longest = size + length, max(longest, length)
        made.write(press.flush())
        if size > UNPACKED or longest > LINE or made.tell() > PACKED:
            raise ResultRefused(f"The result has {size // 2**20} MB, which is more than the bot takes.")
        return made.getvalue()

    def _lines(self, value: T, each: Callable[[Any], Any] | None) -> Iterator[Iterator[bytes]]:
        if self._long is None:
            yield pieces(value, each)
            return
        short, lists = self._long.out(value)
        yield pieces(short, each)
        for name, values in lists.items():
            for start in range(0, len(values), PART):
                yield chain((f"\n{name} ".encode(),), pieces(values[start : start + PART], each))

    def unpack(self, sent: bytes) -> T:
        """Read what `pack` wrote.

        Raises:
            ResultUnreadable: it is none of this, or too large.
        """
        try:
            lines = _lines(sent, *((SHOWN, SHOWN_WHOLE) if self._small else (PACKED, UNPACKED)))
            return self._read(_not_dense(lines))
        except ResultUnreadable:
            raise
        except Exception as error:
            # Whatever a reader of ours makes of it: a time of no form is no ValidationError.
            raise ResultUnreadable("The worker sent something that cannot be read.") from error

    def _read(self, lines: Iterator[bytes]) -> T:
        found: T = self._reader.validate_json(next(lines))
        if self._long is None:
            for line in lines:
                raise LookupError(line[:20])
            return found
        read, lists = self._long.reader(), defaultdict[str, list[Any]](list)
        for line in lines:
            name, _, text = line.partition(b" ")
            lists[name.decode()].extend(read(name.decode(), text))
        return self._long.back(found, lists)


def _not_dense(lines: Iterator[bytes]) -> Iterator[bytes]:
    """See of each line, before it is read, that what a parser makes of it has bounds.

    Raises:
        ResultUnreadable: it has too many values for its length, or all of them have.
    """
    total = 0
    for line in lines:
        values, most = _values(line), min(FEW + len(line) // DENSITY, VALUES_OF_LINE)
        if values > most:
            # Whoever writes a subject line of commas must not keep a mailbox from being checked.
            values = _values(_TEXT.sub(b"", line))
        total += values
        if values > most or total > VALUES:
            raise ResultUnreadable("The worker sent something that has too many parts.")
        yield line


_TEXT: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
"""A text in JSON, also one that never ends: so no line can make it look twice at the same bytes."""


def _values(line: bytes) -> int:
    """Count values, and whatever in texts looks like the beginning of one."""
    return sum(map(line.count, (b",", b"{", b"[")))


def _hasty(schema: Any) -> Any:
    """Give a schema that looks no further in a list once something in it is wrong."""
    if isinstance(schema, list):
        return [_hasty(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    hasty = {name: _hasty(one) for name, one in schema.items()}
    return {**hasty, "fail_fast": True} if schema.get("type") in _MANY else hasty


def _lines(sent: bytes, most: int, whole: int) -> Iterator[bytes]:
    """Decompress something, line by line.

    Raises:
        ResultUnreadable: it is cut off or too large.
        zlib.error: it is not compressed.
    """
    begun: list[bytes] = []
    length = 0
    for piece in _decompressed(sent, most, whole):
        *ends, rest = piece.split(b"\n")
        for end in ends:
            yield b"".join((*begun, end))
            begun, length = [], 0
        begun.append(rest)
        length += len(rest)
        if length > LINE:
            raise ResultUnreadable(_TOO_LARGE)
    yield b"".join(begun)


def _decompressed(sent: bytes, most: int, whole: int) -> Iterator[bytes]:
    if len(sent) > most:
        raise ResultUnreadable(_TOO_LARGE)
    reader, size = zlib.decompressobj(), 0
    for start in range(0, len(sent), STEP):
        part = sent[start : start + STEP]
        # What came of a part may be more than a step: then some of the part is left, or lies in the reader.
        while piece := reader.decompress(part, STEP):
            size += len(piece)
            if size > whole:
                raise ResultUnreadable(_TOO_LARGE)
            yield piece
            part = reader.unconsumed_tail
        if reader.unused_data:
            break
    if not reader.eof or reader.unused_data:
        raise ResultUnreadable(_TOO_LARGE)


_TOO_LARGE: Final = "The worker sent something that is cut off or too large."
