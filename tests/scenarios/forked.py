"""Bots that are processes of their own, each forked from one that has imported everything already.

`test_durability.py` also starts the command as people do, and sees how it ends.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.nursery import NURSERY


def _run(folder: Path, environment: dict[str, str], verb: str, version: str) -> None:
    """Be `compromise run`, or another verb, started in a folder and with its log there."""
    # Whoever starts a bot need not import it.
    from bot import process  # noqa: PLC0415
    from bot.cli.command import main  # noqa: PLC0415
    from bot.settings import CHECK_NEEDS, load  # noqa: PLC0415

    log = os.open(folder / "bot.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    if version:
        # The command has no word for it: people install another version.
        sys.exit(process.work(load(None, environment, CHECK_NEEDS), version))
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
