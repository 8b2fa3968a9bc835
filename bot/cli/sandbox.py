"""`compromise sandbox`: try everything in a browser."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot.cli.ending import end_with, readable
from bot.cli.given import (
    readable_file,
    scenario_named,
)
from bot.cli.options import Export


def sandbox(
    scenario: Annotated[
        str, typer.Option(help="The scenario to load; without a name, they are listed.")
    ] = "mailbox-takeover",
    port: Annotated[
        int | None,
        typer.Option(
            help=(
                "The page's port on 127.0.0.1; 0 picks a free port; 8075 by default, or a free "
                "port if that is in use."
            ),
            min=0,
            max=65535,
        ),
    ] = None,
    audit_log: Export = None,
    output: Annotated[Path, typer.Option(help="The folder for the bot's ledger.")] = Path("sandbox-output"),
) -> None:
    """Run a simulated tenant, a Slack workspace and the bot.

    There is a page for the browser, and it runs until Ctrl-C.
    """
    from bot.playing import playground  # noqa: PLC0415 - only the verbs of the sandbox may bring it with them

    with readable():
        playground.refuse_beside_credentials(os.environ, Path.cwd())
        end_with(
            playground.keep_running(
                scenario_named(scenario), port, readable_file(audit_log), output, Console()
            )
        )
