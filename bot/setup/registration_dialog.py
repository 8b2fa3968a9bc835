"""`compromise init` where it registers the applications: what the administrator sees, agrees to and gets."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from bot.errors import SettingsError
from bot.settings import Settings, Tenant
from bot.setup import init, keys, manual_instructions
from bot.setup.doctor import look
from bot.setup.doctor_findings import Section
from bot.setup.in_entra import SCOPES, InEntra, Registered
from bot.setup.in_exchange import InExchange
from bot.setup.init import Answers
from bot.setup.made import APPLICATION, PRINCIPAL, Made, Record
from bot.setup.making import Maker, NotRegistered, Waits
from bot.setup.registrations import READER, TRACE, WRITER, Registration, registrations
from bot.setup.writes import TO_KNOW
from graph.administrator import Administrator
from graph.auth import Resource
from graph.connection import Connection
from graph.errors import CannotSignIn, GraphError
from graph.limits import Deadline
from graph.request import Request
from graph.settings import CLOUDS, Cloud, Hosts, RemediateSettings
from graph.tenants import Tenants

TO_SIGN_IN: Final = 900.0
"""Seconds that somebody has to enter a code; Microsoft's codes hold for as long."""
_UNKNOWN_YET: Final = {
    "tenant": "00000000-0000-4000-8000-000000000001",
    "client_id": "00000000-0000-4000-8000-000000000002",
}
_GRAVE: Final = "take over the tenant"


def addresses(cloud: str, environment: Mapping[str, str]) -> tuple[Hosts, Hosts]:
    """Where requests are sent, and what tokens are asked for."""
    own = CLOUDS[Cloud(cloud)]
    given = {
        name: environment.get(f"COMPROMISE_TENANT_{name.upper()}_URL", "").rstrip("/")
        for name in ("login", "graph", "exchange", "compliance")
    }
    return Hosts(**{name: given[name] or getattr(own, name) for name in given}), own


def check_answers(given: Mapping[str, Any]) -> Answers:
    """Read the answers before anything is made, with what is not known yet made up.

    Raises:
        SettingsError: with one line for each answer that is wrong.
    """
    return init.read_answers({**_UNKNOWN_YET, **given})


def organization(administrator: Administrator) -> tuple[str, tuple[str, ...]]:
    """The tenant's name and its verified domains."""
    found = administrator.fetch(Request("GET", "/organization"), Deadline(60))
    one = found[0] if found else {}
    domains = tuple(str(item["name"]).lower() for item in one.get("verifiedDomains") or ())
    return str(one.get("displayName") or "tenant"), domains


def plan(wanted: tuple[Registration, ...]) -> tuple[str, ...]:
    """Everything that will be made, line by line, with what could be abused marked."""
    lines = []
    for one in wanted:
        lines += [f"{one.name}: a registration with a certificate, and its service principal"]
        lines += ["  in Microsoft Graph:"]
        lines += [f"    {name}{_mark(name)}" for name in one.permissions]
        lines += ["  in Exchange Online: Exchange.ManageAsApp, which does nothing without a role"]
        lines += [f"  directory roles: {', '.join(one.directory_roles)}"]
        lines += [f"  role group in Exchange, {one.exchange.group}:"]
        lines += [f"    all of {name}" for name in one.exchange.whole]
        lines += [f"    of {', '.join(one.exchange.parents)} nothing but"]
        lines += [f"      {name}" for name in one.exchange.keep]
        if one.purview:
            lines += [f"  role group in Purview, {one.exchange.group}: {', '.join(one.purview)}"]
    lines += [f"Microsoft's service principal for the message trace ({TRACE})"]
    return tuple(lines)


def _mark(permission: str) -> str:
    return f"   ! {TO_KNOW[permission]}" if _GRAVE in TO_KNOW.get(permission, "") else ""


def what_remains_of_the_sign_in(user: str) -> str:
    """What the administrator's own sign-in leaves in the tenant, and how it is taken away."""
    return (
        f"Your sign-in as {user} ends with this program. What stays is your own consent to Microsoft Graph "
        f"Command Line Tools ({', '.join(SCOPES)}), which works with your sign-in alone. To revoke it: "
        "Entra admin center, Enterprise applications, Microsoft Graph Command Line Tools, Permissions, User "
        "consent, Revoke."
    )


def certificates(
    folder: Path, wanted: tuple[Registration, ...], now: datetime, record: Record, *, force: bool = False
) -> dict[str, bytes]:
    """The certificate (DER) of each application: made with its key, or that of a run that was cut off.

    Args:
        folder: Where the files lie.
        wanted: The applications.
        now: From when on new certificates hold (aware UTC).
        record: Knows whether an earlier run has been here, whose keys are used on; begun here else.
        force: Move keys of something else aside, in place of refusing them.

    Raises:
        SettingsError: a file is in the way, cannot be written, or is no certificate.
    """
    found, goes_on = {}, record.known
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for one in wanted:
        path = folder / f"{one.what}.pem"
        if os.path.lexists(path) and not goes_on and not force:
            why = "already exists and was not made for this; --force keeps a copy and makes a new one."
            raise SettingsError([f"{path} {why}"])
    record.open()
    for one in wanted:
        path = folder / f"{one.what}.pem"
        if not (os.path.lexists(path) and goes_on):
            made = keys.make_credential(one.name, now)
            keys.write(
                {
                    f"{one.what}.pem": made.key + made.certificate,
                    f"{one.what}.cer": made.certificate,
                    f"{one.what}.csr": made.request,
                },
                folder,
                now,
                force=force,
            )
        try:
            certificate = x509.load_pem_x509_certificate(path.read_bytes())
        except (OSError, ValueError) as error:
            raise SettingsError([f"{path} is not a key with its certificate; move it away."]) from error
        found[one.what] = certificate.public_bytes(serialization.Encoding.DER)
    return found


def certificates_in(folder: Path) -> dict[str, bytes]:
    """The certificates (DER) that are in a folder, by the tags of their registrations.

    Raises:
        NotRegistered: one of them cannot be read.
    """
    found = {}
    for one in registrations(to_act=True):
        path = folder / f"{one.what}.cer"
        if path.is_file():
            try:
                certificate = x509.load_pem_x509_certificate(path.read_bytes())
            except (OSError, ValueError) as error:
                raise NotRegistered(
                    f"{path} is damaged: it holds no readable certificate. Restore it from a copy, or delete "
                    "it; then anything made with it that is not in the record stays in the tenant."
                ) from error
            found[one.tag] = certificate.public_bytes(serialization.Encoding.DER)
    return found


def make(
    administrator: Administrator,
    wanted: tuple[Registration, ...],
    found: Mapping[str, bytes],
    maker: Maker,
    say: Callable[[str], None],
) -> tuple[dict[str, Registered], list[str]]:
    """Make everything.

    Args:
        administrator: Who has signed in.
        wanted: The applications.
        found: Their certificates (DER), by what they are for.
        maker: Makes each thing.
        say: Tells what happens.

    Returns:
        The applications by what they are for, and what is left to be done by hand, a text each.

    Raises:
        NotRegistered: with what to do next.
    """
    made, by_hand = {}, []
    entra, exchange = InEntra(maker), InExchange(maker)
    for one in wanted:
        made[one.what] = registered = entra.application(one, found[one.what])
        absent = entra.permissions(one, registered)
        if absent:
            say(f"This cloud does not offer {', '.join(absent)}.")
        entra.directory_roles(one, registered)
    entra.message_trace()
    try:
        administrator.sign_in(Deadline(TO_SIGN_IN), exchange=True)
    except GraphError as error:
        say(f"{error.sentence} Exchange and Purview must be set up manually.")
        return made, [manual_instructions.in_exchange(one.what, *_ids(made[one.what])) for one in wanted]
    for one in wanted:
        by_hand += [
            f"No management role that was looked at holds {cmdlet}. Get-ManagementRole -Cmdlet {cmdlet} "
            f"names those that do; give one to the role group {one.exchange.group}."
            for cmdlet in exchange.exchange(one, made[one.what])
        ]
        if one.purview:
            try:
                exchange.purview(one, made[one.what])
            except NotRegistered as error:
                say(str(error))
                by_hand.append(manual_instructions.in_purview(*_ids(made[one.what])))
    return made, by_hand


def touches_exchange(made: Iterable[Made]) -> bool:
    """Whether any of it was made in Exchange or Purview."""
    return any(one.kind not in {APPLICATION, PRINCIPAL} for one in made)


def _ids(registered: Registered) -> tuple[str, str]:
    return registered.client_id, registered.principal_id


def settled(
    given: Mapping[str, Any],
    administrator: Administrator,
    names: tuple[str, tuple[str, ...]],
    made: Mapping[str, Registered],
) -> Answers:
    """The answers with what the tenant told and what was made in them."""
    name = "".join(sign for sign in names[0] if sign.isprintable())[: init.LONGEST_NAME].strip() or "tenant"
    told = {
        "domains": list(names[1]),
        "name": name,
        **given,
        "tenant": administrator.tenant_id,
        "client_id": made[READER].client_id,
        "remediate": made[WRITER].client_id if WRITER in made else "",
        "credential": "certificate",
    }
    return init.read_answers(told)


def first_look(answers: Answers, folder: Path, hosts: Hosts, waits: Waits) -> tuple[Section, ...]:
    """Look at the tenant as the bot will; a new registration takes a moment to sign in.

    Raises:
        CannotSignIn: it does not sign in at all.
    """
    second = {"client_id": answers.remediate, "certificate": folder / f"{WRITER}.pem"}
    settings = Tenant(
        name=answers.name,
        tenant_id=answers.tenant,
        client_id=answers.client_id,
        certificate=folder / f"{READER}.pem",
        cloud=Cloud(answers.cloud),
        login_url=hosts.login,
        graph_url=hosts.graph,
        exchange_url=hosts.exchange,
        compliance_url=hosts.compliance,
        domains=answers.domains,
        remediate=RemediateSettings.model_validate(second) if answers.remediate else None,
    )
    with Connection(settings) as connection:
        deadline = Deadline(waits.total)
        for sign_in in (connection.sign_in, connection.sign_in_to_write):
            while True:
                try:
                    sign_in.token(Resource.GRAPH, deadline)
                    break
                except CannotSignIn:
                    if deadline.left <= waits.pause:
                        raise
                    deadline.sleep(waits.pause, "waiting for Microsoft")
    tenants = Tenants((settings,))
    try:
        sections = look(Settings(tenants=(settings,)), tenants, None)
        return tuple(one for one in sections if not one.of_slack)
    finally:
        tenants.close()
