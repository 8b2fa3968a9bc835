"""The findings as CSV, the gravest first, made harmless for spreadsheets as the timeline is."""

from __future__ import annotations

from bot.messages.parts import gravest_first
from commands.csv_cells import moment, table
from commands.report import Report

COLUMNS = (
    "severity",
    "time",
    "symptom",
    "sign",
    "technique",
    "summary",
    "by",
    "address",
    "before",
    "after",
    "records",
)


def findings_csv(report: Report) -> str:
    """Write every finding with all its records, and a line of column names first."""
    return table(
        COLUMNS,
        (
            (
                finding.severity.word,
                moment(finding.at),
                finding.symptom,
                finding.sign.id,
                finding.sign.technique,
                finding.summary,
                finding.by,
                finding.address,
                finding.before,
                finding.after,
                " ".join(finding.records),
            )
            for finding in gravest_first(report.findings)
        ),
    )
