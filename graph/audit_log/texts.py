"""Files as text: gzip undone, the encoding told by the beginning, lines bounded."""

from __future__ import annotations

import codecs
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from graph.audit_log.limits import CHUNK, UNPACKING

GZIP: Final = b"\x1f\x8b"
_WINDOW: Final = 31  # zlib's largest window, with gzip's frame around it
_HEAD: Final = 1 << 16
_NOT_ASCII: Final = 0x80
_LETTERS: Final = frozenset("äöüßÄÖÜéèêëáàâåæøñçíóôúÅÆØÉÇÑ".encode("cp1252"))


@dataclass(slots=True)
class Notes:
    """What is to be said of a file beside its records.

    Attributes:
        cut: Why its end could not be read, "" where it could.
        guessed: How its dates were read, where the file alone does not tell.
        incomplete: What the file says is missing from it.
        places: Under which fields of unknown frames records were found.
    """

    cut: str = ""
    guessed: list[str] = field(default_factory=list)
    incomplete: list[str] = field(default_factory=list)
    places: dict[str, None] = field(default_factory=dict)


class Gunzip(io.RawIOBase):
    """A compressed file as a stream, member after member; what is damaged ends it, and `cut` says so."""

    def __init__(self, packed: IO[bytes], allowed: int) -> None:
        super().__init__()
        self._packed = packed
        self._left = allowed
        self._member = zlib.decompressobj(_WINDOW)
        self._input = b""
        self.cut = ""

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill a buffer; 0 at the end."""
        view = memoryview(buffer)  # type: ignore[arg-type]  # typeshed has no name for what io hands over
        if self.cut:
            return 0
        data = self._more(min(len(view), CHUNK))
        self._left -= len(data)
        if self._left < 0 and not self.cut:
            self.cut = "The compressed file expands without end and is not read further."
            return 0
        view[: len(data)] = data
        return len(data)

    def _more(self, size: int) -> bytes:
        while True:
            if self._member.eof:
                # Members may follow one another; blank bytes fill the last block of a tape or disk.
                self._input = (self._member.unused_data or self._input).lstrip(b"\0") or self._packed.read(
                    _HEAD
                ).lstrip(b"\0")
                if not self._input:
                    return b""
                self._member = zlib.decompressobj(_WINDOW)
            if not self._input and not (incoming := self._packed.read(_HEAD)):
                self.cut = "The compressed file is truncated here."
                return b""
            if not self._input:
                self._input = incoming
            before = self._member.copy()
            try:
                data = self._member.decompress(self._input, size)
            except zlib.error:
                self.cut = "The compressed file is damaged from here."
                return _whole_part(before, self._input, size)
            self._input = self._member.unconsumed_tail
            if data:
                return data


def _whole_part(member: zlib._Decompress, damaged: bytes, size: int) -> bytes:
    """Give what comes out of a piece before the place where it is damaged; zlib itself keeps that back."""
    found = b""
    for at in range(len(damaged)):
        if len(found) >= size:
            break
        try:
            found += member.decompress(damaged[at : at + 1], size - len(found))
        except zlib.error:
            break
    return found


@contextmanager
def opened(path: Path, notes: Notes, newline: str | None = "") -> Iterator[IO[str]]:
    """Open a file as text, compressed or not; `notes` then says whether it was cut off.

    Line ends stay as they are, unless `newline` is None, which makes line feeds of them.

    Raises:
        OSError: when it cannot be opened or read.
    """
    with binary(path) as stream:
        encoding = encoding_of(stream.read(_HEAD))
    # Undecodable bytes become replacement marks: one bad byte must not hide the rest of the evidence.
    with (
        binary(path) as stream,
        io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline=newline) as text,
    ):
        yield text
        raw = getattr(stream, "raw", None)
        if isinstance(raw, Gunzip):
            notes.cut = notes.cut or raw.cut


@contextmanager
def binary(path: Path) -> Iterator[IO[bytes]]:
    """Open a file, with gzip undone."""
    with path.open("rb") as plain:
        packed = plain.read(2) == GZIP
        plain.seek(0)
        if packed:
            yield io.BufferedReader(Gunzip(plain, UNPACKING.allowed(path.stat().st_size)), CHUNK)
        else:
            yield plain


def encoding_of(head: bytes) -> str:
    """Tell an encoding by the beginning of a file: every form begins with letters that ASCII has."""
    if head[:4] in {codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE}:
        return "utf-32"
    if head[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        return "utf-16"
    if head[1:2] == b"\0" != head[:1]:
        return "utf-16-le"
    if head[:1] == b"\0" != head[1:2]:
        return "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError as wrong:
        # A Windows tool's own code page has no letter of two bytes that UTF-8 knows; one bad byte is no page.
        if not any(byte >= _NOT_ASCII for byte in head[: wrong.start]) and head[wrong.start] in _LETTERS:
            return "cp1252"
    return "utf-8-sig"


class TooLong(str):
    """The beginning of a line that is longer than any may be; the rest of it was passed over."""

    __slots__ = ()


class Lines:
    """The lines of a stream whose beginning was read already; one that is too long comes as `TooLong`."""

    def __init__(self, start: str, stream: IO[str], longest: int) -> None:
        self._start = start
        self._stream = stream
        self._longest = longest
        self.count = 0

    def __iter__(self) -> Iterator[str]:
        rest = self._start
        at = 0
        while (end := rest.find("\n", at)) >= 0:
            self.count += 1
            yield rest[at : end + 1]
            at = end + 1
        line = rest[at:] + self._stream.readline(self._longest)
        while line:
            self.count += 1
            if len(line) >= self._longest and not line.endswith("\n"):
                yield TooLong(line[:CHUNK])
                while (more := self._stream.readline(CHUNK)) and not more.endswith("\n"):
                    pass
            else:
                yield line
            line = self._stream.readline(self._longest)
