"""`compromise analyze`: the same symptoms over exported audit logs."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot import log
from bot.artefacts.report_json import report_json
from bot.cli.check import print_report
from bot.cli.ending import BAD_INPUT, COULD_NOT_LOOK, LEFT_UNREAD, Stopped, readable
from bot.cli.given import (
    now,
    print_json,
)
from bot.cli.options import Json
from bot.messages.escape import visible
from bot.settings import LogSettings
from commands.report import Result, VerdictCode
from graph.audit_log.unpack import STDIN

if TYPE_CHECKING:
    from commands.analyze import Analysis
    from commands.analyze.handed import Handed

_WORTH_A_REPORT = (VerdictCode.COMPROMISED, VerdictCode.SUSPICIOUS)


_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_NAMED = 5
_OTHERS = 50
_LINES_NAMED = 3
"""How many lines are named of those that cannot be read for one reason."""

_KNOWN = (
    "Known are exports of the unified audit log, of Entra's sign-in and audit logs and of risk detections,"
    " as CSV, JSON or JSON lines."
)


def analyze(
    *,
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Exported logs, folders, archives or workbooks of them, or - for standard input."
        ),
    ],
    user: Annotated[str | None, typer.Option(help="Report on this account only.")] = None,
    as_json: Json = False,
    timeline: Annotated[bool, typer.Option("--timeline", help="Print the full timeline as well.")] = False,
    lenient: Annotated[
        bool, typer.Option("--lenient", help="End with status 0 even if something could not be read.")
    ] = False,
) -> None:
    """Analyze exported audit logs for every user in them."""
    with readable(), ExitStack() as stack:
        log.configure(LogSettings(level="error"))
        given = [path for one in files for path in _meant(one, stack)]
        from commands import analyze as analysing  # noqa: PLC0415 - its readers are not needed by any other verb

        try:
            analysis = analysing.analyze(given, user=user, now=now(), processes=os.cpu_count() or 1)
        except OSError as error:
            raise Stopped(BAD_INPUT, f"{error.filename} cannot be read ({error.strerror}).") from error
        if user and not analysis.users and not analysis.saw_nothing:
            raise Stopped(BAD_INPUT, f"User {user} is not in these files; {_instead(analysis)}.")
        if as_json:
            unreadable = [
                {"file": str(one.file), "line": one.line, "reason": one.reason, "count": one.count}
                for one in analysis.unreadable
            ]
            print_json(
                {
                    "users": [report_json(report) for report in analysis.users],
                    "unreadable": unreadable,
                    "files": [_file_json(one) for one in analysis.files],
                }
            )
        else:
            _print_analysis(analysis, timeline=timeline)
        if analysis.saw_nothing:
            none = "These files contain no records."
            why = "Nothing in these files could be read." if analysis.unreadable else none
            raise Stopped(COULD_NOT_LOOK, f"{why} {_KNOWN}")
        if not analysis.saw_all and not lenient:
            raise Stopped(LEFT_UNREAD, "Something that was given could not be read; see above.")


def _meant(path: Path, stack: ExitStack) -> list[Path]:
    """Give the files and folders that an argument means: itself, what a pattern matches, or standard input.

    Raises:
        Stopped: there is none.
    """
    if str(path) == "-":
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="compromise-stdin-"))
        taken = Path(folder, STDIN)
        with taken.open("wb") as out:
            shutil.copyfileobj(sys.stdin.buffer, out)
        return [taken]
    if path.is_file() or path.is_dir():
        return [path]
    found = sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
    if not found:
        raise Stopped(BAD_INPUT, f"There is no file {path}.")
    return found


def _instead(analysis: Analysis) -> str:
    """Say what is in the files, where what was looked for is not."""
    names = [report.subject.user_principal_name for report in analysis.users]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    who = f" of {', '.join(names[:_NAMED])}{more}" if names else ""
    return f"they hold {analysis.records:,} records{who}"


def _file_json(one: Handed) -> dict[str, object]:
    return {
        "file": one.name,
        "kinds": dict(one.kinds),
        "records": one.records,
        "unreadable": one.unreadable,
        "repeated": one.repeated,
        "first": one.first,
        "last": one.last,
        "notes": one.notes,
        "complete": one.whole,
    }


def _print_analysis(analysis: Analysis, *, timeline: bool) -> None:
    """Whole reports where there is something to report, a line for everyone else, then what was not read."""
    alone = len(analysis.users) == 1
    whole = [report for report in analysis.users if alone or report.verdict.answer in _WORTH_A_REPORT]
    others = [report for report in analysis.users if report not in whole]
    for file in analysis.files:
        typer.echo(f"{visible(file.name)}: {visible(file.says())}", err=analysis.saw_nothing)
    if analysis.users:
        typer.echo()
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
    counts: Counter[tuple[str, str]] = Counter()
    reasons: dict[str, str] = {}
    for one in analysis.unreadable:
        # What a value is differs from record to record; why it cannot be read does not.
        reasons.setdefault(_QUOTED.sub("", one.reason), one.reason)
        key = (str(one.file), reasons[_QUOTED.sub("", one.reason)])
        unreadable.setdefault(key, []).append(one.line)
        counts[key] += one.count
    for (name, reason), lines in unreadable.items():
        where = ", ".join(map(str, lines[:_LINES_NAMED]))
        left = counts[name, reason] - min(len(lines), _LINES_NAMED)
        more = f" and {left:,} more" if left else ""
        word = "line" if len(lines) == 1 else "lines"
        typer.echo(f"compromise: {visible(name)}, {word} {where}{more}: {visible(reason)}", err=True)
    if not analysis.users and analysis.records:
        typer.echo(f"No user is in these files; {_instead(analysis)}, none of a person.")
