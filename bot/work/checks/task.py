"""What crosses between the keeper and whoever makes a check: the task, how far it is, what came of it.

The keeper believes nothing of what comes back: it is parsed, bounded, and must be about the account asked
for. What a worker sends is no code and no plan: the keeper plans the steps itself, from the evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import GenericAlias
from typing import Any, Final, get_args, get_origin, get_type_hints

from pydantic import BaseModel, TypeAdapter

from bot.artefacts.report_store import in_little_space
from bot.work.crossing.about import demand_subject
from bot.work.crossing.codec import LongLists, ResultCodec, ResultRefused, ResultUnreadable, TaskCodec
from bot.work.crossing.failed import Failed
from commands import verdict
from commands.check import Progress
from commands.containment.propose import bare
from commands.coverage import state_of
from commands.ledger import Case
from commands.report import Event, Report, SourceState, Verdict
from graph.audit_log.compact import held
from graph.audit_log.record import AuditRecord
from graph.evidence import SOURCES, Evidence, Known
from graph.parts.reading import lean
from graph.question import Subject, Window
from graph.repeated import Repeated


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


# --- long lists ---------------------------------------------------------------------------------------------

_TIMELINE: Final = "timeline"
_FIRST, _SECOND = "audit_log", "audit_log_on_mailbox"
"""Two searches that bring largely the same records: the second list has the ids of those in the first."""


def _kinds() -> Iterator[tuple[str, Any]]:
    """Give what each long list holds, by its name: the timeline, and every source that is a list."""
    yield _TIMELINE, Event
    hints = get_type_hints(Evidence)
    for name in SOURCES:
        (value,) = get_args(get_args(hints[name])[0])
        if get_origin(value) is tuple:
            yield name, get_args(value)[0]


_KINDS: Final = {**dict(_kinds()), _SECOND: str | AuditRecord}


@cache
def _values(name: str) -> TypeAdapter[list[Any]]:
    kind: Any = GenericAlias(list, (_KINDS[name],))
    return TypeAdapter(kind)


class _Reader:
    """Reads the long lists of one result, and holds them in little space."""

    def __init__(self) -> None:
        self._once = Repeated()
        self._first: dict[str, AuditRecord] = {}

    def __call__(self, name: str, text: bytes) -> list[Any]:
        """Read some values of a list."""
        found = [self._held(one) for one in _values(name).validate_json(text)]
        if name == _FIRST:
            self._first.update((one.id, one) for one in found)
        return found

    def _held(self, one: Any) -> Any:
        match one:
            case str():
                return self._first[one]
            case AuditRecord():
                return held(one, self._once)
            case Event():
                return in_little_space(one, self._once)
            case BaseModel():
                return lean(one, self._once)
        return one


def _out(result: _Result) -> tuple[_Result, dict[str, Sequence[Any]]]:
    report, seen = result.report, result.evidence
    if report is None or seen is None:
        return result, {}
    found = {name: one for name, one in seen.sources.items() if name in _KINDS and isinstance(one, Known)}
    lists: dict[str, Sequence[Any]] = {name: one.value for name, one in found.items()}
    if _SECOND in lists:
        by_id = {record.id: record for record in seen.audit_log.seen(())}
        first = set(map(id, by_id.values()))
        lists[_SECOND] = [one.id if id(one) in first else one for one in lists[_SECOND]]
    short: dict[str, Any] = {name: replace(one, value=()) for name, one in found.items()}
    return _Result(report=replace(report, timeline=()), evidence=replace(seen, **short)), {
        _TIMELINE: report.timeline,
        **lists,
    }


def _back(result: _Result, lists: Mapping[str, Sequence[Any]]) -> _Result:
    report, seen = result.report, result.evidence
    if report is None or seen is None:
        return result
    found = {name: one for name, one in seen.sources.items() if isinstance(one, Known)}
    whole: dict[str, Any] = {
        name: replace(found[name], value=(*found[name].value, *values))
        for name, values in lists.items()
        if name != _TIMELINE
    }
    events = (*report.timeline, *lists.get(_TIMELINE, ()))
    return _Result(report=replace(report, timeline=events), evidence=replace(seen, **whole))


TASKS = TaskCodec(CheckTask)
_RESULTS = ResultCodec(_Result, long=LongLists(_out, _Reader, _back))
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
        return result.failed.bounded
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
