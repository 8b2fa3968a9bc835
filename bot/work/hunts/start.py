"""Begins hunts, takes up those that are open and that no one works on, and stops them."""

from __future__ import annotations

from bot.work.crossing.failed import RUNS
from bot.work.crossing.store import Store
from bot.work.engine.runs import Runs, cancel_waiting
from bot.work.hunts.keeper import HuntKeeper
from bot.work.hunts.task import TASKS
from commands.ledger import Ledger
from commands.ledger.hunts import Hunt, HuntState, hunt


class HuntStart:
    """Begins hunts.

    Args:
        ledger: Where hunts are.
        keeper: What is done for a hunt.
        runs: Its runs in the engine.
    """

    def __init__(self, ledger: Ledger, keeper: HuntKeeper, runs: Runs) -> None:
        self._ledger = ledger
        self._keeper = keeper
        self._runs = runs

    def take_up(self, one: Hunt) -> None:
        """Begin a hunt, or begin it again where its last run is dead; show what nobody was shown."""
        number = self._runs.next_free(one.id, RUNS)
        if number is None:
            return
        if one.state == HuntState.LOOKING and number > RUNS:
            self._keeper.give_up(one, RUNS)
            one = hunt(self._ledger, one.id)
        if one.state != HuntState.LOOKING:
            self._keeper.show(one.id)
            return
        sent = TASKS.write(self._keeper.task(one, number))
        self._runs.begin(one.id, number, tenant=one.tenant, sent=sent)


def stop(name: str, store: Store | None) -> None:
    """Let whoever is at a hunt end it and hand in what there is.

    Args:
        name: The hunt.
        store: Where workers see it; None where there are none.
    """
    if store is not None:
        store.stop(name)
    cancel_waiting(name)
