"""`compromise pivot`: who else in the tenant was touched by the same thing."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.ending import Stopped, readable
from bot.cli.hunt import Since, Tenant, hunt_through
from bot.cli.options import Config, Json, Scenario
from bot.cli.statuses import BAD_INPUT
from bot.errors import NotUnderstood
from bot.verbs.terms import TERMINAL, term_of


def pivot(
    *,
    what: Annotated[
        list[str],
        typer.Argument(
            help="An IP address; or address, session, application, message or rule, and what it is."
        ),
    ],
    since: Since = None,
    tenant: Tenant = None,
    as_json: Json = False,
    sandbox: Scenario = None,
    config: Config = None,
) -> None:
    """Find every account that the same attacker touched."""
    with readable():
        try:
            term = term_of(what, TERMINAL)
        except NotUnderstood as error:
            raise Stopped(BAD_INPUT, str(error)) from error
        hunt_through((term,), since, tenant, as_json=as_json, sandbox=sandbox, config=config)
