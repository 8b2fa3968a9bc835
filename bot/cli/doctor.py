"""`compromise doctor`: what the bot may do, what it may not, and what each gap costs."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot import log, settings
from bot.cli.ending import Stopped, readable
from bot.cli.given import (
    settings_for_check,
    warn_of_others,
)
from bot.cli.options import Config, Json, Scenario
from bot.cli.statuses import BAD_INPUT, COULD_NOT_LOOK
from bot.settings import LogSettings, Settings


def doctor(  # noqa: PLR0917 - typer reads the options off the parameters
    config: Config = None,
    sandbox: Scenario = None,
    user: Annotated[
        str | None, typer.Option(help="The account to test queries on; any account by default.")
    ] = None,
    check_only: Annotated[
        bool, typer.Option("--check-only", help="Skip permissions that only remediation needs.")
    ] = False,
    everything: Annotated[
        bool,
        typer.Option("--all", help="Show what is present and the notes as well, not only what is missing."),
    ] = False,
    record: Annotated[
        Path | None,
        typer.Option(
            help=(
                "Record the shape of Microsoft's responses in this new folder, without tenant "
                "data, for a bug report; needs --user."
            )
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Write the record without confirmation.")] = False,
    as_json: Json = False,
) -> None:
    """Show what is missing, what that costs, and the next steps.

    Looks at credentials, permissions, licenses and Slack scopes.
    """
    from bot.setup import doctor as examining  # noqa: PLC0415 - reads every query, which other verbs need not

    with readable(), ExitStack() as stack:
        log.configure(LogSettings(level="error"))
        if sandbox is None:
            loaded = settings.load(config, os.environ, settings.CHECK_NEEDS)
            warn_of_others(config, loaded)
        else:
            loaded = settings_for_check(stack, config, sandbox, None)
        if record is not None:
            _record(loaded, user, record, yes=yes, as_json=as_json)
            return
        raise typer.Exit(
            examining.examine(
                loaded, Console(), user=user, as_json=as_json, check_only=check_only, everything=everything
            )
        )


def _record(loaded: Settings, user: str | None, folder: Path, *, yes: bool, as_json: bool) -> None:
    """Record what Microsoft answers, show all of it, and write it once someone says so."""
    from bot.setup import doctor_record as recording  # noqa: PLC0415 - reads every query, as above

    if user is None:
        raise Stopped(BAD_INPUT, "Name the account to query: --user adele@contoso.com.")
    if as_json:
        raise Stopped(BAD_INPUT, "--record prints the files that it writes; leave --json out.")
    console = Console()
    try:
        recording.claim(folder)
        files = recording.record(loaded.tenants, user)
        recording.show(files, console)
        wanted = yes or typer.confirm(f"Write these {len(files)} files into {folder}?")
        if wanted:
            recording.write(files, folder)
    except recording.NotRecorded as error:
        raise Stopped(BAD_INPUT if error.asked_wrongly else COULD_NOT_LOOK, str(error)) from error
    except typer.Abort as unanswered:
        why = "No one answered, so nothing was written. Use --yes to skip the question."
        raise Stopped(BAD_INPUT, why) from unanswered
    says = f"Written to {folder}. It contains no tenant data." if wanted else "Nothing was written."
    console.print(says, markup=False, highlight=False)
