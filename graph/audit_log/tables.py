"""Tables as text: comma, semicolon, tab or bar between cells, quoted as Microsoft, databases or people do.

Source: RFC 4180; PowerShell, "Export-Csv" (the #TYPE line); Excel (the sep= line).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import IO, Any, Final

from graph.audit_log.cells import Cells, together
from graph.audit_log.dates import Column, DayNumbers, is_dated, is_day_number, looks_cultural
from graph.audit_log.limits import LONGEST_ROW, RAW_KEPT
from graph.audit_log.pieces import plain_name
from graph.audit_log.plain import TEXT, names_fields
from graph.audit_log.texts import Lines, Notes, TooLong
from graph.audit_log.values import Found

_TOO_LONG: Final = "This row is longer than any record and was skipped."
_SEPARATORS: Final = ",;\t|"
_PREAMBLE: Final = 10
"""Above so many lines at most a heading may stand that is none of the table."""


@dataclass(slots=True)
class Head:
    """How a table is written.

    Attributes:
        names: Its columns.
        separator: What parts its cells.
        broken: The line that should name the columns and cannot be read, "" where it can.
        escape: What quotes have before them in a cell, None where they are doubled.
    """

    names: list[str] = field(default_factory=list)
    separator: str = ","
    escape: str | None = None
    broken: str = ""


_MARK: Final = "\ufeff"
_ZONE: Final = re.compile(r" \[(?!UTC\])([^\[\]]{1,60})\]\Z")
"""The zone that Log Analytics writes behind a column of times, where the portal shows another than UTC."""


def rows(
    stream: IO[str],
    start: str,
    dates: Mapping[int, Column | DayNumbers] | None = None,
    notes: Notes | None = None,
) -> Iterator[Found]:
    """Yield the rows of a table by the names of its columns; `dates` are the columns to rewrite, by place.

    Where a program wrote something in place of a cell's content, the cell is blank, and `notes` says so.
    """
    cells = Cells()
    lines = _cells(stream, start)
    first = next(lines, None)
    if first is not None:
        found = _rows(chain((first,), lines), dates or {}, cells)
        yield from together(found, first[3].names)
    if notes is not None:
        notes.incomplete.extend(cells.says())


def _rows(
    lines: Iterator[tuple[int, str, list[str] | None, Head]],
    dates: Mapping[int, Column | DayNumbers],
    cells: Cells,
) -> Iterator[Found]:
    for number, wrong, row, head in lines:
        if row is None:
            yield number, head.broken or wrong, wrong
            continue
        for place, column in dates.items():
            if place < len(row):
                row[place] = column.plain(row[place])
        found: dict[str, Any] = dict(zip(head.names, row, strict=False))
        cells.look(found)
        yield number, "", found


def decided(stream: IO[str], start: str, notes: Notes) -> Mapping[int, Column | DayNumbers]:
    """Read a whole table once to decide how its dates are written; empty where none needs a decision."""
    columns: dict[int, Column | DayNumbers] = {}
    looked = False
    for _, _, row, head in _cells(stream, start):
        if row is None:
            continue
        if not looked:
            looked = True
            notes.guessed.extend(_zones(head.names))
            places = [at for at, cell in enumerate(row) if looks_cultural(cell)]
            columns = {at: Column(head.names[at]) for at in places if at < len(head.names)}
            named = zip(head.names, row, strict=False)
            numbered = (at for at, (name, cell) in enumerate(named) if is_day_number(name, cell))
            columns |= {at: DayNumbers(head.names[at]) for at in numbered}
            other = next((at for at, name in enumerate(head.names) if plain_name(name) == "auditdata"), None)
            if not columns:
                return {}
        for place, column in columns.items():
            if place < len(row):
                column.add(row[place], row[other] if other is not None and other < len(row) else "")
    for column in columns.values():
        if said := column.decide():
            notes.guessed.append(said)
    return columns


def _zones(names: list[str]) -> Iterator[str]:
    """Tell of columns of times in another zone than UTC, of which only the name is there."""
    for name in names:
        if (zone := _ZONE.search(name)) and is_dated(name):
            yield (
                f"the times in “{name}” are those of a zone ({zone[1]}) that the file does not"
                f" explain, and were read as UTC: they may be hours off; export with the"
                f" portal's time zone set to UTC"
            )


def _cells(stream: IO[str], start: str) -> Iterator[tuple[int, str, list[str] | None, Head]]:
    """Yield each row as cells with its line, or what is wrong with it."""
    csv.field_size_limit(LONGEST_ROW)
    feed = _Feed(Lines(start, stream, LONGEST_ROW))
    head = _head_of(feed)
    if head.broken:
        yield 1, TEXT, None, head
    if not head.names:
        return
    reader = _reader(feed, head)
    while True:
        number = feed.line + 1
        feed.begin()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as wrong:
            reason = _TOO_LONG if "limit" in str(wrong) else f"The row is not valid CSV ({wrong})."
            yield number, reason, None, head
            reader = _reader(feed, head)
            continue
        except _RowTooLong:
            yield number, _TOO_LONG, None, head
            feed.leave_cell()
            reader = _reader(feed, head)
            continue
        if len(row) == 1 < len(head.names) and head.separator in row[0]:
            row = _requoted(row, head.separator)
        if [cell.strip().lstrip(_MARK) for cell in row] == head.names:
            continue  # files that were put together keep the heading of each
        if any(cell.strip() for cell in row):
            yield number, "", row, head


def _requoted(row: list[str], separator: str) -> list[str]:
    """Read a row that was quoted whole, as one cell."""
    try:
        return next(csv.reader(row, delimiter=separator), row)
    except csv.Error:
        return row


def _reader(feed: _Feed, head: Head) -> Iterator[list[str]]:
    return csv.reader(feed, delimiter=head.separator, escapechar=head.escape, doublequote=head.escape is None)


def _is_alone(line: str) -> bool:
    """Say whether a line is the heading of a table with the records alone, or with little beside them."""
    return "auditdata" in {plain_name(cell.strip('" \r\n' + _MARK)) for cell in re.split("[,;|\t]", line)}


def _head_of(feed: _Feed) -> Head:
    first: list[str] = []
    while (line := feed.peek()) and not isinstance(line, TooLong):
        feed.begin()
        next(feed)
        # PowerShell notes the type, Excel the separator before the header.
        if line.strip() and not line.startswith("#TYPE") and not line.lower().startswith("sep="):
            first.append(line)
            if len(first) > _PREAMBLE or max(map(line.count, _SEPARATORS)) > 1:
                break
            if _is_alone(line):
                break
    if not first:
        return Head(broken=line[:RAW_KEPT])
    header = first[-1] if _is_alone(first[-1]) or max(map(first[-1].count, _SEPARATORS)) > 1 else first[0]
    above_records = len(first) > 1 and header is first[-1] and '{"' in header
    if above_records:
        header = first[-2]  # a row with JSON in it; above it stand few names, or one
    later = first[first.index(header) + 1 :]
    separator = max(_SEPARATORS, key=header.count)
    try:
        names = [name.strip() for name in next(csv.reader([header], delimiter=separator), [])]
        if len(names) == 1 and separator in names[0]:
            names = [name.strip() for name in next(csv.reader(names, delimiter=separator), [])]
    except csv.Error:
        return Head(broken=header.strip()[:RAW_KEPT])  # a binary file
    if not names_fields(names, above_records=above_records):
        return Head(broken=header.strip()[:RAW_KEPT])
    feed.back(later)
    peeked = feed.peek()
    # Databases write quotes in a quoted cell with a backslash, everybody else twice.
    return Head(names, separator, "\\" if re.search(r'"\{\\"(?!")', peeked) else None)


class _RowTooLong(Exception):
    """One row has more characters than any may have."""


class _Feed:
    """Lines for the reader of a table, which counts them and what one row has."""

    def __init__(self, lines: Lines) -> None:
        self._lines = iter(lines)
        self._size = 0
        self._inside = False
        self.line = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.line += 1
        self._size += len(line)
        self._inside = not isinstance(line, TooLong)
        if not self._inside or self._size > LONGEST_ROW:
            raise _RowTooLong
        return line

    def begin(self) -> None:
        """A new row begins."""
        self._size = 0

    def leave_cell(self) -> None:
        """Go on behind the cell in which a row of too many lines was left: the line that closes its quote."""
        for line in self._lines if self._inside else ():
            self.line += 1
            if line.count('"') % 2:
                break

    def peek(self) -> str:
        """Look at the next line, "" where there is none."""
        line = next(self._lines, "")
        if line:
            self._lines = chain((line,), self._lines)
        return line

    def back(self, lines: list[str]) -> None:
        """Give lines back that were only looked at."""
        self._lines = chain(lines, self._lines)
        self.line -= len(lines)
