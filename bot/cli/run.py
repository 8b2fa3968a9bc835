"""`compromise run`: start the bot."""

from __future__ import annotations

import os

import typer

from bot import settings
from bot.cli.ending import readable
from bot.cli.given import (
    warn_of_others,
)
from bot.cli.options import Config


def run(config: Config = None) -> None:
    """Start the bot."""
    from bot import process  # noqa: PLC0415 - the engine starts threads of its own; other verbs do without

    with readable():
        loaded = settings.load(config, os.environ)
        warn_of_others(config, loaded)
        raise typer.Exit(process.run(loaded))
