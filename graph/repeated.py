"""Equal values held once: a thousand records of one account repeat most of what they say."""

from __future__ import annotations

from typing import Any, Final, TypeVar

T = TypeVar("T")

MOST: Final = 20_000
"""How many different values are looked through for one that repeats; then it begins anew."""


class Repeated:
    """Gives equal values as the same object, as far as they came lately. Any thread may use it."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: dict[Any, Any] = {}

    def __call__(self, value: T) -> T:
        """Give the value as it was seen first."""
        known = self._known
        if len(known) > self._most:
            known = self._known = {}
        found: T = known.setdefault(value, value)
        return found
