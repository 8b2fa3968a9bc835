"""What a test goes through, of which there must be something, and the part of it that `make test` takes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

import pytest

T = TypeVar("T")


def each(things: Iterable[T]) -> list[T]:
    """Give all of them.

    Raises:
        AssertionError: there is none, and a loop over them would claim much and check nothing.
    """
    found = list(things)
    assert found, "there is nothing to look at"
    return found


def some_now(things: Iterable[Any], step: int) -> list[Any]:
    """Give the rows of a long table of one kind: every `step`-th in `make test`, all in `make test-all`."""
    return [
        pytest.param(one, marks=[] if place % step == 0 else [pytest.mark.slow])
        for place, one in enumerate(each(things))
    ]
