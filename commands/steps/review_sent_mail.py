"""Verify what was sent from the mailbox. Source: Microsoft's document, step 7, first precaution.

The list is put together from message trace, Send records and the copies in the mailbox, since whoever sends
in somebody's name likes to clear the copies away. It holds no mail body.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.clues.outgoing import Outbox, outbox_of
from commands.csv_cells import moment, table
from commands.plans.plan import ManualTask, Nothing, Phase, Planned
from commands.plans.planning_input import PlanningInput
from commands.steps.parts import mail_of
from graph.evidence import Known
from graph.request import Cmdlet, Request

TITLE = "Verify the sent items"
SOURCE = "step 7"
PHASE = Phase.RECOVER
PLANS = (
    "a manual task with `sent-mail.csv`: messages sent since the attacker's first access, and "
    "which sources were collected"
)
UNDO = "nothing to undo"
PEOPLE = "one"
NEEDS: tuple[str, ...] = ()
WRITES: tuple[Request | Cmdlet, ...] = ()

FILE: Final = "sent-mail.csv"
MOST: Final = 10_000
"""Rows in the list, so that a plan stays small enough to be kept and shown."""

_ID: Final = "review_sent_mail"
_COLUMNS: Final = ("time", "recipients", "subject", "address", "sent by", "not delivered to")


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Yield one manual task with the list of what left the mailbox, or why there is nothing to look at."""
    evidence = planning.evidence
    outbox = outbox_of(evidence, planning.report, planning.ordinary)
    trace = evidence.message_trace
    if not outbox.messages and isinstance(trace, Known) and not trace.missing:
        yield Nothing(_ID, _nothing(outbox))
        return
    yield ManualTask(
        id=f"{_ID}:list",
        step=_ID,
        says=f"Review messages sent from {mail_of(planning)} for any that the user did not write",
        how=(*told(outbox), *_instructions(outbox)),
        suggested=outbox.by_intruder > 0 or (outbox.told and bool(outbox.messages)),
        files={FILE: _list(outbox)} if outbox.messages else {},
    )


def told(outbox: Outbox) -> tuple[str, ...]:
    """Say what a list of sent mail covers and from which sources it comes, one line each."""
    start = f"{outbox.since:%Y-%m-%d %H:%M} UTC"
    count = len(outbox.messages)
    mail, were = ("message", "was") if count == 1 else ("messages", "were")
    if outbox.told:
        lines = [
            (
                f"Since the attacker's first access at {start}, {count:,} {mail} {were} sent that may "
                "not be the user's"
            ),
            f"From the attacker: {outbox.by_intruder:,} of these",
        ]
        if outbox.own:
            lines.append(f"From familiar locations, and excluded: {outbox.own:,} more")
    else:
        lines = [f"The attacker's access time is unknown, so all {count:,} {mail} since {start} are included"]
    if outbox.lost:
        lines.append(f"Delivered to no one, according to the message trace: {outbox.lost:,} of these")
    if count > MOST:
        lines.append(f"The list has the first {MOST:,}")
    lines.append(
        f"Collected: {', '.join(outbox.seen)}" if outbox.seen else "No source of sent messages was collected"
    )
    if outbox.unseen:
        lines.append(f"Not or partially collected: {'; '.join(outbox.unseen)}")
    return tuple(lines)


def _nothing(outbox: Outbox) -> str:
    since = f"{outbox.since:%Y-%m-%d %H:%M} UTC"
    if outbox.own:
        return f"Everything sent since {since} came from familiar locations ({outbox.own:,})."
    return f"Nothing was sent from the mailbox since {since}."


def _instructions(outbox: Outbox) -> Iterator[str]:
    if outbox.messages:
        yield f"Review {FILE} with the user, by phone or in person, not by email"
    else:
        yield "Ask the user to check Sent Items and Deleted Items for messages they did not write"
        yield "Run a message trace for the address in the Exchange admin center, under Mail flow"
    yield "Mark what the user did not write: requests for money, new bank details, links and attachments"
    yield "For payment requests, call the recipient and the bank immediately"


def _list(outbox: Outbox) -> str:
    return table(
        _COLUMNS,
        (
            (
                moment(one.at),
                ", ".join(one.recipients),
                one.subject,
                ", ".join(one.addresses),
                one.origin.value,
                ", ".join(one.undelivered),
            )
            for one in outbox.messages[:MOST]
        ),
    )
