"""Switch off mail flow rules of the tenant that the check found.

Source: Exchange PowerShell, "Disable-TransportRule" and "Enable-TransportRule". They work on everybody's
mail, so only those that a finding names are planned.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.clues.records import listed, one_line
from commands.plans.plan import Change, Look, Phase, Planned, Undo
from commands.plans.planning_input import PlanningInput
from commands.report import Finding, Severity
from commands.steps.mailbox_parts import with_gaps
from commands.steps.parts import first_line
from commands.symptoms.transport_rules import REMOVED, key_of, names_in
from graph.request import Cmdlet, Request
from graph.resources.rules import TransportRule

TITLE = "Disable mail flow rules of the tenant"
SOURCE = "additional step"
PHASE = Phase.ERADICATE
PLANS = "one change for each mail flow rule with a finding"
UNDO = "the rule is enabled again"
PEOPLE = "two"
NEEDS: Final = ("transport_rules",)
WRITES: tuple[Request | Cmdlet, ...] = (Cmdlet("Disable-TransportRule"),)

_ID: Final = "disable_transport_rules"
_NOTHING: Final = (
    "No enabled mail flow rule was created by this account or sends mail outside the organization."
)


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Plan to switch off each rule that is on and that a finding names.

    The rules are the tenant's, so that the subject is a protected account keeps none of them.
    """
    changes = []
    for rule in planning.evidence.transport_rules.seen(()):
        finding = _finding(planning, rule)
        if finding is not None and rule.state.casefold() != "disabled":
            changes.append(_change(rule, finding))
    yield from with_gaps(_ID, planning, changes, _NOTHING, *NEEDS)


def _finding(planning: PlanningInput, rule: TransportRule) -> Finding | None:
    """The gravest finding on a rule; one on a record of the audit log knows the rule by its name only.

    Sentences tell nothing of it: the name of one rule may quote that of another.
    """
    names = {key_of(rule.name), key_of(rule.guid)} - {""}
    about = {
        record.id
        for record in planning.evidence.records()
        if not names.isdisjoint(map(key_of, names_in(record)))
    }
    found = [
        one
        for one in planning.report.findings
        if one.symptom == "transport_rules"
        and one.sign.id != REMOVED.id
        and ((rule.guid or rule.name) in one.records or not about.isdisjoint(one.records))
    ]
    return max(found, key=lambda one: one.severity, default=None)


def _change(rule: TransportRule, finding: Finding) -> Change:
    identity = rule.guid or rule.name
    look = Look(Cmdlet("Get-TransportRule", {"Identity": identity}), fields=("State",))
    called = f"the mail flow rule “{first_line(rule.name, identity)}” of the whole tenant"
    parameters = {"Identity": identity, "Confirm": False}
    return Change(
        id=f"{_ID}:{identity}",
        step=_ID,
        says=f"Disable {called}",
        why=finding.summary,
        do=Cmdlet("Disable-TransportRule", parameters),
        look=look,
        expects={"State": rule.state or "Enabled"},
        wants={"State": "Disabled"},
        undo=Undo(
            says=f"Enable {called} again",
            do=Cmdlet("Enable-TransportRule", parameters),
            look=look,
            wants={"State": rule.state or "Enabled"},
        ),
        # The lesser ones are an administrator's everyday work, and the rule is everybody's.
        suggested=finding.severity >= Severity.MEDIUM,
        tenant_wide=True,
        warns=(_scope(rule),),
    )


def _scope(rule: TransportRule) -> str:
    """Say to which mail a rule applies, as far as its record tells. All conditions must hold at once."""
    inside = {"inorganization": "inside", "notinorganization": "outside"}
    conditions = [
        f"{what} {listed([one_line(one) for one in values])}"
        for what, values in (
            ("from", rule.from_),
            ("from members of", rule.from_member_of),
            ("from the domain", rule.sender_domain_is),
            ("sent to", rule.sent_to),
            ("sent to members of", rule.sent_to_member_of),
            ("sent to the domain", rule.recipient_domain_is),
            ("with the subject words", rule.subject_contains_words),
            ("with the words", rule.subject_or_body_contains_words),
        )
        if values
    ]
    conditions += [
        f"{what} {inside.get(scope.casefold(), one_line(scope))} the organization"
        for what, scope in (("from", rule.from_scope), ("sent to", rule.sent_to_scope))
        if scope
    ]
    predicates = rule.conditions if isinstance(rule.conditions, list | tuple) else [rule.conditions]
    untold = "Conditions" in rule.not_collected
    if len([one for one in predicates if one]) > len(conditions):
        conditions.append("that meets conditions not shown here")
    elif conditions and untold:
        conditions.append("and perhaps only where further conditions are met, which were not collected")
    if conditions:
        return f"It applies to mail {', '.join(conditions)}"
    if untold:
        return "Its conditions were not collected; it may apply to all mail in the organization"
    return "It has no conditions; unless it names exceptions, it applies to all mail in the organization"
