"""Members of a tar archive, read from the front, and streams packed with bzip2 and xz.

Source: POSIX.1-2017, "pax" (ustar and pax interchange format); GNU tar manual, "Basic Tar Format" (long
names and sizes of more than eight gigabytes); Python, "bz2" and "lzma".
"""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final, Protocol

from graph.audit_log.limits import CHUNK

_BLOCK: Final = 512
_MAGIC: Final = slice(257, 262)
_NAME: Final = slice(0, 100)
_SIZE: Final = slice(124, 136)
_KIND: Final = 156
_PREFIX: Final = slice(345, 500)
_FILES: Final = frozenset({b"0", b"\0", b"7"})
_LONG_NAME: Final = b"L"
_PAX: Final = b"x"
_PATH: Final = b" path="
_LONGEST_NAME: Final = 1 << 16
"""Bytes of what is told of a file beside its content: a name and little else."""

BZIP2: Final = b"BZh"
XZ: Final = b"\xfd7zXZ\0"
_MEMORY: Final = 1 << 27
"""Bytes that unpacking xz may take; its own highest preset takes half."""

TRUNCATED: Final = "It is truncated; what comes before the cut was read."


class Stream(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes:
        """Give up to so many bytes, b"" at the end."""


class Content:
    """What a member holds; `cut` says after the last piece why not all of it came."""

    def __init__(self, stream: Stream, size: int) -> None:
        self._stream = stream
        self._left = size
        self._pad = -size % _BLOCK
        self.cut = ""

    def read(self, size: int) -> bytes:
        """Give the next piece, b"" at the end."""
        if not self._left:
            return b""
        data = self._stream.read(min(size, self._left))
        self._left -= len(data)
        if not data:
            self._left = 0
            self.cut = TRUNCATED
        return data

    def leave(self) -> None:
        """Go on behind the member, whatever was read of it."""
        while self.read(CHUNK):
            pass
        if not self.cut:
            _exactly(self._stream, self._pad)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive: its name, and its content unless it is packed in a way that is not read."""

    name: str
    content: Content | None


def is_one(head: bytes) -> bool:
    """Say whether a file begins as a tar archive does."""
    return head[_MAGIC] == b"ustar"


def members(stream: Stream) -> Iterator[Member]:
    """Yield the files of an archive; the content of each is read before the next is asked for.

    Raises:
        ValueError: what stands where a file's header should, is none.
    """
    long_name = ""
    while any(head := _exactly(stream, _BLOCK)):  # blank blocks end it
        size = _number(head[_SIZE]) if len(head) == _BLOCK and is_one(head) else None
        if size is None:
            raise ValueError
        kind = head[_KIND : _KIND + 1]
        content = Content(stream, size)
        if kind in {_LONG_NAME, _PAX} and size <= _LONGEST_NAME:
            told = _exactly(content, size)
            long_name = _text(told) if kind == _LONG_NAME else _path_in(told) or long_name
        elif kind in _FILES:
            before = _text(head[_PREFIX])
            name = _text(head[_NAME])
            yield Member(long_name or (f"{before}/{name}" if before else name), content)
            long_name = ""
        elif size:
            yield Member(long_name or _text(head[_NAME]), None)
            long_name = ""
        content.leave()


def _exactly(stream: Stream, size: int) -> bytes:
    found = b""
    while len(found) < size and (more := stream.read(size - len(found))):
        found += more
    return found


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode(errors="replace")


def _number(field: bytes) -> int | None:
    """Read a size: octal digits, or behind a set bit a number of eleven bytes; None where it is none."""
    if field[0] & 0x80:
        found = int.from_bytes(field[1:])
        return found if field[0] == 0x80 and found < 1 << 63 else None
    try:
        return int(_text(field).strip() or "0", 8)
    except ValueError:
        return None


def _path_in(told: bytes) -> str:
    """Give the path among a pax header's fields, each `length name=value` on a line; "" where it has none."""
    line = next((one for one in told.split(b"\n") if _PATH in one), b"")
    return line.partition(_PATH)[2].decode(errors="replace")


class Unpacked:
    """A stream of bzip2 or xz, unpacked as it is read; several put together are read one after the other."""

    def __init__(self, stream: IO[bytes], head: bytes) -> None:
        self._stream = stream
        self._xz = head.startswith(XZ)
        self._member = self._begun()
        self._input = b""
        self.cut = ""

    def read(self, size: int) -> bytes:
        """Give the next piece, b"" at the end.

        Raises:
            lzma.LZMAError: the stream is damaged, or takes too much memory.
            OSError: the stream is damaged.
            EOFError: as above.
        """
        while not self.cut:
            if self._member.eof:
                self._input = (self._member.unused_data or self._stream.read(CHUNK)).lstrip(b"\0")
                if not self._input:
                    return b""
                self._member = self._begun()
            if self._member.needs_input and not self._input and not (more := self._stream.read(CHUNK)):
                self.cut = TRUNCATED
                return b""
            if self._member.needs_input and not self._input:
                self._input = more
            data = self._member.decompress(self._input, size)
            self._input = b""
            if data:
                return data
        return b""

    def _begun(self) -> bz2.BZ2Decompressor | lzma.LZMADecompressor:
        return lzma.LZMADecompressor(memlimit=_MEMORY) if self._xz else bz2.BZ2Decompressor()
