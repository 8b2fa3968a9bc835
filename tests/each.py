"""What a test goes through, of which there must be something."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def each(things: Iterable[T]) -> list[T]:
    """Give all of them.

    Raises:
        AssertionError: there is none, and a loop over them would claim much and check nothing.
    """
    found = list(things)
    assert found, "there is nothing to look at"
    return found
