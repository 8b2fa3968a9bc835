"""Short times that a slow machine may miss: they are tried again with longer ones."""

from __future__ import annotations

from collections.abc import Iterator


def growing(seconds: float) -> Iterator[float]:
    """Give so many seconds, then ten and a hundred times as many.

    For a test whose time has to run out, but not before something else has happened. Where it ran out too
    early, the test tries again with more; so it is short on any usual machine, and no machine fails it.
    """
    yield from (seconds, 10 * seconds, 100 * seconds)
