"""Several processes that ask one tenant keep to its limits together: two limiters have a session each."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import event

from bot.work.crossing.limiter import ALONE, FRESH, WAIT, SharedLimiter
from bot.work.engine.database import database
from bot.work.engine.lives import number_of
from graph.errors import OutOfTime
from graph.limits import EXCHANGE_AT_ONCE, PER_MAILBOX, Deadline, Limits
from graph.request import Cmdlet, Limit, Request
from graph.settings import TenantSettings
from tests.postgres import Cluster, running, soon

MAIL = Request("GET", "/users/adele/messages", limit=Limit.MAILBOX)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Cluster]:
    with running() as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that is slow is not away, however slow the machine is."""
    for name in WAIT:
        monkeypatch.setitem(WAIT, name, "600s")


def tenant(tenant_id: str = "t1", client_id: str = "app") -> TenantSettings:
    return TenantSettings(tenant_id=tenant_id, client_id=client_id, client_secret=SecretStr("s"))


class Counting:
    """Counts how many are inside at the same time."""

    def __init__(self) -> None:
        self.now = self.most = self.times = 0
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        with self._lock:
            self.now += 1
            self.times += 1
            self.most = max(self.most, self.now)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.now -= 1


@pytest.mark.parametrize(
    ("what", "places"), [(MAIL, PER_MAILBOX), (Cmdlet("Get-Mailbox", {}), EXCHANGE_AT_ONCE)], ids=str
)
def test_no_more_ask_at_the_same_time_than_one_process_might(postgres, what, places):
    url, inside, met = database(postgres.database()), Counting(), threading.Barrier(places)
    with closing(SharedLimiter(url)) as one, closing(SharedLimiter(url)) as two:
        limits = [Limits(one.of(tenant())), Limits(two.of(tenant()))]

        def ask(number: int) -> None:
            with limits[number % 2].slot(what, Deadline(600)), inside:
                # All places are used: each waits until as many are inside as fit.
                met.wait(600)

        with ThreadPoolExecutor(4 * places) as pool:
            list(pool.map(ask, range(4 * places)))
        for each in limits:
            each.close()
    assert (inside.most, inside.times) == (places, 4 * places)


def test_those_who_begin_at_the_same_moment_all_keep_to_the_limits_together(postgres):
    url, together = database(postgres.database()), threading.Barrier(8)

    def begin(_: int) -> bool:
        with closing(SharedLimiter(url)) as one:
            together.wait(600)
            taken = one.of(tenant()).take([("mailbox adele", [0])]) == [0]
            together.wait(600)
            return taken

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(begin, range(8))).count(True) == 1


def test_a_batch_asks_a_mailbox_alone_among_all_processes(postgres):
    url = database(postgres.database())
    with closing(SharedLimiter(url)) as one, closing(SharedLimiter(url)) as two:
        first, second = Limits(one.of(tenant())), Limits(two.of(tenant()))
        with first.slot(MAIL, Deadline(600), whole=True):
            for whole in (True, False):
                with pytest.raises(OutOfTime), second.slot(MAIL, Deadline(0.3), whole=whole):
                    pytest.fail("it got in")
            # Another mailbox, another application and another tenant are not concerned.
            with second.slot(Request("GET", "/users/megan/messages", limit=Limit.MAILBOX), Deadline(600)):
                pass
            for other in (tenant("t2"), tenant(client_id="another")):
                third = Limits(two.of(other))
                with third.slot(MAIL, Deadline(600)):
                    pass
                third.close()
        with second.slot(MAIL, Deadline(600), whole=True):
            pass
        first.close()
        second.close()


def mailbox(number: int) -> Request:
    return Request("GET", f"/users/u{number:02}/messages", limit=Limit.MAILBOX)


def test_a_batch_takes_its_places_in_one_statement_and_leaves_them_in_another(postgres):
    way, said = database(postgres.database()), []
    with closing(SharedLimiter(way)) as one:
        limits = Limits(one.of(tenant()))
        with limits.slot(MAIL, Deadline(600)):
            event.listen(way, "before_cursor_execute", lambda *told: said.append(told[2]))
            with limits.slots([mailbox(number) for number in range(20)], Deadline(600)):
                assert len(said) == 1
            assert len(said) == 2
            with limits.slot(mailbox(1), Deadline(600), whole=True):
                pass
            assert len(said) == 4
        limits.close()


def test_batches_of_several_processes_that_want_the_same_mailboxes_all_come_to_their_turn(postgres):
    url, inside = postgres.database(), [Counting() for _ in range(6)]
    with closing(SharedLimiter(database(url))) as one, closing(SharedLimiter(database(url))) as two:
        limits = [Limits(one.of(tenant())), Limits(two.of(tenant()))]

        def ask(number: int) -> None:
            mine = [(number + step) % 6 for step in range(1 if number % 3 == 0 else 4)]
            with (
                limits[number % 2].slots([mailbox(each) for each in mine], Deadline(600)),
                ExitStack() as all_,
            ):
                for each in mine:
                    all_.enter_context(inside[each])

        with ThreadPoolExecutor(24) as pool:
            list(pool.map(ask, range(120)))
        for each in limits:
            each.close()
    assert max(each.most for each in inside) <= PER_MAILBOX
    assert sum(each.times for each in inside) == 40 + 80 * 4


def test_a_process_that_is_gone_leaves_its_places_at_once(postgres):
    url = database(postgres.database())
    with closing(SharedLimiter(url)) as two:
        one = SharedLimiter(url)
        for place in range(PER_MAILBOX):
            assert one.of(tenant()).take([("mailbox adele", [place])])[0] == place
        assert two.of(tenant()).take([("mailbox adele", [0])]) == [None]
        one.close()
        soon(lambda: two.of(tenant()).take([("mailbox adele", [0])]) == [0])


def test_turns_are_counted_for_all_processes_together(postgres):
    url = database(postgres.database())
    with closing(SharedLimiter(url)) as one, closing(SharedLimiter(url)) as two:
        first, second = one.of(tenant()), two.of(tenant())
        assert [each.turn("reports", 3, 3600) for each in (first, second, first)] == [0, 0, 0]
        assert 0 < second.turn("reports", 3, 3600) <= 3600
        assert first.turn("reports", 3, 3600) > 0
        assert two.of(tenant("t2")).turn("reports", 3, 3600) == 0
        # Of risk questions Microsoft counts those of all applications of a tenant.
        assert first.turn(Limit.RISK, 1, 3600) == 0
        assert two.of(tenant(client_id="another")).turn(Limit.RISK, 1, 3600) > 0


def test_a_pause_that_one_process_is_asked_for_holds_up_the_others_of_that_tenant(postgres):
    url, clock = database(postgres.database()), [0.0]
    with closing(SharedLimiter(url)) as one, closing(SharedLimiter(url, lambda: clock[0])) as two:
        limits = Limits(one.of(tenant()))
        second = two.of(tenant())
        assert second.paused(Limit.DIRECTORY) == 0
        limits.pauses.ask_for(Limit.DIRECTORY, 3600)
        limits.pauses.ask_for(Limit.DIRECTORY, 5)
        clock[0] += FRESH
        assert second.paused(Limit.DIRECTORY) > 3000
        assert second.paused(Limit.REPORTS) == 0
        assert two.of(tenant("t2")).paused(Limit.DIRECTORY) == 0
        limits.close()


def test_who_holds_a_lock_or_writes_odd_rows_stops_nobody(postgres, monkeypatch):
    monkeypatch.setitem(WAIT, "lock_timeout", "1s")
    url, clock = postgres.database(), [0.0]
    with closing(SharedLimiter(database(url), lambda: clock[0])) as one, psycopg.connect(url) as foreign:
        asks = one.of(tenant())
        assert asks.turn("reports", 1, 60) == 0
        foreign.execute("UPDATE compromise_turns SET at = at + 1000000")
        foreign.execute("INSERT INTO compromise_pauses VALUES (%s, 1e12)", [f"t1 app {Limit.DIRECTORY}"])
        foreign.commit()
        assert (asks.turn("reports", 1, 60), asks.paused(Limit.DIRECTORY)) == (0, 0)
        assert asks.turn("reports", 1, 60) > 0
        foreign.execute("SELECT pg_advisory_lock(%s::int, 0)", [number_of("turn t1 app reports")])
        assert asks.turn("reports", 1, 60) == 0  # by itself, as if the database were away
        foreign.close()
        clock[0] += ALONE
        assert asks.turn("reports", 1, 60) > 0


def test_without_the_database_each_process_keeps_to_the_limits_by_itself():
    clock = [0.0]
    with closing(SharedLimiter(database("postgresql://postgres@/x?host=/nowhere"), lambda: clock[0])) as one:
        limits = Limits(one.of(tenant()))
        with limits.slot(MAIL, Deadline(600), whole=True):
            limits.turn(Limit.RISK, Deadline(600))
        asked = []
        one.ask(lambda _: asked.append("again"), None)
        assert asked == []
        clock[0] += ALONE
        assert one.of(tenant()).take([("mailbox adele", [0])]) == [0]
        limits.close()


@pytest.mark.parametrize("until", ["NaN", "Infinity", "-Infinity", "1e12"])
def test_a_pause_that_nobody_of_ours_makes_ends_no_true_one(postgres, until):
    url = postgres.database()
    with closing(SharedLimiter(database(url))) as limiter, psycopg.connect(url, autocommit=True) as foreign:
        asks = limiter.of(tenant())
        assert asks.paused(Limit.DIRECTORY) == 0
        forged = b"INSERT INTO compromise_pauses VALUES (%s, %s::float8)"
        foreign.execute(forged, [f"t1 app {Limit.DIRECTORY}", until])
        asks.pause(Limit.DIRECTORY, 3000)
        soon(lambda: asks.paused(Limit.DIRECTORY) > 2900)


@pytest.mark.slow
def test_one_tenant_uses_up_no_turn_and_sets_no_pause_of_another(postgres):
    url, now = database(postgres.database()), [0.0]
    with (
        closing(SharedLimiter(url, lambda: now[0])) as one,
        closing(SharedLimiter(url, lambda: now[0])) as two,
    ):
        throttled, other = one.of(tenant("t1")), two.of(tenant("t2"))
        throttled.pause(Limit.REPORTS, 3000)
        for limit, count in ((Limit.REPORTS, 5), (Limit.RISK, 1)):
            assert [throttled.turn(limit, count, 600) for _ in range(count)] == [0.0] * count
            assert throttled.turn(limit, count, 600) > 0
            assert [other.turn(limit, count, 600) for _ in range(count)] == [0.0] * count
        now[0] += FRESH
        assert throttled.paused(Limit.REPORTS) > 0
        assert other.paused(Limit.REPORTS) == 0
        every = [("mailbox adele", [place]) for place in range(PER_MAILBOX)]
        assert throttled.take(every) == other.take(every) == list(range(PER_MAILBOX))
