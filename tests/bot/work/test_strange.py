"""What somebody else put into the job database is cleared away, and nobody is alive by what stands there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import psycopg
import pytest
from dbos import WorkflowStatus

from bot.work.engine.database import database
from bot.work.engine.kinds import APPLICATION, CHECK, HOMES, PLAN, PLANS, VERSION
from bot.work.engine.strange import MOST, clear_strange, drop_queues, queues_of
from bot.work.engine.under_way import LONG, UnderWay
from tests.postgres import Cluster, running


@pytest.fixture(scope="module")
def postgres() -> Iterator[Cluster]:
    with running() as cluster:
        yield cluster


def test_runs_that_are_too_large_or_unreadable_are_cleared_away(postgres):
    url = postgres.job_database()
    row = b"INSERT INTO dbos.workflow_status (workflow_uuid, status, inputs, authenticated_roles, priority)"
    with psycopg.connect(url, autocommit=True) as db:
        for name, size, roles in (("large", MOST + 1, None), ("ours", 10, None), ("odd", 10, "{")):
            db.execute(row + b" VALUES (%s, 'ENQUEUED', repeat('x', %s), %s, 0)", [name, size, roles])
            db.execute(b"INSERT INTO dbos.workflow_input (workflow_uuid, inputs) VALUES (%s, 'x')", [name])
        db.execute(row + b" VALUES ('beside', 'ENQUEUED', NULL, NULL, 0)")
        large = b"INSERT INTO dbos.workflow_input (workflow_uuid, inputs) VALUES ('beside', repeat('x', %s))"
        db.execute(large, [MOST + 1])
        for _ in range(2):
            clear_strange(database(url))
            left = b"SELECT workflow_uuid, status, authenticated_roles FROM dbos.workflow_status ORDER BY 1"
            assert db.execute(left).fetchall() == [
                ("beside", "ERROR", None),
                ("large", "ERROR", None),
                ("odd", "ENQUEUED", None),
                ("ours", "ENQUEUED", None),
            ]
            bytes_left = db.execute(b"SELECT sum(octet_length(inputs)) FROM dbos.workflow_input").fetchone()
            assert bytes_left == (3,)


def test_a_database_that_is_new_or_away_is_no_trouble(postgres):
    new = database(postgres.database())
    clear_strange(new)
    drop_queues(new, ["checks"])
    clear_strange(database("postgresql://postgres@/jobs?host=/nowhere"))


def test_it_is_seen_that_somebody_changed_how_a_queue_is_read(postgres):
    url = postgres.job_database()
    jobs = database(url)
    with psycopg.connect(url, autocommit=True) as db:
        for name in ("checks", "of somebody else"):
            db.execute(b"INSERT INTO dbos.queues (name) VALUES (%s)", [name])
        before = queues_of(jobs, ["checks"])
        db.execute(b"UPDATE dbos.queues SET updated_at = 1, created_at = 1")
        assert queues_of(jobs, ["checks"]) == before
        db.execute(b"UPDATE dbos.queues SET polling_interval_sec = 9")
        assert queues_of(jobs, ["checks"]) != before
        drop_queues(jobs, ["checks"])
        assert db.execute(b"SELECT name FROM dbos.queues").fetchall() == [("of somebody else",)]


class Everyone:
    """Lives in which everybody is alive."""

    def hold(self) -> None: ...

    def beat(self) -> bool:
        return True

    def is_ours(self) -> bool:
        return True

    def is_held(self, executor: str) -> bool:
        return True

    def gone(self, executor: str) -> AbstractContextManager[bool]:
        return nullcontext(False)

    def workers(self) -> int:
        return 1

    def release(self) -> None: ...


class Seconds:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def told(**changes: Any) -> WorkflowStatus:
    """A check that waits in its queue, as the job database tells of it."""
    known = WorkflowStatus()
    values = {
        "workflow_id": "check:C-2ABCD:1",
        "status": "ENQUEUED",
        "name": CHECK.workflow,
        "queue_name": CHECK.queue,
        "queue_partition_key": "Contoso",
        "app_version": VERSION,
        "application_name": APPLICATION,
        "executor_id": None,
    }
    for name, value in {**values, **changes}.items():
        setattr(known, name, value)
    return known


ELSEWHERE = {"status": "PENDING", "executor_id": "worker-1"}


@pytest.mark.parametrize(
    ("changes", "is_alive"),
    [
        ({}, True),
        ({"application_name": None}, True),
        ({"app_version": None}, True),
        ({"app_version": "work-0"}, False),
        ({"application_name": "other"}, False),
        ({"queue_name": "nowhere"}, False),
        ({"queue_name": None}, False),
        ({"queue_partition_key": None}, False),
        ({"status": "DELAYED"}, False),
        ({"status": "SUCCESS"}, False),
        ({"name": "burn"}, False),
        (ELSEWHERE, True),
        ({**ELSEWHERE, "app_version": "work-0"}, True),
        ({**ELSEWHERE, "application_name": "other"}, False),
        ({**ELSEWHERE, "name": PLAN, "queue_name": PLANS}, False),
        ({**ELSEWHERE, "executor_id": "bot-1", "name": "burn"}, False),
    ],
)
def test_a_run_is_alive_only_where_somebody_looks_for_it(changes, is_alive):
    assert UnderWay(VERSION, "bot-1", Everyone(), HOMES).is_alive(told(**changes)) is is_alive


def test_none_is_under_way_elsewhere_for_ever():
    clock = Seconds()
    under_way = UnderWay(VERSION, "bot-1", Everyone(), HOMES, clock)
    known = told(**ELSEWHERE)
    assert under_way.is_alive(known)
    clock.now += LONG - 1
    assert under_way.is_alive(known)
    clock.now += 1
    assert not under_way.is_alive(known)
    assert under_way.is_alive(known), "another run of that name is counted anew"
