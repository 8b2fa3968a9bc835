"""`compromise people`: list the recorded identities of named people, and confirm changed ones."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Annotated

import typer

from bot import log, settings
from bot.cli.book import opened
from bot.cli.ending import readable
from bot.cli.options import ACTOR, LEDGER, Config, LedgerFile
from bot.messages.escape import visible
from bot.people.wiring import people_of
from bot.settings import LogSettings
from commands.ledger.people import named_people
from graph.tenants import Tenants


def list_people(ledger: LedgerFile = LEDGER) -> None:
    """Print the recorded identities, one person a line."""
    with opened(ledger) as book:
        for one in named_people(book):
            says = f"{one.user} {one.email} {one.object_id} recorded {one.named_at:%Y-%m-%d %H:%M} UTC"
            typer.echo(visible(says) + (", changed since: cannot run checks or vote" if one.changed else ""))


def confirm_person(
    *,
    user: Annotated[str, typer.Argument(help="The Slack user ID, such as U0123ABCD.")],
    config: Config = None,
) -> None:
    """Record that a changed address or account is theirs.

    First ask them by phone whether they made the change.
    """
    with readable("Could not go on: "):
        log.configure(LogSettings(level="error"))
        loaded = settings.load(config, os.environ)
        with opened(loaded.ledger) as book, closing(Tenants(loaded.tenants)) as tenants:
            named = people_of(loaded, book, tenants).confirm(user, ACTOR)
            typer.echo(
                visible(f"Identity of {named.user} confirmed: {named.email}, account {named.object_id}.")
            )


HELP = "List recorded identities, and confirm changed ones."

VERBS: Mapping[str, Callable[..., None]] = {"list": list_people, "confirm": confirm_person}
"""The verbs of the group, by what is typed."""
