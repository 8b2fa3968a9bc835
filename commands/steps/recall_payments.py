"""Recall payments based on mail of the account, and stop changes of payroll, while there still is time.

People do both: no interface of Microsoft's reaches a bank. Whom to ask is named from the evidence, and where
their telephone numbers come from is said, because the attacker writes numbers into mail and signatures.
Source: FBI IC3, public service announcement I-091124-PSA, "Business Email Compromise: The $55 Billion Scam"
(call the originating bank at once for a recall, report to ic3.gov, check direct deposits).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from commands.clues.records import one_line
from commands.payment_details import payee
from commands.plans.plan import ManualTask, Nothing, Phase, Planned
from commands.plans.planning_input import PlanningInput
from commands.report import Impact
from commands.steps.parts import at_once, day, mail_of, name_of
from commands.story.access_and_impact import kind_of
from commands.story.clauses import in_short
from graph.request import Cmdlet, Request

TITLE = "Recall payments and stop payroll changes based on the account's mail"
SOURCE = "additional step"
PHASE = Phase.RECOVER
PLANS = "two manual tasks where fraud was attempted: call the bank, within hours, and ask payroll"
UNDO = "nothing to undo"
PEOPLE = "one"
NEEDS: tuple[str, ...] = ()
WRITES: tuple[Request | Cmdlet, ...] = ()

_ID: Final = "recall_payments"
_NAMED: Final = 8
"""How many recipients a task names."""

_DEEDS: Final = 4
"""How many findings it names."""

_ACCOUNTS: Final = 3
"""How many accounts it names."""

_NUMBERS: Final = "Take phone numbers from the directory or a contract, never from this mailbox or its mail"


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Yield the two tasks where fraud was attempted, or say that no sign of it was found."""
    if Impact.FRAUD not in planning.report.verdict.impact:
        yield Nothing(_ID, "No sign of fraud was found, so no payment is to be recalled.")
        return
    user, since = name_of(planning), _since(planning)
    which = f"which payments and changed bank details since {since} are based on mail from or to this mailbox"
    changes = f"for every change of bank account, address or phone number of {user} since {since}"
    yield ManualTask(
        id=f"{_ID}:bank",
        step=_ID,
        says=at_once(f"Call the bank about payments based on mail from or to {mail_of(planning)}"),
        how=(
            "Owner: finance. When: within hours, since each hour makes a recall less likely",
            *_payees(planning),
            f"Ask {user} and whoever approves payments {which}",
            *_deeds(planning),
            *_asked(planning),
            "Ask the bank's fraud desk to recall each payment, and the receiving bank to freeze it",
            "Ask it to block the payee, and for a reference number",
            "Before the next payment, call each payee whose bank details changed",
            _NUMBERS,
            "If money was sent, report it to the police (in the United States: ic3.gov) and to the insurer",
        ),
        suggested=True,
    )
    yield ManualTask(
        id=f"{_ID}:payroll",
        step=_ID,
        says=at_once(f"Stop payroll changes requested from {mail_of(planning)}"),
        how=(
            "Owner: payroll and human resources. When: today, before the next payroll run",
            f"Ask payroll {changes}, by email or in self-service",
            "Ask about changes for other employees and suppliers that came from this mailbox",
            "Reverse what the employee does not confirm by phone or in person, and hold the payment",
            _NUMBERS,
        ),
        suggested=True,
    )


def _since(planning: PlanningInput) -> str:
    story = planning.report.story
    first = story.since[0].at if story and story.since else None
    return day(first or planning.evidence.window.start)


def _payees(planning: PlanningInput) -> Iterator[str]:
    """Which accounts the attacker's texts give: a bank stops a payment by its payee's number."""
    seen = planning.report.exposure
    for one in seen.payees[:_ACCOUNTS] if seen else ():
        yield f"Stop payments to these details from the attacker, and never pay or call them: {payee(one)}"
    if seen and len(seen.payees) > _ACCOUNTS:
        left = len(seen.payees) - _ACCOUNTS
        yield f"{left} more {'number is' if left == 1 else 'numbers are'} in report.json"
    if seen and not seen.payees:
        yield "No account number was found in the attacker's texts that could be read: look for one there"
    if seen and seen.unopened:
        which = (
            "1 message from the attacker has an attachment"
            if seen.unopened == 1
            else f"{seen.unopened:,} messages from the attacker have attachments"
        )
        yield f"{which}, which the bot did not open: look there for an account number, in a sandbox"


def _deeds(planning: PlanningInput) -> Iterator[str]:
    """What was done for money, so that finance knows which payment is meant."""
    found = [
        in_short(one)
        for one in sorted(planning.report.findings, key=lambda one: -one.severity)
        if one.severity > 0 and kind_of(one) == Impact.FRAUD.value
    ]
    yield from list(dict.fromkeys(found))[:_DEEDS]


def _asked(planning: PlanningInput) -> Iterator[str]:
    """Who got mail of the attacker's: they may have paid, or changed the details that others pay to."""
    seen = planning.report.exposure
    people: Sequence[str] = (*seen.outside, *seen.inside) if seen else ()
    if not people:
        yield "The records name no recipient: run a message trace, and call whoever got mail about money"
        return
    named = ", ".join(one_line(one) for one in people[:_NAMED])
    more = f" and {len(people) - _NAMED:,} more in recipients.csv" if len(people) > _NAMED else ""
    yield f"Ask who got the attacker's mail whether they paid or changed bank details: {named}{more}"
