"""The records that findings cite, taken from the files once more, each with its place.

The passes keep what they need of a record, in the normal form; evidence has to be what stands in the file.
Only records that name a cited id are read closely, so that a large file costs little more than a look.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from graph.audit_log import files
from graph.audit_log.files import Entry
from graph.audit_log.limits import LONGEST_VALUE
from graph.audit_log.pieces import CONTENT
from graph.audit_log.traced import Traced
from graph.audit_log.unpack import Opened, unpack
from graph.errors import UnreadableRecord

_NAMED: Final = r'(?:[iI][dD](?:entity)?|ID)\\*"\s*:\s*\\*"([^"\\]{1,300})'
_IN_BYTES: Final = re.compile(_NAMED.encode())
_IN_TEXT: Final = re.compile(_NAMED)
_LONGEST_ID: Final = 300
_DEEPEST: Final = 10
_SEARCHED: Final = 64 << 20
"""Bytes of a file up to which every record is read where ids were not found by their names."""


@dataclass(frozen=True, slots=True)
class Cited:
    """A record that a finding cites.

    Attributes:
        file: The file's path as given, and the path in each archive.
        line: The line on which it begins, or on which the object that holds it does, counted from 1.
        ids: Under what findings cite it.
        record: What stands there.
    """

    file: str
    line: int
    ids: frozenset[str]
    record: Mapping[str, Any]


def cited(given: Sequence[Path], ids: AbstractSet[str]) -> tuple[Cited, ...]:
    """Take the records with these ids from the files, in the files' order.

    Raises:
        OSError: when a file cannot be read.
    """
    found: list[Cited] = []
    if not ids:
        return ()
    with tempfile.TemporaryDirectory(prefix="compromise-cited-") as folder:
        opened, _ = unpack(given, Path(folder))
        made = any(one.startswith(CONTENT) for one in ids)  # of the content, so that no record names them
        for file in opened:
            found.extend(_of(file, ids, by_name=not made))
        left = ids - {id_ for one in found for id_ in one.ids}
        for file in opened if left and not made else ():
            if file.path.stat().st_size <= _SEARCHED:
                found.extend(_of(file, left, by_name=False))
    return tuple(found)


def _of(file: Opened, ids: AbstractSet[str], *, by_name: bool) -> Iterator[Cited]:
    for line, raw in _objects(file.path, ids, by_name=by_name):
        for record, entry in _entries(raw):
            if named := _ids_of(entry) & ids:
                yield Cited(file.name, line, frozenset(named), record)


def _objects(path: Path, ids: AbstractSet[str], *, by_name: bool) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the objects of a file with their lines; by name, only those in which an id stands."""
    if by_name and files.is_lines(path):
        wanted = {one.encode(errors="replace") for one in ids}
        with path.open("rb") as stream:
            for number, line in _lines(stream):
                if not wanted.isdisjoint(_IN_BYTES.findall(line)):
                    raw = _decoded(line)
                    if isinstance(raw, dict):
                        yield number, raw
        return
    for number, _, found in files.objects(path):
        if not isinstance(found, str) and (not by_name or _names(found, ids)):
            yield number, found


def _lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file with their numbers; what is longer than any record is passed over."""
    number, whole = 0, True
    while line := stream.readline(LONGEST_VALUE):
        ends = line.endswith(b"\n") or len(line) < LONGEST_VALUE
        if whole:
            number += 1
            if ends:
                yield number, line
        whole = ends


def _decoded(line: bytes) -> Any:
    try:
        return json.loads(line.decode("utf-8-sig", errors="replace"), strict=False)
    except (ValueError, RecursionError):
        return None


def _names(value: Any, ids: AbstractSet[str], depth: int = 0) -> bool:
    """Say whether one of the ids stands in a value, also in texts that hold an object."""
    if isinstance(value, str):
        if len(value) <= _LONGEST_ID:
            return value.strip() in ids
        return not ids.isdisjoint(_IN_TEXT.findall(value))
    if depth >= _DEEPEST or not isinstance(value, Mapping | list):
        return False
    return any(_names(one, ids, depth + 1) for one in (value if isinstance(value, list) else value.values()))


def _entries(raw: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Entry]]:
    """Yield the records that an object is or holds, as they stand and read."""
    try:
        yield raw, files.entry_of(raw)
    except UnreadableRecord as wrong:
        for record in files.inside(raw, wrong).records:
            yield record, files.entry_of(record)


def _ids_of(entry: Entry) -> set[str]:
    if isinstance(entry, Traced):
        return {one for row in entry.rows for one in (row.id, row.message_id)}
    return {entry.id}
