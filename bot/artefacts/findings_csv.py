"""The findings as CSV, the gravest first, made harmless for spreadsheets as the timeline is."""

from __future__ import annotations

import csv
import io
from datetime import UTC

from bot.artefacts.timeline_csv import harmless
from bot.messages.parts import gravest_first
from commands.report import Report

COLUMNS = (
    "severity",
    "time",
    "symptom",
    "sign",
    "summary",
    "by",
    "address",
    "before",
    "after",
    "records",
)


def findings_csv(report: Report) -> str:
    """Write every finding with all its records, and a line of column names first."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for finding in gravest_first(report.findings):
        writer.writerow(
            (
                finding.severity.word,
                finding.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if finding.at else "",
                *(
                    harmless(text)
                    for text in (
                        finding.symptom,
                        finding.sign.id,
                        finding.summary,
                        finding.by,
                        finding.address,
                        finding.before,
                        finding.after,
                        " ".join(finding.records),
                    )
                ),
            )
        )
    return out.getvalue()
