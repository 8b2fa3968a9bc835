"""Durable work: checks and plans go on after the process was killed, and nothing stays open for ever.

The engine (DBOS) runs things at least once and remembers which were begun. The ledger is the only authority:
the engine's tables may be deleted at any time; `Jobs.reconcile` starts again what the ledger says is open.

This is the keeper's side, which alone has the ledger. Checks, hunts and rechecks may be made by workers
(`bot.work.worker`); plans are carried out here. How each of the four is begun stands in its own `start.py`.
"""

from __future__ import annotations

import itertools
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
import structlog
from dbos import DBOS

from bot.cards.case import Cards
from bot.errors import BotError
from bot.messages.awaited import Awaited
from bot.work.checks.keeper import FOLLOWS, CheckKeeper
from bot.work.checks.start import CheckStart
from bot.work.crossing.notes import noted
from bot.work.crossing.seal import Seal
from bot.work.crossing.store import KeeperFacts, Store
from bot.work.engine.engine import STOP_SECONDS, Engine, Queue
from bot.work.engine.kinds import CHECK, DELIVERIES, HUNT, LOOKS, PLANS, RECHECK, VERSION, release
from bot.work.engine.lives import Alone, Lives, Locks
from bot.work.engine.runs import Runs, under_way
from bot.work.hunts import start as hunts_start
from bot.work.hunts.keeper import HuntKeeper
from bot.work.hunts.start import HuntStart
from bot.work.plans.carrying import Carrying
from bot.work.plans.start import PlanStart
from bot.work.rechecks.keeper import RecheckKeeper
from bot.work.rechecks.start import RecheckStart
from commands.errors import CommandError
from commands.ledger import Case, Ledger
from commands.ledger.hunts import hunt, unfinished

log = structlog.get_logger(__name__)

LOOKS_FOR_WORKERS = 5
"""At every which look how far workers are it is seen whether there are any."""

MISSED = timedelta(seconds=15)
"""How long no worker must have been seen before cards say so: one that is upgraded is back by then."""

ROUND = 60.0
"""Seconds between two looks for cases that no one works on."""

HUNTERS = 2
"""How many hunts of one tenant a process makes at once: they share Microsoft's limits with checks."""

WATCHERS = 2
"""How many cases of one tenant are looked at again at the same time; no one waits for it."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """Seconds between two looks for what waits to be begun; each look costs some milliseconds of a processor.

    Attributes:
        checks: For checks, whose first finding should be on the card within two seconds, and for what workers
            found.
        plans: For approved plans.
        later: For hunts and rechecks, and for what a killed process left to be delivered.
    """

    checks: float = 0.2
    plans: float = 0.4
    later: float = 1.0


class Jobs:
    """The engine with its queues.

    Args:
        url: Where the engine keeps its tables: ``sqlite:///FILE`` or ``postgresql://…``.
        workers: How many checks of one tenant run at the same time in a process, and how many of its plans.
        ledger: The authority on what is open.
        checks: What the keeper does for a check.
        carrying: What it does for an approved plan.
        hunts: What it does for a hunt through a tenant.
        rechecks: What it does for a recheck.
        cards: Where outcomes are shown.
        clock: Tells the time (aware UTC).
        database: The way to it where it is PostgreSQL.
        store: What lies between the keeper and its workers; None with an embedded engine.
        seal: Seals what crosses there; None where there are no workers.
        tenants: The id of each configured tenant by its name, which workers must agree with.
        checks_here: Whether this process makes checks itself.
        version: Of the work.
        pauses: How often it looks for work.
    """

    def __init__(
        self,
        url: str,
        *,
        workers: int,
        ledger: Ledger,
        checks: CheckKeeper,
        carrying: Carrying,
        hunts: HuntKeeper,
        rechecks: RecheckKeeper,
        cards: Cards,
        clock: Callable[[], datetime],
        database: sa.Engine | None = None,
        store: Store | None = None,
        seal: Seal | None = None,
        tenants: dict[str, str] | None = None,
        checks_here: bool = True,
        version: str = VERSION,
        pauses: Pauses = Pauses(),
    ) -> None:
        self._checks = checks
        self._hunts = hunts
        self._rechecks = rechecks
        self._workers = workers
        self._ledger = ledger
        self._carrying = carrying
        self._clock = clock
        self._store = store
        self._seal = seal
        self._facts = KeeperFacts(release(version), dict(tenants or {}), seal.fingerprint if seal else "")
        self._checks_here = checks_here
        self._worker_seen = clock()
        self._version = version
        self._pauses = pauses
        executor = f"bot-{secrets.token_hex(4)}"
        self._lives: Lives = Locks(database, executor, keeper=True) if database else Alone()
        self.engine = Engine(url, executor=executor, lives=self._lives, clock=clock, version=version)
        self._check_runs = Runs(self.engine, CHECK, self._sealed)
        self._hunt_runs = Runs(self.engine, HUNT, self._sealed)
        self._recheck_runs = Runs(self.engine, RECHECK, self._sealed)
        self._check_start = CheckStart(ledger, cards, checks, self._check_runs, clock)
        self._hunt_start = HuntStart(ledger, hunts, self._hunt_runs)
        self._recheck_start = RecheckStart(rechecks, self._recheck_runs)
        self._plan_start = PlanStart(self.engine, carrying, ledger)
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
        pauses = self._pauses
        return (
            Queue(CHECK.queue, pauses.checks, of_one=self._workers),
            # An embedded engine delivers without it, but for what a killed process left.
            Queue(DELIVERIES, pauses.checks if self._store else pauses.later, at_once=self._workers),
            # Each tenant has its own part of what asks Microsoft: one that is away keeps no other waiting.
            Queue(PLANS, pauses.plans, of_one=self._workers),
            Queue(RECHECK.queue, pauses.later, of_one=WATCHERS),
            Queue(HUNT.queue, pauses.later, of_one=HUNTERS),
        )

    def _define(self) -> None:
        """Define the workflows; called again where the engine's store is made anew."""
        if self._store is not None:
            self._store.prepare()
            self._store.tell(self._facts)
        self._check_runs.define(self._checks)
        self._hunt_runs.define(self._hunts)
        self._recheck_runs.define(self._rechecks)
        self._plan_start.define()

    @property
    def is_busy(self) -> bool:
        """Whether some step is under way in this process."""
        return self.engine.is_busy

    def prepare_stop(self) -> None:
        """Let what is being read from workers count as no death, however the stop ends."""
        for keeper in (self._checks, self._hunts, self._rechecks):
            keeper.stop()

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
        self._checks.show_waiting(awaited)
        self._hunts.show_waiting(awaited)

    def expect(self, tenant: str) -> None:
        """Let a check of a tenant be made ready for, which is put on the queue in a moment, or is not."""
        if self._checks_here:
            self._checks.expect(tenant)

    def enqueue(self, case: Case) -> bool:
        """Put a check on the queue; the same run of a case is never there twice.

        False where the job database is away: the check begins in a round after it is back.
        """
        return self._expendable("a check", partial(self._check_start.begin, case))

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
        return self._expendable("a plan", partial(self._plan_start.begin, proposal_id))

    def enqueue_hunt(self, name: str) -> bool:
        """Put a hunt on its queue, unless it is there; False where the job database is away."""
        return self._expendable("a hunt", lambda: self._hunt_start.take_up(hunt(self._ledger, name)))

    def stop_hunt(self, name: str) -> None:
        """Let whoever is at a hunt end it and hand in what there is; where none can be told, a round does."""
        self._expendable("a stop", partial(hunts_start.stop, name, self._store))

    def _reconcile_hunts(self, age: timedelta) -> None:
        # A run whose end cannot be noted would count as one that died, and of those there are few.
        self._ledger.demand_room()
        for one in unfinished(self._ledger):
            if self._clock() - (one.finished_at or one.asked_at) >= age:
                self._tried(f"hunt {one.id}", partial(self._hunt_start.take_up, one))

    def _tell_workers(self) -> None:
        """Say again what workers must agree with, where somebody else said it: they end by it."""
        if self._store is not None and self._store.keeper() != self._facts:
            log.error(
                "Somebody else says what the keeper is. Give the job database a password of its own.",
                action="engine.strange",
            )
            self._store.tell(self._facts)

    def _clear_away(self) -> None:
        """Forget what is stored and noted about nothing that is open, once nobody is at it."""
        stored = self._store.names() if self._store else frozenset()
        notes = noted(self._ledger.path.parent)
        # What is kept of something was begun before it was looked for, so what is not open now is over.
        still = {case.id for case in self._ledger.unfinished_cases()}
        still |= {one.id for one in unfinished(self._ledger)}
        still |= set(self._rechecks.due(self._clock()))
        for name in {*stored, *notes} - still:
            if under_way(name):
                hunts_start.stop(name, self._store)
                continue
            if self._store:
                self._store.clear([name])
            for note in notes.get(name, ()):
                note.unlink(missing_ok=True)

    def _reconcile_rechecks(self) -> None:
        self._ledger.demand_room()  # as for hunts
        due = self._rechecks.due(self._clock())
        awaited = self._awaited() if due else None
        if awaited is not None:
            log.warning("Rechecks wait for a worker.", action="watch.waits", rechecks=due)
            if self._clock() - self._worker_seen >= MISSED:
                for name in due:
                    self._tried(f"recheck {name}", partial(self._rechecks.show_waiting, name, awaited))
        for name in due:
            self._tried(f"recheck {name}", partial(self._recheck_start.take_up, name))
        for name in self._rechecks.untold():
            alive = [self.engine.under_way.is_alive(run) for run in under_way(name)]
            if not any(alive):
                self._tried(f"recheck {name}", partial(self._rechecks.show, name))

    def repair(self) -> None:
        """Make the engine's store anew where it was damaged under the running bot, and take up what is open.

        Raises:
            CannotStart: that cannot be done.
        """
        if self.is_reachable() and not (self.engine.answers() and self.engine.is_as_settled()):
            self.engine.make_store_anew()
            self.reconcile(timedelta(0))

    def reconcile(self, age: timedelta = timedelta(minutes=2)) -> None:
        """Take up everything open that no one works on: cases, proposals and looks that are due.

        Args:
            age: What is younger than this is left to whoever began it.
        """
        if self.is_reachable():
            self._check_start.take_up_open(age, self.enqueue)
            self._tried("hunts", partial(self._reconcile_hunts, age))
            self._tried("what is left over", self._clear_away)
            self._tried("what workers must agree with", self._tell_workers)
            self._tried("rechecks", self._reconcile_rechecks)
        self._tried("proposals", lambda: self._carrying.tidy(age, self.enqueue_plan))

    def _tried(self, what: str, act: Callable[[], None]) -> None:
        try:
            act()
        except (BotError, CommandError) as error:
            log.warning("Something open waits.", action="reconcile.waits", what=what, error=str(error))
        except Exception:
            log.exception("Something open could not be taken up.", action="reconcile.failed", what=what)

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
                self._checks.follow()
                self._hunts.follow()
            except Exception as error:  # noqa: BLE001 - the next look tries again
                log.warning(
                    "It is not known how far workers are.", action="follow.waits", error=type(error).__name__
                )
