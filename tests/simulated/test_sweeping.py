"""A sweep of tenants of several sizes, in simulated time: what it asks, and how near the ideal it comes."""

from __future__ import annotations

import queue
import threading

import pytest

from tests.simulated.clock import Simulated, Stuck
from tests.simulated.sweeping import expected, ideal, swept
from tests.simulated.tenant import QUIET, Shape, records_of

NEAR = 0.9
"""How much of the ideal is the least."""


@pytest.mark.parametrize(
    ("mailboxes", "days"),
    [
        (1_000, 1),
        (2_000, 1),
        pytest.param(4_000, 1, marks=pytest.mark.slow),
        pytest.param(4_000, 3, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_what_is_asked_grows_as_computed_and_no_limit_is_ever_passed(mailboxes: int, days: int) -> None:
    shape = Shape(mailboxes=mailboxes, attacked=mailboxes // 100, risky=20, forwarding=mailboxes // 300)
    run = swept(shape, days)
    closely = run.found.closely
    assert closely is not None
    # Those whose passwords are tried, and the few of whom a rare operation raises a doubt.
    assert (
        shape.attacked <= closely.doubted <= shape.attacked + days * (1 + records_of(shape, 86_400) // QUIET)
    )
    assert closely.left == 0
    wanted = expected(shape, days, closely.doubted)
    assert {name: run.calls[name] for name in wanted} == wanted
    assert not +run.refused
    assert ideal(shape, days, closely.doubted) / run.seconds >= NEAR


@pytest.mark.slow
def test_where_no_limit_binds_twice_the_workers_are_nearly_twice_as_fast() -> None:
    shape = Shape(mailboxes=500, attacked=1, risky=0.01, forwarding=0, search=600)
    one, two, four = (swept(shape, 12, at_once).seconds for at_once in (1, 2, 4))
    assert one / two > 1.8
    assert two / four > 1.8


def test_of_a_storm_of_sign_ins_each_account_is_found_and_what_was_left_out_is_told() -> None:
    shape = Shape(mailboxes=1_000, attacked=10, risky=20, forwarding=0)
    found = swept(shape, 1).found
    assert {f"user{number}@fabrikam.example" for number in range(10)} <= {
        one.account for one in found.touched
    }
    [state] = [one for one in found.sources if one.id == "sign_ins"]
    assert "19,600 sign-ins of accounts with more than 20 alike" in state.reason


def test_simulated_time_passes_only_while_everybody_waits() -> None:
    clock = Simulated()
    never = threading.Event()
    told: list[tuple[str, float]] = []

    def sleeper(name: str, seconds: float) -> None:
        clock.sleep(seconds, never)
        told.append((name, clock.now()))

    def run() -> float:
        gate, news, crew = clock.gate(1), clock.news(), clock.crew(2, "crew")
        for number in range(3):
            crew.submit(sleeper, f"crew {number}", 100.0)
        late = clock.begin(lambda: sleeper("late", 3_600.0), "late")
        assert gate.acquire(timeout=1.0)
        assert not gate.acquire(timeout=7.0)
        told.append(("gate", clock.now()))
        with pytest.raises(queue.Empty):
            news.get(timeout=5.0)
        late.join()
        return clock.now()

    assert clock.run(run) == 3_600.0
    assert told == [("gate", 7.0), ("crew 0", 100.0), ("crew 1", 100.0), ("crew 2", 200.0), ("late", 3_600.0)]


def test_where_everybody_waits_for_somebody_else_simulated_time_does_not_hang() -> None:
    clock = Simulated()
    with pytest.raises(Stuck):
        clock.run(lambda: clock.news().get())
