"""Make a plan out of what the steps offer: which changes, in which order, and how many people must approve.

Pure: the same evidence, choice and policy give the same plan.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TypeVar

from commands import steps
from commands.errors import PlanRefused
from commands.plans.plan import (
    AlreadyDone,
    Change,
    ManualTask,
    Nothing,
    Phase,
    Plan,
    Planned,
    holds_password,
)
from commands.plans.planning_input import Guard, PlanningInput
from commands.plans.task_order import in_order
from commands.plans.undo import is_undo
from commands.report import Report
from commands.usual.places import Atlas
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence
from graph.question import Subject
from graph.resources.mail import Message

T = TypeVar("T")

DISRUPTIVE = frozenset(
    {"block_sign_in", "remove_admin_roles", "remove_exchange_roles", "remove_purview_roles"}
)
"""Steps that need two people even where they can be undone: they stop somebody from working."""


DONE = "Already done"
"""How the sentence begins that stands for a change which was carried out since the offer was made."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How many people must approve what.

    Attributes:
        people: The number of people by step id, where it is not the usual one; 1 at least.
        factor_steps: The ids of steps whose approval needs a second factor; ``irreversible`` stands for every
            change without an undo, ``tenant_wide`` for every one that reaches beyond the subject.
        strict: Whether the proposer's own approval does not count.
        expires: After which time an undecided proposal ends.
    """

    people: Mapping[str, int] = field(default_factory=dict)
    factor_steps: frozenset[str] = frozenset()
    strict: bool = False
    expires: timedelta = timedelta(minutes=30)


def needs_of(change: Change, policy: Policy) -> int:
    """Say how many people must approve one change.

    Whoever set a password alone could read it and have the account, so no policy makes that one person's.
    """
    if change.step in policy.people:
        return max(2 if holds_password(change.do) else 1, policy.people[change.step])
    two = change.step in DISRUPTIVE or change.tenant_wide or is_irreversible(change) or is_undo(change.id)
    return 2 if two else 1


def is_irreversible(change: Change) -> bool:
    """Whether nothing takes this change back. What restores something can always be proposed again."""
    return change.undo is None and not is_undo(change.id)


def is_disruptive(change: Change) -> bool:
    """Whether it keeps the account's user from working for a while: blocked, signed out, without a role."""
    return change.step in DISRUPTIVE.union(steps.CONTAIN_NOW) and not is_undo(change.id)


def needs_of_plan(plan: Plan, policy: Policy) -> int:
    """Say how many people must approve a plan: as many as its most demanding change."""
    return max((needs_of(change, policy) for change in plan.changes), default=1)


def wants_factor(plan: Plan, policy: Policy) -> bool:
    """Say whether the policy asks for a second factor with each approval of a plan."""
    return any(
        change.step in policy.factor_steps
        or ("irreversible" in policy.factor_steps and is_irreversible(change))
        or ("tenant_wide" in policy.factor_steps and change.tenant_wide)
        for change in plan.changes
    )


def offer(
    evidence: Evidence, report: Report, guard: Guard, atlas: Atlas | None = None
) -> tuple[Planned, ...]:
    """Ask every step what is to be done, in the order in which the changes are made.

    Nothing is ever done to a protected account; then each step only says so.

    Args:
        evidence: What every source gave.
        report: What the check made of it.
        guard: Whom nobody may touch.
        atlas: Where addresses are; the one that the report was made with.
    """
    found: list[Planned] = []
    by_id = {step_id(step): step for step in steps.STEPS}
    for name in steps.ORDER:
        if guard.protects(evidence.subject):
            found.append(
                Nothing(name, "The account is protected in the settings, so the bot never changes it.", True)
            )
            continue
        changes = tuple(one for one in found if isinstance(one, Change))
        found.extend(by_id[name].plan(PlanningInput(evidence, report, guard, changes, atlas)))
    return tuple(found)


def bare(one: T) -> T:
    """Give what the steps plan from of one thing that was collected.

    That is all but the text of mail, and all but the form in which a record came.
    """
    if isinstance(one, AuditRecord):
        return replace(one, raw={})
    return one.model_copy(update={"text": ""}) if isinstance(one, Message) else one


def step_id(step: steps.Step) -> str:
    """Give a step's id: the name of its module."""
    return step.__name__.rpartition(".")[2]


def contain_now(offer: Sequence[Planned]) -> tuple[int, ...]:
    """Give the places of the changes that stop an attacker at once, whether or not the findings ask for them.

    These are the changes of the steps in `steps.CONTAIN_NOW`; none where the offer holds none of them.
    """
    return tuple(
        place
        for place, item in enumerate(offer)
        if isinstance(item, Change) and item.step in steps.CONTAIN_NOW
    )


def left_out(offer: Iterable[Planned], ids: Collection[str]) -> tuple[Change, ...]:
    """Give what the findings ask for against the attacker and what they left, but for the changes named."""
    return tuple(
        item
        for item in offer
        if isinstance(item, Change)
        and item.suggested
        and item.id not in ids
        and phase_of(item.step) in (Phase.CONTAIN, Phase.ERADICATE)
    )


def without_done(offer: Sequence[Planned], done: Collection[str]) -> tuple[Planned, ...]:
    """Give the offer with a word in the place of each change that has taken effect since it was made.

    Args:
        offer: What the steps planned.
        done: The ids of the changes that are known to have taken effect since.
    """
    return tuple(
        AlreadyDone(item.step, f"{DONE}: {item.says}.")
        if isinstance(item, Change) and item.id in done
        else item
        for item in offer
    )


def needs_of_step(step: str) -> tuple[str, ...]:
    """Give the sources that a step plans from; none for one that this version does not have any more."""
    return _NEEDS.get(step, ())


def phase_of(step: str) -> Phase | None:
    """Say what a step is for; None for one that this version does not have any more."""
    return _PHASES.get(step)


def assemble(
    *,
    case_id: str,
    tenant: str,
    subject: Subject,
    offer: Sequence[Planned],
    chosen: Iterable[int],
    confirmed: frozenset[str],
    nonce: str,
) -> Plan:
    """Make a plan out of the chosen parts of an offer.

    Args:
        case_id: The case.
        tenant: The name of the configured tenant.
        subject: The account.
        offer: What the steps planned.
        chosen: The numbers of the chosen parts, counted from 0.
        confirmed: The ids of changes that are known to have taken effect in this case already.
        nonce: Something that no other plan has.

    Raises:
        PlanRefused: nothing was chosen, something that is not offered, or a change without those that must
            come before it.
    """
    numbers = sorted(set(chosen))
    unknown = [number + 1 for number in numbers if not 0 <= number < len(offer)]
    if unknown:
        raise PlanRefused(
            f"There is no number {unknown[0]}; case {case_id} offers 1 to {len(offer)}. To see "
            f"them, type: /compromise plan {case_id}"
        )
    parts = [offer[number] for number in numbers]
    changes = [part for part in parts if isinstance(part, Change)]
    # They are numbered in this order.
    tasks = in_order(part for part in parts if isinstance(part, ManualTask))
    if not changes and not tasks:
        raise PlanRefused("Nothing was chosen. Choose at least one change or manual task.")
    ids = {change.id for change in changes}
    places = {one.id: number for number, one in enumerate(offer, start=1) if isinstance(one, Change)}
    for change in changes:
        lacking = sorted(places[one] for one in change.after if one not in ids | confirmed)
        if lacking:
            of, also = ("number", "it") if len(lacking) == 1 else ("numbers", "these")
            raise PlanRefused(f"“{change.says}” depends on {of} {spans(lacking)}; choose {also} as well.")
    return Plan(
        case_id=case_id,
        tenant=tenant,
        subject_id=subject.id,
        subject=subject.mail or subject.user_principal_name,
        changes=tuple(
            replace(change, after=tuple(one for one in change.after if one in ids)) for change in changes
        ),
        tasks=tasks,
        nonce=nonce,
    )


def without(plan: Plan, places: Iterable[int], nonce: str) -> Plan:
    """Make a plan without the changes at these places, counted from 0; its manual tasks stay.

    Raises:
        PlanRefused: there is no change at a place, none would be left, or one that is left must come after
            one that is taken out.
    """
    struck = frozenset(places)
    unknown = [place + 1 for place in sorted(struck) if place >= len(plan.changes)]
    if unknown:
        raise PlanRefused(f"There is no number {unknown[0]}; the proposal has 1 to {len(plan.changes)}.")
    left = tuple(change for place, change in enumerate(plan.changes) if place not in struck)
    if not left:
        raise PlanRefused("Nothing would be left of the proposal. Deny it instead.")
    gone = {plan.changes[place].id: place + 1 for place in struck}
    for change in left:
        lacking = sorted(gone[one] for one in change.after if one in gone)
        if lacking:
            raise PlanRefused(
                f"“{change.says}” depends on number {spans(lacking)}; strike it as well, or keep both."
            )
    return replace(plan, changes=left, nonce=nonce)


def spans(numbers: Sequence[int], between: str = ", ") -> str:
    """Write numbers in rising order short: ``1-4, 6, 8``."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][-1] + 1:
            spans[-1].append(number)
        else:
            spans.append([number])
    return between.join(str(one[0]) if len(one) == 1 else f"{one[0]}-{one[-1]}" for one in spans)


_NEEDS = {step_id(step): step.NEEDS for step in steps.STEPS}
_PHASES = {step_id(step): step.PHASE for step in steps.STEPS}
