"""Makes a hunt through a tenant, wherever that is: asks Microsoft, judges. No Slack, no ledger."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import Any

from bot.work.crossing.failed import Failed, attempt
from bot.work.hunts.task import HuntProgress, HuntTask
from commands.hunts import hunt as hunting
from commands.hunts.hunt import Found
from commands.hunts.sweep import sweep
from graph.collect import collect
from graph.connection import Connection
from graph.evidence import Source
from graph.hunting import EVERYBODY, TenantQuery, pivot_queries
from graph.memory import Memory
from graph.question import Question
from graph.tenants import Tenants

Tells = Callable[[HuntProgress], None]
"""Takes how far a hunt is."""


class HuntMaker:
    """Makes hunts. Any thread may use it.

    Args:
        tenants: Who can be asked.
        patience: Seconds that a slow source is waited for.
    """

    def __init__(self, tenants: Tenants, patience: float) -> None:
        self._tenants = tenants
        self._patience = patience

    def look(
        self,
        task: HuntTask,
        memory: Memory,
        tell: Tells,
        is_wanted: Callable[[], bool],
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
        self,
        task: HuntTask,
        memory: Memory,
        tell: Tells,
        is_wanted: Callable[[], bool],
    ) -> Found:
        connection = self._tenants.named(task.tenant, task.tenant_id)
        look = self._swept if task.kind == "sweep" else self._pivoted
        return look(task, connection, memory, tell, is_wanted)

    def _pivoted(
        self,
        task: HuntTask,
        connection: Connection,
        memory: Memory,
        tell: Tells,
        is_wanted: Callable[[], bool],
    ) -> Found:
        queries = pivot_queries(task.terms)
        answers: dict[str, Source[Any]] = {}
        tell(_so_far(queries, answers))
        for arrived in collect(
            Question(EVERYBODY, task.window),
            connection,
            memory,
            patience=self._patience,
            sources=[query.name for query in queries],
            queries=queries,
        ):
            answers[arrived.source] = arrived.answer
            tell(_so_far(queries, answers))
            if not is_wanted():
                break
        return hunting.pivoted(task.terms, answers, task.besides)

    def _swept(
        self,
        task: HuntTask,
        connection: Connection,
        memory: Memory,
        tell: Tells,
        is_wanted: Callable[[], bool],
    ) -> Found:
        found = Found((), ())
        with closing(sweep(task.window, connection, memory, patience=self._patience)) as pieces:
            for progress in pieces:
                found = progress.found
                tell(HuntProgress(sweep=progress))
                if not is_wanted():
                    break
        return found


def _so_far(queries: tuple[TenantQuery, ...], answers: dict[str, Source[Any]]) -> HuntProgress:
    waiting = tuple(query.name for query in queries if query.name not in answers)
    return HuntProgress(hunting.states(answers), waiting)
