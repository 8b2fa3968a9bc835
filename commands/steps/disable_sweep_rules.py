"""Switch off rules of Outlook's Sweep, which move and delete mail on their own.

Source: Microsoft's document, step 3; Exchange PowerShell, "Disable-SweepRule" and "Enable-SweepRule". Graph
does not know them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.clues.records import one_line
from commands.plans.plan import Change, Look, Phase, Planned, Undo
from commands.plans.planning_input import PlanningInput
from commands.steps.mailbox_parts import with_gaps
from commands.steps.parts import asks_for, because, name_of, refusals
from graph.request import Cmdlet, Request
from graph.resources.rules import SweepRule

TITLE = "Disable suspicious sweep rules"
SOURCE = "step 3"
PHASE = Phase.ERADICATE
PLANS = "one change for each enabled sweep rule"
UNDO = "the rule is enabled again"
PEOPLE = "one"
NEEDS: Final = ("sweep_rules",)
WRITES: tuple[Request | Cmdlet, ...] = (Cmdlet("Disable-SweepRule"),)

_ID: Final = "disable_sweep_rules"


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Plan to switch off each rule that is on; those with a finding are suggested."""
    if refused := refusals(planning, _ID):
        yield from refused
        return
    rules = planning.evidence.sweep_rules.seen(())
    changes = [_change(planning, rule) for rule in rules if rule.enabled and _key(rule)]
    yield from with_gaps(_ID, planning, changes, "No sweep rule is enabled.", *NEEDS)


def _key(rule: SweepRule) -> str:
    return rule.rule_id or rule.identity or rule.name


def _change(planning: PlanningInput, rule: SweepRule) -> Change:
    name, key = planning.subject.user_principal_name, _key(rule)
    field = "RuleId" if rule.rule_id else "Identity" if rule.identity else "Name"
    look = Look(
        Cmdlet("Get-SweepRule", {"Mailbox": name}, anchor=name), where={field: key}, fields=("Enabled",)
    )
    finding = planning.finding_on(key, "inbox_rules")
    shown = f"“{one_line(rule.name)}”" if one_line(rule.name) else "without a name"
    called = f"the sweep rule {shown} of {name_of(planning)}"
    parameters = {"Identity": key, "Mailbox": name, "Confirm": False}
    return Change(
        id=f"{_ID}:{key}",
        step=_ID,
        says=f"Disable {called}",
        why=because(finding, "The rule is enabled; no finding is about it."),
        do=Cmdlet("Disable-SweepRule", parameters, anchor=name),
        look=look,
        expects={"Enabled": True},
        wants={"Enabled": False},
        undo=Undo(
            says=f"Enable {called} again",
            do=Cmdlet("Enable-SweepRule", parameters, anchor=name),
            look=look,
            wants={"Enabled": True},
        ),
        suggested=asks_for(planning, finding),
    )
