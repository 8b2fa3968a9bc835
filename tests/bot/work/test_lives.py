"""Who is alive is told by locks alone, on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import CannotStart
from bot.work.crossing import store as crossing
from bot.work.crossing.codec import PACKED, SHOWN
from bot.work.crossing.seal import Seal
from bot.work.crossing.store import REMEMBERED, KeeperFacts, Store
from bot.work.engine.database import database
from bot.work.engine.lives import PATIENCE, SETTLING, Alone, Locks
from tests.postgres import Cluster, running, soon

SEAL = Seal("a key of 32 characters, or of more")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Cluster]:
    with running() as cluster:
        yield cluster


class Clock:
    """Seconds that pass only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@contextmanager
def process(url: str, name: str, *, keeper: bool = False) -> Iterator[tuple[Locks, Clock]]:
    clock = Clock()
    locks = Locks(database(url), name, keeper=keeper, sleep=clock.sleep, seconds=clock)
    locks.hold()
    try:
        yield locks, clock
    finally:
        locks.release()


def test_nobody_is_gone_who_holds_the_lock_however_long_nothing_is_heard(postgres):
    url = postgres.database()
    with process(url, "worker-1") as (one, clock):
        with process(url, "worker-2"):
            assert one.is_held("worker-2")
            assert one.workers() == 2
            clock.sleep(1_000_000)
            assert one.beat()
            with one.gone("worker-2") as gone:
                assert not gone
        soon(lambda: not one.is_held("worker-2"))
        assert one.workers() == 1
        with one.gone("worker-2") as gone:
            assert gone
            # Whoever else looks meanwhile leaves it to us.
            with process(url, "worker-3") as (third, _), third.gone("worker-2") as also:
                assert not also
        assert not one.is_held("worker-2")


def test_there_is_one_keeper(postgres):
    url = postgres.database()
    with process(url, "bot-1", keeper=True) as (first, _):
        clock = Clock()
        second = Locks(database(url), "bot-2", keeper=True, sleep=clock.sleep, seconds=clock)
        with pytest.raises(CannotStart, match="Another bot is using this job database"):
            second.hold()
        assert clock.now >= PATIENCE
        assert first.workers() == 0
        second.release()
    with process(url, "bot-2", keeper=True):
        pass


@pytest.mark.slow
def test_after_the_server_was_restarted_everyone_has_time_to_take_their_lock_anew(postgres):
    url = postgres.database()
    with process(url, "worker-1") as (one, clock), process(url, "worker-2") as (two, _):
        clock.sleep(SETTLING + 1)
        assert one.beat()
        postgres.stop()
        with pytest.raises(SQLAlchemyError):
            one.beat()
        postgres.start()
        assert not one.beat()
        two.beat()
        clock.sleep(SETTLING + 1)
        assert one.beat()
        with one.gone("worker-2") as gone:
            assert not gone


def test_with_an_embedded_engine_whoever_else_left_a_name_is_gone():
    alone = Alone()
    assert not alone.is_held("bot-1")
    with alone.gone("bot-1") as gone:
        assert gone


def test_a_result_is_kept_once_and_forgotten_with_its_search(postgres):
    store = Store(database(postgres.database()))
    assert store.keeper() is None
    store.prepare()
    assert store.keeper() is None
    for facts in (KeeperFacts("1", {}), KeeperFacts("2", {"Contoso": "t"}, "0123")):
        store.tell(facts)
        assert store.keeper() == facts
    assert [store.begin("C-1", 1) for _ in range(3)] == [1, 2, 3]
    assert store.get("C-1", 1) is None
    store.show("C-1", 1, b"half")
    assert list(store.shown({("C-1", 1): 0})) == [("C-1", 1, 1, b"half")]
    assert list(store.shown({("C-1", 1): 1})) == []
    assert list(store.shown({("C-1", 2): 0, ("C-2", 1): 0})) == list(store.shown({})) == []
    store.put("C-1", 1, b"first", b"zip")
    store.put("C-1", 1, b"second", b"other")
    store.show("C-1", 1, b"late")
    assert list(store.shown({("C-1", 1): 0})) == []
    assert store.get("C-1", 1) == (b"first", b"zip")
    assert store.is_there("C-1", 1)
    memory = store.memory("C-1", SEAL)
    memory.remember("audit_log", "query", "q1")
    memory.remember("audit_log", "query", "q2")
    memory.remember("audit_log", "other", "gone")
    memory.remember("audit_log", "other", "")
    assert memory.recall("audit_log") == {"query": "q2"}
    memory.remember("audit_log", "other", "back")
    memory.remember("sign_ins", "page", "7")
    memory.remember("sign_ins", "page", "")
    for of_it in (memory, store.memory("C-1", SEAL)):
        assert of_it.recall("audit_log") == {"query": "q2", "other": "back"}
        assert of_it.recall("sign_ins") == {}
    store.begin("C-1", 2)
    store.drop("C-1", 1)
    assert store.memory("C-1", SEAL).recall("audit_log") == {}
    assert store.get("C-1", 1) is None
    assert store.begin("C-1", 2) == 2


def test_what_is_larger_than_a_worker_sends_is_not_brought_to_the_keeper(postgres):
    url = postgres.database()
    store = Store(database(url))
    with psycopg.connect(url, autocommit=True) as db:
        store.prepare()
        store.begin("C-1", 1)
        store.begin("C-2", 1)
        db.execute(
            "UPDATE compromise_runs SET shown = 1, progress = %s WHERE case_id = 'C-1'", [bytes(SHOWN + 1)]
        )
        db.execute(
            "UPDATE compromise_runs SET answers = 'z', result = %s WHERE case_id = 'C-2'", [bytes(PACKED + 1)]
        )
        assert list(store.shown({("C-1", 1): 0})) == [("C-1", 1, 1, b"")]
        assert store.get("C-2", 1) == (b"", b"z")


def test_what_somebody_says_beside_the_keeper_or_makes_huge_is_not_read(postgres):
    url = postgres.database()
    store = Store(database(url))
    store.prepare()
    facts = KeeperFacts("2", {"Contoso": "t"}, "0123")
    store.tell(facts)
    memory = store.memory("C-1", SEAL)
    memory.remember("audit_log", "query", "q1")
    with psycopg.connect(url, autocommit=True) as db:
        db.execute("INSERT INTO compromise_keeper VALUES (0, '{}'), (2, '{}')")
        assert store.keeper() == facts
        huge = b"INSERT INTO compromise_memory VALUES ('C-1', 'sign_ins', 'page', repeat('x', %s))"
        db.execute(huge, [REMEMBERED + 1])
        assert store.recall("C-1").keys() == {"audit_log"}
        db.execute("UPDATE compromise_keeper SET body = repeat('x', 3000000) WHERE one = 1")
        assert store.keeper() == KeeperFacts("another version", {})


def test_a_memory_that_cannot_be_reached_costs_no_check(postgres):
    store = Store(database("postgresql://postgres@/jobs?host=/nowhere"))
    memory = store.memory("C-1", SEAL)
    memory.remember("audit_log", "query", "q1")
    assert memory.recall("audit_log") == {}


@pytest.mark.slow
def test_a_search_of_another_case_or_of_somebody_without_the_key_is_not_taken_up(postgres):
    store = Store(database(postgres.database()))
    store.prepare()
    other = store.memory("C-2", SEAL)
    other.remember("audit_log", "query", "of another account")
    [(_, theirs)] = store.recall("C-2")["audit_log"].items()
    for put in (theirs, "of another account", "AAAA", "ü"):
        store.remember("C-1", "audit_log", "query", put)
        assert store.memory("C-1", SEAL).recall("audit_log") == {}
    assert other.recall("audit_log") == {"query": "of another account"}


def test_a_keeper_whose_place_another_one_took_knows_that(postgres):
    url = postgres.database()
    with process(url, "bot-1", keeper=True) as (first, _):
        assert first.is_ours()
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as db:
            # Its session ends, as where the network between the two is cut for a while.
            db.execute(
                b"SELECT pg_terminate_backend(pid) FROM pg_locks"
                b" WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
            )
        with process(url, "bot-2", keeper=True) as (second, _):
            assert second.is_ours()
            assert not first.is_ours()
        soon(first.is_ours)


def test_names_that_are_none_of_ours_are_forgotten_and_no_round_looks_at_all_of_very_many(
    postgres, monkeypatch
):
    monkeypatch.setattr(crossing, "NAMES", 3)
    store = Store(database(postgres.database()))
    store.prepare()
    for name in ("C-2ABCD", "x" * 1_000, *(f"H-{number}" for number in range(9))):
        store.stop(name)
    first = store.names()
    assert len(first) == 3
    store.clear(first)
    assert not store.names() & first
    assert not store.is_stopped("x" * 1_000)
