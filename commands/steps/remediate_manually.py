"""What the findings call for and the bot does not change: for people, and at once.

Source: `commands/facts/remedies.toml`, which says of every kind of finding what answers it: steps of the bot,
a task for people, or why nothing does. Where the bot would need a permission over every file, chat or account
of the tenant to take one thing back, the task says exactly what to do instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from commands.clues.records import one_line
from commands.facts.remedies import Task, tasks
from commands.plans.plan import ManualTask, Nothing, Phase, Planned
from commands.plans.planning_input import PlanningInput
from commands.plans.remedy import task_for
from commands.report import Finding
from commands.steps.parts import asks_for, at_once, name_of, refusals
from graph.audit_log.record import AuditRecord
from graph.request import Cmdlet, Request

TITLE = "Remediate manually what the bot does not change"
SOURCE = "additional step"
PHASE = Phase.ERADICATE
PLANS = "a manual task, to be done at once, for each kind of finding that no other step remediates"
UNDO = "nothing to undo"
PEOPLE = "one"
NEEDS: tuple[str, ...] = ()
WRITES: tuple[Request | Cmdlet, ...] = ()

_ID: Final = "remediate_manually"
_NAMED: Final = 8
"""How many findings a task names, and how many places in SharePoint or OneDrive."""


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Yield one manual task for each kind of finding that only people can answer."""
    if refused := refusals(planning, _ID):
        yield from refused
        return
    found: dict[str, list[Finding]] = {}
    records = {one.id: one for one in planning.evidence.records()}
    for finding in planning.report.findings:
        if task := task_for(finding, records, planning.subject):
            found.setdefault(task, []).append(finding)
    for name, row in tasks().items():
        if name in found:
            yield _task(planning, row, found[name], records)
    if not found:
        yield Nothing(_ID, "Everything found is remediated by other steps.")


def _task(
    planning: PlanningInput, task: Task, found: list[Finding], records: Mapping[str, AuditRecord]
) -> ManualTask:
    told = list(
        dict.fromkeys(one.summary.rstrip(".") for one in sorted(found, key=lambda one: -one.severity))
    )
    more = [f"{len(told) - _NAMED} more are among the findings"] if len(told) > _NAMED else []
    shown = [records[name].object_id for one in found for name in one.records if name in records]
    places = list(dict.fromkeys(one_line(place, 300) for place in shown if place.startswith("https://")))
    return ManualTask(
        id=f"{_ID}:{task.id}",
        step=_ID,
        says=at_once(task.says.format(user=name_of(planning))),
        how=(
            *told[:_NAMED],
            *more,
            *places[:_NAMED],
            *(line.format(user=name_of(planning)) for line in task.how),
        ),
        suggested=any(asks_for(planning, one) for one in found),
    )
