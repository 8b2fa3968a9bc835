"""Timelines of several accounts as one CSV file that Timesketch takes in.

Source: Timesketch, "Import from JSON or CSV": message, datetime and timestamp_desc are mandatory, any other
column may follow.
"""

from __future__ import annotations

from collections.abc import Iterable

from commands.csv_cells import moment, table
from commands.report import Report

COLUMNS = ("message", "datetime", "timestamp_desc", "user", "by", "source_ip", "source", "record", "tag")


def timesketch_csv(reports: Iterable[Report]) -> str:
    """Write every event of these reports, with a line of column names; what a finding rests on has a tag."""
    return table(
        COLUMNS,
        (
            (
                event.what,
                moment(event.at),
                "Event recorded",
                report.subject.user_principal_name,
                event.by,
                event.address,
                event.source,
                event.record,
                '["finding"]' if event.finding else "[]",
            )
            for report in reports
            for event in report.timeline
        ),
    )
