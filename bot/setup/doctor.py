"""`compromise doctor`: what the bot is allowed to do, what it is not, and what each gap costs.

The table of permissions is made from the queries themselves, and the reference page is checked against it.
The look into a tenant is the truth test: every question that a check asks is asked once, about one account
and one day, and what comes back unavailable is named with what would mend it. Writes are never tried: tokens
say which permissions and directory roles an application holds, and Exchange lists the cmdlets that it would
let the application run.

Longer than other files because every section of the answer is made from the same look into the tenant.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from rich.console import Console
from slack_sdk import WebClient

from bot.errors import NotUnderstood, SlackFailed, SlackUnreachable
from bot.messages import parts
from bot.people.members import Members, why_not
from bot.people.tenancy import Tenancy
from bot.settings import Settings, SlackSettings
from bot.setup.capabilities import (
    PARTS,
    STANDS_IN,
    Held,
    Part,
    cmdlet_of,
    impossible,
    label,
    lacks,
    to_write_with,
    undoes,
)
from bot.setup.networks import look_at_networks
from bot.setup.next_steps import grant, license_for
from bot.setup.told import Line, Section, tell
from bot.slack.channels import cannot_post, why_not_here
from bot.slack.client import MEND_APP, MEND_BOT, TIMEOUT, call, make_client, trust
from commands.errors import KeyUnusable, LedgerError
from commands.ledger import Ledger
from commands.ledger.people import Named, named_people
from commands.signing_key import SigningKey
from commands.steps import STEPS
from commands.symptoms import SYMPTOMS
from graph import contract
from graph.auth import Resource, refuses
from graph.collect import collect, find_subject
from graph.connection import Connection
from graph.effects import Item
from graph.errors import CannotSignIn, GraphError, NoLicence, NoPermission, NoSuchUser, NotFound, Refused
from graph.evidence import SOURCES, Known, Reason, Source, Unavailable
from graph.limits import Deadline
from graph.needs import MANAGE_AS_APP, of_source, of_writes, role_with, service_of
from graph.parts.reading import literal, segment
from graph.queries.registry import QUERIES
from graph.question import Question, Subject, Window
from graph.request import Cmdlet, Request
from graph.tenants import Tenants

log = structlog.get_logger(__name__)

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

_SECONDS = 60.0
_WHOLE_TENANT = "/"
_NEED = re.compile(r"\(needs ([^)]+)\)")
_NOT_THE_APPS_FAULT = frozenset({Reason.TIME, Reason.NO_MAILBOX, Reason.NOT_FOUND, Reason.THROTTLING})


@dataclass(frozen=True, slots=True)
class Row:
    """One source: what it needs, and what is lost without it.

    Attributes:
        source: Its id.
        permissions: Application permissions of Graph, and Exchange roles, of which all are needed.
        license: The license that the tenant needs for it, or "".
        symptoms: The ids of the symptoms that no one may call absent without it.
        helps: The ids of those that only see more with it.
    """

    source: str
    permissions: tuple[str, ...]
    licence: str
    symptoms: tuple[str, ...]
    helps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request or cmdlet of a question, with what came back."""

    source: str
    what: Request | Cmdlet
    answer: list[Item] | GraphError

    @property
    def worked(self) -> bool:
        """Whether it was let through: that there is no such thing is an answer too."""
        return isinstance(self.answer, list | NotFound)


@dataclass(frozen=True, slots=True)
class _PartlyHeld(Held):
    """What an application holds, where single needs may not be called unmet.

    Attributes:
        untold: The needs, in the words of queries and steps, of which only a yes counts.
    """

    untold: frozenset[str] = frozenset()

    def has(self, need: str) -> bool | None:
        """Whether a need is met; None when it cannot be told."""
        # By its name: a dataclass with slots is made twice, and `super()` would look for the first.
        found = Held.has(self, need)
        return None if found is False and need in self.untold else found


def table() -> tuple[Row, ...]:
    """The permission table: a row for every source, in the order of the queries."""
    rows = []
    for query in QUERIES:
        source = query.__name__.rpartition(".")[2]
        needing = tuple(_name(symptom) for symptom in SYMPTOMS if source in _flat(symptom.NEEDS))
        helped = tuple(_name(symptom) for symptom in SYMPTOMS if source in symptom.HELPS)
        rows.append(Row(source, of_source(query.ASKS), query.LICENCE, needing, helped))
    return tuple(rows)


def examine(
    settings: Settings,
    console: Console,
    *,
    user: str | None = None,
    as_json: bool = False,
    check_only: bool = False,
    everything: bool = False,
) -> int:
    """Look at everything, and write what is missing and how many, with what is there on request.

    Args:
        settings: Whose tenants and whose Slack.
        console: Where to write.
        user: The account to try the questions on; any account when None.
        as_json: Write JSON, for programs.
        check_only: Leave out what only the steps need.
        everything: Write also what is there.

    Returns:
        0 when all is there, 1 when something is missing, 3 when one of the tenants does not let us sign in.
    """
    tenants = Tenants(settings.tenants)
    try:
        with console.status("Looking at tenant and Slack …"):
            sections = tuple(look(settings, tenants, user, check_only=check_only))
        return tell(sections, console, as_json=as_json, everything=everything)
    finally:
        tenants.close()


def look(
    settings: Settings, tenants: Tenants, user: str | None, *, check_only: bool = False
) -> Iterator[Section]:
    """Look at every tenant, at Slack, and at who decides.

    Args:
        settings: Whose Slack, and who decides.
        tenants: The tenants.
        user: The account to try the questions on; any account when None.
        check_only: Leave out what only the steps need.
    """
    networks = look_at_networks(settings, datetime.now(UTC).date())
    for connection in tenants.each():
        title = f"Tenant {connection.settings.name}"
        try:
            found = tuple(look_at_tenant(connection, user, check_only=check_only))
            found += tuple(_unverified(connection))
            yield Section(title, found, tenant=connection.settings.name)
        except GraphError as error:
            line = Line(there=False, what="sign-in", says=f"{error.sentence} Nothing can be collected.")
            yield Section(title, (line,), signed_in=False, tenant=connection.settings.name)
    slack = settings.slack
    if slack is None:
        says = "not set up; the command line works without it"
        yield Section("Slack", (Line(there=None, what="Slack", says=says),))
        yield Section("Tables", (networks,))
        return
    try:
        yield Section("Slack", tuple(look_at_slack(slack)))
    except SlackUnreachable as error:
        # One cause, one line: nothing else of Slack can be tested then.
        says = f"{error} Its token, scopes, people and channels were not tested."
        yield Section("Slack", (Line(there=False, what="Slack", says=says),))
        yield Section("Approvers and records", (look_at_key(settings), networks))
        return
    own, shared = _own_people(settings)
    for name in own:
        lines = look_at_people(settings, slack, tenants, name)
        yield Section(
            f"People and channels of {name}", (*lines, *_own_channels(settings, slack, name)), tenant=name
        )
    decide = look_at_people(settings, slack, tenants, shared[0]) if shared else []
    lines = [*decide, *look_at_channels(slack), look_at_key(settings), networks]
    yield Section("Approvers and records", tuple(lines))


def _unverified(connection: Connection) -> Iterator[Line]:
    """Say which domains of the settings the tenant has not verified: their accounts are not looked up."""
    try:
        claimed = sorted(set(connection.settings.domains) - connection.verified.names())
    except GraphError as error:
        # The source `domains` is lacking then, and its line says why.
        log.info("The verified domains are not known.", action="domains.unknown", why=str(error))
        return
    if claimed:
        says = (
            f"{', '.join(claimed)}: not verified in this tenant, so beside other tenants no account there is"
            " looked up. Correct its domains in the settings, or verify them in Microsoft Entra."
        )
        yield Line(there=False, what="domains", says=says)


def _own_people(settings: Settings) -> tuple[list[str], list[str]]:
    """The tenants with people or channels of their own, and those where the people of all decide."""
    own = [
        one.name
        for one in settings.tenants
        if one.responders is not None or one.approvers is not None or one.own_channels
    ]
    return own, [one.name for one in settings.tenants if one.name not in own]


def _own_channels(settings: Settings, slack: SlackSettings, name: str) -> Iterator[Line]:
    """Say whether the channels that are one tenant's alone can be posted in."""
    for one in settings.tenants:
        for channel in sorted(one.own_channels) if one.name == name else ():
            yield _channel(slack, f"channel {channel}", channel, "")


def look_at_tenant(
    connection: Connection,
    user: str | None,
    *,
    sources: Sequence[str] = SOURCES,
    check_only: bool = False,
) -> list[Line]:
    """Sign in everywhere, see what the applications hold, and ask every question once.

    Args:
        connection: The tenant.
        user: The account to try the questions on; any account when None.
        sources: The ids of the sources to ask.
        check_only: Leave out what only the steps need.

    Raises:
        CannotSignIn: Graph gives no token.
        GraphError: the login service does not answer.
    """
    deadline = Deadline(_SECONDS)
    lines, reading = _held(connection, deadline, to_write=False)
    recorded: list[_Asked] = []
    listed = True
    try:
        subject = find_subject(user, connection) if user else _anybody(connection, deadline)
    except NoSuchUser as error:
        return [*lines, Line(there=False, what="test account", says=error.sentence)]
    except CannotSignIn:
        raise
    except GraphError as error:
        says = f"{error.sentence} Without User.Read.All no account can be found, so nothing can be collected."
        mend = grant(["User.Read.All"]) if isinstance(error, NoPermission) else ()
        seen = [Line(there=False, what="user", says=says, mend=mend), *_by_token(reading)]
    else:
        answers = _ask(connection, subject, sources, recorded)
        listed = _fits(reading, recorded)
        if not listed:
            says = "Exchange's list of cmdlets contradicts its responses, so only what was tested is shown"
            lines.append(Line(there=None, what="which cmdlets the roles hold", says=says))
            reading = replace(reading, exchange=None, compliance=None)
        lines += _no_role_at_all(reading)
        seen = [Line(there=None, what="tested on", says=subject.user_principal_name)]
        for row in table():
            if row.source in answers:
                own = [one for one in recorded if one.source == row.source]
                seen += _source(row, answers[row.source], own, reading)
    seen += _drift(connection)
    if check_only:
        return [*lines, *seen]
    return [*lines, *seen, *_to_write(connection, reading, listed=listed)]


def _drift(connection: Connection) -> Iterator[Line]:
    """One line where Microsoft's answers were not as the contract says."""
    found = connection.drift.found
    if found:
        first = f"{found[0].where}: {found[0].what}"
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        says = f"{first}{more}. To report them: `compromise doctor --record FOLDER --user ACCOUNT`"
        yield Line(there=None, what="responses that differ from Microsoft's documentation", says=says)


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


def _held(connection: Connection, deadline: Deadline, *, to_write: bool) -> tuple[list[Line], Held]:
    """Sign in to every service as one application, and see what it holds.

    Raises:
        CannotSignIn: Graph gives no token.
        GraphError: the login service does not answer.
    """
    sign_in = connection.sign_in_to_write if to_write else connection.sign_in
    whose = " of the remediate application" if to_write else ""
    token = sign_in.token(Resource.GRAPH, deadline)
    lines = [Line(there=True, what=f"sign-in to Graph{whose}")]
    permissions = roles_of(token)
    if permissions is None:
        says = "cannot be read; the queries show what works"
        lines.append(Line(there=None, what=f"the token's permissions{whose}", says=says))
    cmdlets: dict[Resource, frozenset[str] | None] = {}
    unheard: set[str] = set()
    for resource in (Resource.EXCHANGE, Resource.COMPLIANCE):
        name = resource.value.capitalize()
        try:
            # The right to use Exchange stands in Exchange's own token, not in Graph's.
            more = roles_of(sign_in.token(resource, deadline))
        except GraphError as error:
            # Only a no says that nothing is held: a login service in trouble has told nothing.
            no = refuses(error)
            says = error.sentence if no else f"unknown: {error.sentence}"
            lines.append(Line(there=False if no else None, what=f"sign-in to {name}{whose}", says=says))
            cmdlets[resource] = frozenset() if no else None
            if resource is Resource.EXCHANGE and not no:
                unheard.add(MANAGE_AS_APP)
            continue
        lines.append(Line(there=True, what=f"sign-in to {name}{whose}"))
        permissions = None if permissions is None or more is None else permissions | more
        try:
            cmdlets[resource] = connection.held_cmdlets(
                deadline, compliance=resource is Resource.COMPLIANCE, to_write=to_write
            )
        except NoPermission:
            cmdlets[resource] = frozenset()
        except GraphError as error:
            what = f"which cmdlets the roles in {name} hold{whose}"
            lines.append(Line(there=None, what=what, says=f"unknown: {error.sentence}"))
            cmdlets[resource] = None
    given = _directory_roles(connection, deadline, to_write=to_write)
    roles = None if given is None else frozenset(role for role, scope in given if scope == _WHOLE_TENANT)
    partly = frozenset(role for role, _ in given or ()) - (roles or frozenset())
    for role, row in contract.roles().items():
        if row.id in partly:
            says = "assigned only for an administrative unit; unknown which accounts it covers"
            lines.append(Line(there=None, what=f"the directory role {role}{whose}", says=says))
        if not partly.isdisjoint(contract.roles()[name].id for name in contract.roles_like(role)):
            unheard.add(f"the role {role}")
    held = _PartlyHeld(
        permissions, roles, cmdlets[Resource.EXCHANGE], cmdlets[Resource.COMPLIANCE], frozenset(unheard)
    )
    return lines, held


def _directory_roles(
    connection: Connection, deadline: Deadline, *, to_write: bool
) -> frozenset[tuple[str, str]] | None:
    """The directory roles given to an application: template id and scope; None when they cannot be read.

    The scope is "/" for the whole tenant, else the path of the administrative unit or object.

    Source: Microsoft Graph v1.0, "Get servicePrincipal" and "List unifiedRoleAssignments".
    """
    settings = connection.settings.to_write if to_write else connection.settings
    path = f"/servicePrincipals(appId='{segment(settings.client_id)}')"
    try:
        found = connection.fetch(Request("GET", path, {"$select": "id"}), deadline)
        ids = [str(one["id"]) for one in found if one.get("id")]
        given = [
            role
            for one in ids
            for role in connection.fetch(
                Request(
                    "GET",
                    "/roleManagement/directory/roleAssignments",
                    {"$filter": f"principalId eq '{literal(one)}'"},
                ),
                deadline,
            )
        ]
    except GraphError:
        return None
    if not ids:
        return None
    return frozenset((str(role.get("roleDefinitionId")), str(role.get("directoryScopeId"))) for role in given)


def _fits(held: Held, recorded: Sequence[_Asked]) -> bool:
    """Whether the lists of cmdlets fit what came back of those that were run."""
    for one in recorded:
        if isinstance(one.what, Cmdlet):
            has = held.has(_needed(one.what))
            refused = isinstance(one.answer, NoPermission) and one.answer.needs == _needed(one.what)
            if (has is False and one.worked) or (has and refused):
                return False
    return True


def _no_role_at_all(held: Held) -> Iterator[Line]:
    """Say it in one line where Exchange lets an application in that may run nothing there."""
    if held.has(MANAGE_AS_APP) and held.exchange == frozenset():
        opening = {row.id: name for name, row in contract.roles().items() if "exchange" in row.opens}
        given = sorted(opening[role] for role in held.roles or () if role in opening)
        says = f"there is none, so {MANAGE_AS_APP} has no effect; assign Global Reader, or a role group"
        if given:
            says = f"Exchange lets it run no cmdlets, although {' and '.join(given)} should allow it"
        mend = () if given else ("Assign the application the directory role Global Reader",)
        yield Line(there=False, what="a role in Exchange", says=says, mend=mend)


def _needed(cmdlet: Cmdlet) -> str:
    return role_with(service_of(cmdlet), cmdlet.name)


def _to_write(connection: Connection, reading: Held, *, listed: bool) -> list[Line]:
    """Say which steps could be carried out, by which application.

    Args:
        connection: The tenant.
        reading: What the application holds that reads.
        listed: Whether Exchange's lists of cmdlets proved true; where they did not, none of them counts.
    """
    if connection.settings.remediate is None:
        return what_steps_can(reading)
    try:
        lines, writing = _held(connection, Deadline(_SECONDS), to_write=True)
    except GraphError as error:
        no = isinstance(error, CannotSignIn)
        ends = "No remediation is possible." if no else "Unknown whether remediation is possible."
        what = "sign-in to Graph of the remediate application"
        return [Line(there=False if no else None, what=what, says=f"{error.sentence} {ends}")]
    if not listed:
        writing = replace(writing, exchange=None, compliance=None)
    lines += _no_role_at_all(writing)
    if needless := to_write_with(reading):
        says = f"has {', '.join(needless)}; only the remediate application needs this, so remove it here"
        lines.append(Line(there=None, what="the investigate application", says=says))
    return [*lines, *what_steps_can(writing, meant=True)]


def what_steps_can(held: Held, *, meant: bool = False) -> list[Line]:
    """Say of every step that writes whether it could be carried out.

    A check needs none of it, so an application that was given nothing to write with lacks nothing.

    Args:
        held: What the application holds that writes.
        meant: Whether it is there to write, whatever it holds.
    """
    if not meant and not to_write_with(held):
        if held.permissions is None:
            return []
        says = "none granted: the bot investigates, and all remediation is manual"
        return [Line(there=None, what="write permissions", says=says)]
    lines = []
    whose = "the remediate application" if meant else "the application"
    for step in STEPS:
        needs = of_writes(step.WRITES)
        if not needs:
            continue
        found = list(impossible(step, held))
        there = False if any(certain for certain, _ in found) else None if found else True
        says = "; ".join(dict.fromkeys(said for _, said in found))
        lacked = [need for need in (*needs, *undoes(step)) if held.has(need) is False]
        mend = grant((need for need in lacked if not _shut_out(need, held)), whose)
        lines.append(Line(there=there, what=f"the step {label(step)}", says=says, mend=mend))
    over = contract.roles_over_administrators()
    if not any(contract.roles()[name].id in (held.roles or ()) for name in over):
        says = f"are manual without the directory role {over[0]}"
        lines.append(Line(there=None, what="passwords and sign-in of administrators", says=says))
    return lines


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


def look_at_key(settings: Settings) -> Line:
    """Say whether the bot's private key can be used; none is made here."""
    what = f"key {settings.key}"
    if not settings.key.exists():
        if settings.key.absolute().parent.is_dir():
            return Line(there=None, what=what, says="will be created when the bot starts")
        return Line(there=False, what=what, says="cannot be created: there is no such folder")
    try:
        SigningKey.load(settings.key)
    except KeyUnusable as error:
        return Line(there=False, what=what, says=str(error))
    return Line(there=True, what=what)


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


def _ask(
    connection: Connection, subject: Subject, sources: Sequence[str], recorded: list[_Asked]
) -> dict[str, Source[Any]]:
    """Ask the sources about one day, and note every answer on the way: a second one may stand in for it."""
    now = datetime.now(UTC)
    question = Question(subject=subject, window=Window(now - timedelta(days=1), now))

    def note(source: str, asked: Request | Cmdlet, answer: list[Item] | GraphError) -> None:
        recorded.append(_Asked(source, asked, answer))

    return {
        arrived.source: arrived.answer
        for arrived in collect(
            question, connection, Forgets(), patience=_SECONDS, sources=sources, recorder=note
        )
    }


def _source(row: Row, answer: Source[Any], recorded: Sequence[_Asked], held: Held) -> Iterator[Line]:
    """One line for the source as a whole, and one for everything in it that has a need of its own."""
    told: set[str] = set()
    finer = []
    for part in PARTS.get(row.source, ()):
        line, need = _part(part, answer, recorded, held)
        if isinstance(answer, Unavailable) and (line.there is not False or need == answer.needs):
            continue
        if line.there is False:
            told.add(need)
        if not _shut_out(need, held):
            finer.append(line)
    what = parts.spoken(row.source)
    if isinstance(answer, Unavailable):
        apps_fault = answer.reason not in _NOT_THE_APPS_FAULT
        says = _gap(row, answer, held)
        yield Line(there=False if apps_fault else None, what=what, says=says, mend=_mends(row, answer, held))
    else:
        missing = [text for text in answer.missing if not any(f"(needs {need})" in text for need in told)]
        lacking = any("(needs " in text for text in missing)
        says = f"partially collected: {'; '.join(missing)}" if missing else ""
        mend = grant(need for text in missing for need in _NEED.findall(text))
        yield Line(there=False if lacking else None if missing else True, what=what, says=says, mend=mend)
    yield from finer
    if row.source == "audit_log":
        yield from _versions(recorded)


def _part(part: Part, answer: Source[Any], recorded: Sequence[_Asked], held: Held) -> tuple[Line, str]:
    """What came back for a part of a source, and what it lacks; untried, it is read off what is held."""
    answers = [one for one in recorded if part.is_asked_by(one.what)]
    failed = [one.answer for one in answers if isinstance(one.answer, GraphError)]
    if any(isinstance(one.answer, list) or (one.worked and isinstance(part.asks, Cmdlet)) for one in answers):
        return Line(there=True, what=part.what), ""
    if failed:
        error = failed[-1]
        if isinstance(error, NotFound) and not part.must_be_there:
            return Line(there=True, what=part.what), ""
        if isinstance(error, NoLicence):
            says = f"not collected, the tenant lacks the license {error.needs}. {part.without}"
            mend = (license_for(error.needs),)
            return Line(there=False, what=part.what, says=says, mend=mend), error.needs
        if isinstance(error, NoPermission):
            says = f"not collected, {lacks(part.need)}. {part.without}"
            return Line(there=False, what=part.what, says=says, mend=grant([part.need])), part.need
        certain = part.must_be_there and isinstance(error, CannotSignIn | NotFound | Refused)
        says = f"not collected: {error.sentence} {part.without}"
        return Line(there=False if certain else None, what=part.what, says=says), ""
    named = isinstance(answer, Known) and any(f"(needs {part.need})" in text for text in answer.missing)
    has = False if named else held.has(part.need)
    if has is None:
        says = f"needs {part.need}; unknown whether it is granted"
        return Line(there=None, what=part.what, says=says), ""
    if has:
        return Line(there=True, what=part.what), ""
    says = f"not collected, {lacks(part.need)}. {part.without}"
    return Line(there=False, what=part.what, says=says, mend=grant([part.need])), part.need


def _shut_out(need: str, held: Held) -> bool:
    """Whether a cmdlet is lacking because Exchange does not let the application in at all."""
    return bool(cmdlet_of(need)[1]) and held.has(MANAGE_AS_APP) is False


def _versions(recorded: Sequence[_Asked]) -> Iterator[Line]:
    """Say when only one version of Graph's audit search is there."""
    # A search that several checks share is handed in once for all: what is read from it tells its version.
    asked = [(one.what.version, _is_there(one)) for one in recorded if isinstance(one.what, Request)]
    absent = {version for version, is_there in asked if not is_there}
    there = {version for version, is_there in asked if is_there}
    for version in sorted(absent - there):
        if there:
            says = f"not available; {' and '.join(sorted(there))} is used instead"
            yield Line(there=None, what=f"audit log, searched through Graph {version}", says=says)


def _is_there(one: _Asked) -> bool:
    return not isinstance(one.answer, NotFound)


def _gap(row: Row, answer: Unavailable, held: Held) -> str:
    """Say that a source is not visible, why, and what is left."""
    needs = ", ".join(_lacked(row, answer, held))
    match answer.reason:
        case Reason.PERMISSION if needs:
            why = f", {lacks(needs)}."
        case Reason.LICENCE if needs:
            why = f", the tenant lacks the license {needs}."
        case _:
            mend = f" It needs {needs}." if needs and needs not in answer.says else ""
            why = f": {answer.says.rstrip('.')}.{mend}"
    return " ".join(filter(None, (f"not collected{why}", STANDS_IN.get(row.source, ""), cost(row))))


def _lacked(row: Row, answer: Unavailable, held: Held) -> tuple[str, ...]:
    """What a source that is not visible needs: as its answer says, or else as the tokens do."""
    if answer.needs:
        return (answer.needs,)
    return tuple(one for one in row.permissions if held.has(one) is False)


def _mends(row: Row, answer: Unavailable, held: Held) -> tuple[str, ...]:
    needs = _lacked(row, answer, held)
    return tuple(map(license_for, needs)) if answer.reason is Reason.LICENCE else grant(needs)


def cost(row: Row) -> str:
    """What is lost without a source, in a sentence."""
    if row.symptoms:
        return f"Cannot be ruled out without it: {', '.join(parts.spoken(name) for name in row.symptoms)}."
    if row.helps:
        return f"Less evidence without it for: {', '.join(parts.spoken(name) for name in row.helps)}."
    return "Without it the report has less context on the account."


def _by_token(held: Held) -> Iterator[Line]:
    """What the tokens alone tell, where no account could be found to try the questions on."""
    for row in table():
        lacking = [one for one in row.permissions if held.has(one) is False and not _shut_out(one, held)]
        if lacking:
            says = f"not collected, {' and '.join(map(lacks, lacking))}. {cost(row)}"
            yield Line(there=False, what=parts.spoken(row.source), says=says, mend=grant(lacking))


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


class Forgets:
    """Nothing is kept of a test."""

    def recall(self, source: str) -> Mapping[str, str]:
        """Nothing was kept."""
        return {}

    def remember(self, source: str, name: str, value: str) -> None:
        """Keep nothing."""


def _flat(needs: Iterable[str | tuple[str, ...]]) -> set[str]:
    return {name for need in needs for name in ((need,) if isinstance(need, str) else need)}


def _name(symptom: Any) -> str:
    return str(symptom.__name__).rpartition(".")[2]
