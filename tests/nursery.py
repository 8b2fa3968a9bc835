"""A process that has imported everything, from which the bots of stories are forked.

Importing costs more than a second of a processor, and a story that kills a bot starts two. What is killed is
a process all the same, with files, connections and threads of its own.
"""

from __future__ import annotations

import multiprocessing
from multiprocessing import forkserver
from typing import Final

NURSERY: Final = multiprocessing.get_context("forkserver")
NURSERY.set_forkserver_preload(
    [
        "bot.artefacts.paper",
        "bot.cli.command",
        "bot.process",
        "bot.wiring",
        "tests.bot.work.killed",
        "tests.ready",
        "tests.scenarios.conftest",
        "tests.scenarios.forked",
        "tests.soak.bot",
    ]
)


def share() -> None:
    """Start it for this process and for all that are forked from it, each of which would start its own.

    They must not ask whether it still runs: only whoever started a process may. It ends after all of them.
    It imports in its own time, while others go on.
    """
    server = forkserver._forkserver
    if "ensure_running" in vars(server):
        return  # already
    server.ensure_running()
    server.ensure_running = lambda: None  # type: ignore[method-assign]  # the library has no words for it


def found() -> None:
    """Use, in a process that was forked from it, the one that is there."""
    forkserver._forkserver.ensure_running = lambda: None  # type: ignore[method-assign]
