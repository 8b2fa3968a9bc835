"""What `compromise doctor` tells of Slack: token, scopes and channels, and who may ask and approve there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from slack_sdk import WebClient

from bot.errors import NotUnderstood, SlackFailed, SlackUnreachable
from bot.people.members import Members, why_not
from bot.people.tenancy import Tenancy
from bot.settings import Settings, SlackSettings
from bot.setup.doctor_findings import Line
from bot.slack.channels import cannot_post, why_not_here
from bot.slack.client import MEND_APP, MEND_BOT, TIMEOUT, call, make_client, trust
from commands.errors import LedgerError, MarkUnusable
from commands.ledger import Ledger
from commands.ledger.people import Named, named_people
from graph.accounts import find_subject
from graph.errors import GraphError, NoSuchUser
from graph.tenants import Tenants

SCOPES: dict[str, str] = {
    "commands": "/compromise and the shortcuts do not work",
    "chat:write": "no cards or replies can be posted",
    "files:write": "report files cannot be attached",
    "users:read": "guests, bots and deactivated users cannot be recognized, so everyone is refused",
    "users:read.email": "mentions cannot be matched to accounts, and the subject cannot be recognized",
    "im:write": "no direct messages can be sent",
    "channels:read": "members of public channels cannot be listed, so nothing is posted there",
    "groups:read": "members of private channels cannot be listed, so nothing is posted there",
    "usergroups:read": "responders cannot be a Slack user group",
}
"""The bot's Slack scopes, and what is lost without each."""


def own_channels(settings: Settings, slack: SlackSettings, name: str) -> Iterator[Line]:
    """Say whether the channels that are one tenant's alone can be posted in."""
    for one in settings.tenants:
        for channel in sorted(one.own_channels) if one.name == name else ():
            yield _channel(slack, f"channel {channel}", channel, "")


def look_at_people(settings: Settings, slack: SlackSettings, tenants: Tenants, tenant: str) -> list[Line]:
    """Say who is named to ask and to approve in a tenant, and which of those Slack would not let decide."""
    client = make_client(slack)
    lines = []
    team = Tenancy(settings).of(tenant).team
    if not team.responders.users and not team.responders.group:
        says = "no responders in the settings, so no one can run checks"
        mend = ("Set users or group under [responders] in the settings",)
        lines.append(Line(there=False, what="responders", says=says, mend=mend))
    try:
        home = str(call(client.auth_test)["team_id"])
        members = Members(
            client,
            home,
            {tenant: team},
            addresses=settings.people,
            seconds=time.monotonic,
        )
        named = members.approvers()
        barred = {user: _barred(members, user) for user in named}
        lines += _identities(members, settings.ledger, tenants)
    except SlackFailed as error:
        return [*lines, Line(there=False, what="approvers", says=f"{error} No approver can be asked.")]
    if not named:
        says = "none in the settings, so no remediation can be approved"
        return [*lines, Line(there=None, what="approvers", says=says)]
    lines += [
        Line(there=False, what=f"approver {user}", says=f"cannot approve: {why}")
        for user, why in barred.items()
        if why
    ]
    able = [user for user, why in barred.items() if not why]
    few = (
        ""
        if len(able) > 1
        else "; changes that need two people, such as blocking sign-in, cannot be approved"
    )
    counted = f"{len(able)} can approve{few}"
    second = () if len(able) > 1 else ("Name a second person under [approvers] in the settings",)
    return [*lines, Line(there=len(able) > 1, what="approvers", says=counted, mend=second)]


def _identities(members: Members, path: Path, tenants: Tenants) -> Iterator[Line]:
    """Say who is not as they were named, or has an address that leads to no account; nothing is noted.

    Raises:
        SlackFailed: Slack does not tell who is named.
    """
    try:
        known = _known(path)
    except LedgerError as error:
        if isinstance(error, MarkUnusable):
            yield Line(there=False, what="ledger", says=str(error))
        yield Line(there=None, what="recorded identities", says=f"unknown: {error}")
        known = {}
    named = members.named()
    for user in sorted(named):
        try:
            account = members.account(user)
        except NotUnderstood:
            continue  # told where people decide, and by the list of those who cannot
        if why_not(account, members.home, named):
            continue
        before, what = known.get(user), f"identity of {user}"
        if before and (before.changed or before.email != account.email):
            says = (
                "Slack address or account changed since the identity was recorded; cannot run checks or vote"
            )
            mend = (f"Ask {user} by phone about the change, then run: compromise people confirm {user}",)
            yield Line(there=False, what=what, says=says, mend=mend)
            continue
        home = members.home_of(account)
        try:
            find_subject(home, tenants.answering_for(home))
        except NoSuchUser:
            says = f"{home} matches no account in the tenants; cannot run checks or vote"
            mend = (f"Add the Microsoft 365 address of {user} under [people] in the settings",)
            yield Line(there=False, what=what, says=says, mend=mend)
        except GraphError as error:
            yield Line(there=None, what=what, says=f"unknown: {error.sentence}")


def _known(path: Path) -> dict[str, Named]:
    """Give who was named, by user; a bot that never ran has no ledger, and none is made here.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    if not path.exists():
        return {}
    with closing(Ledger(path, lambda: datetime.now(UTC))) as ledger:
        return {one.user: one for one in named_people(ledger)}


def _barred(members: Members, user: str) -> str:
    try:
        return members.why_no_approver(members.account(user), fresh=False)
    except NotUnderstood as error:
        return str(error)


def look_at_channels(slack: SlackSettings) -> list[Line]:
    """Say whether the channels of the settings can be posted in."""
    lines = []
    if slack.channel:
        lines.append(_channel(slack, "channel for cards", slack.channel, ""))
    if not slack.checkpoints:
        says = "not set, so nothing outside this machine would reveal a truncated ledger"
        return [*lines, Line(there=None, what="checkpoints", says=says)]
    cost = "No checkpoints are posted."
    return [*lines, _channel(slack, "channel for checkpoints", slack.checkpoints, cost)]


def _channel(slack: SlackSettings, what: str, channel: str, cost: str) -> Line:
    try:
        found: Any = call(make_client(slack).conversations_info, channel=channel)["channel"]
    except SlackFailed as error:
        return Line(there=False, what=what, says=f"{cannot_post(error.code) or error} {cost}".strip())
    why = why_not_here(found)
    return Line(there=not why, what=what, says=f"{why} {cost}".strip() if why else f"#{found['name']}")


def look_at_slack(slack: SlackSettings) -> list[Line]:
    """Ask Slack who we are, and read off which scopes the token has.

    Raises:
        SlackUnreachable: Slack gives no answer.
    """
    try:
        answer = call(make_client(slack).auth_test)
    except SlackUnreachable:
        raise
    except SlackFailed as error:
        says = f"Slack refused it ({error.code})"
        return [Line(there=False, what="bot token", says=says, mend=(MEND_BOT,))]
    lines = [Line(there=True, what="bot token", says=f"{answer.get('user')} in {answer.get('team')}")]
    headers = {name.casefold(): value for name, value in answer.headers.items()}
    held = {scope.strip() for scope in str(headers.get("x-oauth-scopes", "")).split(",")}
    for scope, cost in SCOPES.items():
        there = scope in held
        mend = (f"Add {scope} to the app's bot token scopes, and reinstall the app",)
        lines.append(
            Line(there=there, what=f"scope {scope}", says="" if there else cost, mend=() if there else mend)
        )
    if slack.app_token is not None:
        lines.append(_app_token(slack, slack.app_token.get_secret_value()))
    return lines


def _app_token(slack: SlackSettings, token: str) -> Line:
    client = WebClient(base_url=slack.api_url, timeout=TIMEOUT, ssl=trust())
    try:
        call(client.apps_connections_open, app_token=token)
    except SlackUnreachable:
        raise
    except SlackFailed as error:
        says = f"Slack refused it ({error.code}); Socket Mode does not work without it"
        return Line(there=False, what="app-level token", says=says, mend=(MEND_APP,))
    return Line(there=True, what="app-level token")
