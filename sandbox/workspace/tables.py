"""The two blocks that hold rows and cells, `table` and `data_table`: what Slack refuses in them.

Pure; the sentences have the form of those in `blocks`. Source: Slack, "Table block", "Data table block"
(docs.slack.dev, read 2026-11-29).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

KINDS: Final = frozenset({"table", "data_table"})

TABLE_ROWS: Final = 100
DATA_TABLE_ROWS: Final = range(2, 102)
"""How many rows a data table may have, with its header."""

COLUMNS: Final = 20
PAGE: Final = range(1, 101)
"""How many rows a page of a data table may have."""

CELLS_CHARACTERS: Final = 10_000
"""The text of all cells of all tables of one message."""


def characters(block: Mapping[str, Any]) -> int:
    """Return how long the texts of all cells are."""
    return sum(_length(cell) for row in _rows_of(block) for cell in row)


def table_problems(block: Mapping[str, Any], where: str) -> Iterator[str]:
    """Yield what is wrong with a `table`."""
    rows = block["rows"]
    if not isinstance(rows, list) or not rows:
        yield _say("must have at least 1 item", f"{where}/rows")
        return
    if len(rows) > TABLE_ROWS:
        yield _say(f"no more than {TABLE_ROWS} items allowed", f"{where}/rows")
    yield from _cells(rows, f"{where}/rows")


def data_table_problems(block: Mapping[str, Any], where: str) -> Iterator[str]:
    """Yield what is wrong with a `data_table`."""
    rows = block["rows"]
    if not isinstance(block["caption"], str) or not block["caption"]:
        yield _say("must be more than 0 characters", f"{where}/caption")
    if not isinstance(rows, list) or len(rows) < DATA_TABLE_ROWS.start:
        yield _say(f"must have at least {DATA_TABLE_ROWS.start} items", f"{where}/rows")
        return
    if len(rows) not in DATA_TABLE_ROWS:
        yield _say(f"no more than {DATA_TABLE_ROWS.stop - 1} items allowed", f"{where}/rows")
    yield from _cells(rows, f"{where}/rows")
    lengths = {len(row) if isinstance(row, list) else 0 for row in rows}
    if len(lengths) > 1 or lengths == {0}:
        yield _say("all rows must have the same number of cells", f"{where}/rows")
    if isinstance(rows[0], list) and any(_kind(cell) == "rich_text" for cell in rows[0]):
        yield _say("rich_text is not allowed in the header", f"{where}/rows/0")
    for name, allowed in (("page_size", PAGE), ("row_header_column_index", range(max(lengths)))):
        if name in block and (not isinstance(block[name], int) or block[name] not in allowed):
            yield _say(f"must be from {allowed.start} to {allowed.stop - 1}", f"{where}/{name}")


def message_problems(blocks: list[Any], where: str) -> Iterator[str]:
    """Yield what is wrong with all tables of a message together."""
    found = [block for block in blocks if isinstance(block, Mapping) and block.get("type") in KINDS]
    if sum(block["type"] == "table" for block in found) > 1:
        yield _say("only one table is allowed", where)
    if sum(map(characters, found)) > CELLS_CHARACTERS:
        yield _say(f"must be less than {CELLS_CHARACTERS + 1} characters in all table cells", where)


def _cells(rows: list[Any], where: str) -> Iterator[str]:
    for n, row in enumerate(rows):
        if not isinstance(row, list):
            yield _say("must be an array", f"{where}/{n}")
            continue
        if len(row) > COLUMNS:
            yield _say(f"no more than {COLUMNS} items allowed", f"{where}/{n}")
        for m, cell in enumerate(row):
            if not _is_cell(cell):
                yield _say("failed to match all allowed schemas", f"{where}/{n}/{m}")


def _is_cell(cell: Any) -> bool:
    """Whether a cell is text of one character at least, a number with such a text, or rich text."""
    worded = isinstance(cell, Mapping) and isinstance(cell.get("text"), str) and bool(cell["text"])
    match _kind(cell):
        case "raw_text":
            return worded
        case "raw_number":
            value = cell.get("value")
            return worded and isinstance(value, int | float) and not isinstance(value, bool)
        case "rich_text":
            return isinstance(cell.get("elements"), list)
        case _:
            return False


def _kind(cell: Any) -> str:
    return str(cell.get("type")) if isinstance(cell, Mapping) else ""


def _rows_of(block: Mapping[str, Any]) -> Iterator[list[Any]]:
    rows = block.get("rows")
    if isinstance(rows, list):
        yield from (row for row in rows if isinstance(row, list))


def _length(value: Any) -> int:
    if isinstance(value, Mapping):
        own = value.get("text")
        return len(own) if isinstance(own, str) else sum(_length(inner) for inner in value.values())
    return sum(map(_length, value)) if isinstance(value, list) else 0


def _say(what: str, where: str) -> str:
    return f"[ERROR] {what} [json-pointer:{where}]"
