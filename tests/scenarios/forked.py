"""Bots that are processes of their own, each forked from one that has imported everything already.

So is the process that looks for a bot. `test_durability.py` also starts the command as people do, and sees
how it ends, and `test_check.py` has a check made by a process that the bot itself started.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.nursery import NURSERY, found


def _log_to(folder: Path) -> None:
    log = os.open(folder / "bot.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(log, stream)


def _look(folder: Path, line: Connection) -> None:
    """Be the process that looks for a bot."""
    from bot.work.checks.apart.child import serve_on  # noqa: PLC0415

    _log_to(folder)
    serve_on(line)


class Looking:
    """The process that looks for a bot which is itself forked: to start Python anew costs a second.

    Args:
        folder: where its log goes.
        number: of the open file that is its end of the line.
    """

    def __init__(self, folder: Path, number: int) -> None:
        line = Connection(os.dup(number))
        self._process = NURSERY.Process(target=_look, args=(folder, line), daemon=True)
        self._process.start()
        line.close()

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("the process that looks", timeout or 0)
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()


def _run(folder: Path, environment: dict[str, str], verb: str, version: str) -> None:
    """Be `compromise run`, or another verb, started in a folder and with its log there."""
    # Whoever starts a bot need not import it.
    from bot import process  # noqa: PLC0415
    from bot.cli.command import main  # noqa: PLC0415
    from bot.settings import CHECK_NEEDS, load  # noqa: PLC0415
    from bot.wiring import create_app  # noqa: PLC0415

    _log_to(folder)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    if version:
        # The command has no word for it: people install another version.
        sys.exit(process.work(load(None, environment, CHECK_NEEDS), version))
    if verb == "run":
        found()
        sys.exit(process.run(load(None, environment), partial(create_app, apart=partial(Looking, folder))))
    sys.argv = ["compromise", verb]
    main()


@contextmanager
def running_bot(
    folder: Path, environment: dict[str, str], verb: str = "run", version: str = ""
) -> Iterator[ForkServerProcess]:
    """Give a bot in a process of its own, which is killed at the end where it still runs then.

    Args:
        folder: where it is started; what it says is added to `bot.log` in it.
        environment: all its variables.
        verb: the verb of the command that it is.
        version: of the work of a worker, where it is another one.
    """
    process = NURSERY.Process(target=_run, args=(folder, environment, verb, version))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()
        process.close()
