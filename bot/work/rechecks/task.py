"""What crosses between the keeper and whoever makes a recheck: the task, and what was read.

The keeper says which doors are looked at, and judges what was read: a worker only reads.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.work.crossing.about import demand_subject
from bot.work.crossing.codec import ResultCodec, ResultRefused, ResultUnreadable, TaskCodec
from bot.work.crossing.failed import Failed
from commands.containment.propose import bare
from commands.rechecks.watch import Door, Reading
from graph.question import Subject, Window


@dataclass(frozen=True, slots=True)
class RecheckTask:
    """One run of one recheck of a case.

    Attributes:
        case_id: The case.
        round: Which recheck of it, counted from 1.
        run: Which run of that, counted from 1.
        tenant: The name of the tenant, as the case has it.
        subject: The account.
        window: The time that the check looked at.
        doors: The changes that are looked at.
        tenant_id: The tenant's id, which it has by any name; "" where nobody knows it.
    """

    case_id: str
    round: int
    run: int
    tenant: str
    subject: Subject
    window: Window
    doors: tuple[Door, ...]
    tenant_id: str = ""

    @property
    def name(self) -> str:
        """What it is called between keeper and workers."""
        return recheck_name(self.case_id, self.round)


@dataclass(frozen=True, slots=True)
class _Result:
    failed: Failed | None = None
    reading: Reading | None = None


TASKS = TaskCodec(RecheckTask)
_RESULTS = ResultCodec(_Result)


def recheck_name(case_id: str, number: int) -> str:
    """Give the name of a recheck, such as ``C-7F3K2.1``."""
    return f"{case_id}.{number}"


def named(name: str) -> tuple[str, int]:
    """Give the case and the number of a recheck by its name."""
    case_id, _, number = name.rpartition(".")
    return case_id, int(number)


def pack(result: Reading | Failed) -> bytes:
    """Write a result, without what the keeper does not need to judge it.

    Raises:
        ResultRefused: there is more of it than the keeper takes.
    """
    if isinstance(result, Failed):
        return _RESULTS.pack(_Result(failed=result))
    return _RESULTS.pack(_Result(reading=result), bare)


def unpack(sent: bytes, task: RecheckTask) -> Reading | Failed:
    """Read what came of a recheck.

    Raises:
        ResultUnreadable: it is none, or too large.
        ResultRefused: it is about somebody or something else than what was asked for.
    """
    result = _RESULTS.unpack(sent)
    if result.failed is not None:
        return result.failed.bounded
    if result.reading is None:
        raise ResultUnreadable("The worker sent neither a result nor a reason.")
    reading = result.reading
    demand_subject(task.subject, reading.evidence)
    if [one.change for one in reading.doors] != [one.change for one in task.doors]:
        raise ResultRefused("The worker read different changes than were asked for.")
    window = reading.evidence.window
    if window.start != task.window.start or window.end < task.window.end:
        raise ResultRefused("The worker answered about a different time range.")
    return reading
