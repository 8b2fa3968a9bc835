"""Pieces of work beside each other: in order, so many at a time, and none of them lost when one fails."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest

from graph.beside import beside
from graph.clock import CLOCK, Clock, Running

SECONDS = 600.0
"""How long to wait for what comes at once, unless it never does."""


def test_what_came_of_each_stands_in_the_order_in_which_they_were_given():
    second = threading.Event()

    def first() -> str:
        assert second.wait(SECONDS), "the second is done beside the first"
        return "first"

    def later() -> str:
        second.set()
        return "second"

    assert beside([first, later, lambda: "third"], CLOCK, 2) == ["first", "second", "third"]


def test_no_more_are_done_at_a_time_than_may_be():
    under_way = threading.Semaphore(2)
    both = threading.Barrier(2, timeout=SECONDS)

    def work() -> bool:
        free = under_way.acquire(blocking=False)
        both.wait()
        under_way.release()
        return free

    assert beside([work] * 6, CLOCK, 2) == [True] * 6


def test_one_alone_is_done_by_whoever_asks():
    assert beside([threading.get_ident], CLOCK, 4) == [threading.get_ident()]
    assert beside([threading.get_ident] * 2, CLOCK, 1) == [threading.get_ident()] * 2
    assert beside([], CLOCK, 4) == []


def test_what_the_first_of_them_raised_is_raised_once_all_have_ended():
    done: list[str] = []
    failed = threading.Event()

    def fails(name: str) -> None:
        failed.set()
        raise ValueError(name)

    def waits() -> None:
        assert failed.wait(SECONDS)
        done.append("after the failure")

    with pytest.raises(ValueError, match="one"):
        beside([waits, lambda: fails("one"), lambda: fails("two")], CLOCK, 3)
    assert done == ["after the failure"]


def test_where_no_thread_can_be_had_whoever_asks_does_all_of_them():
    class Poor(Clock):
        def begin(self, work: Callable[[], None], name: str) -> Running:
            raise RuntimeError("can't start new thread")

    assert beside([threading.get_ident] * 3, Poor(), 3) == [threading.get_ident()] * 3


def test_each_is_done_once():
    done: list[int] = []
    beside([partial(done.append, number) for number in range(200)], CLOCK, 8)
    assert sorted(done) == list(range(200))
