"""One measured figure beside its goal, and how a table of them is printed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: what was measured, the value with its unit, and the goal, "" for a baseline."""

    what: str
    value: str
    goal: str
    reached: bool


def table(rows: Iterable[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["", "| measured | value | goal | reached |", "| --- | --- | --- | --- |"]
    for row in rows:
        reached = ("yes" if row.reached else "no") if row.goal else ""
        lines.append(f"| {row.what} | {row.value} | {row.goal} | {reached} |")
    return "\n".join(lines)
