"""The first findings are on the card as soon as there are some, and no edit comes too soon after another."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import pytest

from bot.cards.painter import Edits, Painter

HOUR = 3600.0


@contextmanager
def painting(edits: Edits, worth: Callable[[int], bool]) -> Iterator[tuple[Painter[int], queue.Queue[int]]]:
    painted: queue.Queue[int] = queue.Queue()

    def paint(progress: int) -> float:
        painted.put(progress)
        return edits.apart

    painter = Painter[int](paint, edits, worth)
    painter.thread.start()
    try:
        yield painter, painted
    finally:
        painter.stop()


def test_the_first_edit_does_not_wait_once_there_is_something_to_show():
    with painting(Edits(first=HOUR, apart=HOUR, soon=0), lambda progress: progress > 1) as (painter, painted):
        painter.tell(1)
        painter.tell(2)
        assert painted.get() == 2


def test_without_anything_to_show_the_first_edit_comes_when_it_is_due():
    with painting(Edits(first=0.05, apart=HOUR), lambda _: False) as (painter, painted):
        painter.tell(1)
        assert painted.get() == 1


def test_what_cannot_be_judged_yet_is_shown_when_the_first_edit_is_due():
    def fail(_: int) -> bool:
        raise ValueError

    with painting(Edits(first=0.05, apart=HOUR, soon=0), fail) as (painter, painted):
        painter.tell(1)
        assert painted.get() == 1


def test_the_first_finding_does_not_wait_for_an_edit_that_showed_nothing():
    edits = Edits(first=0.02, apart=HOUR, soon=0.01)
    with painting(edits, lambda progress: progress > 2) as (painter, painted):
        painter.tell(1)
        assert painted.get() == 1
        painter.tell(2)
        painter.tell(3)
        assert painted.get() == 3
        # From then on edits are apart.
        painter.tell(4)
        with pytest.raises(queue.Empty):
            painted.get(timeout=0.2)


def test_edits_are_a_second_and_a_half_apart_and_never_closer_than_they_are_to_be():
    assert Edits().apart == 1.5
    with painting(Edits(first=0.01, apart=0.3, soon=0.01), lambda _: True) as (painter, painted):
        begun = monotonic()
        for number in range(3):
            painter.tell(number)
            assert painted.get() == number
        assert monotonic() - begun >= 0.6


def test_where_slack_asks_for_a_pause_the_first_finding_waits_too():
    painted: queue.Queue[int] = queue.Queue()

    def refused(progress: int) -> float:
        painted.put(progress)
        return 2 * HOUR

    painter = Painter[int](refused, Edits(first=0.02, apart=HOUR, soon=0.01), lambda progress: progress > 1)
    painter.thread.start()
    painter.tell(1)
    assert painted.get() == 1
    painter.tell(2)
    with pytest.raises(queue.Empty):
        painted.get(timeout=0.2)
    painter.stop()


def test_an_end_paints_no_more():
    with painting(Edits(first=HOUR, apart=HOUR), lambda _: True) as (painter, painted):
        painter.tell(1)
        painter.stop()
        painter.tell(2)
    assert painted.empty() or painted.get_nowait() == 1
    assert not painter.thread.is_alive()
