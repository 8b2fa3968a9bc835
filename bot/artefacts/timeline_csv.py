"""The timeline as CSV, for a spreadsheet that must not run what an attacker wrote."""

from __future__ import annotations

from collections.abc import Iterator

from commands.csv_cells import moment, table_lines
from commands.report import Report

COLUMNS = ("time", "finding", "what", "by", "address", "source", "record")


def timeline_csv(report: Report) -> str:
    """Write every event of the report, oldest first, with a line of column names."""
    return "".join(timeline_lines(report))


def timeline_lines(report: Report) -> Iterator[str]:
    """Give the same line by line."""
    return table_lines(
        COLUMNS,
        (
            (
                moment(event.at),
                "yes" if event.finding else "no",
                event.what,
                event.by,
                event.address,
                event.source,
                event.record,
            )
            for event in report.timeline
        ),
    )
