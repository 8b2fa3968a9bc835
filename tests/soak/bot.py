"""The bot, or a worker, as a process of its own that can be killed, moved in time, and left without room."""

from __future__ import annotations

import mmap
import os
import resource
import struct
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from bot.settings import Settings
from tests.nursery import NURSERY

FULL = 4096
"""Bytes after which no file of the process may grow while its disk is full."""


def _be(settings: Settings, folder: Path, clock_file: Path, *, works: bool) -> None:
    """Be `compromise run` or `compromise worker`, with a clock that is moved from outside; never returns."""
    from bot.clock import now  # noqa: PLC0415 - imported by whoever is forked from
    from bot.process import run, work  # noqa: PLC0415
    from bot.running import Bot  # noqa: PLC0415 - imported by whoever is forked from
    from bot.wiring import create_app  # noqa: PLC0415 - imported by whoever is forked from
    from bot.work.jobs import Pauses  # noqa: PLC0415 - imported by whoever is forked from
    from bot.work.worker import Worker  # noqa: PLC0415
    from tests.scenarios.conftest import OFTEN, QUICKLY  # noqa: PLC0415

    log = os.open(folder / "bot.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.chdir(folder)
    with clock_file.open("rb") as file:
        moved = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)

    def clock() -> datetime:
        return now() + timedelta(seconds=struct.unpack("d", moved[:8])[0])

    pace: dict[str, Any] = {**QUICKLY, "edits": OFTEN, "pauses": Pauses()}

    def make(with_these: Settings) -> Bot:
        return create_app(with_these, clock=clock, **pace)

    def make_worker(with_these: Settings) -> Worker:
        return Worker(with_these, clock, edits=OFTEN, polls=pace["polls"])

    os._exit(work(settings, make=make_worker) if works else run(settings, make))


class Clock:
    """The clock of all processes of one soak.

    Args:
        file: What they read.

    Attributes:
        moved: By how many seconds it is ahead.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.moved = 0.0
        file.write_bytes(struct.pack("d", 0.0))

    def move(self, seconds: float) -> None:
        """Move it, for processes that run as well."""
        self.moved += seconds
        with self.file.open("r+b") as file:
            file.write(struct.pack("d", self.moved))

    def now(self) -> datetime:
        """What they read from it."""
        return datetime.now(UTC) + timedelta(seconds=self.moved)


class Process:
    """The bot or a worker, seen from outside.

    Args:
        settings: Its settings.
        folder: Where its files are; what it says is added to `bot.log`.
        clock: The file that says by how many seconds its clock is moved.
        works: Whether it is a worker.
    """

    def __init__(self, settings: Settings, folder: Path, clock: Clock, *, works: bool = False) -> None:
        folder.mkdir(exist_ok=True)
        self._settings = settings
        self._folder = folder
        self._clock = clock
        self._works = works
        self._running: ForkServerProcess | None = None
        self.starts = 0

    def lives(self) -> bool:
        """Whether it runs now."""
        return self._running is not None and self._running.is_alive()

    def start(self) -> None:
        """Start it; whatever was there before has ended."""
        self.kill()
        given = (self._settings, self._folder, self._clock.file)
        self._running = NURSERY.Process(target=_be, args=given, kwargs={"works": self._works})
        self._running.start()
        self.starts += 1

    def kill(self) -> bool:
        """End it without a word; whether it still ran."""
        lived = self.lives()
        if self._running is not None:
            self._running.kill()
            self._running.join()
            self._running.close()
            self._running = None
        return lived

    def fill_disk(self, *, full: bool) -> None:
        """Let no file of it grow any more, or let them again."""
        if self._running is not None and self._running.pid and self.lives():
            size = FULL if full else resource.RLIM_INFINITY
            resource.prlimit(self._running.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
