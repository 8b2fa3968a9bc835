"""A worker: looks at accounts and through tenants for the keeper; what it found is left in the job database.

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
from functools import partial
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from bot.atlas import atlas_of
from bot.cards.painter import Edits, Painter
from bot.errors import CannotStart
from bot.failing import refer_run
from bot.rules import ruleset_of
from bot.settings import Settings
from bot.work.checks import task as checks
from bot.work.checks.maker import CheckMaker, ready
from bot.work.crossing.codec import ResultRefused
from bot.work.crossing.failed import Failed, gave_up
from bot.work.crossing.limiter import SharedLimiter
from bot.work.crossing.seal import CUT_OFF, RESULT, Seal, text_of
from bot.work.crossing.store import ANSWERS, KeeperFacts, Store
from bot.work.engine.database import database
from bot.work.engine.engine import Engine
from bot.work.engine.kinds import CHECK, HUNT, LOOKS, RECHECK, VERSION, Kind, release
from bot.work.engine.lives import Locks
from bot.work.engine.workflows import define_look, hand_on
from bot.work.hunts import task as hunts
from bot.work.hunts.maker import HuntMaker
from bot.work.rechecks import task as rechecks
from bot.work.rechecks.maker import RecheckMaker
from commands.hunts.hunt import Found as Hunted
from commands.rechecks.watch import Reading
from graph.tenants import Tenants

log = structlog.get_logger(__name__)
T = TypeVar("T")
P = TypeVar("P")

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
        self._database = database(settings.engine)
        self.name = f"worker-{socket.gethostname()[:40]}-{secrets.token_hex(4)}"
        self.ended = ""
        self._edits = edits
        if settings.worker_key is None:
            raise CannotStart("worker_key is missing: give the worker the same one as the bot.")
        self._seal = Seal(settings.worker_key.get_secret_value())
        tenants = {one.name: one.tenant_id for one in settings.tenants}
        self._facts = KeeperFacts(release(version), tenants, self._seal.fingerprint)
        self._store = Store(self._database)
        self._limiter = SharedLimiter(self._database)
        self._tenants = Tenants(settings.tenants, polls=polls, reads_only=True, shared=self._limiter.of)
        atlas = atlas_of(settings.cities, settings.networks, settings.known_networks)
        self._atlas = atlas
        rules = ruleset_of(settings.rules)
        patience = settings.patience.total_seconds()
        self._checks = CheckMaker(self._tenants, clock, patience, atlas, rules)
        self._hunts = HuntMaker(self._tenants, patience)
        self._rechecks = RecheckMaker(self._tenants, clock, patience, atlas)
        self._stopping = threading.Event()
        self.engine = Engine(
            settings.engine,
            executor=self.name,
            lives=Locks(self._database, self.name, keeper=False),
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
            raise CannotStart(why)
        ready(self._atlas)
        self.engine.start(self._define, (), LOOKS)
        log.info("The worker takes checks, hunts and rechecks.", action="worker.started", worker=self.name)

    def _define(self) -> None:
        for kind, look in ((CHECK, self._check), (HUNT, self._hunt), (RECHECK, self._recheck)):
            self._define_one(kind, look)

    def _define_one(self, kind: Kind, look: Callable[[Mapping[str, Any]], None]) -> None:
        # What is looked at says the sealed task alone; what stands beside it in the database anybody wrote.
        define_look(self.engine, kind, lambda sent, _about, _run: look(sent), partial(hand_on, kind))

    def stop(self) -> None:
        """Take no more; what is under way goes on elsewhere."""
        self._stopping.set()
        self.engine.stop()
        self._tenants.close()
        self._limiter.close()
        log.info("The worker has stopped.", action="worker.stopped", worker=self.name)

    def _see_the_keeper(self) -> None:
        """End where the keeper is another one by now, as soon as what was begun is done."""
        why = misfit(self._store.keeper(), self._facts)
        if why and not self.ended and not self.engine.under_way.is_any:
            self.ended = why
            log.error("The worker ends.", action="worker.misfit", why=why)
            os.kill(os.getpid(), signal.SIGTERM)

    def _check(self, sent: Mapping[str, Any]) -> None:
        """Look at an account, if it is the keeper who asks: nobody else has a worker look at anybody.

        Raises:
            SealBroken: it is not; the run ends with it.
        """
        bare = self._seal.unsealed(sent)
        task, about = checks.TASKS.read(bare), text_of(bare)

        def look() -> checks.CheckFound | Failed:
            memory = self._store.memory(task.case_id, self._seal)
            with self._telling(task.case_id, task.run, about, checks.pack_progress) as tell:
                return self._checks.look(task, memory, tell)

        self._leave(task.case_id, task.run, about, "check", look, pack=checks.pack)

    def _hunt(self, sent: Mapping[str, Any]) -> None:
        """Look through a tenant, if it is the keeper who asks.

        Raises:
            SealBroken: it is not; the run ends with it.
        """
        bare = self._seal.unsealed(sent)
        task, about = hunts.TASKS.read(bare), text_of(bare)
        stopped = threading.Event()

        def is_wanted() -> bool:
            if not self._is_wanted(task):
                stopped.set()
            return not stopped.is_set()

        def look() -> Hunted | Failed:
            memory = self._store.memory(task.hunt, self._seal)
            with self._telling(task.hunt, task.run, about, hunts.PROGRESS.pack) as tell:
                return self._hunts.look(task, memory, tell, is_wanted)

        # Whoever can write to the job database can say that nobody waits; what was cut off is no result.
        self._leave(
            task.hunt,
            task.run,
            about,
            "hunt",
            look,
            pack=hunts.pack,
            kind=lambda: CUT_OFF if stopped.is_set() else RESULT,
        )

    def _recheck(self, sent: Mapping[str, Any]) -> None:
        """Read how a case stands, if it is the keeper who asks; what follows from it the keeper says.

        Raises:
            SealBroken: it is not; the run ends with it.
        """
        bare = self._seal.unsealed(sent)
        task, about = rechecks.TASKS.read(bare), text_of(bare)

        def look() -> Reading | Failed:
            return self._rechecks.look(task, self._store.memory(task.name, self._seal))

        self._leave(task.name, task.run, about, "recheck", look, pack=rechecks.pack)

    def _is_wanted(self, task: hunts.HuntTask) -> bool:
        """Whether a hunt is not stopped; while nobody can tell it goes on."""
        try:
            return not self._store.is_stopped(task.hunt)
        except SQLAlchemyError:
            return True

    def _leave(
        self,
        name: str,
        run: int,
        about: str,
        what: str,
        look: Callable[[], T | Failed],
        *,
        pack: Callable[[T | Failed], bytes],
        kind: Callable[[], str] = lambda: RESULT,
    ) -> None:
        """Look, unless that was done, and leave what was found.

        Args:
            name: The case, hunt or recheck.
            run: The number of the run.
            about: The whole task, as it is sealed.
            what: What it is called.
            look: Does it.
            pack: Writes what was found.
            kind: Says afterwards as what it is sealed.
        """
        if self._until_it_is_back(lambda: self._store.is_there(name, run)):
            return
        if self._until_it_is_back(lambda: self._store.begin(name, run)) > TAKEN:
            found: T | Failed = gave_up(what, name, TAKEN)
        else:
            log.info("Work begins.", action="worker.looks", what=what, case=name, run=run)
            found = look()
        try:
            packed = pack(found)
        except ResultRefused as refused:
            reference = refer_run("A result is too large.", what, name)
            packed = pack(Failed(f"{refused} Reference: {reference}.", reference))
        answers = (
            found.answers if isinstance(found, checks.CheckFound) and len(found.answers) <= ANSWERS else b""
        )
        del found  # what was collected is not held while it is sent
        sealed = self._seal.close(kind(), about, packed, answers)
        del packed
        self._until_it_is_back(lambda: self._store.put(name, run, sealed, answers))

    @contextmanager
    def _telling(
        self, name: str, run: int, about: str, written: Callable[[P], bytes]
    ) -> Iterator[Callable[[P], None]]:
        """Give what leaves for the keeper how far it is, written so, without holding up whoever calls it."""

        def told(progress: P) -> float:
            try:
                sealed = self._seal.close("progress", about, written(progress))
                self._store.show(name, run, sealed)
            except (SQLAlchemyError, ResultRefused) as error:
                log.warning("Progress is not told.", action="worker.untold", error=type(error).__name__)
            return self._edits.apart

        painter = Painter[P](told, self._edits)
        painter.thread.start()
        try:
            yield painter.tell
        finally:
            painter.stop()

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
        return "The bot has no worker_key, so it trusts no worker: give both the same one."
    if keeper.key != ours.key:
        return "The bot and this worker have different worker_keys: give both the same one."
    more = sorted(set(ours.tenants) - set(keeper.tenants))
    if more:
        return f"The bot has no tenant {more[0]}: take it out of this worker's settings, or add it there."
    return ""
