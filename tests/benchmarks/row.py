"""One measured figure beside its goal, and how a table of them is printed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: what was measured, against what, the value with its unit, and the goal in words."""

    what: str
    value: str
    goal: str
    reached: bool


def table(rows: Iterable[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["", "| measured | value | goal | reached |", "| --- | --- | --- | --- |"]
    lines += [f"| {row.what} | {row.value} | {row.goal} | {'yes' if row.reached else 'no'} |" for row in rows]
    return "\n".join(lines)
