"""`compromise doctor`: what the bot is allowed to do, what it is not, and what each gap costs.

The table of permissions is made from the queries themselves, and the reference page is checked against it.
The look into a tenant is the truth test: every question that a check asks is asked once, about one account
and one day, and what comes back unavailable is named with what would mend it.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.text import Text
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.channels import cannot_post, why_not_here
from bot.errors import SlackFailed
from bot.messages import parts
from bot.messages.escape import visible
from bot.people import People
from bot.settings import Settings, SlackSettings
from bot.slack_client import call, make_client
from commands.errors import KeyUnusable
from commands.keys import Keys
from commands.steps import STEPS
from commands.symptoms import SYMPTOMS
from graph.auth import Resource
from graph.collect import collect, find_subject
from graph.connection import Connection
from graph.errors import CannotSignIn, GraphError, NoSuchUser
from graph.evidence import Reason, Source, Unavailable
from graph.limits import Deadline
from graph.queries.registry import QUERIES
from graph.question import Question, Subject, Window
from graph.request import Request
from graph.tenants import Tenants

FINE, GAPS, NO_SIGN_IN = 0, 1, 3

SCOPES: dict[str, str] = {
    "commands": "nobody can ask by /compromise or by the shortcuts",
    "chat:write": "no card and no answer can be posted",
    "files:write": "reports that are too long for a message cannot be attached",
    "users:read": "guests, bots and deactivated people cannot be told apart, so everybody is refused",
    "users:read.email": "a mention cannot be matched with its account, and the subject cannot be recognised",
    "im:write": "nobody can be asked by direct message",
    "channels:read": "nobody can see who reads along in a public channel, so nothing is posted there",
    "groups:read": "nobody can see who reads along in a private channel, so nothing is posted there",
    "usergroups:read": "who may ask cannot be a Slack user group",
}
"""The bot's Slack scopes, and what is lost without each."""

_SECONDS = 60.0
_NOT_THE_APPS_FAULT = frozenset({Reason.TIME, Reason.NO_MAILBOX, Reason.NOT_FOUND, Reason.THROTTLING})


@dataclass(frozen=True, slots=True)
class Row:
    """One source: what it needs, and what is lost without it.

    Attributes:
        source: Its id.
        permissions: Application permissions of Graph, and Exchange roles, of which all are needed.
        licence: The licence that the tenant needs for it, or "".
        symptoms: The ids of the symptoms that nobody may call absent without it.
        helps: The ids of those that only see more with it.
    """

    source: str
    permissions: tuple[str, ...]
    licence: str
    symptoms: tuple[str, ...]
    helps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at: whether it is there, and what to say about it."""

    there: bool | None
    what: str
    says: str = ""


def table() -> tuple[Row, ...]:
    """The permission table: a row for every source, in the order of the queries."""
    rows = []
    for query in QUERIES:
        source = query.__name__.rpartition(".")[2]
        needing = tuple(_name(symptom) for symptom in SYMPTOMS if source in _flat(symptom.NEEDS))
        helped = tuple(_name(symptom) for symptom in SYMPTOMS if source in symptom.HELPS)
        rows.append(Row(source, tuple(query.PERMISSIONS), query.LICENCE, needing, helped))
    return tuple(rows)


def markdown(row: Row) -> str:
    """The row as it stands on the reference page."""
    permissions = ", ".join(one if " " in one else f"`{one}`" for one in row.permissions)
    symptoms = ", ".join(f"`{name}`" for name in row.symptoms)
    return f"| `{row.source}` | {permissions} | {row.licence} | {symptoms} |"


def examine(settings: Settings, console: Console, *, user: str | None = None) -> int:
    """Look at everything, and write what is there and what is not.

    Args:
        settings: Whose tenants and whose Slack.
        console: Where to write.
        user: The account to try the questions on; any account when None.

    Returns:
        0 when all is there, 1 when something is missing, 3 when one of the tenants does not let us sign in.
    """
    status = FINE
    tenants = Tenants(settings.tenants)
    try:
        for connection in tenants.each():
            console.print(Text(f"Tenant {connection.settings.name}", style="bold"))
            try:
                status = max(status, _tell(look_at_tenant(connection, user), console))
            except CannotSignIn as error:
                _tell(
                    [Line(there=False, what="sign-in", says=f"{error.sentence} Nothing can be seen.")],
                    console,
                )
                status = NO_SIGN_IN
    finally:
        tenants.close()
    console.print(Text("Slack", style="bold"))
    if settings.slack is None:
        console.print(Text("  not set up; the command line works without it"))
    else:
        status = max(status, _tell(look_at_slack(settings.slack), console))
        console.print(Text("Who decides, and what is kept", style="bold"))
        lines = [*look_at_people(settings, settings.slack), *look_at_channels(settings.slack)]
        status = max(status, _tell([*lines, look_at_key(settings)], console))
    console.print(
        Text({FINE: "Everything is there.", GAPS: "Something is missing."}.get(status, "Cannot sign in."))
    )
    return status


def look_at_tenant(connection: Connection, user: str | None) -> list[Line]:
    """Sign in everywhere, read the token's permissions, and ask every question once.

    Raises:
        CannotSignIn: Graph gives no token.
    """
    deadline = Deadline(_SECONDS)
    token = connection.sign_in.token(Resource.GRAPH, deadline)
    lines = [Line(there=True, what="sign-in to Graph")]
    for resource in (Resource.EXCHANGE, Resource.COMPLIANCE):
        try:
            connection.sign_in.token(resource, deadline)
            lines.append(Line(there=True, what=f"sign-in to {resource.value.capitalize()}"))
        except GraphError as error:
            lines.append(
                Line(there=False, what=f"sign-in to {resource.value.capitalize()}", says=error.sentence)
            )
    granted = roles_of(token)
    if granted is None:
        lines.append(
            Line(there=None, what="the token's permissions", says="cannot be read; the questions tell")
        )
    try:
        subject = find_subject(user, connection) if user else _anybody(connection, deadline)
    except NoSuchUser as error:
        return [*lines, Line(there=False, what="an account to try the questions on", says=error.sentence)]
    except CannotSignIn:
        raise
    except GraphError as error:
        says = f"{error.sentence} Without User.Read.All no account can be found, so nothing can be seen."
        return [*lines, Line(there=False, what="user", says=says), *_only_roles(granted)]
    return [*lines, *_ask_everything(connection, subject, granted), *to_write(granted)]


def roles_of(token: str) -> frozenset[str] | None:
    """The application permissions in an access token, or None where the token cannot be read.

    Microsoft calls its tokens opaque to clients, so this only explains; it decides nothing.
    """
    pieces = token.split(".")
    if len(pieces) != 3:
        return None
    try:
        claims: Any = json.loads(base64.urlsafe_b64decode(pieces[1] + "=" * (-len(pieces[1]) % 4)))
    except ValueError:
        return None
    roles = claims.get("roles") if isinstance(claims, Mapping) else None
    return frozenset(str(role) for role in roles) if isinstance(roles, list) else None


def to_write(granted: frozenset[str] | None) -> list[Line]:
    """Say which steps could not be carried out for want of a permission of Graph's.

    A check needs none of them, so nothing here counts as missing. Roles in Exchange and Purview cannot be
    read off a token, and trying a write is no way to find out.
    """
    if granted is None:
        return []
    wanted = {
        _name(step): [one for one in step.PERMISSIONS if " " not in one and "ReadWrite" in one]
        for step in STEPS
    }
    lacking = {step: [one for one in needs if one not in granted] for step, needs in wanted.items()}
    lines = [
        Line(
            there=None,
            what=f"the step {parts.spoken(step)}",
            says=f"Microsoft refuses it, or a part of it, without {', '.join(needs)}",
        )
        for step, needs in lacking.items()
        if needs
    ]
    if len(lines) == sum(map(bool, wanted.values())):
        says = "none of them is granted: the bot investigates, and people act"
        return [Line(there=None, what="permissions of Graph to write", says=says)]
    return lines or [Line(there=True, what="permissions of Graph to write")]


def look_at_people(settings: Settings, slack: SlackSettings) -> list[Line]:
    """Say who is named to ask and to approve, and which of those Slack would not let decide."""
    client = make_client(slack)
    lines = []
    if not settings.responders.users and not settings.responders.group:
        says = "the settings name no responders, so nobody may ask"
        lines.append(Line(there=False, what="responders", says=says))
    try:
        home = str(call(client.auth_test)["team_id"])
        people = People(
            client,
            home,
            settings.responders,
            settings.people,
            time.monotonic,
            approvers=settings.approvers,
        )
        named = people.approvers()
        barred = {user: people.voter(user, fresh=False).barred for user in named}
    except SlackFailed as error:
        return [*lines, Line(there=False, what="approvers", says=f"{error} Nobody can be asked.")]
    if not named:
        says = "the settings name none, so nothing is ever carried out"
        return [*lines, Line(there=None, what="approvers", says=says)]
    lines += [
        Line(there=False, what=f"approver {user}", says=f"may not approve, and would be told: {why}")
        for user, why in barred.items()
        if why
    ]
    able = [user for user, why in barred.items() if not why]
    few = "" if len(able) > 1 else "; what needs two people, such as blocking the sign-in, never gets them"
    counted = f"{len(able)} may approve{few}"
    return [*lines, Line(there=len(able) > 1, what="approvers", says=counted)]


def look_at_channels(slack: SlackSettings) -> list[Line]:
    """Say whether the channels of the settings can be posted in."""
    lines = []
    if slack.channel:
        lines.append(_channel(slack, "channel for cards", slack.channel, ""))
    if not slack.checkpoints:
        says = "no channel is set, so nothing outside of this machine shows that the ledger's end was cut off"
        return [*lines, Line(there=None, what="checkpoints", says=says)]
    cost = "No checkpoint of the ledger is posted."
    return [*lines, _channel(slack, "channel for checkpoints", slack.checkpoints, cost)]


def _channel(slack: SlackSettings, what: str, channel: str, cost: str) -> Line:
    try:
        found: Any = call(make_client(slack).conversations_info, channel=channel)["channel"]
    except SlackFailed as error:
        return Line(there=False, what=what, says=f"{cannot_post(error.code) or error} {cost}".strip())
    why = why_not_here(found)
    return Line(there=not why, what=what, says=f"{why} {cost}".strip() if why else f"#{found['name']}")


def look_at_key(settings: Settings) -> Line:
    """Say whether the bot's private key can be used; none is made here."""
    what = f"key {settings.key}"
    if not settings.key.exists():
        if settings.key.absolute().parent.is_dir():
            return Line(there=None, what=what, says="is made when the bot starts")
        return Line(there=False, what=what, says="cannot be made: there is no such folder")
    try:
        Keys.load(settings.key)
    except KeyUnusable as error:
        return Line(there=False, what=what, says=str(error))
    return Line(there=True, what=what)


def look_at_slack(slack: SlackSettings) -> list[Line]:
    """Ask Slack who we are, and read off which scopes the token has."""
    client = WebClient(token=slack.bot_token.get_secret_value(), base_url=slack.api_url)
    try:
        answer = client.auth_test()
    except SlackApiError as error:
        return [Line(there=False, what="bot token", says=f"Slack says {error.response.get('error')}")]
    except OSError as error:
        return [Line(there=False, what="Slack", says=f"cannot be reached ({error})")]
    lines = [Line(there=True, what="bot token", says=f"{answer.get('user')} in {answer.get('team')}")]
    headers = {name.casefold(): value for name, value in answer.headers.items()}
    held = {scope.strip() for scope in str(headers.get("x-oauth-scopes", "")).split(",")}
    for scope, cost in SCOPES.items():
        lines.append(Line(there=scope in held, what=f"scope {scope}", says="" if scope in held else cost))
    if slack.app_token is not None:
        lines.append(_app_token(slack, slack.app_token.get_secret_value()))
    return lines


def _app_token(slack: SlackSettings, token: str) -> Line:
    try:
        WebClient(base_url=slack.api_url).apps_connections_open(app_token=token)
    except SlackApiError as error:
        says = f"Slack says {error.response.get('error')}; without it Socket Mode does not work"
        return Line(there=False, what="app-level token", says=says)
    return Line(there=True, what="app-level token")


def _ask_everything(connection: Connection, subject: Subject, granted: frozenset[str] | None) -> list[Line]:
    now = datetime.now(UTC)
    question = Question(subject=subject, window=Window(now - timedelta(days=1), now))
    answers = {
        arrived.source: arrived.answer
        for arrived in collect(question, connection, _Forgets(), patience=_SECONDS)
    }
    lines = [Line(there=None, what="tried on", says=subject.user_principal_name)]
    return [*lines, *(_line(row, answers[row.source], granted) for row in table() if row.source in answers)]


def _line(row: Row, answer: Source[Any], granted: frozenset[str] | None) -> Line:
    what = parts.spoken(row.source)
    if isinstance(answer, Unavailable):
        if answer.reason in _NOT_THE_APPS_FAULT:
            return Line(there=None, what=what, says=answer.says)
        return Line(there=False, what=what, says=_gap(row, answer, granted))
    if answer.missing:
        says = "; ".join(answer.missing)
        lacking = any(permission in says for permission in row.permissions)
        return Line(there=False if lacking else None, what=what, says=f"not wholly: {says}")
    return Line(there=True, what=what)


def _gap(row: Row, answer: Unavailable, granted: frozenset[str] | None) -> str:
    needs = answer.needs
    if not needs and granted is not None:
        needs = ", ".join(one for one in _of_graph(row) if one not in granted)
    mend = f" It needs {needs}." if needs and needs not in answer.says else ""
    return f"{answer.says.rstrip('.')}.{mend} {cost(row)}"


def cost(row: Row) -> str:
    """What is lost without a source, in a sentence."""
    if row.symptoms:
        return f"Without it nobody can rule out: {', '.join(parts.spoken(name) for name in row.symptoms)}."
    if row.helps:
        return f"Without it less is seen of: {', '.join(parts.spoken(name) for name in row.helps)}."
    return "Without it the report knows less about the account."


def _only_roles(granted: frozenset[str] | None) -> list[Line]:
    """What the token alone tells, where no account could be found to try the questions on."""
    if granted is None:
        return []
    return [
        Line(there=False, what=parts.spoken(row.source), says=f"It needs {', '.join(lacking)}. {cost(row)}")
        for row in table()
        if (lacking := [one for one in _of_graph(row) if one not in granted])
    ]


def _of_graph(row: Row) -> list[str]:
    """The permissions that stand in Graph's token; the right to use Exchange stands in Exchange's own."""
    return [one for one in row.permissions if " " not in one and one != "Exchange.ManageAsApp"]


def _anybody(connection: Connection, deadline: Deadline) -> Subject:
    """Some account with a mailbox, if there is one, to try the questions on.

    Raises:
        NoSuchUser: the tenant has no account at all.
    """
    query = {"$select": "id,userPrincipalName,mail", "$top": "25"}
    users = connection.fetch(Request("GET", "/users", query), deadline)
    best: Sequence[Mapping[str, Any]] = [one for one in users if one.get("mail")] or users
    if not best:
        raise NoSuchUser("The tenant has no account.")
    return find_subject(str(best[0]["userPrincipalName"]), connection)


class _Forgets:
    """Nothing is kept of a test."""

    def recall(self, source: str) -> Mapping[str, str]:
        return {}

    def remember(self, source: str, name: str, value: str) -> None:
        """Keep nothing."""


def _tell(lines: Iterable[Line], console: Console) -> int:
    status = FINE
    for line in lines:
        mark, style = {
            True: ("■ there  ", "green"),
            False: ("□ missing", "bold red"),
            None: ("? note   ", "dim"),
        }[line.there]
        text = Text(f"  {mark} ", style=style).append(visible(line.what), style="default not bold")
        if line.says:
            text.append(f": {visible(line.says)}", style="default not bold")
        console.print(text, soft_wrap=True)
        if line.there is False:
            status = GAPS
    return status


def _flat(needs: Iterable[str | tuple[str, ...]]) -> set[str]:
    return {name for need in needs for name in ((need,) if isinstance(need, str) else need)}


def _name(symptom: Any) -> str:
    return str(symptom.__name__).rpartition(".")[2]
