"""Begins the rechecks whose time has come; one whose run died is begun again."""

from __future__ import annotations

from bot.work.crossing.failed import RUNS
from bot.work.engine.runs import Runs
from bot.work.rechecks.keeper import RecheckKeeper
from bot.work.rechecks.task import TASKS


class RecheckStart:
    """Begins rechecks.

    Args:
        keeper: What is done for a recheck.
        runs: Its runs in the engine.
    """

    def __init__(self, keeper: RecheckKeeper, runs: Runs) -> None:
        self._keeper = keeper
        self._runs = runs

    def take_up(self, name: str) -> None:
        """Put a recheck on its queue, unless it is there; a dead run is followed by another."""
        number = self._runs.next_free(name, RUNS)
        if number is None:
            return
        if number > RUNS:
            self._keeper.give_up(name, RUNS)
            self._keeper.show(name)
            return
        task = self._keeper.task(name, number)
        self._runs.begin(name, number, tenant=task.tenant, sent=TASKS.write(task))
