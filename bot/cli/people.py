"""`compromise people`: see who the named people are, and name them again."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Annotated

import typer

from bot import log, settings
from bot.app import people_of
from bot.cli.book import opened
from bot.cli.ending import readable
from bot.cli.options import ACTOR, LEDGER, Config, LedgerFile
from bot.messages.escape import visible
from bot.settings import LogSettings
from commands.ledger.people import named_people
from graph.tenants import Tenants


def list_people(ledger: LedgerFile = LEDGER) -> None:
    """Print who the people are whom the settings name, one person a line."""
    with opened(ledger) as book:
        for one in named_people(book):
            says = f"{one.user} {one.email} {one.object_id} named {one.named_at:%Y-%m-%d %H:%M} UTC"
            typer.echo(visible(says) + (", changed since: may neither ask nor decide" if one.changed else ""))


def name_person(
    *,
    user: Annotated[str, typer.Argument(help="The Slack user id, such as U0123ABCD.")],
    config: Config = None,
) -> None:
    """Name someone again, as Slack and Microsoft say now.

    Make sure by phone that the change was theirs.
    """
    with readable():
        log.configure(LogSettings(level="error"))
        loaded = settings.load(config, os.environ)
        with opened(loaded.ledger) as book, closing(Tenants(loaded.tenants)) as tenants:
            named = people_of(loaded, book, tenants).name_again(user, ACTOR)
            typer.echo(visible(f"{named.user} is named again: {named.email}, account {named.object_id}."))


HELP = "See who the named people are, and name them again."

VERBS: Mapping[str, Callable[..., None]] = {"list": list_people, "name": name_person}
"""The verbs of the group, by what is typed."""
