"""The bot as a process of its own that can be killed, moved in time, and left without room on its disk."""

from __future__ import annotations

import mmap
import multiprocessing
import os
import resource
import struct
from datetime import datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from bot.settings import Settings

_NURSERY = multiprocessing.get_context("forkserver")
_NURSERY.set_forkserver_preload(
    [__name__, "bot.app", "bot.process", "bot.artefacts.paper", "tests.scenarios.conftest"]
)

FULL = 4096
"""Bytes after which no file of the process may grow while its disk is full."""


def _be(settings: Settings, folder: Path) -> None:
    """Be `compromise run`, with a clock that is moved from outside; never returns."""
    from bot.app import Bot, create_app, now  # noqa: PLC0415 - imported by whoever is forked from
    from bot.process import run  # noqa: PLC0415
    from tests.scenarios.conftest import QUICKLY  # noqa: PLC0415

    log = os.open(folder / "bot.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.chdir(folder)
    with (folder / "clock").open("rb") as file:
        moved = mmap.mmap(file.fileno(), 8, access=mmap.ACCESS_READ)

    def clock() -> datetime:
        return now() + timedelta(seconds=struct.unpack("d", moved[:8])[0])

    def make(with_these: Settings) -> Bot:
        return create_app(with_these, clock=clock, **QUICKLY)

    os._exit(run(settings, make))


class Process:
    """The bot, seen from outside.

    Args:
        settings: Its settings.
        folder: Where its files are; what it says is added to `bot.log`.
    """

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self._running: ForkServerProcess | None = None
        self._moved = 0.0
        self.starts = 0
        self._write_clock()

    def lives(self) -> bool:
        """Whether it runs now."""
        return self._running is not None and self._running.is_alive()

    def start(self) -> None:
        """Start it; whatever was there before has ended."""
        self.kill()
        self._running = _NURSERY.Process(target=_be, args=(self._settings, self._folder))
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

    def move(self, seconds: float) -> None:
        """Move its clock."""
        self._moved += seconds
        self._write_clock()

    def _write_clock(self) -> None:
        with (self._folder / "clock").open("r+b" if (self._folder / "clock").exists() else "wb") as file:
            file.write(struct.pack("d", self._moved))
