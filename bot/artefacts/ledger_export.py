"""The ledger as a file for other programs: JSON lines, from which the chain can be computed again, or CSV.

In JSON lines the body is the very text that was hashed, and both hashes are hexadecimal. The cells of the CSV
are made harmless for spreadsheets first, so the chain cannot be computed from it.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from commands.csv_cells import harmless
from commands.ledger import Entry

COLUMNS = ("seq", "at", "kind", "version", "actor", "case", "body", "prev", "hash")


def json_lines(entries: Iterable[Entry]) -> Iterator[str]:
    """Write each entry as one JSON object on one line."""
    for entry in entries:
        yield json.dumps(_fields(entry)) + "\n"


def csv_lines(entries: Iterable[Entry]) -> Iterator[str]:
    """Write a line of column names, and each entry as one line."""
    yield _row(COLUMNS)
    for entry in entries:
        yield _row(tuple(harmless(str(value)) for value in _fields(entry).values()))


FORMS: Final[Mapping[str, Callable[[Iterable[Entry]], Iterator[str]]]] = {
    "jsonl": json_lines,
    "csv": csv_lines,
}


def write(path: Path, lines: Iterable[str]) -> None:
    """Write the lines into a file; where it makes the file, no one but its owner can read it.

    Raises:
        OSError: it cannot be written.
    """
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        file.writelines(lines)


def _fields(entry: Entry) -> dict[str, Any]:
    values = (
        entry.seq,
        entry.at,
        entry.kind,
        entry.version,
        entry.actor,
        entry.case_id,
        entry.body,
        entry.prev.hex(),
        entry.hash.hex(),
    )
    return dict(zip(COLUMNS, values, strict=True))


def _row(cells: Iterable[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return out.getvalue()
