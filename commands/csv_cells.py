"""Lists for a spreadsheet that must not run what an intruder wrote.

A cell that begins like a formula gets an apostrophe in front, and so does what stands behind a semicolon.
Source: OWASP, "CSV Injection".
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Final, cast

_FORMULA: Final = re.compile(r"[=+\-@\t\r|%＝＋－＠﹢﹣﹦﹫]")
_SECOND_CELL: Final = re.compile(r"""(;["'\s]*)(?=[=+\-@|%＝＋－＠﹢﹣﹦﹫])""")
"""Where the semicolon separates, as in much of Europe, a quoted cell ends at the first one after a comma."""
_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BREAKS: Final = frozenset({"Cc", "Zl", "Zp"})
_HIDDEN: Final = frozenset({"Cf", "Cs", "Co", "Cn"})


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write rows below a line of column names as CSV, every cell quoted and harmless. Source: RFC 4180."""
    return "".join(table_lines(columns, rows))


def table_lines(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Give the same line by line: a full mailbox has some hundred thousand."""
    writer = csv.writer(_Same(), quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for row in chain((columns,), ([harmless(cell) for cell in row] for row in rows)):
        yield cast("str", writer.writerow(row))  # what the file's `write` gives


class _Same:
    """A file that gives back what is written into it."""

    def write(self, line: str) -> str:
        """Give a line back."""
        return line


def harmless(text: str) -> str:
    """Give a text as a cell that no spreadsheet takes for a formula; it also stays on one line."""
    cell = visible(text)
    safe = _SECOND_CELL.sub(r"\1'", cell)
    return f"'{safe}" if _FORMULA.match(cell) or _FORMULA.match(text) else safe


def visible(text: str) -> str:
    """Give the text on one line with nothing hidden in it; marks that turn the reading are spelled out."""
    if text.isprintable():  # nearly every text
        return " ".join(text.split())
    return " ".join("".join(_shown(sign) for sign in text).split())


def moment(at: datetime | None) -> str:
    """Write a time as ISO 8601 in UTC to the second, "" where there is none."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""


def _shown(sign: str) -> str:
    if sign in _BIDI:
        return f"[U+{ord(sign):04X}]"
    kind = unicodedata.category(sign)
    if kind in _BREAKS:
        return " "
    return "" if kind in _HIDDEN else sign
