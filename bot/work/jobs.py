"""Durable work: checks and plans go on after the process was killed, and nothing stays open for ever.

The engine (DBOS) runs things at least once and remembers which were begun. The ledger is the only authority:
the engine's tables may be deleted at any time; `Jobs.reconcile` starts again what the ledger says is open.

This is the keeper's side, which alone has the ledger. Checks, hunts and rechecks may be made by workers
(`bot.work.worker`); plans are carried out here.

Longer than other files because starting, resuming and reconciling durable work is read together.
"""

from __future__ import annotations

import itertools
import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
import structlog
from dbos import DBOS, SetEnqueueOptions, SetWorkflowID, WorkflowStatus

from bot.cards.case import Cards
from bot.errors import BotError
from bot.failing import refer_run
from bot.messages.awaited import Awaited
from bot.work.carrying import Carrying
from bot.work.checking import FOLLOWS, Checking
from bot.work.engine import (
    CHECK,
    DELIVER,
    DELIVER_HUNT,
    DELIVER_WATCH,
    DELIVERIES,
    HUNT,
    HUNTS,
    LOOKS,
    QUEUE,
    STOP_SECONDS,
    VERSION,
    WATCH,
    WATCHES,
    Engine,
    Queue,
    check_id,
    define_delivery,
    define_look,
    delivery_id,
    hunt_id,
    known,
    release,
    watch_id,
)
from bot.work.hunting import Hunting
from bot.work.lives import Alone, Lives, Locks
from bot.work.rechecking import recheck_name, sent_recheck
from bot.work.seal import Seal
from bot.work.searching import sent_hunt
from bot.work.store import KeeperFacts, Store
from bot.work.task import RUNS, sent_of
from bot.work.watching import Watching
from commands.containment.proposals import Proposals
from commands.errors import CommandError
from commands.ledger import Case, CaseState, Ledger
from commands.ledger.hunts import Hunt, hunt, unfinished

log = structlog.get_logger(__name__)

PLANS = "plans"
LOOKS_FOR_WORKERS = 5
"""At every which look how far workers are it is seen whether there are any."""

MISSED = timedelta(seconds=15)
"""How long no worker must have been seen before cards say so: one that is upgraded is back by then."""

ROUND = 60.0
"""Seconds between two looks for cases that no one works on."""

CHECK_SECONDS = 0.2
PLAN_SECONDS = 0.4
"""Seconds between two looks for checks, and for approved plans, that wait to be begun."""

WATCH_SECONDS = 1.0
"""Seconds between two looks for cases that are due; each look costs some milliseconds of a processor."""

HUNTERS = 2
"""How many hunts of one tenant a process makes at once: they share Microsoft's limits with checks."""

WATCHERS = 2
"""How many cases of one tenant are looked at again at the same time; no one waits for it."""


class Jobs:
    """The engine with its queues.

    Args:
        url: Where the engine keeps its tables: ``sqlite:///FILE`` or ``postgresql://…``.
        workers: How many checks of one tenant run at the same time in a process, and how many of its plans.
        ledger: The authority on what is open.
        checking: What a check does.
        carrying: What carrying out a plan does.
        hunting: What a hunt through a tenant does.
        watching: What a recheck does.
        cards: Where outcomes are shown.
        clock: Tells the time (aware UTC).
        database: The way to it where it is PostgreSQL.
        store: What lies between the keeper and its workers; None with an embedded engine.
        seal: Seals what crosses there; None where there are no workers.
        tenants: The id of each configured tenant by its name, which workers must agree with.
        checks_here: Whether this process makes checks itself.
        version: Of the work.
    """

    def __init__(
        self,
        url: str,
        *,
        workers: int,
        ledger: Ledger,
        checking: Checking,
        carrying: Carrying,
        hunting: Hunting,
        watching: Watching,
        cards: Cards,
        clock: Callable[[], datetime],
        database: sa.Engine | None = None,
        store: Store | None = None,
        seal: Seal | None = None,
        tenants: dict[str, str] | None = None,
        checks_here: bool = True,
        version: str = VERSION,
    ) -> None:
        self._hunting = hunting
        self._watching = watching
        self._workers = workers
        self._ledger = ledger
        self._checking = checking
        self._carrying = carrying
        self._cards = cards
        self._clock = clock
        self._store = store
        self._seal = seal
        self._facts = KeeperFacts(release(version), dict(tenants or {}), seal.fingerprint if seal else "")
        self._checks_here = checks_here
        self._worker_seen = clock()
        self._version = version
        executor = f"bot-{secrets.token_hex(4)}"
        self._lives: Lives = Locks(database, executor, keeper=True) if database else Alone()
        self.engine = Engine(url, executor=executor, lives=self._lives, clock=clock, version=version)
        self._workflow: Any = None
        self._delivery: Any = None
        self._plan: Any = None
        self._watch: Any = None
        self._hunt: Any = None
        self._hunt_delivery: Any = None
        self._watch_delivery: Any = None
        self._stopping = threading.Event()
        self._rounds = threading.Thread(target=self._go_round, name="reconcile", daemon=True)
        self._follows = threading.Thread(target=self._follow, name="follow", daemon=True)

    def start(self) -> None:
        """Start the engine: what a killed process left under way goes on, and open cases are taken up.

        Raises:
            CannotStart: the engine's store cannot be used, and cannot be made anew; or another bot uses it.
        """
        looks = LOOKS if self._checks_here else ()
        self.engine.start(self._define, self._queues(), [*looks, DELIVERIES, PLANS])
        # What a worker of another version still delivers is for this keeper, also after a step back.
        DBOS.set_latest_application_version(self._version)
        self.reconcile(timedelta(0))
        self._rounds.start()
        if self._store is not None:
            self._follows.start()

    def _queues(self) -> tuple[Queue, ...]:
        return (
            # Polled often: the first finding should be on the card within two seconds.
            Queue(QUEUE, CHECK_SECONDS, of_one=self._workers),
            # An embedded engine delivers without it, but for what a killed process left.
            Queue(DELIVERIES, CHECK_SECONDS if self._store else 1.0, at_once=self._workers),
            # Each tenant has its own part of what asks Microsoft: one that is away keeps no other waiting.
            Queue(PLANS, PLAN_SECONDS, of_one=self._workers),
            Queue(WATCHES, WATCH_SECONDS, of_one=WATCHERS),
            Queue(HUNTS, WATCH_SECONDS, of_one=HUNTERS),
        )

    def _define(self) -> None:
        """Define the workflows; called again where the engine's store is made anew."""
        if self._store is not None:
            self._store.prepare()
            self._store.tell(self._facts)
        engine = self.engine
        self._delivery = define_delivery(engine, DELIVER, self._checking)
        self._hunt_delivery = define_delivery(engine, DELIVER_HUNT, self._hunting)
        self._watch_delivery = define_delivery(engine, DELIVER_WATCH, self._watching)
        self._workflow = define_look(engine, CHECK, self._look, self._deliver)
        self._hunt = define_look(engine, HUNT, self._look_through, self._deliver_hunt)
        self._watch = define_look(engine, WATCH, self._look_again, self._deliver_watch)
        carrying = self._carrying

        @DBOS.step(name="carry out")
        def carry_out_step(proposal_id: str) -> None:
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

        @DBOS.workflow(name="plan")
        def plan(proposal_id: str) -> None:
            with engine.under_way.here():
                carry_out_step(proposal_id)
                look_at_once_step(proposal_id)
                show_end_step(proposal_id)

        self._plan = plan

    def _look(self, sent: Mapping[str, Any]) -> None:
        self._checking.look(str(sent["case_id"]), int(sent["run"]))

    def _deliver(self, case_id: str, run: int) -> None:
        """Deliver what was found in this process, without waiting for a queue."""
        with SetWorkflowID(delivery_id(case_id, run)):
            self._delivery(case_id, run)

    def _look_through(self, sent: Mapping[str, Any]) -> None:
        self._hunting.look(str(sent["hunt"]), int(sent["run"]))

    def _deliver_hunt(self, name: str, run: int) -> None:
        with SetWorkflowID(delivery_id(name, run)):
            self._hunt_delivery(name, run)

    def _look_again(self, sent: Mapping[str, Any]) -> None:
        self._watching.look(recheck_name(str(sent["case_id"]), int(sent["round"])), int(sent["run"]))

    def _deliver_watch(self, name: str, run: int) -> None:
        with SetWorkflowID(delivery_id(name, run)):
            self._watch_delivery(name, run)

    @property
    def is_busy(self) -> bool:
        """Whether some step is under way in this process."""
        return self.engine.is_busy

    def stop(self, patience: float = STOP_SECONDS) -> None:
        """Stop the engine; what is under way after the patience goes on at the next start."""
        self._stopping.set()
        for thread in (self._rounds, self._follows):
            if thread.is_alive():
                thread.join()
        self.engine.stop(patience)

    def is_reachable(self) -> bool:
        """Whether the engine's store can be reached now; a file always can."""
        return self.engine.is_reachable()

    def waits_for(self) -> Awaited | None:
        """Say what checks, hunts and rechecks wait for; None for nothing."""
        if not self.is_reachable():
            return Awaited("database")
        return self._awaited()

    def _awaited(self) -> Awaited | None:
        """Say since when no worker was seen where there have to be some.

        Raises:
            SQLAlchemyError: the job database cannot be reached.
        """
        if self._checks_here:
            return None
        if self._lives.workers():
            self._worker_seen = self._clock()
            return None
        return Awaited("workers", self._worker_seen)

    def _show_waiting(self) -> None:
        """Show on cards that work waits for a worker, once none was there for longer than a restart takes."""
        awaited = self._awaited()
        if awaited is not None and self._clock() - self._worker_seen < MISSED:
            return
        self._checking.show_waiting(awaited)
        self._hunting.show_waiting(awaited)

    def enqueue(self, case: Case) -> bool:
        """Put a check on the queue; the same run of a case is never there twice.

        False where the job database is away: the check begins in a round after it is back.
        """
        return self._expendable("a check", partial(self._enqueue, case))

    def _enqueue(self, case: Case) -> None:
        sent = sent_of(self._checking.task(case))
        with SetWorkflowID(check_id(case.id, case.run)), SetEnqueueOptions(queue_partition_key=case.tenant):
            DBOS.enqueue_workflow(QUEUE, self._workflow, self._sealed(sent), case.id, case.run)

    def _sealed(self, sent: dict[str, Any]) -> dict[str, Any]:
        return self._seal.task(sent) if self._seal else sent

    def _expendable(self, what: str, act: Callable[[], None]) -> bool:
        """Let nothing fail or wait because the engine does: a round takes up what the ledger says is open."""
        if not self.is_reachable():
            return False
        try:
            act()
        except Exception:
            log.exception("The engine took no work.", action="engine.refused", what=what)
            return False
        return True

    def enqueue_plan(self, proposal_id: str) -> bool:
        """Put an approved proposal on its queue, unless it is there; a dead run is followed by another.

        False where the job database is away: a round does it when that is back.
        """
        return self._expendable("a plan", partial(self._enqueue_plan, proposal_id))

    def _enqueue_plan(self, proposal_id: str) -> None:
        number = 1
        while run := known(f"plan:{proposal_id}:{number}"):
            if self.engine.under_way.is_alive(run):
                return
            number += 1
        if number > RUNS:
            # It is never given up: what was begun must come to an end, and what was sent is read back first.
            log.error(
                "A plan is begun again and again.", action="plan.again", proposal=proposal_id, run=number
            )
        tenant = Proposals(self._ledger).get(proposal_id).plan.tenant
        name = f"plan:{proposal_id}:{number}"
        with SetWorkflowID(name), SetEnqueueOptions(queue_partition_key=tenant):
            DBOS.enqueue_workflow(PLANS, self._plan, proposal_id)

    def enqueue_hunt(self, name: str) -> bool:
        """Put a hunt on its queue, unless it is there; False where the job database is away."""
        return self._expendable("a hunt", lambda: self._take_up_hunt(hunt(self._ledger, name)))

    def _take_up_hunt(self, one: Hunt) -> None:
        """Begin a hunt, or begin it again where its last run is dead; show what nobody was shown."""
        number = self._free(one.id, hunt_id)
        if number is None:
            return
        if one.state == "looking" and number > RUNS:
            self._hunting.give_up(one, RUNS)
            one = hunt(self._ledger, one.id)
        if one.state != "looking":
            self._hunting.show(one.id)
            return
        sent = sent_hunt(self._hunting.task(one, number))
        with SetWorkflowID(hunt_id(one.id, number)), SetEnqueueOptions(queue_partition_key=one.tenant):
            DBOS.enqueue_workflow(HUNTS, self._hunt, self._sealed(sent), one.id, number)

    def _free(self, name: str, run_id: Callable[[str, int], str]) -> int | None:
        """Give the number of the next run of a hunt or recheck; None while somebody is at one of them."""
        number = 1
        while run := known(run_id(name, number)):
            delivery = known(delivery_id(name, number))
            # Both are looked at, as of a check.
            alive = [self.engine.under_way.is_alive(each) for each in (run, delivery) if each]
            if any(alive):
                return None
            number += 1
        return number

    def stop_hunt(self, name: str) -> None:
        """Let whoever is at a hunt end it and hand in what there is; where none can be told, a round does."""
        self._expendable("a stop", partial(self._stop_runs, name))

    def _stop_runs(self, name: str) -> None:
        if self._store is not None:
            self._store.stop(name)
        waiting = [one for one in self._alive(name) if one.status == "ENQUEUED"]
        if runs := [one.workflow_id for one in waiting if one.name in (HUNT, WATCH)]:
            DBOS.cancel_workflows(runs)

    @staticmethod
    def _alive(name: str) -> list[WorkflowStatus]:
        """Give the runs and deliveries of a case, hunt or recheck that are under way, or wait."""
        return DBOS.list_workflows(
            workflow_id_prefix=[f"{kind}:{name}:" for kind in (CHECK, HUNT, WATCH, DELIVER)],
            status=["ENQUEUED", "PENDING"],
            load_input=False,
            load_output=False,
        )

    def _reconcile_hunts(self, age: timedelta) -> None:
        for one in unfinished(self._ledger):
            if self._clock() - (one.finished_at or one.asked_at) >= age:
                self._tried(f"hunt {one.id}", partial(self._take_up_hunt, one))

    def _clear_away(self) -> None:
        """Forget what lies in the job database about nothing that is open, once nobody is at it."""
        if self._store is None:
            return
        names = self._store.names()
        # What is kept of something was begun before it was looked for, so what is not open now is over.
        still = {case.id for case in self._ledger.unfinished_cases()}
        still |= {one.id for one in unfinished(self._ledger)}
        still |= set(self._watching.due(self._clock()))
        for name in names - still:
            if self._alive(name):
                self._stop_runs(name)
            else:
                self._store.clear([name])

    def _reconcile_watches(self) -> None:
        due = self._watching.due(self._clock())
        awaited = self._awaited() if due else None
        if awaited is not None:
            log.warning("Rechecks wait for a worker.", action="watch.waits", rechecks=due)
            if self._clock() - self._worker_seen >= MISSED:
                for name in due:
                    self._tried(f"recheck {name}", partial(self._watching.show_waiting, name, awaited))
        for name in due:
            self._tried(f"recheck {name}", partial(self._take_up_watch, name))
        for name in self._watching.untold():
            alive = [self.engine.under_way.is_alive(run) for run in self._alive(name)]
            if not any(alive):
                self._tried(f"recheck {name}", partial(self._watching.show, name))

    def _take_up_watch(self, name: str) -> None:
        """Put a recheck on its queue, unless it is there; a dead run is followed by another."""
        number = self._free(name, watch_id)
        if number is None:
            return
        if number > RUNS:
            self._watching.give_up(name, RUNS)
            self._watching.show(name)
            return
        task = self._watching.task(name, number)
        with SetWorkflowID(watch_id(name, number)), SetEnqueueOptions(queue_partition_key=task.tenant):
            DBOS.enqueue_workflow(WATCHES, self._watch, self._sealed(sent_recheck(task)), name, number)

    def repair(self) -> None:
        """Make the engine's store anew where it was damaged under the running bot, and take up what is open.

        Raises:
            CannotStart: that cannot be done.
        """
        if self.is_reachable() and not self.engine.answers():
            self.engine.make_store_anew()
            self.reconcile(timedelta(0))

    def reconcile(self, age: timedelta = timedelta(minutes=2)) -> None:
        """Take up everything open that no one works on: cases, proposals and looks that are due.

        Args:
            age: What is younger than this is left to whoever began it.
        """
        if self.is_reachable():
            self._reconcile_cases(age)
            self._tried("hunts", partial(self._reconcile_hunts, age))
            self._tried("what is left over", self._clear_away)
            self._tried("rechecks", self._reconcile_watches)
        self._tried("proposals", lambda: self._carrying.tidy(age, self.enqueue_plan))

    def _tried(self, what: str, act: Callable[[], None]) -> None:
        try:
            act()
        except (BotError, CommandError) as error:
            log.warning("Something open waits.", action="reconcile.waits", what=what, error=str(error))
        except Exception:
            log.exception("Something open could not be taken up.", action="reconcile.failed", what=what)

    def _reconcile_cases(self, age: timedelta) -> None:
        now = self._clock()
        for case in self._ledger.unfinished_cases():
            if now - (case.finished_at or case.asked_at) < age:
                continue
            try:
                self._take_up(case)
            except (BotError, CommandError) as error:
                log.warning("An open case waits.", action="case.waits", case=case.id, error=str(error))
            except Exception:
                log.exception("An open case could not be taken up.", action="case.waits", case=case.id)

    def _take_up(self, case: Case) -> None:
        run, delivery = known(check_id(case.id, case.run)), known(delivery_id(case.id, case.run))
        # Both are looked at: a check that lives may wait for a delivery that is lost.
        alive = [self.engine.under_way.is_alive(one) for one in (run, delivery) if one]
        if any(alive):
            return
        if case.state is not CaseState.LOOKING:
            log.info("The end of a case is shown late.", action="case.shown_late", case=case.id)
            self._cards.show(case.id)
            return
        if not case.card:
            case = self._cards.post(case)
        if run and case.run >= RUNS:
            reference = refer_run("A check was given up.", "check", case.id, runs=case.run)
            says = f"The check was started {case.run} times and never finished. Reference: {reference}."
            with self._ledger.writing() as writing:
                writing.fail(case.id, says=says, reference=reference)
            self._cards.show(case.id)
            return
        if run:
            with self._ledger.writing() as writing:
                writing.run_again(case.id, "bot", f"the run before ended as {run.status}")
            case = self._ledger.case(case.id)
        log.info("An open case is taken up.", action="case.taken_up", case=case.id, run=case.run)
        self.enqueue(case)

    def _go_round(self) -> None:
        while not self._stopping.wait(ROUND):
            try:
                self.repair()
                self.reconcile()
            except Exception:
                log.exception("Looking for open cases failed.", action="reconcile.failed")

    def _follow(self) -> None:
        for look in itertools.count():
            if self._stopping.wait(FOLLOWS.total_seconds()):
                return
            try:
                # Before what workers tell: whatever they tell is newer.
                if not self._checks_here and look % LOOKS_FOR_WORKERS == 0:
                    self._show_waiting()
                self._checking.follow()
                self._hunting.follow()
            except Exception as error:  # noqa: BLE001 - the next look tries again
                log.warning(
                    "It is not known how far workers are.", action="follow.waits", error=type(error).__name__
                )
