"""Take back the other accounts that are reset through this mailbox.

Source: Microsoft's document, step 7: whatever used this mailbox as its alternative address may have been
taken over with it, and comes after this account is safe.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from commands.clues.records import one_line
from commands.csv_cells import moment, table
from commands.plans.plan import ManualTask, Phase, Planned
from commands.plans.planning_input import PlanningInput
from commands.steps.parts import mail_of
from commands.usual.domains import domain_of, internal_domains, registrable
from graph.evidence import Known
from graph.request import Cmdlet, Request
from graph.resources.mail import Message

TITLE = "Secure other services that used this mailbox as their alternative address"
SOURCE = "step 7"
PHASE = Phase.RECOVER
PLANS = (
    "a manual task with `other-services.csv`: services that sent email about passwords and codes "
    "in the window"
)
UNDO = "nothing to undo"
PEOPLE = "one"
NEEDS: tuple[str, ...] = ()
WRITES: tuple[Request | Cmdlet, ...] = ()

FILE: Final = "other-services.csv"
MOST: Final = 10_000
"""Rows in the list, so that a plan stays small enough to be kept and shown."""

_ID: Final = "other_services"
_COLUMNS: Final = ("service", "sender", "received", "subject")
_NAMED: Final = 10


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Yield one manual task: the services whose mail about passwords came in the window, and the unknown."""
    evidence = planning.evidence
    source = evidence.password_reset_mail
    own = {registrable(domain) for domain in internal_domains(evidence)}
    mail = [one for one in source.seen(()) if _service(one) and _service(one) not in own]
    services = tuple(dict.fromkeys(_service(one) for one in mail))
    yield ManualTask(
        id=f"{_ID}:accounts",
        step=_ID,
        says=f"Secure accounts at other services that use {mail_of(planning)} for password resets",
        how=(
            *_found(source, services),
            "Ask the user which services use this address for sign-in or password reset",
            "Wait until this mailbox is contained; otherwise the attacker sees the new passwords",
            (
                "Then, from a clean device, set a unique new password at each service and sign out "
                "all sessions"
            ),
            "Check for other changes there: recovery address, phone number, payee, forwarding",
            "Start with banks, payroll, domain registrars, cloud consoles and identity providers",
        ),
        suggested=bool(services),
        files={FILE: _list(mail)} if mail else {},
    )


def _found(source: object, services: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(source, Known):
        says = str(getattr(source, "says", "")).rstrip(".")
        yield f"Email about passwords and codes was not collected ({says}); rely on the user"
        return
    if services:
        more = f" and {len(services) - _NAMED} more" if len(services) > _NAMED else ""
        named = ", ".join(services[:_NAMED])
        yield f"Email about passwords or codes in the window: {named}{more}; full list in {FILE}"
    else:
        yield "No email about passwords or codes from other services in the window"
    if source.missing:
        yield f"The search is incomplete: {'; '.join(source.missing)}"


def _service(message: Message) -> str:
    """Name the service that a message claims to be from, by the domain that somebody registered."""
    return one_line(registrable(domain_of(_sender(message))))


def _sender(message: Message) -> str:
    writer = message.from_ or message.sender
    return writer.email_address.address.casefold() if writer else ""


def _list(mail: Iterable[Message]) -> str:
    rows = sorted((_service(one), _sender(one), moment(one.received_date_time), one.subject) for one in mail)
    return table(_COLUMNS, rows[:MOST])
