"""`compromise worker`: make checks, hunts and rechecks for a bot on another machine."""

from __future__ import annotations

import os

import typer

from bot import settings
from bot.cli.ending import readable
from bot.cli.given import warn_of_others
from bot.cli.options import Config


def worker(config: Config = None) -> None:
    """Make checks, hunts and rechecks for a bot on another machine.

    Any number may run, wherever they reach the bot's PostgreSQL and Microsoft. A worker needs neither
    Slack nor the ledger, and changes nothing.
    """
    from bot import process  # noqa: PLC0415 - the engine starts threads of its own; other verbs do without

    with readable():
        loaded = settings.load(config, os.environ, settings.CHECK_NEEDS)
        warn_of_others(config, loaded)
        raise typer.Exit(process.work(loaded))
