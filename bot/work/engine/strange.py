"""What lies in the engine's tables that no process of ours writes, and that would keep one from its work.

Whoever can write to the job database may put anything there. The engine reads lists of runs as a whole, so
one row that cannot be read hides all others; and a run with a gigabyte of arguments ends every process that
begins it, one after the other.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError

log = structlog.get_logger(__name__)

MOST: Final = 16 * 1024 * 1024
"""The most bytes that the arguments of a run may have; ours have some thousand, and more in a recheck."""

_RUNS = sa.table(
    "workflow_status",
    *(sa.column(name) for name in ("authenticated_roles", "inputs", "status", "workflow_uuid")),
    schema="dbos",
)
_QUEUES = sa.table("queues", sa.column("name"), schema="dbos")
_INPUTS = sa.table("workflow_input", sa.column("workflow_uuid"), sa.column("inputs"), schema="dbos")


def queues_of(engine: sa.Engine, names: Collection[str]) -> list[tuple[object, ...]]:
    """Give how each of these queues is to be read, as the database has it.

    Raises:
        SQLAlchemyError: it cannot be read.
    """
    queues = sa.Table("queues", sa.MetaData(), schema="dbos", autoload_with=engine)
    asked = [column for column in queues.columns if column.name not in ("created_at", "updated_at")]
    found = sa.select(*asked).where(queues.c.name.in_(names)).order_by(queues.c.name)
    with engine.connect() as db:
        return [tuple(row) for row in db.execute(found).all()]


def drop_queues(engine: sa.Engine, names: Collection[str]) -> None:
    """Forget how these queues are to be read, for whoever says it next.

    Raises:
        SQLAlchemyError: it cannot be done.
    """
    with engine.begin() as db:
        if names and sa.inspect(db).has_table(_QUEUES.name, schema="dbos"):
            db.execute(sa.delete(_QUEUES).where(_QUEUES.c.name.in_(names)))


def clear_strange(engine: sa.Engine) -> None:
    """End the runs that nobody may begin, and make those readable that are not.

    What fails waits for the next time.

    Args:
        engine: The way to the job database.
    """
    too_large = sa.func.octet_length(_RUNS.c.inputs) > MOST
    beside = sa.select(_INPUTS.c.workflow_uuid).where(sa.func.octet_length(_INPUTS.c.inputs) > MOST)
    changes = (
        # Nobody is signed in with the engine, so nobody of ours has roles there.
        sa.update(_RUNS).where(_RUNS.c.authenticated_roles.is_not(None)).values(authenticated_roles=None),
        sa.update(_RUNS).where(too_large).values(status="ERROR", inputs=None),
        sa.update(_RUNS).where(_RUNS.c.workflow_uuid.in_(beside)).values(status="ERROR"),
        sa.delete(_INPUTS).where(sa.func.octet_length(_INPUTS.c.inputs) > MOST),
    )
    try:
        with engine.begin() as db:
            there = sa.inspect(db)
            if not all(there.has_table(one.name, schema="dbos") for one in (_RUNS, _INPUTS)):
                return  # it is new
            found = sum(db.execute(change).rowcount for change in changes)
    except SQLAlchemyError as error:
        log.warning("The job database could not be looked through.", action="engine.away", why=str(error))
        return
    if found:
        log.error(
            "Somebody else writes to the job database. Give it a password of its own.",
            action="engine.strange",
            rows=found,
        )
