"""The timeline as CSV, for a spreadsheet that must not run what an attacker wrote."""

from __future__ import annotations

from commands.csv_cells import moment, table
from commands.report import Report

COLUMNS = ("time", "finding", "what", "by", "address", "source", "record")


def timeline_csv(report: Report) -> str:
    """Write every event of the report, oldest first, with a line of column names."""
    return table(
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
