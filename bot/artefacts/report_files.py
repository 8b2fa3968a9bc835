"""The files that belong to a report: names and contents, the same in Slack and in an archive."""

from __future__ import annotations

import json

from bot.artefacts.findings_csv import findings_csv
from bot.artefacts.handled import NOTHING, Handled
from bot.artefacts.report_html import report_html
from bot.artefacts.report_json import report_json
from bot.artefacts.report_text import report_text
from bot.artefacts.timeline_csv import timeline_csv
from bot.artefacts.timeline_png import NAME, Picture, picture
from commands.report import Report


def report_files(
    report: Report, handled: Handled = NOTHING, drawn: Picture | None = None
) -> dict[str, bytes]:
    """Give each file's name and bytes: the picture, the page, the text, the JSON form, and two tables.

    The picture comes first, as phones show the first file. Where it could not be drawn it is left out, and
    the page says why.

    Args:
        report: What the check found.
        handled: What was done about it so far, which all but the tables tell.
        drawn: The picture, where it was drawn already; it takes half a second of the processor's time.
    """
    drawn = drawn or picture(report, handled)
    return {
        **({NAME: drawn.png} if drawn.png else {}),
        "report.html": report_html(report, handled, drawn).encode("utf-8", "replace"),
        "report.txt": report_text(report, handled).encode("utf-8", "replace"),
        "report.json": json.dumps(report_json(report, handled), indent=2).encode(),
        "findings.csv": findings_csv(report).encode("utf-8-sig", "replace"),
        "timeline.csv": timeline_csv(report).encode("utf-8-sig", "replace"),
    }
