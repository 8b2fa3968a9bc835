"""A queue is looked into only where something waits in it, and always where nobody can tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from bot.work.engine import HUNTS, QUEUE
from bot.work.idling import _waits, scopes
from tests.made import engine_in


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Any]:
    """The engine's store, with its tables and no run."""
    engine = sa.create_engine(engine_in(tmp_path))
    runs = sa.Table("workflow_status", sa.MetaData(), autoload_with=engine)
    yield SimpleNamespace(engine=engine, tables=SimpleNamespace(workflow_status=runs))
    engine.dispose()


def put(store: Any, status: str) -> None:
    runs = store.tables.workflow_status
    with store.engine.begin() as db:
        db.execute(sa.insert(runs).values(workflow_uuid="check:C-2ABCD:1", status=status, queue_name=QUEUE))


def test_where_something_waits_and_only_there_it_is_looked_for(store):
    assert scopes(store, QUEUE) == []
    put(store, "ENQUEUED")
    assert scopes(store, QUEUE) == [None]
    assert scopes(store, HUNTS) == []


@pytest.mark.parametrize("status", ["PENDING", "SUCCESS", "ERROR", "CANCELLED", "DELAYED"])
def test_what_does_not_wait_is_not_looked_for(store, status):
    put(store, status)
    assert scopes(store, QUEUE) == []


def test_a_store_that_cannot_be_asked_is_looked_into_as_ever(store):
    with store.engine.begin() as db:
        db.execute(sa.text("DROP TABLE workflow_status"))
    assert scopes(store, QUEUE) == [None]


def test_an_index_answers_however_many_runs_are_over(store):
    asked = _waits(store.tables.workflow_status).params(queue=QUEUE)
    text = asked.compile(store.engine, compile_kwargs={"literal_binds": True})
    with store.engine.connect() as db:
        plan = db.execute(sa.text(f"EXPLAIN QUERY PLAN {text}")).fetchall()
    assert " USING " in plan[0][3]
    assert "INDEX" in plan[0][3]
