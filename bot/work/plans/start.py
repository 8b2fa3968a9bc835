"""Begins to carry out what was approved; one whose run died is begun again, without end."""

from __future__ import annotations

import secrets
from typing import Any, Final

import structlog
from dbos import DBOS, SetEnqueueOptions, SetWorkflowID

from bot.errors import NotTheKeeper
from bot.work.crossing.failed import RUNS
from bot.work.engine.engine import Engine
from bot.work.engine.kinds import PLAN, PLANS, plan_id
from bot.work.engine.workflows import known
from bot.work.plans.carrying import Carrying
from commands.containment.proposals import Proposals
from commands.ledger import Ledger

log = structlog.get_logger(__name__)

AGAIN: Final = f"It was begun {RUNS} times and did not come to its end; the bot's log says why."
"""What people are told then."""

ANOTHER: Final = (
    "Another bot, or a connection of this one's that broke and was not given up yet, has this bot's place in "
    "the job database. If two bots run, stop the one with the wrong ledger; otherwise it goes on by itself."
)
"""What people are told where this process is not the keeper any more; the database does not say who is."""

MOST: Final = 30
"""How many runs of a plan are counted; later ones have a number by chance."""


class PlanStart:
    """Begins to carry out plans.

    Args:
        engine: The keeper's.
        carrying: What is done for a plan.
        ledger: Where proposals are.
    """

    def __init__(self, engine: Engine, carrying: Carrying, ledger: Ledger) -> None:
        self._engine = engine
        self._carrying = carrying
        self._ledger = ledger
        self._workflow: Any = None

    def define(self) -> None:
        """Define the workflow; again where the engine's store is made anew."""
        engine, carrying = self._engine, self._carrying

        @DBOS.step(name="carry out")
        def carry_out_step(proposal_id: str) -> None:
            if not engine.is_the_one():
                carrying.warn(proposal_id, ANOTHER)
                raise NotTheKeeper
            with engine.at_work():
                carrying.carry_out(proposal_id)

        @DBOS.step(name="look again at once")
        def look_at_once_step(proposal_id: str) -> None:
            with engine.at_work():
                carrying.look_at_once(proposal_id)

        @DBOS.step(name="show the end")
        def show_end_step(proposal_id: str) -> None:
            with engine.at_work():
                carrying.show(proposal_id)

        @DBOS.workflow(name=PLAN)
        def plan(proposal_id: str) -> None:
            with engine.under_way.here():
                carry_out_step(proposal_id)
                look_at_once_step(proposal_id)
                show_end_step(proposal_id)

        self._workflow = plan

    def begin(self, proposal_id: str) -> None:
        """Put an approved proposal on its queue, unless it is there; a dead run is followed by another."""
        number = 1
        while run := known(plan_id(proposal_id, number)):
            if self._engine.under_way.is_alive(run):
                return
            # Whoever writes to the job database may put any number of them there.
            number = number + 1 if number < MOST else secrets.randbelow(2**31) + MOST
        if number > RUNS:
            # It is never given up: what was begun must come to an end, and what was sent is read back first.
            log.error(
                "A plan is begun again and again.", action="plan.again", proposal=proposal_id, run=number
            )
            self._carrying.warn(proposal_id, AGAIN)
        tenant = Proposals(self._ledger).get(proposal_id).plan.tenant
        with SetWorkflowID(plan_id(proposal_id, number)), SetEnqueueOptions(queue_partition_key=tenant):
            DBOS.enqueue_workflow(PLANS, self._workflow, proposal_id)
