"""A hunt through a tenant, wherever it is made: what is asked for, how far it is, and the looking itself.

As with a check, what a worker sends is believed no further than its seal and its form go. No Slack, no
ledger.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from bot.artefacts import report_store
from bot.work.task import SHOWN, SHOWN_WHOLE, Failed, attempt, packed, unpacked
from commands.hunts import hunt as hunting
from commands.hunts.hunt import Found
from commands.hunts.sweep import Sweeping, sweep
from commands.ledger.hunts import Hunt
from commands.report import SourceState
from graph.collect import collect
from graph.connection import Connection
from graph.evidence import Source
from graph.hunting import EVERYBODY, TenantQuery, Term, pivot_queries
from graph.memory import Memory
from graph.question import Question, Subject, Window
from graph.tenants import Tenants


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
class Far:
    """How far a hunt is: a pivot by the sources that have answered, and those that have not, or a sweep."""

    done: tuple[SourceState, ...] = ()
    waiting: tuple[str, ...] = ()
    sweep: Sweeping | None = None


_TASK = TypeAdapter(HuntTask)
_FAR = TypeAdapter(Far)


def hunt_task(one: Hunt, run: int, besides: Subject | None, tenant_id: str) -> HuntTask:
    """Give the task of a run of a hunt, as it is after it crossed."""
    task = HuntTask(one.id, run, one.kind, one.tenant, one.terms, one.window, besides, tenant_id)
    return read_hunt(sent_hunt(task))


def sent_hunt(task: HuntTask) -> dict[str, Any]:
    """Write a task as JSON."""
    sent: dict[str, Any] = report_store.whole(_TASK.dump_python(task, mode="json"))
    return sent


def read_hunt(sent: dict[str, Any]) -> HuntTask:
    """Read a task.

    Raises:
        pydantic.ValidationError: it is none.
    """
    return _TASK.validate_python(sent)


def pack_far(far: Far) -> bytes:
    """Write how far a hunt is."""
    return packed(_FAR, far)


def unpack_far(sent: bytes) -> Far:
    """Read how far a hunt is.

    Raises:
        ResultRefused: this is none.
    """
    far: Far = unpacked(_FAR, sent, SHOWN, SHOWN_WHOLE)
    return far


class Searching:
    """Makes hunts. Any thread may use it.

    Args:
        tenants: Who can be asked.
        patience: Seconds that a slow source is waited for.
    """

    def __init__(self, tenants: Tenants, patience: float) -> None:
        self._tenants = tenants
        self._patience = patience

    def look(
        self, task: HuntTask, memory: Memory, tell: Callable[[Far], None], is_wanted: Callable[[], bool]
    ) -> Found | Failed:
        """Ask and judge; whatever goes wrong is told with words for people.

        Args:
            task: What is asked for.
            memory: Where finished parts and unfinished searches are kept.
            tell: Is told how far it is, after each part.
            is_wanted: Whether to go on, asked after each part; what was found by then is given.

        Raises:
            CommandError: what must be remembered cannot be; it is tried again.
        """
        return attempt("hunt", task.hunt, lambda: self._look(task, memory, tell, is_wanted))

    def _look(
        self, task: HuntTask, memory: Memory, tell: Callable[[Far], None], is_wanted: Callable[[], bool]
    ) -> Found:
        connection = self._tenants.named(task.tenant, task.tenant_id)
        look = self._swept if task.kind == "sweep" else self._pivoted
        return look(task, connection, memory, tell, is_wanted)

    def _pivoted(
        self,
        task: HuntTask,
        connection: Connection,
        memory: Memory,
        tell: Callable[[Far], None],
        is_wanted: Callable[[], bool],
    ) -> Found:
        queries = pivot_queries(task.terms)
        answers: dict[str, Source[Any]] = {}
        tell(_far(queries, answers))
        for arrived in collect(
            Question(EVERYBODY, task.window),
            connection,
            memory,
            patience=self._patience,
            sources=[query.name for query in queries],
            queries=queries,
        ):
            answers[arrived.source] = arrived.answer
            tell(_far(queries, answers))
            if not is_wanted():
                break
        return hunting.pivoted(task.terms, answers, task.besides)

    def _swept(
        self,
        task: HuntTask,
        connection: Connection,
        memory: Memory,
        tell: Callable[[Far], None],
        is_wanted: Callable[[], bool],
    ) -> Found:
        found = Found((), ())
        with closing(sweep(task.window, connection, memory, patience=self._patience)) as pieces:
            for progress in pieces:
                found = progress.found
                tell(Far(sweep=progress))
                if not is_wanted():
                    break
        return found


def _far(queries: tuple[TenantQuery, ...], answers: dict[str, Source[Any]]) -> Far:
    waiting = tuple(query.name for query in queries if query.name not in answers)
    return Far(hunting.states(answers), waiting)
