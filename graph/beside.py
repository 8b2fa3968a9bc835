"""Do several pieces of work beside each other, and give what came of them in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import structlog

from graph.clock import Clock, Running

log = structlog.get_logger(__name__)

T = TypeVar("T")


def beside(works: Sequence[Callable[[], T]], clock: Clock, at_once: int) -> list[T]:
    """Do each of these once, so many at a time at most and begun in their order, and wait for all of them.

    Whoever asks does its part; where no further thread can be had, it does all of them.

    Args:
        works: What is to be done; any thread may do it.
        clock: Whose threads do it.
        at_once: How many at a time, at most.

    Raises:
        BaseException: what the first of them in their order raised, once all have ended.
    """
    came: dict[int, T] = {}
    failed: dict[int, BaseException] = {}
    left = iter(range(len(works)))  # of threads that ask at the same time each is given another one

    def work_off() -> None:
        for place in left:
            try:
                came[place] = works[place]()
            except BaseException as error:  # noqa: BLE001 - raised again where it was asked for
                failed[place] = error

    helpers: list[Running] = []
    for _ in range(min(at_once, len(works)) - 1):
        try:
            helpers.append(clock.begin(work_off, "beside"))
        except RuntimeError as error:
            log.warning("No thread can be had.", action="thread.none", why=str(error))
            break
    work_off()
    for helper in helpers:
        helper.join()
    if failed:
        raise failed[min(failed)]
    return [came[place] for place in range(len(works))]
