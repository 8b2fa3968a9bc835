"""Switch off inbox rules, hidden ones and those that only the server shows included.

Source: Microsoft's document, step 3; Microsoft Graph v1.0, "Update rule"; Exchange PowerShell,
"Disable-InboxRule". A change through Exchange deletes the rules of that mailbox that only desktop Outlook
knows, so Graph is used where it can. Rules are switched off and not removed: they are evidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.clues.records import one_line
from commands.clues.rules.listed import paired
from commands.clues.rules.rule import Rule
from commands.plans.plan import Change, Look, Nothing, Phase, Planned, Undo
from commands.plans.planning_input import PlanningInput
from commands.steps.mailbox_parts import unseen
from commands.steps.parts import asks_for, because, name_of, refusals
from graph.parts.reading import segment
from graph.request import Cmdlet, Limit, Request
from graph.resources.rules import HiddenInboxRule, InboxRule

TITLE = "Disable suspicious inbox rules"
SOURCE = "step 3"
PHASE = Phase.ERADICATE
PLANS = (
    "one change for each enabled rule, hidden ones included; those with a finding are "
    "preselected. Through Graph where possible; a change through Exchange deletes client-only "
    "Outlook rules, and says so"
)
UNDO = "the rule is enabled again"
PEOPLE = "one"
NEEDS: Final = ("inbox_rules", "hidden_inbox_rules")
WRITES: tuple[Request | Cmdlet, ...] = (
    Request("PATCH", "/users/{id}/mailFolders/inbox/messageRules/{rule}"),
    Cmdlet("Disable-InboxRule"),
)

MAY_BE_DELETED: Final = (
    "Graph cannot change this rule, so it may be a client-only Outlook rule: then it is deleted, "
    "not just disabled"
)

CLIENT_RULES: Final = (
    "Graph cannot change this rule, so Exchange is used; any change there permanently deletes "
    "this mailbox's client-only Outlook rules"
)

_ID: Final = "disable_inbox_rules"
_STANDS: Final = "The rule is enabled; no finding is about it."


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Plan to switch off each rule that is on, once; those with a finding are suggested."""
    if refused := refusals(planning, _ID):
        yield from refused
        return
    planned = [*_visible(planning), *_only_in_exchange(planning), *unseen(_ID, planning, *NEEDS)]
    # Exchange's changes come last, for they delete rules; what Graph can switch off is switched off by then.
    planned.sort(key=_when)
    yield from planned
    if not planned:
        yield Nothing(_ID, "No inbox rule is enabled.")


def _when(one: Planned) -> int:
    if not isinstance(one, Change):
        return 2
    return 1 if isinstance(one.do, Cmdlet) else 0


def _visible(planning: PlanningInput) -> Iterator[Planned]:
    """Rules that Graph lists; what it lists but cannot change goes through Exchange under the same name."""
    pairs, _ = paired(planning.evidence)
    for rule, twin in pairs:
        if not rule.is_enabled or _is_left(planning, rule.display_name, rule.id):
            continue
        if not (rule.is_read_only or rule.has_error):
            yield _over_graph(planning, rule)
        elif twin is not None:
            yield _over_exchange(planning, twin, rule.id, warns=(MAY_BE_DELETED,) * rule.is_read_only)
        else:
            why = f"{_called(planning, rule.display_name)} can only be changed through Exchange, which did "
            yield Nothing(_ID, f"{why[0].upper()}{why[1:]}not list it.", refused=True)


def _only_in_exchange(planning: PlanningInput) -> Iterator[Change]:
    _, others = paired(planning.evidence)
    for rule in others:
        record = str(rule.rule_identity or rule.identity)
        if rule.enabled and not _is_left(planning, rule.name, record):
            yield _over_exchange(planning, rule, record)


def _is_left(planning: PlanningInput, name: str, record: str) -> bool:
    """Whether a rule is one that Exchange keeps for itself, such as the junk mail rule.

    Anybody can give such a name to their own rule, so one with a finding is not left alone.
    """
    return Rule(name, "", ()).is_system and planning.finding_on(record, "inbox_rules") is None


def _called(planning: PlanningInput, name: str, kind: str = "inbox rule") -> str:
    shown = f"“{one_line(name)}”" if one_line(name) else "without a name"
    return f"the {kind} {shown} of {name_of(planning)}"


def _over_graph(planning: PlanningInput, rule: InboxRule) -> Change:
    path = f"/users/{segment(planning.subject.id)}/mailFolders/inbox/messageRules/{segment(rule.id)}"
    look = Look(Request("GET", path, limit=Limit.MAILBOX), fields=("isEnabled",))
    finding = planning.finding_on(rule.id, "inbox_rules")
    called = _called(planning, rule.display_name)
    return Change(
        id=f"{_ID}:{rule.id}",
        step=_ID,
        says=f"Disable {called}",
        why=because(finding, _STANDS),
        do=Request("PATCH", path, body={"isEnabled": False}, limit=Limit.MAILBOX),
        look=look,
        expects={"isEnabled": True},
        wants={"isEnabled": False},
        undo=Undo(
            says=f"Enable {called} again",
            do=Request("PATCH", path, body={"isEnabled": True}, limit=Limit.MAILBOX),
            look=look,
            wants={"isEnabled": True},
        ),
        suggested=asks_for(planning, finding),
    )


def _over_exchange(
    planning: PlanningInput, rule: HiddenInboxRule, record: str, *, warns: tuple[str, ...] = ()
) -> Change:
    """A change through Exchange; its rule is known by Identity, as names may be broken on purpose.

    What counts is whether the rule works: the change before this one may have deleted it, and gone is as
    good as off.
    """
    name = planning.subject.user_principal_name
    # The rule's own number has 64 bits, more than JSON carries safely; Identity holds it as text.
    look = Look(
        Cmdlet("Get-InboxRule", {"Mailbox": name, "IncludeHidden": True}, anchor=name),
        where={"Identity": rule.identity, "Enabled": True},
    )
    finding = planning.finding_on(record, "inbox_rules")
    called = _called(planning, rule.name, "hidden inbox rule" if rule.is_hidden else "inbox rule")
    parameters = {"Identity": rule.identity, "Mailbox": name, "Force": True, "Confirm": False}
    return Change(
        id=f"{_ID}:{rule.identity}",
        step=_ID,
        says=f"Disable {called} through Exchange",
        why=because(finding, _STANDS),
        do=Cmdlet("Disable-InboxRule", parameters, anchor=name),
        look=look,
        expects={},
        wants=None,
        undo=Undo(
            says=f"Enable {called} again",
            do=Cmdlet("Enable-InboxRule", parameters, anchor=name),
            look=look,
            wants={},
            note="Deleted client-only Outlook rules are not restored.",
        ),
        suggested=asks_for(planning, finding),
        warns=(CLIENT_RULES, *warns),
    )
