"""`compromise doctor`: what the bot is allowed to do, what it is not, and what each gap costs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import structlog
from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import SlackUnreachable
from bot.messages.awaited import Awaited, waits
from bot.settings import Settings
from bot.setup.doctor_certificates import look_at_certificates
from bot.setup.doctor_findings import Line, Section, tell
from bot.setup.doctor_slack import look_at_channels, look_at_people, look_at_slack, own_channels
from bot.setup.doctor_tenant import look_at_tenant
from bot.setup.networks import look_at_networks
from bot.work.engine.database import database
from bot.work.engine.lives import workers_of
from commands.errors import KeyUnusable
from commands.signing_key import SigningKey
from graph.connection import Connection
from graph.errors import GraphError
from graph.tenants import Tenants

log = structlog.get_logger(__name__)

_MENDS: Final = {
    "AADSTS700027": "Upload the certificate that the settings name to the application, or make a new one: "
    "docs/how-to/rotate-secrets.md",
    **dict.fromkeys(
        ("AADSTS7000215", "AADSTS7000222"),
        "Create a client secret, and put its value where the bot reads it: docs/how-to/rotate-secrets.md",
    ),
}
"""What to do where the login service does not know what an application signs in with."""


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
            sections += tuple(look_at_workers(settings))
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
    moment = datetime.now(UTC)
    networks = look_at_networks(settings, moment.date())
    for connection in tenants.each():
        certificates = tuple(look_at_certificates(connection.settings, moment))
        title = f"Tenant {connection.settings.name}"
        try:
            found = tuple(look_at_tenant(connection, user, check_only=check_only))
            found += (*_unverified(connection), *certificates)
            yield Section(title, found, tenant=connection.settings.name)
        except GraphError as error:
            mend = _MENDS.get(error.code)
            says = f"{error.sentence} Nothing can be collected."
            line = Line(there=False, what="sign-in", says=says, mend=(mend,) if mend else ())
            yield Section(title, (line, *certificates), signed_in=False, tenant=connection.settings.name)
    slack = settings.slack
    if slack is None:
        says = "not set up, so the bot cannot be started; the command line works without it. To set it up:"
        line = Line(there=None, what="Slack", says=f"{says} compromise init --slack", told=True)
        yield Section("Slack", (line,), of_slack=True)
        yield Section("Tables", (networks,))
        return
    try:
        yield Section("Slack", tuple(look_at_slack(slack)), of_slack=True)
    except SlackUnreachable as error:
        # One cause, one line: nothing else of Slack can be tested then.
        says = f"{error} Its token, scopes, people and channels were not tested."
        yield Section("Slack", (Line(there=False, what="Slack", says=says),), of_slack=True)
        yield Section("Approvers and records", (look_at_key(settings), networks))
        return
    own, shared = _own_people(settings)
    for name in own:
        lines = look_at_people(settings, slack, tenants, name)
        yield Section(
            f"People and channels of {name}", (*lines, *own_channels(settings, slack, name)), tenant=name
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


def look_at_workers(settings: Settings) -> Iterator[Section]:
    """Say whether there are workers, where all checks are left to them."""
    if settings.checks_here:
        return
    try:
        workers = workers_of(database(settings.engine))
    except SQLAlchemyError as error:
        log.info("The job database cannot be reached.", action="engine.away", why=type(error).__name__)
        says = "cannot be reached, so checks, hunts and rechecks wait; start it, or correct `engine`"
        yield Section("Workers", (Line(there=False, what="job database", says=says),))
        return
    says = "" if workers else waits(Awaited("workers"), "Every check, hunt and recheck")
    yield Section("Workers", (Line(there=workers > 0, what=f"{workers} running", says=says),))


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
