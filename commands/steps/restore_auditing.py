"""Audit the mailbox again, and what the account does in other mailboxes.

Source: Microsoft Purview, "Manage mailbox auditing"; Exchange PowerShell, "Set-MailboxAuditBypassAssociation"
and "Set-Mailbox", AuditEnabled. What the attacker does next is recorded only where this has been done.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.plans.plan import Change, Look, Phase, Planned, Undo
from commands.plans.planning_input import PlanningInput
from commands.report import Finding
from commands.steps.mailbox_parts import with_gaps
from commands.steps.parts import asks_for, because, name_of, refusals
from commands.symptoms.audit_trail import ALL_DISABLED, BYPASS_SET, BYPASSED, MAILBOX_DISABLED, STANDING
from graph.evidence import Known
from graph.request import Cmdlet, Request

TITLE = "Restore auditing"
SOURCE = "additional step"
PHASE = Phase.ERADICATE
PLANS = "one change that removes an audit bypass, one that enables mailbox auditing where it is disabled"
UNDO = "the previous value"
PEOPLE = "one"
NEEDS: Final = ("mailbox",)
WRITES: tuple[Request | Cmdlet, ...] = (Cmdlet("Set-MailboxAuditBypassAssociation"), Cmdlet("Set-Mailbox"))

_ID: Final = "restore_auditing"
_BYPASS: Final = "AuditBypassEnabled"
_AUDIT: Final = "AuditEnabled"
_BYPASSES: Final = frozenset({BYPASSED.id, BYPASS_SET})
_DISABLES: Final = frozenset({STANDING.id, MAILBOX_DISABLED, ALL_DISABLED})
"""Which findings ask for each change, by their sign or by what was done."""

_LATER: Final = "What was done before is not recorded afterward"


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Plan to remove an audit bypass, and to enable auditing of the mailbox where it is disabled."""
    if refused := refusals(planning, _ID):
        yield from refused
        return
    changes = []
    if isinstance(planning.evidence.mailbox, Known):
        mailbox = planning.evidence.mailbox.value
        if mailbox.audit_bypass_enabled:
            changes.append(_bypass(planning))
        if mailbox.audit_enabled is False:
            changes.append(_audit(planning))
    yield from with_gaps(_ID, planning, changes, "Auditing is enabled, without a bypass.", *NEEDS)


def _bypass(planning: PlanningInput) -> Change:
    name, owner = planning.subject.user_principal_name, name_of(planning)
    look = Look(
        Cmdlet("Get-MailboxAuditBypassAssociation", {"Identity": name}, anchor=name), fields=(_BYPASS,)
    )
    finding = _finding(planning, _BYPASSES)
    return Change(
        id=f"{_ID}:{_BYPASS}",
        step=_ID,
        says=f"Remove the audit bypass of {owner}",
        why=because(finding, "An audit bypass is set; no finding is about it."),
        do=Cmdlet("Set-MailboxAuditBypassAssociation", {"Identity": name, _BYPASS: False}, anchor=name),
        look=look,
        expects={_BYPASS: True},
        wants={_BYPASS: False},
        undo=Undo(
            says=f"Set the audit bypass of {owner} again",
            do=Cmdlet("Set-MailboxAuditBypassAssociation", {"Identity": name, _BYPASS: True}, anchor=name),
            look=look,
            wants={_BYPASS: True},
            note="Mailbox actions of the account are not audited then",
        ),
        suggested=asks_for(planning, finding),
        warns=(_LATER,),
    )


def _audit(planning: PlanningInput) -> Change:
    name, owner = planning.subject.user_principal_name, name_of(planning)
    look = Look(Cmdlet("Get-Mailbox", {"Identity": name}, anchor=name, select=(_AUDIT,)), fields=(_AUDIT,))
    finding = _finding(planning, _DISABLES)
    return Change(
        id=f"{_ID}:{_AUDIT}",
        step=_ID,
        says=f"Enable mailbox auditing for {owner}",
        why=because(finding, "Mailbox auditing is disabled; no finding is about it."),
        do=Cmdlet("Set-Mailbox", {"Identity": name, _AUDIT: True}, anchor=name),
        look=look,
        expects={_AUDIT: False},
        wants={_AUDIT: True},
        undo=Undo(
            says=f"Disable mailbox auditing for {owner} again",
            do=Cmdlet("Set-Mailbox", {"Identity": name, _AUDIT: False}, anchor=name),
            look=look,
            wants={_AUDIT: False},
        ),
        suggested=asks_for(planning, finding),
        warns=(_LATER,),
    )


def _finding(planning: PlanningInput, done: frozenset[str]) -> Finding | None:
    """The gravest finding on the audit trail that is of this kind, by its sign or by what was done."""
    return next((one for one in planning.findings("audit_trail") if {one.sign.id, one.act} & done), None)
