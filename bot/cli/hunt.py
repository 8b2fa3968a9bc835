"""What `compromise pivot` and `compromise sweep` share: hunt through a tenant and print whom it found."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from typing import Annotated, Any

import typer

from bot.cli.check import Forgetful, span_of
from bot.cli.ending import Stopped, readable
from bot.cli.given import print_json, settings_for_check
from bot.cli.options import ACTOR
from bot.cli.statuses import BAD_INPUT, COULD_NOT_LOOK
from bot.clock import now
from bot.messages import parts
from bot.messages.escape import visible
from commands.hunts import hunt as hunting
from commands.hunts.hunt import Found
from commands.hunts.sweep import sweep
from commands.ledger import Ledger
from commands.ledger import entries as e
from commands.report import Coverage, spoken
from graph.collect import collect
from graph.connection import Connection
from graph.evidence import Source
from graph.hunting import EVERYBODY, Term, pivot_queries
from graph.question import Question, Window
from graph.tenants import Tenants

Tenant = Annotated[str | None, typer.Option(help="The configured tenant, where there are several.")]
Since = Annotated[str | None, typer.Option(help="The time range, such as 36h, 7d or 2w.")]


def hunt_through(
    terms: tuple[Term, ...],
    since: str | None,
    tenant: str | None,
    *,
    as_json: bool,
    sandbox: Any,
    config: Any,
) -> None:
    """Hunt through a tenant, print whom it found, and keep in the ledger who asked and what came of it.

    Args:
        terms: What a pivot goes by; none for a sweep.
        since: The time range as it was typed; None for that of the settings.
        tenant: The name of the tenant; None for the only one.
        as_json: Print JSON.
        sandbox: The scenario to play, None for none.
        config: The settings' file.

    Raises:
        Stopped: something that was typed is wrong, or nothing could be collected.
    """
    with readable(), ExitStack() as stack:
        asked = span_of(since)
        loaded = settings_for_check(stack, config, sandbox, None)
        tenants = Tenants(loaded.tenants)
        stack.callback(tenants.close)
        connection = _connection(tenants, tenant)
        words = " ".join(["pivot", *(f"{one.kind.value} {one.value}" for one in terms)]) if terms else "sweep"
        ledger = None
        if sandbox is None:
            ledger = Ledger(loaded.ledger, now)
            stack.callback(ledger.close)
            ledger.append(e.Asked(words=words, span=str(asked or loaded.window)), ACTOR)
        end = now()
        window = Window(end - (asked or loaded.window), end)
        found = _found(terms, connection, window, loaded.patience.total_seconds(), quiet=as_json)
        if all(one.state is Coverage.UNAVAILABLE for one in found.sources):
            why = found.sources[0].reason
            if ledger:
                ledger.append(e.NotCollected(words=words, says=why), ACTOR)
            raise Stopped(COULD_NOT_LOOK, f"No source could be collected. The first one said: {why}")
        if ledger:
            number = parts.counted(len(found.touched), "account")
            ledger.append(e.Answered(says=f"{words}: {number}"), ACTOR)
        _print(found, window, as_json=as_json)


def _connection(tenants: Tenants, name: str | None) -> Connection:
    known = {one.settings.name: one for one in tenants.each()}
    if name is None and len(known) == 1:
        return next(iter(known.values()))
    if name not in known:
        raise Stopped(BAD_INPUT, f"--tenant: name one of {', '.join(known)}.")
    return known[name]


def _found(
    terms: tuple[Term, ...], connection: Connection, window: Window, patience: float, *, quiet: bool
) -> Found:
    if not terms:
        return _swept(connection, window, patience, quiet=quiet)
    queries = pivot_queries(terms)
    answers: dict[str, Source[Any]] = {}
    names = [query.name for query in queries]
    for arrived in collect(
        Question(EVERYBODY, window),
        connection,
        Forgetful(),
        patience=patience,
        sources=names,
        queries=queries,
    ):
        answers[arrived.source] = arrived.answer
        if not quiet:
            typer.echo(f"{len(answers)} of {len(queries)} sources: {spoken(arrived.source)}", err=True)
    return hunting.pivoted(terms, answers, None)


def _swept(connection: Connection, window: Window, patience: float, *, quiet: bool) -> Found:
    found = Found((), ())
    for progress in sweep(window, connection, Forgetful(), patience=patience):
        found = progress.found
        if not quiet:
            number = parts.counted(progress.number, "account")
            typer.echo(f"{progress.stage.value}: {progress.done} of {progress.total}, {number}", err=True)
    return found


def _print(found: Found, window: Window, *, as_json: bool) -> None:
    if as_json:
        accounts = [
            {
                "account": one.account,
                "points": one.points,
                "why": list(one.why),
                "first": one.first.isoformat() if one.first else None,
                "last": one.last.isoformat() if one.last else None,
                "records": one.number,
                "record_ids": list(one.records),
            }
            for one in found.touched
        ]
        sources = [
            {"source": one.id, "state": one.state.value, "reason": one.reason, "needs": one.needs}
            for one in found.sources
        ]
        looked = {} if found.closely is None else {"closely": asdict(found.closely)}
        span = {"from": window.start.isoformat(), "to": window.end.isoformat()}
        print_json({"window": span, "accounts": accounts, "sources": sources, **looked})
        return
    searched = f"{parts.utc(window.start)} to {parts.utc(window.end)}"
    typer.echo(f"{parts.counted(len(found.touched), 'account')} found; searched {searched}")
    if not found.touched:
        typer.echo(
            "What happened earlier was not searched: repeat it with --since 14d, or check one account."
        )
    for one in found.touched:
        points = f"  {one.points} points" if one.points else ""
        number = parts.counted(one.number, "record")
        typer.echo(
            f"\n{visible(one.account)}{points}  {number}, {parts.utc(one.first)} to {parts.utc(one.last)}"
        )
        for why in one.why:
            typer.echo(f"  - {visible(why)}")
    if found.closely is not None:
        closely = found.closely
        typer.echo(
            f"\nExamined the mailboxes of {closely.looked} of "
            f"{parts.counted(closely.doubted, 'suspicious account')}, highest points first; hidden inbox "
            f"rules of {closely.hidden}."
        )
    for source in found.sources:
        if source.state is not Coverage.COMPLETE:
            typer.echo(f"\nNot collected: {spoken(source.id)} ({visible(source.reason)})")
