"""Exported logs, read as streams: the form is recognised by what is in the file, never by its name.

Known are CSV (PowerShell, the portals, Extractor, Log Analytics), JSON arrays, JSON lines, one JSON object
after the other, and Graph's pages with a ``value``; each in UTF-8 or UTF-16, with or without byte order mark,
also gzipped. Nothing is kept but one record at a time and a bounded memory of the ids seen.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import IO, Any, Final, TypeAlias

from graph.audit_log import directory_audit, forms, graph_query, management_api, risk, search_rows, sign_in
from graph.audit_log.forms.batches import records_in
from graph.audit_log.record import AuditRecord
from graph.errors import UnreadableRecord
from graph.resources.sign_ins import RiskDetection, SignIn

REMEMBERED_IDS: Final = 200_000
"""How many of the latest ids are remembered; repeats in exports lie close together."""

RAW_KEPT: Final = 10_000
"""How many characters of an unreadable record are kept."""

_CHUNK: Final = 1 << 20
_NEVER: Final = datetime(1, 1, 1, tzinfo=UTC)
_LONGEST_RECORD: Final = 1 << 26
_MEMBER: Final = r'\s*"[^"]*"\s*:\s*(?:"(?:[^"\\]|\\.)*"|-?[\d.]+|true|false|null)'
_PAGE: Final = re.compile(
    r"\s*\{(?:" + _MEMBER + r"\s*,)*"
    r'\s*"(?:value|records|Records|data|results)"\s*:\s*\['
)
# Possessive throughout: a million blanks must be passed once, not once from each of them.
_BETWEEN: Final = re.compile(
    r"\]\s*+,?+\s*+(?:\["
    r'|(?:,?+\s*+"[^"]*+"\s*+:\s*+(?:"(?:[^"\\]|\\.)*+"|-?[\d.]++|true|false|null)\s*+)*+\}\s*+,?+(?:'
    + _PAGE.pattern
    + r")?|(?=[\{\]]))"
)
_HEAD: Final = 1 << 16
_NOT_ASCII: Final = 0x80
_LETTERS: Final = frozenset("äöüßÄÖÜéèêëáàâåæøñçíóôúÅÆØÉÇÑ".encode("cp1252"))
_TAIL: Final = 1 << 16
_NEXT: Final = re.compile(r"\}\s*,?\s*(?=\{)|\n\s*(?=\{)")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that could not be read.

    Attributes:
        file: The file's path as given.
        line: The line on which it begins, counted from 1.
        reason: Why, in one sentence.
        raw: Its text, at most the first 10,000 characters.
    """

    file: str
    line: int
    reason: str
    raw: str


Entry: TypeAlias = AuditRecord | SignIn | RiskDetection
Found: TypeAlias = tuple[int, str, Mapping[str, Any] | None]
"""One piece of a file: its line, its text ("" when it was read), and the object (None when unreadable)."""


def read(path: Path) -> Iterator[Entry | Unreadable]:
    """Yield every record of one exported log, each once.

    Records that differ only in being repeated are left out; the same id with another time or operation is not
    a repeat, because some exports replace ids.

    Raises:
        OSError: when the file cannot be opened or read.
    """
    seen = _Seen()
    for line, text, raw in objects(path):
        try:
            if raw is None:
                raise UnreadableRecord("This is not a JSON object.")
            entry = entry_of(raw)
        except UnreadableRecord as wrong:
            kept = text or json.dumps(raw, ensure_ascii=False, default=str)
            yield Unreadable(file=str(path), line=line, reason=wrong.sentence, raw=kept[:RAW_KEPT])
            continue
        if seen.first_time(_key(entry)):
            yield entry


def entry_of(raw: Mapping[str, Any]) -> Entry:
    """Bring one record of any known form into its normal form.

    Raises:
        UnreadableRecord: when no form is recognised, or the form's reader cannot read it.
    """
    raw = opened(raw)
    for is_one, parse in _FORMS:
        if is_one(raw):
            return parse(raw)
    raise UnreadableRecord("The record has no known format.")


def opened(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Take a record out of every frame that a collector or a tool put around it.

    Raises:
        UnreadableRecord: when the form is known and nothing is read from it.
    """
    return management_api.opened(forms.opened(raw))


_FORMS: Final[
    tuple[tuple[Callable[[Mapping[str, Any]], bool], Callable[[Mapping[str, Any]], Entry]], ...]
] = (
    (graph_query.is_one, graph_query.parse),
    (search_rows.is_one, search_rows.parse),
    (risk.is_one, risk.parse),
    (directory_audit.is_one, directory_audit.parse),
    (management_api.is_one, management_api.parse),
    (sign_in.is_one, sign_in.parse),
)


def objects(path: Path) -> Iterator[Found]:
    """Yield the JSON objects or CSV rows of a file with their lines.

    A compressed file that is cut off or damaged gives what comes before, and then a piece that is no object.
    """
    line = 0
    try:
        with _opened(path) as stream:
            for found in _objects(stream):
                line = found[0]
                yield found
    except (EOFError, zlib.error, gzip.BadGzipFile):
        yield line + 1, "(the compressed file is truncated or damaged from here)", None


def _objects(stream: IO[str]) -> Iterator[Found]:
    start = stream.read(_CHUNK)
    begin = start.lstrip()
    if begin.startswith("["):
        yield from _array(stream, start, start.index("[") + 1)
    elif page := _PAGE.match(start):
        yield from _array(stream, start, page.end())
    elif begin.startswith("{"):
        yield from _lines_or_objects(stream, start)
    elif begin:
        yield from _rows(_Lines(start, stream))


def is_lines(path: Path) -> bool:
    """Say whether a file is plain UTF-8 JSON lines, which may be cut at any line end and read in parts."""
    with path.open("rb") as stream:
        head = stream.read(_CHUNK)
    first, newline, _ = head.removeprefix(codecs.BOM_UTF8).lstrip().partition(b"\n")
    if not first.startswith(b"{") or (not newline and len(head) == _CHUNK):
        return False
    try:
        text = first.decode()
        value = json.loads(text)
        return (
            _PAGE.match(text) is None and isinstance(value, dict) and next(records_in(value), None) is value
        )
    except (ValueError, RecursionError):
        return False


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    with path.open("rb") as plain:
        zipped = plain.read(2) == b"\x1f\x8b"
        plain.seek(0)
        binary = gzip.GzipFile(fileobj=plain) if zipped else plain
        head = binary.read(_HEAD)
        binary.seek(0)
        encoding = _encoding_of(head)
        # Undecodable bytes become replacement marks: one bad byte must not hide the rest of the evidence.
        with io.TextIOWrapper(binary, encoding=encoding, errors="replace", newline="") as text:
            yield text


def _encoding_of(head: bytes) -> str:
    """Tell an encoding by the beginning of a file: every form begins with letters that ASCII has."""
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


def _lines_or_objects(stream: IO[str], start: str) -> Iterator[Found]:
    first, newline, _ = start.lstrip().partition("\n")
    try:
        json.loads(first, strict=False)
    except (ValueError, RecursionError):
        # Either an object written over several lines, or a first line that is broken: a line that ends an
        # object is followed by one that begins another.
        if not (newline and re.search(r"\n\{.*\}\s*(?:\n|$)", start)):
            yield from _array(stream, start, 0)
            return
    for number, line in enumerate(_Lines(start, stream), start=1):
        if text := line.strip():
            try:
                value = json.loads(text, strict=False)
            except (ValueError, RecursionError):
                yield number, text, None
                continue
            for one in records_in(value):
                yield number, text if one is None else "", one


def _array(stream: IO[str], buffer: str, at: int) -> Iterator[Found]:
    """Read JSON values one after the other, with commas and blanks between, up to a closing bracket."""
    decoder = json.JSONDecoder(strict=False)
    line = 1 + buffer.count("\n", 0, at)
    ended = False
    while True:
        begin = at
        while at < len(buffer) and buffer[at] in " \t\r\n,":
            at += 1
        line += buffer.count("\n", begin, at)
        if at < len(buffer) and buffer[at] == "]":
            # Blobs saved one after the other are several arrays, downloaded pages several objects.
            if len(buffer) - at < _TAIL and not ended:
                more = stream.read(_CHUNK)
                ended = not more
                buffer, at = buffer[at:] + more, 0
            rest = _BETWEEN.match(buffer, at)
            if rest is None:
                return
            line += buffer.count("\n", at, rest.end())
            at = rest.end()
            continue
        if at >= len(buffer):
            if ended:
                return
            buffer, at = stream.read(_CHUNK), 0
            ended = not buffer
            continue
        try:
            value, end = decoder.raw_decode(buffer, at)
        except (ValueError, RecursionError) as wrong:
            cut = getattr(wrong, "pos", len(buffer)) >= len(buffer) - 8 or "Unterminated" in str(wrong)
            if cut and not ended and len(buffer) - at < _LONGEST_RECORD:
                more = stream.read(max(_CHUNK, len(buffer) - at))
                ended = not more
                buffer, at = buffer[at:] + more, 0
                continue
            next_one = _NEXT.search(buffer, at + 1)
            end = next_one.end() if next_one else len(buffer)
            yield line, buffer[at:end].strip()[:RAW_KEPT], None
        else:
            for one in records_in(value):
                yield line, "" if one is not None else str(value)[:RAW_KEPT], one
        line += buffer.count("\n", at, end)
        at = end
        if at > _CHUNK:
            buffer, at = buffer[at:], 0


def _rows(lines: _Lines) -> Iterator[Found]:
    csv.field_size_limit(_LONGEST_RECORD)
    lines_iterator = iter(lines)
    header = ""
    for line in lines_iterator:
        header = line
        # PowerShell notes the type, Excel the separator before the header.
        if line.strip() and not line.startswith("#TYPE") and not line.lower().startswith("sep="):
            break
    offset = lines.count
    separator = max(",;\t|", key=header.count)
    try:
        names = [name.strip() for name in next(csv.reader([header], delimiter=separator, strict=False), [])]
    except csv.Error:
        yield 1, header.strip()[:RAW_KEPT], None  # a binary file
        return
    lines_iterator = chain((peeked := next(lines_iterator, ""),), lines_iterator)
    # Databases write quotes in a quoted cell with a backslash, everybody else twice.
    escape = "\\" if re.search(r'"\{\\"(?!")', peeked) else None
    reader = csv.reader(lines_iterator, delimiter=separator, escapechar=escape, doublequote=escape is None)
    if len(names) == 1 and separator in names[0]:
        names = [name.strip() for name in next(csv.reader(names, delimiter=separator), [])]
    while True:
        number = offset + reader.line_num + 1
        try:
            row = next(reader)
            if len(row) == 1 < len(names) and separator in row[0]:  # a whole row was quoted as one cell
                row = next(csv.reader([row[0]], delimiter=separator), row)
        except StopIteration:
            return
        except csv.Error as wrong:
            yield number, f"{wrong}", None
            continue
        if any(cell.strip() for cell in row):
            yield number, "", dict(zip(names, row, strict=False))


class _Lines:
    """The lines of a stream whose beginning was read already."""

    def __init__(self, start: str, stream: IO[str]) -> None:
        self._start = start
        self._stream = stream
        self.count = 0

    def __iter__(self) -> Iterator[str]:
        rest = self._start
        at = 0
        while (end := rest.find("\n", at)) >= 0:
            self.count += 1
            yield rest[at : end + 1]
            at = end + 1
        last = rest[at:] + self._stream.readline()
        if last:
            self.count += 1
            yield last
        for line in self._stream:
            self.count += 1
            yield line


class _Seen:
    """Which of the latest keys came before: two generations, so that memory stays bounded."""

    def __init__(self, size: int = REMEMBERED_IDS) -> None:
        self._size = size // 2
        self._old: set[int] = set()
        self._new: set[int] = set()

    def first_time(self, key: tuple[str, datetime, str]) -> bool:
        number = hash(key)
        if number in self._new or number in self._old:
            return False
        self._new.add(number)
        if len(self._new) >= self._size:
            self._old, self._new = self._new, set()
        return True


def _key(entry: Entry) -> tuple[str, datetime, str]:
    if isinstance(entry, AuditRecord):
        return entry.id, entry.at, entry.operation
    if isinstance(entry, SignIn):
        return entry.id, entry.created_date_time, "sign-in"
    return entry.id, entry.detected_date_time or _NEVER, entry.risk_event_type
