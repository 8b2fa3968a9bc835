"""What says who someone is and what they may do, put together: for the bot and for the command line."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from slack_sdk import WebClient

from bot.errors import CannotStart, SlackFailed, SlackUnreachable
from bot.people.identities import Identities
from bot.people.members import Members
from bot.people.persons import People, doubt_about
from bot.people.tenancy import Tenancy
from bot.settings import Settings
from bot.slack.client import MEND_BOT, call, make_client
from commands.ledger import Ledger
from commands.ledger.tenants import former_names, tenant_ids
from graph.accounts import find_subject
from graph.question import Subject
from graph.tenants import Tenants


def account_at(tenants: Tenants, address: str) -> Subject:
    """Find the account that an address leads to, in the tenant that answers for it.

    Raises:
        NoSuchUser: there is none.
        GraphError: Microsoft cannot be asked.
    """
    return find_subject(address, tenants.answering_for(address))


def people_of(settings: Settings, ledger: Ledger, tenants: Tenants) -> People:
    """Give what says who someone is and what they may do.

    Raises:
        CannotStart: the settings do not say how to reach Slack, or it does not take the token.
    """
    if settings.slack is None:
        raise CannotStart("The settings have no [slack] section.")
    client = make_client(settings.slack)
    ids = {one.name: one.tenant_id for one in settings.tenants}
    tenancy = Tenancy(settings, former_names(tenant_ids(ledger), ids))
    return wire_people(client, tenancy, settings=settings, ledger=ledger, tenants=tenants)


def whoami(client: WebClient) -> Any:
    """Ask Slack whose the bot token is.

    Raises:
        CannotStart: Slack cannot be reached, or refuses the token.
    """
    try:
        return call(client.auth_test)
    except SlackUnreachable as error:
        raise CannotStart(str(error)) from error
    except SlackFailed as error:
        if error.passing:
            says = f"Slack is not able to answer now ({error.code}). Start again in a few minutes."
            raise CannotStart(says) from error
        raise CannotStart(f"Slack refused the bot token ({error.code}). {MEND_BOT}.") from error


def wire_people(
    client: WebClient, tenancy: Tenancy, *, settings: Settings, ledger: Ledger, tenants: Tenants
) -> People:
    """Put together what says who someone is and what they may do.

    Raises:
        CannotStart: Slack cannot be reached, or refuses the token.
    """
    members = Members(
        client,
        str(whoami(client)["team_id"]),
        tenancy.teams,
        addresses=settings.people,
        seconds=time.monotonic,
        whose=tenancy.whose,
    )
    identities = Identities(ledger, partial(account_at, tenants))
    return People(client, members, identities, partial(doubt_about, ledger))
