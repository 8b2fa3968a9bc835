"""What crosses between the keeper and whoever makes a check: the task, how far it is, what came of it.

The keeper believes nothing of what comes back: it is parsed, bounded, and must be about the account asked
for. What a worker sends is no code and no plan: the keeper plans the steps itself, from the evidence.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.work.crossing.about import demand_subject
from bot.work.crossing.codec import ResultCodec, ResultRefused, ResultUnreadable, TaskCodec
from bot.work.crossing.failed import Failed
from commands import verdict
from commands.check import Progress
from commands.containment.propose import bare
from commands.coverage import state_of
from commands.ledger import Case
from commands.report import Report, SourceState, Verdict
from graph.evidence import Evidence
from graph.question import Subject, Window


@dataclass(frozen=True, slots=True)
class CheckTask:
    """One run of a check.

    Attributes:
        case_id: The case.
        run: Which run of it, counted from 1.
        tenant: The name of the tenant, as the case has it.
        subject: The account.
        window: The span of time.
        tenant_id: The tenant's id, which it has by any name; "" where nobody knows it.
    """

    case_id: str
    run: int
    tenant: str
    subject: Subject
    window: Window
    tenant_id: str = ""


@dataclass(frozen=True, slots=True)
class CheckFound:
    """What a check found: the report, what the steps plan from, and what Microsoft answered, as a ZIP."""

    evidence: Evidence
    report: Report
    answers: bytes = b""


@dataclass(frozen=True, slots=True)
class _Result:
    """A result as it is sent; the ZIP goes beside it."""

    failed: Failed | None = None
    report: Report | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class _Shown:
    """Progress as it is sent: judged by whoever looks, for the evidence stays there."""

    sources: tuple[SourceState, ...]
    waiting: tuple[str, ...]
    so_far: Verdict


TASKS = TaskCodec(CheckTask)
_RESULTS = ResultCodec(_Result)
_SHOWN = ResultCodec(_Shown, small=True)


def task_of(case: Case, tenant_id: str) -> CheckTask:
    """Give the task of a case's present run, as it is after it crossed."""
    return TASKS.crossed(CheckTask(case.id, case.run, case.tenant, case.subject, case.window, tenant_id))


def pack(result: CheckFound | Failed) -> bytes:
    """Write a result, without its ZIP, and without what the keeper does not need to plan.

    Raises:
        ResultRefused: there is more of it than the keeper takes.
    """
    if isinstance(result, Failed):
        return _RESULTS.pack(_Result(failed=result))
    return _RESULTS.pack(_Result(report=result.report, evidence=result.evidence), bare)


def unpack(sent: bytes, answers: bytes, task: CheckTask) -> CheckFound | Failed:
    """Read what came of a task.

    What can be told again from the evidence that came along is told again, and must be the same: who the
    account is, which sources were seen, and what the findings add up to. The findings themselves rest on
    texts of mail and whole records as well, which do not cross.

    Raises:
        ResultUnreadable: it is none, or too large.
        ResultRefused: it is about somebody or something else, or does not agree with itself.
    """
    result = _RESULTS.unpack(sent)
    if result.failed is not None:
        return result.failed
    if result.report is None or result.evidence is None:
        raise ResultUnreadable("The worker sent neither a report nor a reason.")
    _demand_about(task, result.report, result.evidence)
    _demand_agreement(result.report, result.evidence)
    return CheckFound(result.evidence, result.report, answers)


def _demand_about(task: CheckTask, report: Report, evidence: Evidence) -> None:
    """See that it is about what was asked for, and no more."""
    demand_subject(task.subject, evidence)
    if report.subject != evidence.subject:
        raise ResultRefused("The worker answered about a different account.")
    if report.window != task.window or evidence.window != task.window:
        raise ResultRefused("The worker answered about a different time range.")


def _demand_agreement(report: Report, evidence: Evidence) -> None:
    """See that a report follows from its own findings, and tells of each source what the evidence does."""
    told = {source.id: source for source in report.sources}
    if told != {name: state_of(name, source) for name, source in evidence.sources.items()}:
        raise ResultRefused("The worker's report and its evidence do not agree on what was collected.")
    weighed = verdict.weigh(
        report.symptoms, report.sources, subject=report.subject, ordinary=report.verdict.baseline
    )
    if weighed != report.verdict:
        raise ResultRefused("The worker's verdict does not follow from its findings.")


def pack_progress(progress: Progress) -> bytes:
    """Write how far a check is; judges what there is so far."""
    return _SHOWN.pack(_Shown(progress.sources, progress.waiting, progress.so_far()))


def unpack_progress(sent: bytes) -> Progress:
    """Read how far a check is.

    Raises:
        ResultRefused: this is none.
    """
    shown = _SHOWN.unpack(sent)
    return Progress(shown.sources, shown.waiting, lambda: shown.so_far)
