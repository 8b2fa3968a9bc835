"""`compromise analyze`: the same symptoms over exported audit logs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot import log
from bot.artefacts.report_json import report_json
from bot.cli.check import print_report
from bot.cli.ending import BAD_INPUT, COULD_NOT_LOOK, Stopped, readable
from bot.cli.given import (
    no_file,
    now,
    print_json,
)
from bot.cli.options import Json
from bot.messages.escape import visible
from bot.settings import LogSettings
from commands.report import Result, VerdictCode

if TYPE_CHECKING:
    from commands.analyze import Analysis

_WORTH_A_REPORT = (VerdictCode.COMPROMISED, VerdictCode.SUSPICIOUS)


_OTHERS = 50
_LINES_NAMED = 3
"""How many lines are named of those that cannot be read for one reason."""

_KNOWN = (
    "Known are exports of the unified audit log, of Entra's sign-in and audit logs and of risk detections,"
    " as CSV, JSON or JSON lines."
)


def analyze(
    *,
    files: Annotated[list[Path], typer.Argument(help="Exported audit logs, in any supported format.")],
    user: Annotated[str | None, typer.Option(help="Report on this account only.")] = None,
    as_json: Json = False,
    timeline: Annotated[bool, typer.Option("--timeline", help="Print the full timeline as well.")] = False,
) -> None:
    """Analyze exported audit logs for every user in them."""
    with readable():
        log.configure(LogSettings(level="error"))
        missing = [path for path in files if not path.is_file()]
        if missing:
            raise Stopped(BAD_INPUT, *(no_file(path) for path in missing))
        packed = [path for path in files if _is_archive(path)]
        if packed:
            how = "is a ZIP archive or a workbook; unpack it, or save it as CSV, and name the files in it."
            raise Stopped(BAD_INPUT, *(f"{path} {how}" for path in packed))
        from commands import analyze as analysing  # noqa: PLC0415 - its readers are not needed by any other verb

        try:
            analysis = analysing.analyze(files, user=user, now=now(), processes=os.cpu_count() or 1)
        except OSError as error:
            raise Stopped(BAD_INPUT, f"{error.filename} cannot be read ({error.strerror}).") from error
        if user and not analysis.users and not analysis.saw_nothing:
            raise Stopped(BAD_INPUT, f"User {user} is not in these files.")
        if as_json:
            unreadable = [
                {"file": str(one.file), "line": one.line, "reason": one.reason} for one in analysis.unreadable
            ]
            print_json(
                {"users": [report_json(report) for report in analysis.users], "unreadable": unreadable}
            )
        else:
            _print_analysis(analysis, timeline=timeline)
        if analysis.saw_nothing:
            none = "These files contain no records."
            why = "Nothing in these files could be read." if analysis.unreadable else none
            raise Stopped(COULD_NOT_LOOK, f"{why} {_KNOWN}")


def _is_archive(path: Path) -> bool:
    """Whether a file begins as ZIP archives do, Excel's workbooks among them."""
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PK\x03\x04"
    except OSError as error:
        raise Stopped(BAD_INPUT, f"{path} cannot be read ({error.strerror}).") from error


def _print_analysis(analysis: Analysis, *, timeline: bool) -> None:
    """Whole reports where there is something to report, a line for everyone else, then what was not read."""
    alone = len(analysis.users) == 1
    whole = [report for report in analysis.users if alone or report.verdict.answer in _WORTH_A_REPORT]
    others = [report for report in analysis.users if report not in whole]
    for report in whole:
        print_report(report, as_json=False, timeline=timeline)
    for report in others[:_OTHERS]:
        typer.echo(f"{report.verdict.answer.value}: {visible(report.subject.user_principal_name)}")
        for symptom in report.symptoms:
            if symptom.result is Result.PRESENT:
                typer.echo(f"  noticed: {visible(symptom.reason)}")
    if len(others) > _OTHERS:
        typer.echo(f"… {len(others) - _OTHERS} more users like these; --json lists them all")
    unreadable: dict[tuple[str, str], list[int]] = {}
    for one in analysis.unreadable:
        unreadable.setdefault((str(one.file), one.reason), []).append(one.line)
    for (file, reason), lines in unreadable.items():
        where = ", ".join(map(str, lines[:_LINES_NAMED]))
        more = f" and {len(lines) - _LINES_NAMED:,} more" if len(lines) > _LINES_NAMED else ""
        word = "line" if len(lines) == 1 else "lines"
        typer.echo(f"compromise: {visible(file)}, {word} {where}{more}: {visible(reason)}", err=True)
    if not analysis.users and analysis.records:
        typer.echo(f"No user is in these files; they hold {analysis.records:,} records of something else.")
