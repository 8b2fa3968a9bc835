"""Builders of planning inputs: what a step plans from, out of a few words.

``planning(user=user())`` judges the evidence with the real symptoms. Where a test wants a certain finding
and not a story that leads to it, ``planning(found=[finding(...)], ...)`` gives the report instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from commands.check import judge
from commands.plans.plan import Change, ManualTask, Nothing
from commands.plans.planning_input import Guard, PlanningInput
from commands.report import Finding, Report, Result, Severity, Sign, SymptomResult, Verdict, VerdictCode
from commands.steps import Step
from graph.evidence import Evidence, Reason, Unavailable
from graph.resources.directory import User
from tests.commands.evidence import ADELE, NOON, WINDOW, evidence

UNSEEN = Unavailable(Reason.PERMISSION, "The permission for it is missing.", needs="Some.Permission")
"""A source that could not be looked at."""


def planning(
    *,
    report: Report | None = None,
    found: Iterable[Finding] | None = None,
    answer: VerdictCode = VerdictCode.COMPROMISED,
    guard: Guard | None = None,
    planned: Iterable[Change] = (),
    seen: Evidence | None = None,
    **sources: Any,
) -> PlanningInput:
    """A planning input with these sources; the rest was not asked.

    Args:
        report: What the check made of it; the evidence is judged where neither this nor `found` is given.
        found: The findings of the report, with `answer` as the verdict.
        answer: The verdict that goes with `found`.
        guard: Whom and what nobody may touch; nobody and nothing unless given.
        planned: What the steps before this one planned.
        seen: The whole evidence, in place of `sources`.
        sources: The sources, as in `tests.commands.evidence.evidence`.
    """
    whole = seen if seen is not None else evidence(**sources)
    if report is None:
        report = judge(whole, NOON) if found is None else report_of(whole, found, answer)
    return PlanningInput(evidence=whole, report=report, guard=guard or Guard(), planned=tuple(planned))


def report_of(
    seen: Evidence, found: Iterable[Finding] = (), answer: VerdictCode = VerdictCode.COMPROMISED
) -> Report:
    """A report that holds just these findings and this verdict."""
    by_symptom: dict[str, list[Finding]] = {}
    for one in found:
        by_symptom.setdefault(one.symptom, []).append(one)
    return Report(
        subject=seen.subject,
        window=seen.window,
        made_at=NOON,
        verdict=Verdict(answer, 0, "high", (), (), "As the test has it."),
        symptoms=tuple(
            SymptomResult(symptom, symptom, "", Result.PRESENT, "As the test has it.", tuple(ones))
            for symptom, ones in by_symptom.items()
        ),
        sources=(),
        timeline=(),
    )


def finding(
    symptom: str,
    *records: str,
    severity: Severity = Severity.HIGH,
    sign: str | Sign = "a_sign",
    **fields: Any,
) -> Finding:
    """A finding of this symptom that rests on these records; `sign` may be one of the symptom's own."""
    own = sign if isinstance(sign, Sign) else Sign(sign, severity, "Because.")
    values = {"summary": "Something was found", **fields}
    return Finding(symptom, own, records=records, **values)


def user(**fields: Any) -> User:
    """Adele's user object, enabled and not synced; `fields` are Graph's, in snake case."""
    plain = {
        "id": ADELE.id,
        "user_principal_name": ADELE.user_principal_name,
        "display_name": ADELE.display_name,
        "mail": ADELE.mail,
        "account_enabled": True,
        "last_password_change_date_time": WINDOW.start,
        "sign_in_sessions_valid_from_date_time": WINDOW.start,
    }
    return User.model_validate({**plain, **fields})


def guarded() -> Guard:
    """A guard that lets nobody touch Adele."""
    return Guard(protected=frozenset({ADELE.user_principal_name}))


def changes(step: Step, on: PlanningInput) -> list[Change]:
    """The changes that a step plans."""
    return [one for one in step.plan(on) if isinstance(one, Change)]


def tasks(step: Step, on: PlanningInput) -> list[ManualTask]:
    """The manual tasks that a step plans."""
    return [one for one in step.plan(on) if isinstance(one, ManualTask)]


def only_change(step: Step, on: PlanningInput) -> Change:
    """The one change that a step plans."""
    (change,) = changes(step, on)
    return change


def nothing(step: Step, on: PlanningInput) -> Nothing:
    """The one reason why a step plans nothing at all."""
    (planned,) = step.plan(on)
    assert isinstance(planned, Nothing), planned
    return planned
