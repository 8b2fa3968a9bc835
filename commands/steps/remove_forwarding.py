"""Stop the mailbox from sending every message on.

Source: Microsoft's document, step 2; Exchange PowerShell, "Set-Mailbox" (ForwardingAddress,
ForwardingSmtpAddress, DeliverToMailboxAndForward). Graph has no property for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.clues.records import addresses_in, one_line
from commands.plans.plan import Change, Look, ManualTask, Phase, Planned, Undo
from commands.plans.planning_input import PlanningInput
from commands.report import Finding
from commands.steps.mailbox_parts import with_gaps
from commands.steps.parts import asks_for, because, name_of, refusals
from graph.evidence import Known
from graph.request import Cmdlet, Request
from graph.resources.mailbox import Mailbox

TITLE = "Disable mail forwarding"
SOURCE = "step 2"
PHASE = Phase.CONTAIN
PLANS = "one change that clears all three properties of forwarding"
UNDO = "the three previous values"
PEOPLE = "one"
NEEDS: Final = ("mailbox",)
WRITES: tuple[Request | Cmdlet, ...] = (Cmdlet("Set-Mailbox"),)

SYNCED: Final = (
    "The account is synced, so its forwarding may be mastered on-premises: if Exchange Online "
    "refuses, or the next sync restores it, clear altRecipient and deliverAndRedirect there"
)

_ID: Final = "remove_forwarding"
_FIELDS: Final = ("ForwardingAddress", "ForwardingSmtpAddress", "DeliverToMailboxAndForward")


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Plan to clear all three properties at once: a leftover one would go on forwarding."""
    if refused := refusals(planning, _ID):
        yield from refused
        return
    changes = []
    if isinstance(planning.evidence.mailbox, Known):
        mailbox = planning.evidence.mailbox.value
        if mailbox.forwarding_address or mailbox.forwarding_smtp_address:
            changes.append(_change(planning, mailbox))
            if _warns(planning):
                yield _on_premises(planning, mailbox)
    yield from with_gaps(_ID, planning, changes, "The mailbox has no forwarding.", *NEEDS)


def _change(planning: PlanningInput, mailbox: Mailbox) -> Change:
    subject = planning.subject
    name = subject.user_principal_name
    before = {
        "ForwardingAddress": mailbox.forwarding_address or None,
        "ForwardingSmtpAddress": mailbox.forwarding_smtp_address or None,
        "DeliverToMailboxAndForward": mailbox.deliver_to_mailbox_and_forward,
    }
    after = {"ForwardingAddress": None, "ForwardingSmtpAddress": None, "DeliverToMailboxAndForward": False}
    look = Look(Cmdlet("Get-Mailbox", {"Identity": name}, anchor=name, select=_FIELDS), fields=_FIELDS)
    finding = _finding(planning, mailbox)
    to = " and ".join(one_line(one) for one in _targets(mailbox))
    keeps = bool(mailbox.deliver_to_mailbox_and_forward)
    restored = {**before, "DeliverToMailboxAndForward": keeps}
    return Change(
        id=f"{_ID}:mailbox",
        step=_ID,
        says=f"Stop forwarding {name_of(planning)}'s mail to {to}",
        why=because(finding, "Mail is forwarded; no evidence that this is recent or malicious."),
        do=Cmdlet("Set-Mailbox", {"Identity": name, **after}, anchor=name),
        look=look,
        expects=before,
        wants=after,
        undo=Undo(
            says=f"Forward {name_of(planning)}'s mail to {to} again"
            + (" and keep a copy" if keeps else " without keeping a copy"),
            do=Cmdlet("Set-Mailbox", {"Identity": name, **restored}, anchor=name),
            look=look,
            wants=restored,
        ),
        suggested=asks_for(planning, finding),
        warns=_warns(planning),
    )


def _on_premises(planning: PlanningInput, mailbox: Mailbox) -> ManualTask:
    """What a person does where the forwarding of a synced account is kept on-premises."""
    change = _change(planning, mailbox)
    return ManualTask(
        id=f"{_ID}:on_premises",
        step=_ID,
        says=f"{change.says} on-premises as well, where the account is mastered",
        how=(
            f"In Active Directory, open {name_of(planning)} with the attribute editor",
            "Note altRecipient and deliverAndRedirect, and targetAddress if it is external",
            "Clear them, and run a delta sync: Start-ADSyncSyncCycle -PolicyType Delta",
            "Check the account again; Exchange Online must show no forwarding after the sync",
        ),
        suggested=change.suggested,
    )


def _targets(mailbox: Mailbox) -> list[str]:
    """Where the mail goes, as people read it: the outside address where a contact stands before it."""
    contact, named = mailbox.forwarding_contact_address, mailbox.forwarding_address
    first = f"{contact} (the contact {named})" if contact and named else contact or named
    plain = mailbox.forwarding_smtp_address
    return [one for one in (first, plain.partition(":")[2] or plain) if one]


def _finding(planning: PlanningInput, mailbox: Mailbox) -> Finding | None:
    """The finding about where this mailbox forwards to; there may be others, of former forwarding."""
    texts = (
        mailbox.forwarding_contact_address,
        mailbox.forwarding_address,
        mailbox.forwarding_smtp_address.partition(":")[2],
        mailbox.forwarding_smtp_address,
    )
    names = {text.casefold() for text in texts if text} | set(addresses_in(" ".join(texts)))
    return next((one for one in planning.findings("mail_forwarding") if one.after.casefold() in names), None)


def _warns(planning: PlanningInput) -> tuple[str, ...]:
    user = planning.evidence.user.seen(None)
    return (SYNCED,) if user is not None and user.on_premises_sync_enabled else ()
