"""Who is alive: each process holds a lock while its session with PostgreSQL lasts; no clock decides.

A process that is killed loses its session and with it the lock; one that is slow or paused keeps both. So
work is taken over only from those who are gone. With an embedded engine there is one process, which the
ledger's own lock makes sure of: whoever else left a name behind is gone.

Source: PostgreSQL, "Advisory Locks" (those of a session) and "pg_locks".
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, Protocol

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import OID
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import CannotStart

log = structlog.get_logger(__name__)

EXECUTORS: Final = 0x636F6D70
"""The first number of the locks of all processes of the bot; the second is made of a process's name."""

WORKERS: Final = EXECUTORS + 1
"""The same for workers, so that they can be counted."""

KEEPERS: Final = EXECUTORS + 2
"""The same for the one keeper, with 1 as the second number."""

SETTLING: Final = 5.0
"""Seconds after the session began in which nobody counts as gone: when the server was restarted, everyone has
lost the lock and takes it anew."""

PATIENCE: Final = 5.0
"""Seconds in which the session of a keeper that was just killed has time to end."""


class Lives(Protocol):
    """Who is alive."""

    def hold(self) -> None:
        """Say that this process is alive, until `release`."""
        ...

    def beat(self) -> bool:
        """See that this is still known; whether anyone's absence means something now."""
        ...

    def is_ours(self) -> bool:
        """Whether this process still is what it said to be, and no other one took its place."""
        ...

    def is_held(self, executor: str) -> bool:
        """Whether a process is alive."""
        ...

    def gone(self, executor: str) -> Any:
        """Hold a process's place while its work is taken over; gives whether it is gone."""
        ...

    def workers(self) -> int:
        """How many workers there are."""
        ...

    def release(self) -> None:
        """Say that this process is over."""
        ...


class Alone:
    """The one process of an embedded engine."""

    def hold(self) -> None:
        """Do nothing: the ledger's lock is held."""

    def beat(self) -> bool:
        """Nobody comes or goes."""
        return True

    def is_ours(self) -> bool:
        """Nobody else can be it."""
        return True

    def is_held(self, executor: str) -> bool:
        """Nobody else is there."""
        return False

    @contextmanager
    def gone(self, executor: str) -> Iterator[bool]:
        """Everyone else is gone."""
        yield True

    def workers(self) -> int:
        """None can be."""
        return 0

    def release(self) -> None:
        """Do nothing."""


class Locks:
    """Locks of PostgreSQL, on a session of their own. Any thread may use it.

    Args:
        database: The job database.
        executor: The name of this process.
        keeper: Whether it is the keeper, of which there is one.
        sleep: Waits for so many seconds.
        seconds: Tells seconds that only go forward.
    """

    def __init__(
        self,
        database: sa.Engine,
        executor: str,
        *,
        keeper: bool,
        sleep: Callable[[float], None] = time.sleep,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engine = database.execution_options(isolation_level="AUTOCOMMIT")
        number = number_of(executor)
        self._own = ((EXECUTORS, number), (KEEPERS, 1) if keeper else (WORKERS, number))
        self._sleep = sleep
        self._seconds = seconds
        self._session: sa.Connection | None = None
        self._since = 0.0
        self._lock = threading.RLock()

    def hold(self) -> None:
        """Take the locks of this process.

        Raises:
            CannotStart: there is a keeper already, or the database cannot be reached.
        """
        ends = self._seconds() + PATIENCE
        while True:
            try:
                if self._begin():
                    return
            except SQLAlchemyError as error:
                log.exception("The job database cannot be used.", action="engine.failed")
                raise CannotStart("The job database cannot be used; see the log.") from error
            if self._seconds() > ends:
                raise CannotStart("Another bot is using this job database; stop it first.")
            self._sleep(0.2)

    def _begin(self) -> bool:
        """Begin a session and take the locks; False where somebody has one of them."""
        with self._lock:
            session = self._engine.connect()
            try:
                for kind, number in self._own:
                    if not session.scalar(sa.select(sa.func.pg_try_advisory_lock(kind, number))):
                        return False
                self._session, self._since = session, self._seconds()
            finally:
                if self._session is not session:
                    session.close()
            return True

    def beat(self) -> bool:
        """See that the locks are held, and take them anew where the session was lost.

        Raises:
            SQLAlchemyError: the database cannot be reached.
        """
        with self._lock:
            if self._session is not None:
                try:
                    self._session.scalar(sa.select(1))
                except SQLAlchemyError:
                    log.warning("The session with the job database was lost.", action="engine.session_lost")
                    self._drop()
            if self._session is None and not self._begin():
                log.warning("Somebody has this process's lock for a moment.", action="engine.lock_taken")
                return False
            return self._seconds() - self._since > SETTLING

    def is_ours(self) -> bool:
        """Whether the locks of this process are held; they are taken anew where the session was lost.

        Raises:
            SQLAlchemyError: the database cannot be reached.
        """
        with self._lock:
            self.beat()
            return self._session is not None

    def is_held(self, executor: str) -> bool:
        """Whether a process is alive."""
        return _held(self._engine, EXECUTORS, number_of(executor)) > 0

    def workers(self) -> int:
        """How many workers there are."""
        return workers_of(self._engine)

    @contextmanager
    def gone(self, executor: str) -> Iterator[bool]:
        """Hold the lock of a process while its work is taken over; gives False where it is alive."""
        number = number_of(executor)
        with self._lock:
            session = self._session
            free = session is not None and bool(
                session.scalar(sa.select(sa.func.pg_try_advisory_lock(EXECUTORS, number)))
            )
            try:
                yield free
            finally:
                if free and session is not None:
                    session.scalar(sa.select(sa.func.pg_advisory_unlock(EXECUTORS, number)))

    def release(self) -> None:
        """End the session, and with it its locks."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        if self._session is None:
            return
        try:
            self._session.invalidate()
            self._session.close()
        finally:
            self._session = None


def workers_of(engine: sa.Engine) -> int:
    """Say how many workers there are.

    Raises:
        SQLAlchemyError: the job database cannot be reached.
    """
    return _held(engine, WORKERS)


def _held(engine: sa.Engine, kind: int, number: int | None = None) -> int:
    locks = sa.table(
        "pg_locks",
        *(sa.column(name) for name in ("locktype", "classid", "objid", "objsubid", "granted", "database")),
    )
    databases = sa.table("pg_database", sa.column("oid"), sa.column("datname"))
    here = sa.select(databases.c.oid).where(databases.c.datname == sa.func.current_database())
    count = (
        sa.select(sa.func.count())
        .select_from(locks)
        .where(
            locks.c.locktype == "advisory",
            locks.c.classid == sa.cast(kind, OID),
            locks.c.objsubid == 2,
            locks.c.granted,
            locks.c.database == here.scalar_subquery(),
        )
    )
    if number is not None:
        count = count.where(locks.c.objid == sa.cast(number & 0xFFFFFFFF, OID))
    with engine.connect() as connection:
        return int(connection.scalar(count) or 0)


def number_of(name: str) -> int:
    """Make a number of a lock of its name, from -2**31 to 2**31 - 1."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], signed=True)
