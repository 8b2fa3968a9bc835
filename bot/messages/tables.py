"""Rows and columns as Slack's sortable `data_table`, and as the older `table` for who does not know it yet.

Source: Slack, "Data table block" (since May 2026), "Table block" (docs.slack.dev, read 2026-11-29): at most
100 rows beside the header, cells of one character at least, 10,000 characters in all cells of a message. A
column sorts by number where every cell of it is one, and by alphabet else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from bot.messages import Block
from bot.messages.escape import plain

ROWS: Final = 100
CHARACTERS: Final = 9_000
"""How long the text of all cells of a table may become; something is said around it as well."""

_NOTHING: Final = "–"
"""What stands in a cell without anything in it; Slack takes no empty one."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A cell that sorts by a number and reads as a word: a severity."""

    rank: int
    word: str


Cell: TypeAlias = str | Ranked


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a header; every cell is plain text that is harmless already.

    Attributes:
        caption: What the table shows, for screen readers and above it.
        header: The columns' titles.
        lines: The rows, each as long as the header.
        names: Which column tells one row from another.
        wide: The columns whose text may take several lines.
    """

    caption: str
    header: tuple[str, ...]
    lines: tuple[tuple[Cell, ...], ...]
    names: int = 0
    wide: frozenset[int] = frozenset()


def cell(text: str, limit: int, ours: frozenset[str]) -> str:
    """Text from anywhere, harmless, for a cell."""
    return plain(text, limit, ours) or _NOTHING


def that_fit(rows: Sequence[tuple[Cell, ...]], most: int = CHARACTERS) -> tuple[tuple[Cell, ...], ...]:
    """As many of the first rows as one table holds."""
    length = 0
    for count, row in enumerate(rows):
        length += sum(len(_word(one)) for one in row)
        if count == ROWS or length > most:
            return tuple(rows[:count])
    return tuple(rows)


def data_table(table: Table, page: int) -> Block:
    """The table as Slack's newer block, with so many rows a page."""
    return {
        "type": "data_table",
        "caption": table.caption,
        "page_size": page,
        "row_header_column_index": table.names,
        "rows": [[_raw(one) for one in table.header], *([_raw(one) for one in row] for row in table.lines)],
    }


def older_table(table: Table) -> Block:
    """The same as Slack's older block, which has a hundred rows with the header and sorts nothing."""
    rows = [table.header, *table.lines][:ROWS]
    return {
        "type": "table",
        "column_settings": [{"is_wrapped": n in table.wide} for n in range(len(table.header))],
        "rows": [[{"type": "raw_text", "text": _word(one)} for one in row] for row in rows],
    }


def _raw(one: Cell) -> Mapping[str, Any]:
    if isinstance(one, Ranked):
        return {"type": "raw_number", "value": one.rank, "text": one.word}
    return {"type": "raw_text", "text": one}


def _word(one: Cell) -> str:
    return one.word if isinstance(one, Ranked) else one
