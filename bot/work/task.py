"""What crosses between the keeper and whoever looks, as plain JSON: a task, how far it is, what came of it.

The keeper believes nothing of what comes back: it is parsed, bounded, and must be about the account asked
for. What a worker sends is no code and no plan: the keeper plans the steps itself, from the evidence.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, to_json

from bot.artefacts import report_store
from bot.errors import BotError
from bot.failing import refer_run
from commands import accounts, verdict
from commands.check import Progress, state_of
from commands.containment.propose import needed_to_plan
from commands.errors import CommandError
from commands.hunts.hunt import Found as Hunted
from commands.ledger import Case
from commands.rechecks.watch import Reading
from commands.report import Report, SourceState, Verdict
from graph.errors import GraphError
from graph.evidence import Evidence
from graph.question import Subject, Window

T = TypeVar("T")

PACKED: Final = 64 * 1024 * 1024
"""The most bytes that one result may have when it is compressed."""

UNPACKED: Final = 512 * 1024 * 1024
"""The most bytes that it may have otherwise. A report of 300,000 records has a fifth of it."""


SHOWN: Final = 1024 * 1024
"""The most bytes that a sent progress may have when it is compressed."""

SHOWN_WHOLE: Final = 16 * 1024 * 1024
"""The most bytes that it may have otherwise."""


RUNS: Final = 3
"""How many times something is started before it counts as failed."""


class ResultRefused(BotError):
    """What a worker sent cannot be used; says why."""


class ResultUnreadable(ResultRefused):
    """What a worker sent is of another version, damaged, or too large."""


@dataclass(frozen=True, slots=True)
class Task:
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
class Found:
    """What a check found: the report, what the steps plan from, and what Microsoft answered, as a ZIP."""

    evidence: Evidence
    report: Report
    answers: bytes = b""


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a check could not be made, one sentence for people; `reference` is in the log of whoever looked."""

    says: str
    reference: str
    code: str = ""


def attempt(what: str, name: str, work: Callable[[], T]) -> T | Failed:
    """Do what a run is for; whatever goes wrong is told with words for people, and the log has it.

    Args:
        what: What it is called: ``check``, ``hunt`` or ``recheck``.
        name: What the run is of.
        work: Does it.

    Raises:
        CommandError: what must be remembered cannot be; it is tried again.
    """
    try:
        return work()
    except CommandError:
        raise
    except GraphError as error:
        reference = refer_run(f"A {what} failed.", what, name)
        return Failed(f"{error.sentence} Reference: {reference}.", reference, error.code)
    except Exception:  # noqa: BLE001 - whatever it is, people are told and the log has it
        reference = refer_run(f"A {what} failed: internal error.", what, name)
        return Failed(f"Internal error during this {what}. Reference: {reference}.", reference)


@dataclass(frozen=True, slots=True)
class _Result:
    """A result as it is sent; the ZIP goes beside it."""

    failed: Failed | None = None
    report: Report | None = None
    evidence: Evidence | None = None
    hunt: Hunted | None = None
    reading: Reading | None = None


@dataclass(frozen=True, slots=True)
class _Shown:
    """Progress as it is sent: judged by whoever looks, for the evidence stays there."""

    sources: tuple[SourceState, ...]
    waiting: tuple[str, ...]
    so_far: Verdict


_TASK = TypeAdapter(Task)
_RESULT = TypeAdapter(_Result)
_SHOWN = TypeAdapter(_Shown)


def task_of(case: Case, tenant_id: str) -> Task:
    """Give the task of a case's present run, as it is after it crossed."""
    task = Task(case.id, case.run, case.tenant, case.subject, case.window, tenant_id)
    return read_task(sent_of(task))


def sent_of(task: Task) -> dict[str, Any]:
    """Write a task as JSON."""
    sent: dict[str, Any] = report_store.whole(_TASK.dump_python(task, mode="json"))
    return sent


def read_task(sent: dict[str, Any]) -> Task:
    """Read a task.

    Raises:
        pydantic.ValidationError: it is none.
    """
    return _TASK.validate_python(sent)


def pack(result: Found | Failed | Hunted | Reading) -> bytes:
    """Write a result, without its ZIP, and without what the keeper does not need to plan.

    Raises:
        ResultRefused: there is more of it than the keeper takes.
    """
    if isinstance(result, Failed):
        return packed(_RESULT, _Result(failed=result))
    if isinstance(result, Hunted):
        return packed(_RESULT, _Result(hunt=result))
    if isinstance(result, Reading):
        bare = replace(result, evidence=needed_to_plan(result.evidence))
        return packed(_RESULT, _Result(reading=bare))
    return packed(_RESULT, _Result(report=result.report, evidence=needed_to_plan(result.evidence)))


def unpack(sent: bytes, answers: bytes, task: Task) -> Found | Failed:
    """Read what came of a task.

    What can be told again from the evidence that came along is told again, and must be the same: who the
    account is, which sources were seen, and what the findings add up to. The findings themselves rest on
    texts of mail and whole records as well, which do not cross.

    Raises:
        ResultUnreadable: it is none, or too large.
        ResultRefused: it is about somebody or something else, or does not agree with itself.
    """
    result = unpack_result(sent)
    if result.failed is not None:
        return result.failed
    if result.report is None or result.evidence is None:
        raise ResultUnreadable("The worker sent neither a report nor why there is none.")
    _demand_about(task, result.report, result.evidence)
    _demand_agreement(result.report, result.evidence)
    return Found(result.evidence, result.report, answers)


def unpack_hunt(sent: bytes) -> Hunted | Failed:
    """Read what came of a hunt.

    Raises:
        ResultUnreadable: it is none, or too large.
    """
    result = unpack_result(sent)
    found = result.failed or result.hunt
    if found is None:
        raise ResultUnreadable("The worker sent neither what it found nor why it found nothing.")
    return found


def unpack_result(sent: bytes) -> _Result:
    """Read what came of any task; what it is about is for whoever asked to see.

    Raises:
        ResultUnreadable: it is none, or too large.
    """
    result: _Result = unpacked(_RESULT, sent, PACKED, UNPACKED)
    return result


def demand_subject(asked: Subject, evidence: Evidence) -> None:
    """See that it is about who was asked for, and nobody else: under which names goes by the records alone.

    Raises:
        ResultRefused: it is not.
    """
    if evidence.subject != accounts.fuller(replace(evidence, subject=asked)):
        raise ResultRefused("The worker answered about another account than the one asked for.")
    user = evidence.user.seen(None)
    if user is not None and user.id != asked.id:
        raise ResultRefused("The worker answered with another user than the one asked for.")


def _demand_about(task: Task, report: Report, evidence: Evidence) -> None:
    """See that it is about what was asked for, and no more."""
    demand_subject(task.subject, evidence)
    if report.subject != evidence.subject:
        raise ResultRefused("The worker answered about another account than the one asked for.")
    if report.window != task.window or evidence.window != task.window:
        raise ResultRefused("The worker answered about another time than the one asked for.")


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
    return packed(_SHOWN, _Shown(progress.sources, progress.waiting, progress.so_far()))


def unpack_progress(sent: bytes) -> Progress:
    """Read how far a check is.

    Raises:
        ResultRefused: this is none.
    """
    shown: _Shown = unpacked(_SHOWN, sent, SHOWN, SHOWN_WHOLE)
    return Progress(shown.sources, shown.waiting, lambda: shown.so_far)


def packed(adapter: TypeAdapter[Any], value: Any) -> bytes:
    """Write something, compressed.

    Raises:
        ResultRefused: there is more of it than the keeper takes.
    """
    try:
        text = adapter.dump_json(value, by_alias=True)
    except (PydanticSerializationError, UnicodeEncodeError):
        # Halves of characters, which tenants do send and no JSON holds.
        text = to_json(report_store.whole(adapter.dump_python(value, by_alias=True)))
    made = zlib.compress(text, 1)
    if len(text) > UNPACKED or len(made) > PACKED:
        raise ResultRefused(f"The result has {len(text) // 2**20} MB, which is more than the bot takes.")
    return made


def unpacked(adapter: TypeAdapter[Any], sent: bytes, most: int, whole: int) -> Any:
    """Read what `packed` wrote, within bounds.

    Raises:
        ResultUnreadable: it is none of this, or too large.
    """
    reader = zlib.decompressobj()
    try:
        text = reader.decompress(sent, whole) if len(sent) <= most else b""
        if not text or not reader.eof:
            raise ResultUnreadable("The worker sent something that is cut off or too large.")
        return adapter.validate_json(text)
    except (zlib.error, ValidationError) as error:
        raise ResultUnreadable("The worker sent something that cannot be read.") from error
