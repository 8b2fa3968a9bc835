"""`compromise factor`: see and remove approvers' second factors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from bot.cli.book import opened
from bot.cli.ending import Stopped
from bot.cli.options import ACTOR, LEDGER, LedgerFile
from bot.cli.statuses import BAD_INPUT
from bot.clock import now
from bot.messages.escape import visible
from bot.people import second_factor


def list_factors(ledger: LedgerFile = LEDGER) -> None:
    """Print who has a second factor, one person per line."""
    with opened(ledger) as book:
        for one in second_factor.enrolments(book):
            since = f"enrolled {one.enrolled_at:%Y-%m-%d %H:%M} UTC" if one.enrolled_at else "not confirmed"
            is_locked = one.locked_until is not None and one.locked_until > now()
            typer.echo(f"{visible(one.user)} {since}{', locked' if is_locked else ''}")


def remove_factor(
    *,
    user: Annotated[str, typer.Argument(help="The Slack user ID, such as U0123ABCD.")],
    ledger: LedgerFile = LEDGER,
) -> None:
    """Remove a person's second factor, so that they can enroll again."""
    with opened(ledger) as book:
        if not second_factor.remove(book, user, ACTOR):
            raise Stopped(BAD_INPUT, f"{user} has no second factor.")
        typer.echo(f"The second factor of {visible(user)} is removed.")


HELP = "List and remove approvers' second factors."

VERBS: Mapping[str, Callable[..., None]] = {"list": list_factors, "remove": remove_factor}
"""The verbs of the group, by what is typed."""
