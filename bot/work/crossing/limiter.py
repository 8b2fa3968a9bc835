"""The limits of a tenant for all processes that ask it as one application, kept in PostgreSQL.

A place among those who ask at the same time is a lock of a session: whoever is killed leaves it at once, and
no clock decides. Turns are counted by the server's clock; pauses that a service asks for are known to all
within a second. While the database is away each process keeps to the limits by itself.

Source: PostgreSQL, "Advisory Locks"; Microsoft Graph, "Microsoft Graph service-specific throttling limits".
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from bot.work.engine.lives import number_of
from graph.limits import Shared
from graph.request import Limit
from graph.settings import TenantSettings

log = structlog.get_logger(__name__)
T = TypeVar("T")

_TABLES = sa.MetaData()
_TURNS = sa.Table(
    "compromise_turns",
    _TABLES,
    sa.Column("number", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("key", sa.Text, nullable=False, index=True),
    sa.Column("at", sa.Double, nullable=False),
)
_PAUSES = sa.Table(
    "compromise_pauses",
    _TABLES,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("until", sa.Double, nullable=False),
)

FRESH: Final = 1.0
"""Seconds for which what is known of pauses counts as known."""

ALONE: Final = 10.0
"""Seconds for which the database is not asked again after it did not answer."""

LONGEST: Final = 3600.0
"""The longest pause, in seconds, that one process takes from another: no row stops a tenant for good."""

WAIT: Final = {"lock_timeout": "1s", "statement_timeout": "5s"}
"""How long the session waits: whoever holds a lock of ours does not hold up those who ask Microsoft."""

_NOW = sa.func.extract("epoch", sa.func.clock_timestamp())


class SharedLimiter:
    """The limits of all tenants. Any thread may use it.

    Args:
        database: The job database.
        seconds: Tells seconds that only go forward.
    """

    def __init__(self, database: sa.Engine, seconds: Callable[[], float] = time.monotonic) -> None:
        self._engine = database.execution_options(isolation_level="AUTOCOMMIT")
        self._seconds = seconds
        self._session: sa.Connection | None = None
        self._lock = threading.Lock()
        self._alone_until = 0.0
        self._closed = False
        self._pauses: dict[str, float] = {}
        self._pauses_at = -FRESH

    def of(self, tenant: TenantSettings) -> Shared:
        """Give the limits of one application in one tenant, which is what Microsoft counts."""
        return _Application(self, tenant.tenant_id.casefold(), tenant.client_id.casefold())

    def close(self) -> None:
        """End the session, and leave every place; whoever still asks is by itself."""
        with self._lock:
            self._closed = True
            self._drop()

    def ask(self, act: Callable[[sa.Connection], T], otherwise: T) -> T:
        """Do something in the session; where the database is away, every process is by itself for a while."""
        with self._lock:
            if self._closed or self._seconds() < self._alone_until:
                return otherwise
            try:
                if self._session is None:
                    self._session = self._engine.connect()
                    _begin(self._session)
                return act(self._session)
            except SQLAlchemyError as error:
                log.warning("Limits are kept alone.", action="limits.alone", error=type(error).__name__)
                self._alone_until = self._seconds() + ALONE
                self._drop()
                return otherwise

    def paused(self, key: str) -> float:
        """Give for how many seconds a service of an application wants to be left alone."""
        if self._seconds() - self._pauses_at >= FRESH:
            self._pauses_at = self._seconds()
            left = sa.select(_PAUSES.c.key, _PAUSES.c.until - _NOW).where(
                _PAUSES.c.until > _NOW, _PAUSES.c.until <= _NOW + LONGEST
            )
            rows: list[Any] = self.ask(lambda db: list(db.execute(left).all()), [])
            self._pauses = {name: self._pauses_at + float(seconds) for name, seconds in rows}
        return max(0.0, self._pauses.get(key, 0.0) - self._seconds())

    def _drop(self) -> None:
        if self._session is not None:
            try:
                self._session.invalidate()
                self._session.close()
            finally:
                self._session = None


class _Application:
    """The limits of one application in one tenant; what `graph.limits` calls Shared."""

    def __init__(self, limiter: SharedLimiter, tenant: str, application: str) -> None:
        self._limiter = limiter
        self._tenant = tenant
        self._application = application

    def _key(self, what: str) -> str:
        """What Microsoft counts by: risk questions by the tenant, all else by the application in it too."""
        application = "every application" if what == Limit.RISK else self._application
        return f"{self._tenant} {application} {what}"

    def take(self, wants: Sequence[tuple[str, Sequence[int]]]) -> list[int | None]:
        """Take of each gate the first place that no other process has, all in one statement."""

        def first(gate: str, places: Sequence[int]) -> sa.ColumnElement[int | None]:
            key = number_of(self._key(gate))
            # PostgreSQL tries one after the other, and none after the one that it got.
            return sa.case(
                *((sa.func.pg_try_advisory_lock(key, place), sa.literal(place)) for place in places),
                else_=sa.null(),
            )

        asked = sa.select(*(first(gate, places).label(f"n{n}") for n, (gate, places) in enumerate(wants)))
        alone: list[int | None] = [places[0] for _, places in wants]
        return self._limiter.ask(lambda db: list(db.execute(asked).one()), otherwise=alone)

    def leave(self, places: Sequence[tuple[str, int]]) -> None:
        """Leave places, all in one statement."""
        locks = [
            sa.func.pg_advisory_unlock(number_of(self._key(gate)), place).label(f"n{n}")
            for n, (gate, place) in enumerate(places)
        ]
        self._limiter.ask(lambda db: db.execute(sa.select(*locks)).one(), otherwise=None)

    def turn(self, service: str, count: int, seconds: float) -> float:
        """Take one of `count` turns in so many seconds; give when to try again, 0 if it is taken."""
        key = self._key(service)

        def taken(db: sa.Connection) -> float:
            lock = number_of(f"turn {key}")
            db.execute(sa.select(sa.func.pg_advisory_lock(lock, 0)))
            try:
                # A turn that is yet to come was taken by no clock of the server's as it is now.
                over = sa.or_(_TURNS.c.at <= _NOW - seconds, _TURNS.c.at > _NOW)
                db.execute(sa.delete(_TURNS).where(_TURNS.c.key == key, over))
                times = sa.select(sa.func.count(), sa.func.min(_TURNS.c.at) + seconds - _NOW)
                number, wait = db.execute(times.where(_TURNS.c.key == key)).one()
                if number >= count:
                    return max(0.001, float(wait))
                db.execute(sa.insert(_TURNS).values(key=key, at=_NOW))
                return 0.0
            finally:
                db.execute(sa.select(sa.func.pg_advisory_unlock(lock, 0)))

        return self._limiter.ask(taken, otherwise=0.0)

    def pause(self, service: str, seconds: float) -> None:
        """Let nobody ask a service for so many seconds; a shorter pause never ends a longer one."""
        row = insert(_PAUSES).values(key=self._key(service), until=_NOW + min(seconds, LONGEST))
        # A pause that no process of ours makes, without end or no number at all, ends no later one.
        is_ours = sa.and_(_PAUSES.c.until > _NOW, _PAUSES.c.until <= _NOW + LONGEST)
        longer = sa.case(
            (is_ours, sa.func.greatest(_PAUSES.c.until, row.excluded.until)), else_=row.excluded.until
        )
        change = row.on_conflict_do_update(index_elements=["key"], set_={"until": longer})
        self._limiter.ask(lambda db: db.execute(change), otherwise=None)

    def paused(self, service: str) -> float:
        """Give for how many seconds a service wants to be left alone."""
        return self._limiter.paused(self._key(service))


def _begin(session: sa.Connection) -> None:
    """Make the tables that are not there; of two processes that begin at once, one waits for the other."""
    for name, span in WAIT.items():
        session.execute(sa.select(sa.func.set_config(name, span, False)))
    lock = number_of("tables"), 0
    session.execute(sa.select(sa.func.pg_advisory_lock(*lock)))
    try:
        _TABLES.create_all(session)
    finally:
        session.execute(sa.select(sa.func.pg_advisory_unlock(*lock)))
