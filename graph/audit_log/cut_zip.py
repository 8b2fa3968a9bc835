"""Members of a ZIP archive whose directory, which stands at its end, is missing: read from the front.

Source: PKWARE, "APPNOTE.TXT - .ZIP File Format Specification", 4.3.7 (local file header), 4.3.9 (data
descriptor) and 4.5.3 (Zip64).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

from graph.audit_log.limits import CHUNK

_LOCAL: Final = struct.Struct("<4sHHHHHIIIHH")
_BEGIN: Final = b"PK\x03\x04"
_NEXT: Final = frozenset({_BEGIN, b"PK\x01\x02", b""})
_DESCRIPTORS: Final = (16, 24, 12, 20)
"""How long a data descriptor may be: with or without its mark, with sizes of four or eight bytes."""

_ENCRYPTED: Final = 1
_DESCRIBED: Final = 8
_UTF8: Final = 0x800
_STORED: Final = 0
_DEFLATED: Final = 8
_IN_EXTRA: Final = 0xFFFFFFFF
_HEAD: Final = 1 << 16

TRUNCATED: Final = "It is truncated; what comes before the cut was read."
DAMAGED: Final = "It is damaged; what comes before the damage was read."


class Content:
    """What a member holds, unpacked as it is read; `cut` says after the last piece why not all of it came."""

    def __init__(self, stream: IO[bytes], method: int, size: int | None, check: int | None) -> None:
        self._stream = stream
        self._left = size
        self._check = check
        self._sum = 0
        self._input = b""
        self._unpacker = zlib.decompressobj(-zlib.MAX_WBITS) if method == _DEFLATED else None
        self._ended = False
        self.cut = ""

    def read(self, size: int) -> bytes:
        """Give the next piece, b"" at the end."""
        data = b""
        while not data and not self._ended:
            data = self._stored(size) if self._unpacker is None else self._deflated(self._unpacker, size)
        self._sum = zlib.crc32(data, self._sum)
        if self._ended and not data and not self.cut and self._check not in {None, self._sum}:
            self.cut = DAMAGED
        return data

    def _more(self, size: int) -> bytes:
        data = self._stream.read(size if self._left is None else min(size, self._left))
        if self._left is not None:
            self._left -= len(data)
        return data

    def _stored(self, size: int) -> bytes:
        data = self._more(size)
        if not data:
            self._ended = True
            self.cut = TRUNCATED if self._left else ""
        return data

    def _deflated(self, unpacker: zlib._Decompress, size: int) -> bytes:
        if unpacker.eof:
            self._ended = True
            self._stream.seek(-len(unpacker.unused_data), 1)
            return b""
        self._input = self._input or self._more(_HEAD)
        if not self._input:
            self._ended, self.cut = True, TRUNCATED
            return b""
        try:
            data = unpacker.decompress(self._input, size)
        except zlib.error:
            self._ended, self.cut = True, DAMAGED
            return b""
        self._input = unpacker.unconsumed_tail
        return data


@dataclass(frozen=True, slots=True)
class Member:
    """One member.

    Attributes:
        name: Its path in the archive.
        content: What it holds; None where it is encrypted or packed in a way that is not read.
    """

    name: str
    content: Content | None


def members(stream: IO[bytes]) -> Iterator[Member]:
    """Yield the members in order, up to the first of which nothing tells where it ends.

    Raises:
        OSError: when the file cannot be read.
    """
    while len(head := stream.read(_LOCAL.size)) == _LOCAL.size:
        mark, _, flags, method, _, _, check, packed, plain, name_size, extra_size = _LOCAL.unpack(head)
        if mark != _BEGIN:
            return
        name, extra = stream.read(name_size), stream.read(extra_size)
        begin = stream.tell()
        described = bool(flags & _DESCRIBED) and not packed
        size = None if described else _size(packed, plain, extra)
        readable = not flags & _ENCRYPTED and (method == _DEFLATED or (method == _STORED and not described))
        content = Content(stream, method, size, None if described else check) if readable else None
        called = name.decode("utf-8" if flags & _UTF8 else "cp437", errors="replace").partition("\0")[0]
        if not called.endswith("/"):
            yield Member(called, content)
        if content is not None:
            while content.read(CHUNK):
                pass  # what whoever asked left of it
            if content.cut == TRUNCATED:
                return
        if size is not None:
            stream.seek(begin + size)
        elif content is None or content.cut:
            return
        if flags & _DESCRIBED:
            _pass_descriptor(stream)


def _size(packed: int, plain: int, extra: bytes) -> int:
    """Give how many bytes a member takes; Zip64 has that behind the size it unpacks to."""
    at = 0
    while packed == _IN_EXTRA and at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        behind = at + 4 + (8 if plain == _IN_EXTRA else 0)
        if kind == 1 and behind + 8 <= len(extra):
            return int(struct.unpack_from("<Q", extra, behind)[0])
        at += 4 + length
    return packed


def _pass_descriptor(stream: IO[bytes]) -> None:
    begin = stream.tell()
    ahead = stream.read(max(_DESCRIPTORS) + 4)
    length = next((one for one in _DESCRIPTORS if len(ahead) >= one and ahead[one : one + 4] in _NEXT), 0)
    stream.seek(begin + length)
