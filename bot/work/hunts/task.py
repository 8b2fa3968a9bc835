"""What crosses between the keeper and whoever makes a hunt: the task, how far it is, what came of it.

As with a check, what a worker sends is believed no further than its seal and its form go.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.work.crossing.codec import ResultCodec, ResultUnreadable, TaskCodec
from bot.work.crossing.failed import Failed
from commands.hunts.hunt import Found
from commands.hunts.sweep import Sweeping
from commands.ledger.hunts import Hunt
from commands.report import SourceState
from graph.hunting import Term
from graph.question import Subject, Window


@dataclass(frozen=True, slots=True)
class HuntTask:
    """One run of a hunt.

    Attributes:
        hunt: The hunt.
        run: Which run of it, counted from 1.
        kind: ``pivot`` or ``sweep``.
        tenant: The name of the tenant, as the hunt has it.
        terms: What a pivot goes by.
        window: The span of time.
        besides: The account whose case a pivot came from: that it was touched is known.
        tenant_id: The tenant's id, which it has by any name; "" where nobody knows it.
    """

    hunt: str
    run: int
    kind: str
    tenant: str
    terms: tuple[Term, ...]
    window: Window
    besides: Subject | None
    tenant_id: str = ""


@dataclass(frozen=True, slots=True)
class HuntProgress:
    """How far a hunt is: a pivot by the sources that have answered, and those that have not, or a sweep."""

    done: tuple[SourceState, ...] = ()
    waiting: tuple[str, ...] = ()
    sweep: Sweeping | None = None


@dataclass(frozen=True, slots=True)
class _Result:
    failed: Failed | None = None
    hunt: Found | None = None


TASKS = TaskCodec(HuntTask)
PROGRESS = ResultCodec(HuntProgress, small=True)
_RESULTS = ResultCodec(_Result)


def task_of(one: Hunt, run: int, besides: Subject | None, tenant_id: str) -> HuntTask:
    """Give the task of a run of a hunt, as it is after it crossed."""
    task = HuntTask(one.id, run, one.kind, one.tenant, one.terms, one.window, besides, tenant_id)
    return TASKS.crossed(task)


def pack(result: Found | Failed) -> bytes:
    """Write a result.

    Raises:
        ResultRefused: there is more of it than the keeper takes.
    """
    return _RESULTS.pack(_Result(failed=result) if isinstance(result, Failed) else _Result(hunt=result))


def unpack(sent: bytes) -> Found | Failed:
    """Read what came of a hunt.

    Raises:
        ResultUnreadable: it is none, or too large.
    """
    result = _RESULTS.unpack(sent)
    found = result.failed.bounded if result.failed else result.hunt
    if found is None:
        raise ResultUnreadable("The worker sent neither a result nor a reason.")
    return found
