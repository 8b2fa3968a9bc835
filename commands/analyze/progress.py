"""How far an analysis has come, as numbers that all of its processes write down in one file."""

from __future__ import annotations

import mmap
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Final

EVERY: Final = 0.2
"""Seconds between two times that progress is told."""

_SLOT: Final = struct.Struct("<QQ")


class Stage(StrEnum):
    """What is being done."""

    READING = "Reading"
    JUDGING = "Judging"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it has come.

    Attributes:
        stage: What is being done.
        done: Bytes that were read, or accounts that were judged.
        total: Of how many.
        records: How many records were read so far.
    """

    stage: Stage
    done: int
    total: int
    records: int


def prepare(path: Path, slots: int) -> None:
    """Make the file, with a place for each task."""
    path.write_bytes(bytes(_SLOT.size * max(1, slots)))


def note(path: Path, slot: int, done: int, records: int) -> None:
    """Write down how far one task has come."""
    _SLOT.pack_into(_opened(path), slot * _SLOT.size, done, records)


def noted(path: Path) -> tuple[int, int]:
    """Add up how far all tasks have come: what is done, and records."""
    data = path.read_bytes()
    pairs = list(_SLOT.iter_unpack(data))
    return sum(done for done, _ in pairs), sum(records for _, records in pairs)


@lru_cache(maxsize=2)
def _opened(path: Path) -> mmap.mmap:
    with path.open("r+b") as stream:
        return mmap.mmap(stream.fileno(), 0)


@contextmanager
def telling(tell: Callable[[Progress], None] | None, look: Callable[[], Progress]) -> Iterator[None]:
    """Tell progress now and then, in a thread of its own; nothing where nobody listens."""
    if tell is None:
        yield
        return
    over = threading.Event()

    def run() -> None:
        while not over.wait(EVERY):
            tell(look())

    thread = threading.Thread(target=run, name="progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
