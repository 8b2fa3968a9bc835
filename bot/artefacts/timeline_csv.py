"""The timeline as CSV, for a spreadsheet that must not run what an intruder wrote.

A cell that begins like a formula gets an apostrophe in front, and so does what stands behind a semicolon.
Source: OWASP, "CSV Injection".
"""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC

from bot.messages.escape import visible
from commands.report import Report

COLUMNS = ("time", "finding", "what", "by", "address", "source", "record")

_FORMULA = re.compile(r"[=+\-@\t\r|%＝＋－＠﹢﹣﹦﹫]")
_SECOND_CELL = re.compile(r"""(;["'\s]*)(?=[=+\-@|%＝＋－＠﹢﹣﹦﹫])""")
"""Where the semicolon separates, as in much of Europe, a quoted cell ends at the first one after a comma."""


def timeline_csv(report: Report) -> str:
    """Write every event of the report, oldest first, with a line of column names."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for event in report.timeline:
        writer.writerow(
            (
                event.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "yes" if event.finding else "no",
                *(
                    harmless(text)
                    for text in (event.what, event.by, event.address, event.source, event.record)
                ),
            )
        )
    return out.getvalue()


def harmless(text: str) -> str:
    """Give a text as a cell that no spreadsheet takes for a formula; it also stays on one line."""
    cell = visible(text)
    safe = _SECOND_CELL.sub(r"\1'", cell)
    return f"'{safe}" if _FORMULA.match(cell) or _FORMULA.match(text) else safe
