"""The files that belong to a report: names and contents, the same in Slack and on the command line."""

from __future__ import annotations

import json

from bot.artefacts.report_json import report_json
from bot.artefacts.report_text import report_text
from bot.artefacts.timeline_csv import timeline_csv
from commands.report import Report


def report_files(report: Report) -> dict[str, bytes]:
    """Give each file's name and bytes: ``report.txt``, ``report.json`` and ``timeline.csv``."""
    return {
        "report.txt": report_text(report).encode("utf-8", "replace"),
        "report.json": json.dumps(report_json(report), indent=2).encode(),
        "timeline.csv": timeline_csv(report).encode("utf-8-sig", "replace"),
    }
