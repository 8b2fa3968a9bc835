"""A worker: looks at accounts that the keeper was asked about, and leaves what it found in the job database.

It has Microsoft credentials of its own, which only read, and no Slack, no ledger and no key. Any number of
them may run; one that is killed has its work taken over by the others.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, TypeVar

import structlog
from dbos import DBOS, EnqueueOptions
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from bot.atlas import atlas_of
from bot.cards.case import Edits, Painter
from bot.errors import CannotStart
from bot.failing import refer
from bot.rules import ruleset_of
from bot.settings import Settings
from bot.work.engine import DELIVER, DELIVERIES, QUEUE, VERSION, Engine, define_check, delivery_id, release
from bot.work.limiter import SharedLimiter
from bot.work.lives import Locks
from bot.work.looking import Looking
from bot.work.seal import Seal, text_of
from bot.work.store import ANSWERS, KeeperFacts, Store, address_of
from bot.work.task import Failed, Found, ResultRefused, Task, pack, pack_progress, read_task
from commands.check import Progress
from graph.tenants import Tenants

log = structlog.get_logger(__name__)
T = TypeVar("T")

TAKEN: Final = 10
"""How many times one run of a check is begun by workers; one that ends each of them is given up after it."""

AGAIN: Final = 1.0
"""Seconds after which the job database is tried again."""


class Worker:
    """A running worker. There can be one in a process.

    Args:
        settings: Where the job database is, the tenants, and how to look.
        clock: Tells the time (aware UTC).
        edits: How often it is told how far a check is.
        polls: How many times as long as usual a search at Microsoft is left alone before it is looked at.
        version: Of the work that it can do.

    Attributes:
        engine: Its engine.
        name: What it is called in the job database.
        ended: Why it ends by itself, "" while it does not.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], datetime],
        *,
        edits: Edits = Edits(),  # noqa: B008 - frozen
        polls: float = 1.0,
        version: str = VERSION,
    ) -> None:
        if settings.engine.startswith("sqlite:"):
            raise CannotStart(
                "A worker needs the bot's job database in PostgreSQL: set engine to postgresql://… for both."
            )
        url = address_of(settings.engine)
        self.name = f"worker-{socket.gethostname()[:40]}-{secrets.token_hex(4)}"
        self.ended = ""
        self._edits = edits
        if settings.worker_key is None:
            raise CannotStart("worker_key is missing: give the worker the one of the bot.")
        self._seal = Seal(settings.worker_key.get_secret_value())
        tenants = {one.name: one.tenant_id for one in settings.tenants}
        self._facts = KeeperFacts(release(version), tenants, self._seal.fingerprint)
        self._store = Store(url)
        self._limiter = SharedLimiter(url)
        self._tenants = Tenants(settings.tenants, polls=polls, reads_only=True, shared=self._limiter.of)
        atlas = atlas_of(settings.cities, settings.networks, settings.known_networks)
        rules = ruleset_of(settings.rules)
        self._looking = Looking(self._tenants, clock, settings.patience.total_seconds(), atlas, rules)
        self._stopping = threading.Event()
        self.engine = Engine(
            settings.engine,
            executor=self.name,
            lives=Locks(url, self.name, keeper=False),
            clock=clock,
            version=version,
        )
        self.engine.on_beat = self._see_the_keeper

    def start(self) -> None:
        """Begin to take checks.

        Raises:
            CannotStart: the keeper is of another version, has other tenants, or never started.
        """
        try:
            why = misfit(self._store.keeper(), self._facts)
        except SQLAlchemyError as error:
            why = f"The job database cannot be reached ({type(error).__name__})."
        if why:
            self._store.close()
            raise CannotStart(why)
        self.engine.start(self._define, (), [QUEUE])
        log.info("The worker takes checks.", action="worker.started", worker=self.name)

    def _define(self) -> None:
        define_check(self.engine, self._begin, self._hand_on)

    def stop(self) -> None:
        """Take no more; what is under way goes on elsewhere."""
        self._stopping.set()
        self.engine.stop()
        self._tenants.close()
        self._limiter.close()
        self._store.close()
        log.info("The worker has stopped.", action="worker.stopped", worker=self.name)

    def _see_the_keeper(self) -> None:
        """End where the keeper is another one by now, as soon as what was begun is done."""
        why = misfit(self._store.keeper(), self._facts)
        if why and not self.ended and not self.engine.under_way.is_any:
            self.ended = why
            log.error("The worker ends.", action="worker.misfit", why=why)
            os.kill(os.getpid(), signal.SIGTERM)

    def _begin(self, sent: Mapping[str, Any]) -> None:
        """Look, if it is the keeper who asks: nobody else has a worker look at anybody.

        Raises:
            SealBroken: it is not; the run ends with it.
        """
        bare = self._seal.unsealed(sent)
        self._look(read_task(bare), text_of(bare))

    def _look(self, task: Task, about: str) -> None:
        """Look at an account, unless that was done, and leave what was found."""
        where = (task.case_id, task.run)
        if self._until_it_is_back(lambda: self._store.is_there(*where)):
            return
        if self._until_it_is_back(lambda: self._store.begin(*where)) > TAKEN:
            reference = refer("A check was given up.", task.case_id, begun=TAKEN)
            says = f"The check was started {TAKEN} times and never finished. Reference: {reference}."
            found: Found | Failed = Failed(says, reference)
        else:
            log.info("A check begins.", action="worker.looks", case=task.case_id, run=task.run)
            memory = self._store.memory(task.case_id, self._seal)
            with self._telling(task, about) as tell:
                found = self._looking.look(task, memory, tell)
        try:
            packed = pack(found)
        except ResultRefused as refused:
            reference = refer("A result is too large.", task.case_id)
            packed = pack(Failed(f"{refused} Reference: {reference}.", reference))
        answers = found.answers if isinstance(found, Found) and len(found.answers) <= ANSWERS else b""
        sealed = self._seal.close("result", about, packed, answers)
        self._until_it_is_back(lambda: self._store.put(*where, sealed, answers))

    @staticmethod
    def _hand_on(case_id: str, run: int) -> None:
        """Have the keeper deliver it; the queue waits where the keeper is away."""
        options: EnqueueOptions = {
            "workflow_name": DELIVER,
            "queue_name": DELIVERIES,
            "workflow_id": delivery_id(case_id, run),
        }
        DBOS.enqueue_workflow_with_options(options, case_id, run)

    @contextmanager
    def _telling(self, task: Task, about: str) -> Iterator[Callable[[Progress], None]]:
        painter = Painter[Progress](lambda progress: self._tell(task, about, progress), self._edits)
        painter.thread.start()
        try:
            yield painter.tell
        finally:
            painter.stop()

    def _tell(self, task: Task, about: str, progress: Progress) -> float:
        sealed = self._seal.close("progress", about, pack_progress(progress))
        try:
            self._store.show(task.case_id, task.run, sealed)
        except SQLAlchemyError as error:
            log.warning("Progress is not told.", action="worker.untold", error=type(error).__name__)
        return self._edits.apart

    def _until_it_is_back(self, act: Callable[[], T]) -> T:
        """Do something in the job database, as soon as it is there: what was collected must not be lost."""
        while True:
            try:
                return act()
            except OperationalError as error:
                log.warning("The job database is away.", action="engine.away", error=type(error).__name__)
                if self._stopping.wait(AGAIN):
                    raise


def misfit(keeper: KeeperFacts | None, ours: KeeperFacts) -> str:
    """Say why a worker does not fit the keeper, and what to do; "" where it does."""
    if keeper is None:
        return "No bot has used this job database yet: start compromise run first, with the same engine."
    if keeper.release != ours.release:
        versions = f"The bot is of version {keeper.release}, this worker of {ours.release}"
        return f"{versions}: install the same version of both."
    for name, tenant_id in sorted(keeper.tenants.items()):
        own = ours.tenants.get(name)
        if own is None:
            return f"The bot has a tenant {name} that this worker's settings lack: add it."
        if own.casefold() != tenant_id.casefold():
            return (
                f"The tenant {name} has the ID {tenant_id} at the bot and {own} here: correct the wrong one."
            )
    if not keeper.key:
        return "The bot has no worker_key, so it believes no worker: give both the same."
    if keeper.key != ours.key:
        return "The bot has another worker_key than this worker: give both the same."
    more = sorted(set(ours.tenants) - set(keeper.tenants))
    if more:
        return f"The bot has no tenant {more[0]}: take it out of this worker's settings, or add it there."
    return ""
