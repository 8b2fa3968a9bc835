"""The busiest span of time among things that have one: what was done in bulk shows in it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

T = TypeVar("T")


def busiest(ones: Sequence[T], span: timedelta, at: Callable[[T], datetime]) -> Sequence[T]:
    """Give those of the `span` that has most of them, the first where several have as many.

    Args:
        ones: The things, oldest first.
        span: How long; what lies exactly so far apart is in it.
        at: When a thing happened.
    """
    best: Sequence[T] = ()
    start = 0
    for end, one in enumerate(ones):
        while at(one) - at(ones[start]) > span:
            start += 1
        if end + 1 - start > len(best):
            best = ones[start : end + 1]
    return best
