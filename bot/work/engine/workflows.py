"""The workflows that every kind of work has: looking, and delivering what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from dbos import DBOS, EnqueueOptions, WorkflowStatus

from bot.work.engine.engine import Engine
from bot.work.engine.kinds import DELIVERIES, Kind, delivery_id


def define_look(
    engine: Engine,
    kind: Kind,
    look: Callable[[Mapping[str, Any], str, int], None],
    hand_on: Callable[[str, int], None],
) -> Callable[[dict[str, Any], str, int], None]:
    """Define the workflow of a check, a hunt or a recheck; give it.

    Args:
        engine: Whose it is.
        kind: What kind of work it is.
        look: Does what a task asks for and keeps what was found, given what was sent, the case, hunt or
            recheck, and the number of the run; may be repeated.
        hand_on: Has the result of a run delivered, once.
    """

    @DBOS.step(name=f"look: {kind.workflow}")
    def look_step(sent: dict[str, Any], about: str, run: int) -> None:
        with engine.at_work():
            look(sent, about, run)

    @DBOS.workflow(name=kind.workflow)
    def looking(sent: dict[str, Any], about: str, run: int) -> None:
        with engine.under_way.here():
            look_step(sent, about, run)
            hand_on(about, run)

    return looking


class Delivers(Protocol):
    """What the keeper does with what came of a run. Each part may be repeated."""

    def receive(self, about: str, run: int, /) -> None:
        """Write down what was found."""
        ...

    def show(self, about: str, /) -> None:
        """Show it."""
        ...

    def forget(self, about: str, run: int, /) -> None:
        """Drop what lies between keeper and workers."""
        ...


def define_delivery(engine: Engine, kind: Kind, keeper: Delivers) -> Callable[[str, int], None]:
    """Define the workflow that delivers what came of a run; give it.

    Args:
        engine: Whose it is.
        kind: What kind of work it is.
        keeper: What is done with it.
    """

    @DBOS.step(name=f"write down: {kind.delivery}")
    def write_down_step(about: str, run: int) -> None:
        with engine.at_work():
            keeper.receive(about, run)

    @DBOS.step(name=f"show: {kind.delivery}")
    def show_step(about: str) -> None:
        with engine.at_work():
            keeper.show(about)

    @DBOS.step(name=f"forget: {kind.delivery}")
    def forget_step(about: str, run: int) -> None:
        with engine.at_work():
            keeper.forget(about, run)

    @DBOS.workflow(name=kind.delivery)
    def deliver(about: str, run: int) -> None:
        with engine.under_way.here():
            write_down_step(about, run)
            show_step(about)
            forget_step(about, run)

    return deliver


def hand_on(kind: Kind, about: str, run: int) -> None:
    """Have the keeper deliver what came of a run; the queue waits where the keeper is away."""
    options: EnqueueOptions = {
        "workflow_name": kind.delivery,
        "queue_name": DELIVERIES,
        "workflow_id": delivery_id(about, run),
    }
    DBOS.enqueue_workflow_with_options(options, about, run)


def known(workflow: str) -> WorkflowStatus | None:
    """Give what the engine knows about one run."""
    found = DBOS.list_workflows(workflow_ids=[workflow], load_input=False, load_output=False)
    return found[0] if found else None
