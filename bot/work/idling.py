"""What the engine asks its store for while nothing is to be done, which is most of the time.

At each look into a queue it builds a large statement anew and runs it in a transaction, for a thousandth of a
second of a processor; ten looks a second are a hundredth of one, day and night. Whether anything waits at all
is one statement that is built once, and a tenth of that.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import sqlalchemy as sa
from dbos._sys_db import SystemDatabase
from sqlalchemy.exc import SQLAlchemyError

_ALL = SystemDatabase.dequeue_scopes


def scopes(store: SystemDatabase, queue_name: str) -> list[str | None]:
    """Give where the work of a queue is to be looked for: nowhere where none waits.

    Args:
        store: The engine's store.
        queue_name: The queue.
    """
    try:
        with store.engine.connect() as db:
            waits = db.scalar(_waits(store.tables.workflow_status), {"queue": queue_name}) is not None
    except SQLAlchemyError:
        waits = True  # the look itself says what is wrong with the store, and waits as the engine does
    return _ALL(store, queue_name) if waits else []


@cache
def _waits(runs: sa.Table) -> sa.Select[Any]:
    """Ask for one run that waits in a queue, in the words of the index over those that are not over.

    Source: DBOS, `idx_workflow_status_partition_dequeue_v3`.
    """
    open_ones = runs.c.status.in_([sa.literal_column("'ENQUEUED'"), sa.literal_column("'PENDING'")])
    waiting = runs.c.status == sa.literal_column("'ENQUEUED'")
    return (
        sa.select(sa.literal(1))
        .where(open_ones, waiting, runs.c.queue_name == sa.bindparam("queue"))
        .limit(1)
    )


def spare() -> None:
    """Have every engine of this process ask so."""
    SystemDatabase.dequeue_scopes = scopes  # type: ignore[method-assign, assignment]  # no setting does
