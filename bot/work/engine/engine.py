"""The engine (DBOS) of one process: its start and end, its queues, and the work of those who are gone.

One code path for both kinds of store: a SQLite file of one process, or PostgreSQL for several. Only the URL
differs, and with it who is alive (see `lives`).

What another process wrote is read as JSON only. The engine's own way is to unpickle, which would let whoever
can write to the database run code in the keeper.

Which kinds of work there are says `kinds`; their workflows stand in `workflows`, and begin in `runs`.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, NoReturn

import psycopg
import structlog
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, WorkflowStatus
from dbos._serialization import DefaultSerializer

from bot.errors import CannotStart
from bot.work.engine.database import database
from bot.work.engine.kinds import APPLICATION, HOMES, LOOKS, VERSION
from bot.work.engine.lives import Lives
from bot.work.engine.strange import clear_strange, drop_queues, queues_of
from bot.work.engine.under_way import UnderWay

log = structlog.get_logger(__name__)

STOP_SECONDS: Final = 2.0
"""Seconds that steps under way get to finish when the bot is stopped; they lose nothing when they do not."""

PROBE_SECONDS: Final = 3
"""Seconds in which a database must answer; the engine itself would wait for it without end."""

BEAT: Final = 1.0
"""Seconds between two looks who is gone."""

LOST: Final = 30
"""After so many of them a process looks for runs of its own that it lost."""


@dataclass(frozen=True, slots=True)
class Queue:
    """How a queue is read.

    Attributes:
        name: Its name.
        pause: Seconds between two looks.
        at_once: How many of it run at the same time in one process.
        of_one: How many of one tenant do, where each tenant has its own part of it.
    """

    name: str
    pause: float
    at_once: int | None = None
    of_one: int | None = None


def _refuse(cls: DefaultSerializer, serialized_data: str) -> NoReturn:
    raise ValueError("The job database holds something that is not JSON; it is not read.")


class Engine:
    """The engine. There can be one in a process.

    Args:
        url: Where it keeps its tables: ``sqlite:///FILE`` or ``postgresql://…``.
        executor: The name of this process in it, which no other one has.
        lives: Who is alive.
        clock: Tells the time (aware UTC).
        version: Of the work that this process can do.

    Attributes:
        under_way: The runs that this process works on.
        is_file: Whether the store is a file, and this the only process.
    """

    def __init__(
        self,
        url: str,
        *,
        executor: str,
        lives: Lives,
        clock: Callable[[], datetime],
        version: str = VERSION,
    ) -> None:
        self.is_file = url.startswith("sqlite:///")
        self.under_way = UnderWay(version, executor, lives, HOMES)
        self._url = url
        self._database = None if self.is_file else database(url)
        self._settled: list[tuple[object, ...]] = []
        self._executor = executor
        self._lives = lives
        self._clock = clock
        self._version = version
        self._define: Callable[[], None] = lambda: None
        self._queues: Sequence[Queue] = ()
        self._listens: tuple[str, ...] = ()
        self._busy = 0
        self._idle = threading.Condition()
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._go_on_watching, name="watchdog", daemon=True)
        self.on_beat: Callable[[], None] = lambda: None

    def start(self, define: Callable[[], None], queues: Sequence[Queue], listens: Sequence[str]) -> None:
        """Start the engine, and take over what those who are gone left.

        Args:
            define: Defines the workflows; called before each start.
            queues: The queues that this process sets up.
            listens: The names of those that it works on.

        Raises:
            CannotStart: the store cannot be used, and cannot be made anew.
        """
        self._define, self._queues, self._listens = define, queues, tuple(listens)
        self._lives.hold()
        if not self._launched():
            self.make_store_anew()
        self.take_over()
        if not self.is_file:
            self._watch.start()

    def make_store_anew(self) -> None:
        """Set the store aside and begin another one: the ledger knows everything that is open.

        Raises:
            CannotStart: it is not one that can be set aside, or another one cannot be used either.
        """
        DBOS.destroy(destroy_registry=True)
        if not self.is_file:
            if self._launched():
                return
            raise CannotStart(
                "The job database cannot be used; see the log. It holds nothing that must be kept."
            )
        store = Path(self._url.removeprefix("sqlite:///"))
        aside = store.with_name(f"{store.name}.damaged-{self._clock():%Y%m%dT%H%M%S}")
        for tail in ("", "-wal", "-shm"):
            file = store.with_name(store.name + tail)
            if file.exists():
                file.rename(aside.with_name(aside.name + tail))
        log.error("The engine's store was damaged and is made anew.", action="engine.anew", aside=str(aside))
        if not self._launched():
            raise CannotStart(f"The job database {store} cannot be used; see the log.")

    def _launched(self) -> bool:
        """Start the engine and ask it something; whether its store is as it should be."""
        try:
            self._launch()
        except Exception:
            log.exception("The engine did not start.", action="engine.failed")
            return False
        return self.answers()

    def _launch(self) -> None:
        if self.is_file:
            _write_ahead(self._url.removeprefix("sqlite:///"))
        # A row says itself how it is to be read, so a serializer of ours alone would not keep pickles out.
        DefaultSerializer.deserialize = _refuse  # type: ignore[method-assign]  # as it says above
        self.clear_strange()
        if self._database is not None:
            # Each is read as it was left until this process says how, and that may be once a year.
            drop_queues(self._database, self._names())
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_url": self._url,
            "application_version": self._version,
            "executor_id": self._executor,
            "log_level": "WARNING",
            "serializer": DBOSPortableJSONSerializer(),
            # Nothing here waits for the engine's messages; the interval only says how long a stop takes.
            "notification_listener_polling_interval_sec": 0.25,
        }
        DBOS(config=config)
        DBOS.listen_queues(self._listens)
        self._define()
        DBOS.launch()
        for queue in self._queues:
            DBOS.register_queue(
                queue.name,
                worker_concurrency=queue.at_once,
                partition_worker_concurrency=queue.of_one,
                polling_interval_sec=queue.pause,
                on_conflict="always_update",
            )
        if self._database is not None:
            self._settled = queues_of(self._database, self._names())

    def clear_strange(self) -> None:
        """Clear away what would keep this process from its work and no process of ours wrote."""
        if self._database is not None:
            clear_strange(self._database)

    def is_as_settled(self) -> bool:
        """Whether the queues are still read as this process said; else they may not be read at all.

        Whoever waits for a queue whose pause somebody made a year long wakes up only with another engine.

        Raises:
            SQLAlchemyError: the job database cannot be read.
        """
        if self._database is None or queues_of(self._database, self._names()) == self._settled:
            return True
        log.error(
            "Somebody changed how queues of the job database are read. Give it a password of its own.",
            action="engine.strange",
        )
        return False

    def _names(self) -> list[str]:
        return [queue.name for queue in self._queues]

    @property
    def is_busy(self) -> bool:
        """Whether some step is under way in this process."""
        return self._busy > 0

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Count a step as under way."""
        with self._idle:
            self._busy += 1
        try:
            yield
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()

    def stop(self, patience: float = STOP_SECONDS) -> None:
        """Stop the engine; what is under way after the patience goes on elsewhere, or at the next start."""
        self._stopping.set()
        if self._watch.is_alive():
            self._watch.join()
        with self._idle:
            self._idle.wait_for(lambda: not self._busy, timeout=patience)
        DBOS.destroy(destroy_registry=True)
        self._lives.release()

    def is_reachable(self) -> bool:
        """Whether the store can be reached now; a file always can."""
        if self.is_file:
            return True
        try:
            psycopg.connect(self._url.replace("+psycopg", "", 1), connect_timeout=PROBE_SECONDS).close()
        except psycopg.Error as error:
            log.warning("The job database is away.", action="engine.away", error=type(error).__name__)
            return False
        return True

    def answers(self) -> bool:
        """Whether the engine can read its store."""
        try:
            DBOS.list_workflows(limit=1, load_input=False, load_output=False)
        except Exception:
            log.exception("The engine cannot read its store.", action="engine.unreadable")
            return False
        return True

    def is_the_one(self) -> bool:
        """Whether no other process took the place of this one, which it has to have for all that acts.

        Raises:
            SQLAlchemyError: the job database cannot be reached.
        """
        return self._lives.is_ours()

    # --- those who are gone --------------------------------------------------------------------------------

    def take_over(self, queues: Sequence[str] | None = None) -> None:
        """Put back into its queue what processes that are gone had begun.

        Args:
            queues: Of these queues only; of all of them unless given.
        """
        others = {one.executor_id for one in self._pending(queues)} - {self._executor, None}
        for other in sorted(str(one) for one in others):
            with self._lives.gone(other) as is_gone:
                if not is_gone:
                    continue
                # Read anew: somebody else may have taken it over before we held its lock.
                left: dict[str, list[str]] = defaultdict(list)
                for one in self._pending(queues, other):
                    if queue := self.under_way.queue_of(one):
                        left[queue].append(one.workflow_id)
                for name, ids in left.items():
                    log.warning(
                        "Work of a process that is gone is taken over.",
                        action="engine.taken_over",
                        executor=other,
                        queue=name,
                        runs=ids,
                    )
                    DBOS.resume_workflows(ids, queue_name=name)

    def _pending(self, queues: Sequence[str] | None, executor: str | None = None) -> list[WorkflowStatus]:
        return DBOS.list_workflows(
            status="PENDING",
            app_version=self._version,
            queue_name=None if queues is None else list(queues),
            executor_id=executor,
            load_input=False,
            load_output=False,
        )

    def _go_on_watching(self) -> None:
        beats = 0
        while not self._stopping.wait(BEAT):
            beats += 1
            try:
                if self._lives.beat():
                    self.take_over(LOOKS)
                self.on_beat()
                if beats % LOST == 0:
                    self.clear_strange()
                    for one in self._pending(LOOKS, self._executor):
                        self.under_way.is_alive(one)
            except Exception as error:  # noqa: BLE001 - the next beat tries again
                log.warning("The watchdog waits.", action="engine.watch_waits", error=type(error).__name__)


def _write_ahead(path: str) -> None:
    """Set the engine's file to write-ahead logging, which it keeps; the engine is much quicker with it."""
    Path(path).touch(mode=0o600)
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
