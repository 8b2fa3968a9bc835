"""Work without the collector of cycles, where there are none to collect."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_cycles() -> Iterator[None]:
    """Look for no cycles: what is made meanwhile forms none, and looking took up to a quarter of the time.

    So it is with ten thousands of records, and with modules that are imported.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
