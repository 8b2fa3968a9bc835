"""What was handed over, opened down to files that can be read: folders, archives in archives, workbooks.

What a file is, is told by its first bytes, never by its name. What is packed is unpacked into a folder within
the bounds of `limits`; whatever cannot be opened is given back with the reason, and the rest is opened.
"""

from __future__ import annotations

import errno
import hashlib
import lzma
import os
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final

from graph.audit_log import cut_zip, own_archive, tar, texts, workbook
from graph.audit_log.limits import CHUNK, UNPACKING, Unpacking

STDIN: Final = "standard input"
"""The name of a file that holds what was read from there."""

ZIP: Final = b"PK\x03\x04"
_EMPTY_ZIP: Final = b"PK\x05\x06"
_KNOWN: Final = (
    (b"%PDF", "a PDF document"),
    (b"!BDN", "an Outlook data file (.pst); export the logs themselves"),
    (b"ElfFile\0", "a Windows event log, which has no records of Microsoft 365"),
    (b"SQLite format 3\0", "a SQLite database; export the table as CSV"),
    (b"Obj\x01", "an Avro file, as Event Hubs captures them; export the records as JSON"),
    (b"PAR1", "a Parquet file; export the table as CSV or JSON"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive; unpack it"),
    (b"Rar!", "a RAR archive; unpack it"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file; unpack it"),
    (
        b"\xd0\xcf\x11\xe0",
        "an Excel 97 workbook, a password-protected one or an Outlook message; save a workbook as CSV",
    ),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
)
_DAMAGED: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    ValueError,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
)
"""What `zipfile` raises on an archive that is damaged; a place before its beginning is an OSError."""

_DOCUMENT: Final = ("[Content_Types].xml", "xl/", "word/", "ppt/", "_rels/", "docProps/")
"""How members of an Office document are named."""

_NO_FILES: Final = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
_UNPACKED: Final = (texts.GZIP, tar.BZIP2, tar.XZ)
_OPEN_DOCUMENT: Final = "This is an OpenDocument file; save its table as CSV."
_DEFLATE64: Final = 9
_ANOTHER_WAY: Final = "It is packed in a way that is not supported ({how}); unpack it and use what is in it."


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that can be read.

    Attributes:
        name: What it is called to people: the path as given, and the path in each archive.
        path: Where its content lies.
        wrong: Why not all of it is there, "" where it is.
    """

    name: str
    path: Path
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Unopened:
    """A file, or part of an archive, of which nothing is read.

    Attributes:
        name: What it is called to people.
        reason: Why, in one sentence.
        same: Whether another file has the same content, so that nothing is lost.
        ours: Whether it is an evidence archive of the bot, of which what matters is read.
    """

    name: str
    reason: str
    same: bool = False
    ours: bool = False


def unpack(
    given: Sequence[Path], folder: Path, bounds: Unpacking = UNPACKING
) -> tuple[list[Opened], list[Unopened]]:
    """Open files and folders; the same content is opened once, however often it was given.

    Args:
        given: Files and folders.
        folder: An empty folder for what is unpacked.
        bounds: How far.

    Raises:
        OSError: when a file cannot be read, or the disk is full.
    """
    opened: list[Opened] = []
    not_opened: list[Unopened] = []
    for path in given:
        for file in files_in(path):
            opener = _Opener(folder, bounds, bounds.allowed(file.stat().st_size))
            for one in opener.open(Opened(STDIN if file.name == STDIN else str(file), file), 0):
                (opened if isinstance(one, Opened) else not_opened).append(one)  # type: ignore[arg-type]
    return list(_once(opened, not_opened)), not_opened


def files_in(path: Path) -> Iterator[Path]:
    """Give a file, or all files below a folder in order; links out of it are not followed."""
    if not path.is_dir():
        yield path
        return
    for place, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            file = Path(place, name)
            if not _is_litter(name) and file.is_file() and not file.is_symlink():
                yield file


def _is_litter(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return not parts or parts[0] == "__MACOSX" or parts[-1].lower() in _NO_FILES or parts[-1].startswith("._")


def _once(opened: Sequence[Opened], not_opened: list[Unopened]) -> Iterator[Opened]:
    sizes: dict[int, list[Opened]] = {}
    for one in opened:
        alike = sizes.setdefault(one.path.stat().st_size, [])
        same = next((other for other in alike if _digest(other.path) == _digest(one.path)), None)
        alike.append(one)
        if same is None:
            yield one
        elif same.name != one.name:
            not_opened.append(Unopened(one.name, f"It has the same content as {same.name}.", same=True))


def _digest(path: Path) -> bytes:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "blake2b").digest()


class _TooMuch(Exception):
    """More would be unpacked than is allowed."""


class _Opener:
    """Opens one file that was given, with all that lies in it."""

    def __init__(self, folder: Path, bounds: Unpacking, left: int) -> None:
        self._folder = folder
        self._bounds = bounds
        self._left = left

    def open(self, one: Opened, depth: int) -> Iterator[Opened | Unopened]:
        """Yield what a file comes to."""
        with one.path.open("rb") as stream:
            head = stream.read(512)
        if head.startswith(_UNPACKED) or tar.is_one(head):
            yield from self._stream(one, head, depth)
        elif head.startswith((ZIP, _EMPTY_ZIP)):
            yield from self._zip(one, depth)
        elif what := _named(head):
            yield Unopened(one.name, f"This is {what}.")
        else:
            yield one

    def _stream(self, one: Opened, head: bytes, depth: int) -> Iterator[Opened | Unopened]:
        """Open what is packed as a stream: a tar archive, or one file with gzip, bzip2 or xz."""
        if depth >= self._bounds.depth:
            yield Unopened(
                one.name, f"More than {self._bounds.depth} archives are nested in one another here."
            )
        elif tar.is_one(head):
            with one.path.open("rb") as stream:
                yield from self._tar(stream, one.name, depth)
        elif head.startswith(texts.GZIP):
            with texts.binary(one.path) as stream:
                inside = stream.read(512)
            if tar.is_one(inside):
                with texts.binary(one.path) as stream:
                    yield from self._tar(stream, one.name, depth)
            elif inside.startswith((ZIP, *_UNPACKED)):
                with texts.binary(one.path) as stream:
                    yield from self._taken(stream, one.name, depth + 1)
            elif what := _named(inside):
                yield Unopened(one.name, f"It contains {what}.")
            else:
                yield one  # read as it is, as text
        else:
            with one.path.open("rb") as stream:
                yield from self._taken(tar.Unpacked(stream, head), one.name, depth + 1)

    def _tar(self, stream: IO[bytes], name: str, depth: int) -> Iterator[Opened | Unopened]:
        try:
            yield from self._tar_members(stream, name, depth)
        except ValueError:
            yield Unopened(name, "The tar archive is damaged or truncated; what comes before was read.")

    def _tar_members(self, stream: IO[bytes], name: str, depth: int) -> Iterator[Opened | Unopened]:
        for number, member in enumerate(tar.members(stream)):
            called = f"{name}: {member.name}"
            if number >= self._bounds.members:
                yield Unopened(name, f"It holds more than {number:,} files; the rest was not opened.")
                return
            if _is_litter(member.name):
                continue
            if member.content is None:
                yield Unopened(called, _ANOTHER_WAY.format(how="a link, a device or a sparse file"))
                continue
            yield from self._taken(member.content, called, depth + 1)
            if self._left < 0:
                return

    def _zip(self, one: Opened, depth: int) -> Iterator[Opened | Unopened]:
        if depth >= self._bounds.depth:
            yield Unopened(
                one.name, f"More than {self._bounds.depth} archives are nested in one another here."
            )
            return
        try:
            with zipfile.ZipFile(one.path) as packed:
                names = {member.filename for member in packed.infolist()}
                if any(name.startswith("xl/") for name in names):
                    yield from self._workbook(one)
                elif "word/document.xml" in names or "ppt/presentation.xml" in names:
                    yield Unopened(one.name, "This is an Office document, not a log.")
                elif {"mimetype", "content.xml"} <= names:
                    yield Unopened(one.name, _OPEN_DOCUMENT)
                elif (manifest := own_archive.manifest_of(packed)) is not None:
                    yield Unopened(one.name, own_archive.told_of(packed, manifest), ours=True)
                    yield from self._members(packed, one.name, depth, own=True)
                else:
                    yield from self._members(packed, one.name, depth)
        except _DAMAGED as wrong:
            _raise_of_disk(wrong)
            yield Unopened(one.name, f"The ZIP archive is damaged or truncated ({wrong}).")
            yield from self._cut(one, depth)

    def _cut(self, one: Opened, depth: int) -> Iterator[Opened | Unopened]:
        """Open what an archive without its directory holds; parts of a document or a workbook are no logs."""
        with one.path.open("rb") as stream:
            for number, member in enumerate(cut_zip.members(stream)):
                if number >= self._bounds.members or member.name.startswith(_DOCUMENT):
                    return
                called = f"{one.name}: {member.name}"
                if _is_litter(member.name):
                    continue
                if member.content is None:
                    yield Unopened(
                        called,
                        "It is password-protected or packed in a way that is not supported; unpack it and use"
                        " what is in it.",
                    )
                    continue
                yield from self._taken(member.content, called, depth + 1)
                if self._left < 0:
                    return

    def _members(
        self, packed: zipfile.ZipFile, name: str, depth: int, *, own: bool = False
    ) -> Iterator[Opened | Unopened]:
        members = [one for one in packed.infolist() if not one.is_dir() and not _is_litter(one.filename)]
        if own:
            members = [one for one in members if own_archive.holds_records(one.filename)]
        for number, member in enumerate(members):
            called = f"{name}: {member.filename}"
            if number >= self._bounds.members:
                yield Unopened(name, f"It holds {len(members):,} files; {number:,} of them were opened.")
                return
            if member.flag_bits & 1:
                yield Unopened(called, "It is password-protected; unpack it and use what is in it.")
                continue
            try:
                with packed.open(member) as stream:
                    content = own_archive.Records(stream) if own else stream
                    yield from self._taken(content, called, depth + 1)
            except NotImplementedError as wrong:
                how = "Deflate64" if member.compress_type == _DEFLATE64 else str(wrong)
                yield Unopened(called, _ANOTHER_WAY.format(how=how))
            except _DAMAGED as wrong:
                _raise_of_disk(wrong)
                yield Unopened(called, f"It cannot be unpacked ({wrong}).")

    def _taken(
        self,
        stream: IO[bytes] | cut_zip.Content | tar.Content | tar.Unpacked | own_archive.Records,
        name: str,
        depth: int,
    ) -> Iterator[Opened | Unopened]:
        """Unpack one file and open it in turn; what was unpacked before something went wrong is read."""
        place = self._folder / f"{len(list(self._folder.iterdir())):06}"
        wrong = ""
        try:
            with place.open("wb") as out:
                while piece := stream.read(CHUNK):
                    self._left -= len(piece)
                    if self._left < 0 or shutil.disk_usage(self._folder).free < self._bounds.free:
                        raise _TooMuch
                    out.write(piece)
            if isinstance(stream, cut_zip.Content | tar.Content | tar.Unpacked):
                wrong = stream.cut
        except _TooMuch:
            place.unlink()
            yield Unopened(
                name, "It expands to far more than its size, or than the disk holds; it was not read."
            )
            return
        except _DAMAGED as error:
            _raise_of_disk(error)
            wrong = f"It is damaged ({error}); what comes before the damage was read."
        yield from self.open(Opened(name, place, wrong), depth)

    def _workbook(self, one: Opened) -> Iterator[Opened | Unopened]:
        try:
            left = workbook.Left(self._left, self._bounds.cells)
            for sheet in workbook.sheets(one.path, self._bounds):
                place = self._folder / f"{len(list(self._folder.iterdir())):06}"
                wrong = workbook.write(sheet, place, self._bounds, left)
                self._left = left.bytes
                yield Opened(f"{one.name}: {sheet.title}", place, wrong)
        except workbook.NoWorkbook as wrong:
            yield Unopened(one.name, str(wrong))


def _raise_of_disk(wrong: Exception) -> None:
    """Raise what is wrong with the disk, and not with the archive, again."""
    if isinstance(wrong, OSError) and wrong.errno not in {None, errno.EINVAL}:
        raise wrong


def _named(head: bytes) -> str:
    return next((what for begin, what in _KNOWN if head.startswith(begin)), "")
