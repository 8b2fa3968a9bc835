"""`compromise check`: look into one account and print the report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console

from bot import settings
from bot.artefacts.answers import Answers
from bot.artefacts.findings_csv import findings_csv
from bot.artefacts.report_json import report_json
from bot.atlas import atlas_of
from bot.cli import terminal
from bot.cli.ending import Stopped, readable
from bot.cli.given import (
    empty_folder,
    print_json,
    rules_in,
    settings_for_check,
)
from bot.cli.options import ACTOR, Config, Export, Form, Format, Json, Output, Rules, Scenario
from bot.cli.statuses import BAD_INPUT, COULD_NOT_LOOK
from bot.clock import now
from commands.check import judge, look
from commands.ledger import Ledger
from commands.ledger import entries as e
from commands.report import Coverage, Report
from commands.sigma.results import ruled
from commands.sigma.shapes import Ruleset
from commands.usual.places import Atlas
from graph.accounts import find_subject, name_in, people_named
from graph.connection import Connection
from graph.errors import GraphError, NoSuchUser
from graph.question import Question, Subject, Window
from graph.tenants import Tenants

_LONGEST = timedelta(weeks=520)
"""Ten years, the longest that Purview keeps audit records. Source: "Manage audit log retention policies"."""

_NEAR = 5
"""How many accounts are named whose names begin like what was typed."""


def check(
    *,
    user: Annotated[str, typer.Argument(help="The account: any of its addresses, or its object ID.")],
    since: Annotated[
        str | None,
        typer.Option(
            help="The time range, such as 36h, 7d or 2w; the settings' window by default, else 14d."
        ),
    ] = None,
    form: Format = Form.TEXT,
    as_json: Json = False,
    output: Output = None,
    sandbox: Scenario = None,
    audit_log: Export = None,
    timeline: Annotated[bool, typer.Option("--timeline", help="Print the full timeline as well.")] = False,
    rules: Rules = None,
    config: Config = None,
) -> None:
    """Investigate one account and print the report."""
    with readable(), ExitStack() as stack:
        asked = span_of(since)
        if output is not None:
            empty_folder(output)
        form = Form.JSON if as_json else form
        loaded = settings_for_check(stack, config, sandbox, audit_log)
        ruleset = rules_in(rules or loaded.rules)
        span = asked or loaded.window
        tenants = Tenants(loaded.tenants)
        stack.callback(tenants.close)
        ledger = None
        if sandbox is None:
            ledger = Ledger(loaded.ledger, now)
            stack.callback(ledger.close)
        tell = stack.enter_context(terminal.progress_on(Console(stderr=True, quiet=form is not Form.TEXT)))
        recorder = Answers() if output is not None else None
        report = _look_into(
            user,
            span,
            tenants,
            patience=loaded.patience.total_seconds(),
            tell=tell,
            ledger=ledger,
            atlas=atlas_of(loaded.cities, loaded.networks, loaded.known_networks),
            recorder=recorder,
            rules=ruleset,
        )
        stack.close()
        _print_report(report, form=form, timeline=timeline)
        if output is not None and recorder is not None:
            from bot.cli.output import write_report  # noqa: PLC0415 - it draws pictures and pages

            write_report(report, output, recorder.packed(report.sources))
            typer.echo(f"Wrote the report to {output}.", err=True)


def _subject(user: str, connection: Connection) -> Subject:
    """Find the account, or say whose names begin like what was typed.

    Raises:
        NoSuchUser: there is none.
        GraphError: Microsoft did not answer.
    """
    try:
        return find_subject(user, connection)
    except NoSuchUser as error:
        name = name_in(user)
        near = people_named(name, connection)[:_NEAR] if name else ()
        if not near:
            raise
        names = ", ".join(one.user_principal_name for one in near)
        raise NoSuchUser(f"{error.sentence} Did you mean: {names}?") from error


def _look_into(
    user: str,
    span: timedelta,
    tenants: Tenants,
    *,
    patience: float,
    tell: terminal.Tell,
    ledger: Ledger | None,
    atlas: Atlas,
    recorder: Answers | None,
    rules: Ruleset,
) -> Report:
    """Look, and keep in the ledger who asked and what came of it."""
    if ledger:
        ledger.append(e.Asked(words=f"check {user}", span=str(span)), ACTOR)
    try:
        connection = tenants.answering_for(user)
        subject = _subject(user, connection)
        end = now()
        question = Question(subject=subject, window=Window(end - span, end))
        evidence = look(
            question, connection, Forgetful(), tell, patience=patience, atlas=atlas, recorder=recorder
        )
    except GraphError as error:
        if ledger:
            ledger.append(e.NotCollected(words=f"check {user}", says=error.sentence), ACTOR)
        raise
    report = ruled(judge(evidence, now(), atlas), evidence, rules)
    if all(source.state is Coverage.UNAVAILABLE for source in report.sources):
        why = report.sources[0].reason
        if ledger:
            ledger.append(e.NotCollected(subject=subject.id, says=why), ACTOR)
        raise Stopped(COULD_NOT_LOOK, f"No source could be collected. The first one said: {why}")
    if ledger:
        ledger.append(e.Answered(subject=subject.id, verdict=report.verdict.answer.value), ACTOR)
    return report


class Forgetful:
    """The memory of a check on the command line: it lasts as long as the command."""

    def __init__(self) -> None:
        self._kept: dict[str, dict[str, str]] = {}

    def recall(self, source: str) -> Mapping[str, str]:
        """What was kept for a source."""
        return self._kept.get(source, {})

    def remember(self, source: str, name: str, value: str) -> None:
        """Keep a text for a source."""
        self._kept.setdefault(source, {})[name] = value


def span_of(text: str | None) -> timedelta | None:
    """Read a time range; None where none was typed.

    Raises:
        Stopped: it is none.
    """
    try:
        span = settings.parse_span(text) if text else None
    except ValueError as error:
        raise Stopped(BAD_INPUT, f"--since: {error}.") from error
    if span and span > _LONGEST:
        raise Stopped(
            BAD_INPUT, f"--since: {text} is longer than Microsoft retains any record; use at most 520w."
        )
    return span


def _print_report(report: Report, *, form: Form, timeline: bool) -> None:
    """Print a report for people, or for programs."""
    if form is Form.JSON:
        print_json(report_json(report))
    elif form is Form.NDJSON:
        typer.echo(json.dumps(report_json(report)))
    elif form is Form.CSV:
        typer.echo(findings_csv(report), nl=False)
    else:
        terminal.show_report(report, Console(), timeline=timeline)
