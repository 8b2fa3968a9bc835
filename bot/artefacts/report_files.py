"""The files that belong to a report: names and contents, the same in Slack and in an archive."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Iterable, Sequence
from io import BytesIO

import structlog

from bot.artefacts.findings_csv import findings_csv
from bot.artefacts.handled import NOTHING, Handled
from bot.artefacts.report_html import report_html
from bot.artefacts.report_json import report_json
from bot.artefacts.report_pdf import NAME as PAPER
from bot.artefacts.report_pdf import report_pdf
from bot.artefacts.report_text import text_lines
from bot.artefacts.timeline_csv import timeline_lines
from bot.artefacts.timeline_png import NAME, OTHERS, WIDTH, Picture, picture, who_else
from commands.report import Report

log = structlog.get_logger(__name__)


def report_files(
    report: Report, handled: Handled = NOTHING, drawn: Sequence[Picture] | None = None
) -> dict[str, bytes]:
    """Give each file's name and bytes: pictures, the report as PDF, page, text and JSON, and two tables.

    The picture comes first, as phones show the first file. What could not be drawn is left out, and the page
    says why; so is the PDF, which must not cost the other files.

    Args:
        report: What the check found.
        handled: What was done about it so far, which all but the tables tell.
        drawn: The pictures, where they were drawn already.
    """
    drawn = pictures(report, handled) if drawn is None else drawn
    paper = paper_of(report, handled)
    return {
        **{name: one.png for name, one in zip((NAME, OTHERS), drawn, strict=False) if one.png},
        **({PAPER: paper} if paper else {}),
        "report.html": report_html(report, handled, drawn).encode("utf-8", "replace"),
        "report.txt": _written(text_lines(report, handled)),
        "report.json": json.dumps(report_json(report, handled), indent=2).encode(),
        "findings.csv": findings_csv(report).encode("utf-8-sig", "replace"),
        "timeline.csv": BOM_UTF8 + _written(timeline_lines(report)),
    }


def _written(lines: Iterable[str]) -> bytes:
    """Write lines one by one: all of them as one text take more than twice what they are as bytes."""
    out = BytesIO()
    for line in lines:
        out.write(line.encode("utf-8", "replace"))
    return out.getvalue()


def pictures(report: Report, handled: Handled = NOTHING, width: int = WIDTH) -> tuple[Picture, ...]:
    """Draw, so many pixels wide, the story and, where the case touches anybody else, who that is."""
    others = who_else(report, handled, width)
    return (picture(report, handled, width), *([others] if others else []))


def paper_of(report: Report, handled: Handled) -> bytes:
    """Set the report as PDF; nothing where it cannot be set, which the log tells."""
    try:
        return report_pdf(report, handled)
    except Exception:
        log.exception("The report could not be set as PDF.", action="paper.not_set", case=handled.case_id)
        return b""
