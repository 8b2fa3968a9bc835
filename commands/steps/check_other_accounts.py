"""Check the other accounts that the evidence leads to: where one is taken over, others often are as well.

A person decides whom to check next: each check reads mail and sign-ins of somebody who may have done nothing.
Source: NIST SP 800-61 Rev. 2, section 3.2.4 (the scope of an incident comes first).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.clues.records import one_line
from commands.plans.plan import ManualTask, Nothing, Phase, Planned
from commands.plans.planning_input import PlanningInput
from commands.report import Clause, Tie, VerdictCode
from commands.steps.parts import at_once
from graph.request import Cmdlet, Request

TITLE = "Check the other accounts that the evidence leads to"
SOURCE = "additional step"
PHASE = Phase.ERADICATE
PLANS = "a manual task that names each account with the reason"
UNDO = "nothing to undo"
PEOPLE = "one"
NEEDS: tuple[str, ...] = ()
WRITES: tuple[Request | Cmdlet, ...] = ()

_ID: Final = "check_other_accounts"
_NAMED: Final = 20
"""How many accounts of each kind a task names."""


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Yield one manual task with every lead, or say that nothing leads to another account."""
    story = planning.report.story
    leads = [one for one in (story.leads if story else ()) if "@" in one.says]
    if not leads:
        yield Nothing(_ID, "Nothing found leads to another account.")
        return
    seen = [one for one in leads if one.why is not Tie.LURED]
    lured = [one for one in leads if one.why is Tie.LURED]
    count = "1 other account" if len(leads) == 1 else f"{len(leads):,} other accounts"
    yield ManualTask(
        id=f"{_ID}:leads",
        step=_ID,
        says=at_once(f"Check {count} that the evidence leads to"),
        how=(
            "Owner: security operations. When: today, in this order",
            *(f"/compromise check {one_line(one.says)}: {one.because}" for one in seen[:_NAMED]),
            *_more(seen),
            *_ask(lured),
        ),
        suggested=planning.report.verdict.answer is VerdictCode.COMPROMISED,
    )


def _more(leads: list[Clause]) -> Iterator[str]:
    if len(leads) > _NAMED:
        yield f"{len(leads) - _NAMED:,} more are in the story of the report"


def _ask(lured: list[Clause]) -> Iterator[str]:
    if lured:
        named = ", ".join(one_line(one.says) for one in lured[:_NAMED])
        more = f" and {len(lured) - _NAMED:,} more" if len(lured) > _NAMED else ""
        yield (
            f"Ask who received mail from the attacker whether they opened, entered or paid anything: "
            f"{named}{more}; check whoever did"
        )
