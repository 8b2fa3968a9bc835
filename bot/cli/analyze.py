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
from rich.console import Console

from bot.artefacts.analysis_json import analysis_csv, analysis_json, analysis_lines
from bot.cli import overview, terminal
from bot.cli.ending import Stopped, readable
from bot.cli.given import (
    atlas_for_exports,
    empty_folder,
    print_json,
    rules_in,
)
from bot.cli.options import Config, Form, Format, Json, Output, Rules
from bot.cli.statuses import BAD_INPUT, COULD_NOT_LOOK, LEFT_UNREAD
from bot.clock import now
from bot.messages.escape import visible
from bot.quiet import quiet
from commands.cycles import without_cycles
from graph.audit_log.unpack import STDIN

if TYPE_CHECKING:
    from commands.analyze import Analysis

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_NAMED = 5
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
    user: Annotated[
        str | None, typer.Option(help="Report on this account only, by any of its names, addresses or IDs.")
    ] = None,
    form: Format = Form.TEXT,
    as_json: Json = False,
    output: Output = None,
    tenant_wide: Annotated[
        bool, typer.Option("--tenant-wide", help="Show which other accounts lead to the same attacker.")
    ] = False,
    rules: Rules = None,
    timeline: Annotated[bool, typer.Option("--timeline", help="Print the full timeline as well.")] = False,
    lenient: Annotated[
        bool, typer.Option("--lenient", help="End with status 0 even if something could not be read.")
    ] = False,
    config: Config = None,
) -> None:
    """Analyze exported audit logs for every user in them."""
    with readable(), ExitStack() as stack:
        quiet()
        if output is not None:
            empty_folder(output)
        ruleset = rules_in(rules)
        given = [path for one in files for path in _meant(one, stack)]
        atlas = atlas_for_exports(config)
        with without_cycles():
            # Its readers are not needed by any other verb.
            from commands import analyze as analysing  # noqa: PLC0415

        try:
            with terminal.reading_on(Console(stderr=True)) as tell:
                processes = os.cpu_count() or 1
                analysis = analysing.analyze(
                    given,
                    user=user,
                    now=now(),
                    processes=processes,
                    tell=tell,
                    rules=ruleset,
                    atlas=atlas,
                )
        except OSError as error:
            raise Stopped(BAD_INPUT, f"{error.filename} cannot be read ({error.strerror}).") from error
        if user and not analysis.users and not analysis.saw_nothing:
            raise Stopped(BAD_INPUT, f"User {user} is not in these files; {_instead(analysis)}.")
        _print(analysis, form=Form.JSON if as_json else form, timeline=timeline, tenant_wide=tenant_wide)
        if output is not None:
            from bot.cli.output import write_analysis  # noqa: PLC0415 - it draws pictures and pages

            count = write_analysis(analysis, given, output)
            whose = "one account" if count == 1 else f"{count:,} accounts"
            typer.echo(f"Wrote an overview and the reports of {whose} to {output}.", err=True)
        if analysis.saw_nothing:
            none = "These files contain no records."
            why = "Nothing in these files could be read." if analysis.unreadable else none
            raise Stopped(COULD_NOT_LOOK, f"{why} {_KNOWN}")
        if not analysis.saw_all and not lenient:
            raise Stopped(LEFT_UNREAD, "Something that was given could not be read; see above.")


def _print(analysis: Analysis, *, form: Form, timeline: bool, tenant_wide: bool) -> None:
    """Print what was found, in the form that was asked for."""
    if form is Form.JSON:
        print_json(analysis_json(analysis))
    elif form is Form.NDJSON:
        for line in analysis_lines(analysis):
            typer.echo(line)
    elif form is Form.CSV:
        typer.echo(analysis_csv(analysis), nl=False)
    else:
        for file in analysis.files:
            typer.echo(f"{visible(file.name)}: {visible(file.says())}", err=analysis.saw_nothing)
        if analysis.users:
            typer.echo()
            overview.show(analysis, timeline=timeline, tenant_wide=tenant_wide)
        _print_unreadable(analysis)
        if not analysis.users and analysis.records:
            typer.echo(f"No user is in these files; {_instead(analysis)}, none by a person.")


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


def _print_unreadable(analysis: Analysis) -> None:
    """Say on the standard error what was not read, a line for each file and reason."""
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
