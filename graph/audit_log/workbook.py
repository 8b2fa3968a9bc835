"""Excel workbooks, each sheet written as a table of text.

Source: ECMA-376 (Office Open XML); Excel keeps at most 1,048,576 rows, and 32,767 characters of a cell.
"""

from __future__ import annotations

import csv
import shutil
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any, Final

from graph.audit_log.limits import CHUNK, Unpacking

_ROW_ENDS: Final = b"</row>"
_MOST_ROWS: Final = 1_048_576
_LOOKS: Final = 1_000
"""After so many rows it is looked how much room the disk has."""


class NoWorkbook(Exception):
    """A workbook that is not opened, with the reason as one sentence."""


def sheets(path: Path, bounds: Unpacking) -> Iterator[Any]:
    """Yield the sheets of a workbook that can be read within the bounds.

    Raises:
        NoWorkbook: when it is damaged, or would take too much memory.
    """
    from openpyxl import load_workbook  # noqa: PLC0415 - only a workbook needs it

    _inspect(path, bounds)
    try:
        # As a stream: a file's name must not decide what it is.
        with path.open("rb") as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and validations, which are not looked at
            book = load_workbook(stream, read_only=True, data_only=True, keep_links=False)
            yield from book.worksheets
            book.close()
    except (OSError, NoWorkbook):
        raise
    except Exception as wrong:
        raise NoWorkbook(
            f"The Excel workbook cannot be read ({type(wrong).__name__}); save it as CSV."
        ) from wrong


@dataclass(slots=True)
class Left:
    """How much may still come out of a workbook, over all of its sheets: bytes, and cells.

    A few bytes that name a cell far to the right are a row of sixteen thousand.
    """

    bytes: int
    cells: int


def write(sheet: Any, place: Path, bounds: Unpacking, left: Left) -> str:
    """Write a sheet as CSV, and count it; give why its end is missing, "" where it is there."""
    with place.open("w", newline="", encoding="utf-8", errors="replace") as out:
        rows = csv.writer(out)
        try:
            for number, row in enumerate(sheet.iter_rows(values_only=True)):
                left.cells -= len(row) + 1
                if number >= _MOST_ROWS or left.cells < 0:
                    return "The sheet has more cells than any log; it was read up to there."
                texts = [_text(value) for value in row]
                while texts and not texts[-1]:
                    texts.pop()
                left.bytes -= sum(map(len, texts)) + len(texts)
                full = number % _LOOKS == 0 and shutil.disk_usage(place.parent).free < bounds.free
                if left.bytes < 0 or full:
                    return "The sheet expands to far more than its size, or than the disk holds; it was cut."
                if texts:
                    rows.writerow(texts)
        except OSError:
            raise
        except Exception as wrong:  # noqa: BLE001 - as above
            return f"The sheet is damaged ({type(wrong).__name__}); it was read up to there."
    return ""


def _text(value: object) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _inspect(path: Path, bounds: Unpacking) -> None:
    """Look whether a workbook can be read without holding more than the bounds allow."""
    allowed = bounds.allowed(path.stat().st_size)
    try:
        with zipfile.ZipFile(path) as packed:
            for part in packed.infolist():
                name = part.filename.lower()
                if name.endswith(".bin") and "workbook" in name:
                    raise NoWorkbook("This is a binary Excel workbook; save it as CSV.")
                allowed -= part.file_size
                if allowed < 0 or ("sheets/" not in name and part.file_size > bounds.strings):
                    raise NoWorkbook("The Excel workbook expands to far more than its size; save it as CSV.")
                if "worksheets/" in name and name.endswith(".xml"):
                    _inspect_rows(packed, part, bounds)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as wrong:
        raise NoWorkbook(f"The Excel workbook is damaged ({wrong}).") from wrong


def _inspect_rows(packed: zipfile.ZipFile, part: zipfile.ZipInfo, bounds: Unpacking) -> None:
    since = 0
    tail = b""
    with packed.open(part) as stream:
        while piece := stream.read(CHUNK):
            text = tail + piece
            last = text.rfind(_ROW_ENDS)
            since = len(text) - last if last >= 0 else since + len(piece)
            if since > bounds.row + CHUNK:
                raise NoWorkbook("A row of the Excel workbook has no end; it was not read.")
            tail = text[-len(_ROW_ENDS) :]
