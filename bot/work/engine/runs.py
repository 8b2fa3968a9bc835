"""The runs of one kind of work: begun once, seen to be alive or dead, ended when nobody waits for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from dbos import DBOS, SetEnqueueOptions, SetWorkflowID, WorkflowStatus

from bot.work.engine.engine import Engine
from bot.work.engine.kinds import HUNT, KINDS, RECHECK, Kind, delivery_id
from bot.work.engine.workflows import Delivers, define_delivery, define_look, known


class Keeps(Delivers, Protocol):
    """What the keeper does for one kind of work."""

    def look(self, about: str, run: int, /) -> None:
        """Look here, and write down what was found; may be repeated."""
        ...


class Runs:
    """The runs of one kind of work, as the keeper begins them.

    Args:
        engine: The keeper's.
        kind: Which kind.
        sealed: Seals a task, where there are workers.
    """

    def __init__(
        self, engine: Engine, kind: Kind, sealed: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> None:
        self._engine = engine
        self._kind = kind
        self._sealed = sealed
        self._workflow: Any = None

    def define(self, keeper: Keeps) -> None:
        """Define the workflows; again where the engine's store is made anew."""
        delivery = define_delivery(self._engine, self._kind, keeper)

        def look(_: Mapping[str, Any], about: str, run: int) -> None:
            keeper.look(about, run)

        def deliver(about: str, run: int) -> None:
            # Here, in this process, without waiting for a queue.
            with SetWorkflowID(delivery_id(about, run)):
                delivery(about, run)

        self._workflow = define_look(self._engine, self._kind, look, deliver)

    def begin(self, about: str, run: int, *, tenant: str, sent: dict[str, Any]) -> None:
        """Put a run on its queue; the same run is never there twice.

        Args:
            about: The case, hunt or recheck.
            run: The number of the run.
            tenant: The name of the tenant, whose part of the queue it waits in.
            sent: The task as JSON.
        """
        with (
            SetWorkflowID(self._kind.run_id(about, run)),
            SetEnqueueOptions(queue_partition_key=tenant),
        ):
            DBOS.enqueue_workflow(self._kind.queue, self._workflow, self._sealed(sent), about, run)

    def state(self, about: str, run: int) -> tuple[WorkflowStatus | None, bool]:
        """Give what the engine knows of a run, and whether somebody is at it or at its delivery.

        Both are looked at: a run that lives may wait for a delivery that is lost.
        """
        names = self._kind.run_id(about, run), delivery_id(about, run)
        looking, delivery = map(known, names)
        alive = [self._engine.under_way.is_alive(one) for one in (looking, delivery) if one]
        return looking, any(alive) or any(map(self._engine.under_way.is_here, names))

    def next_free(self, about: str, most: int) -> int | None:
        """Give the number of the next run, one above `most` where so many died; None while one is alive."""
        for number in range(1, most + 1):
            run, is_alive = self.state(about, number)
            if is_alive:
                return None
            if run is None:
                return number
        return most + 1


def under_way(about: str) -> list[WorkflowStatus]:
    """Give the runs and deliveries of a case, hunt or recheck that are under way, or wait."""
    kinds = [*(kind.workflow for kind in KINDS), "deliver"]
    return DBOS.list_workflows(
        workflow_id_prefix=[f"{kind}:{about}:" for kind in kinds],
        status=["ENQUEUED", "PENDING"],
        load_input=False,
        load_output=False,
    )


def cancel_waiting(about: str) -> None:
    """Take what nobody began yet of a hunt or recheck off its queue."""
    waiting = [one for one in under_way(about) if one.status == "ENQUEUED"]
    if runs := [one.workflow_id for one in waiting if one.name in (HUNT.workflow, RECHECK.workflow)]:
        DBOS.cancel_workflows(runs)
