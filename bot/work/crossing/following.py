"""How far workers are, as they leave it in the job database. What is odd about one run holds up no other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import structlog

from bot.errors import BotError, SlackFailed
from bot.work.crossing.seal import Seal
from bot.work.crossing.store import Store
from commands.errors import CommandError

log = structlog.get_logger(__name__)


class Follower:
    """Shows how far workers are. One thread uses it.

    Args:
        store: Where they leave it.
        seal: Opens it.
        runs: Gives the runs that are under way: the case or hunt, and the number of the run.
        about: Gives the task of a run, as it is sealed.
        draw: Shows how far a run is.
    """

    def __init__(
        self,
        store: Store,
        seal: Seal,
        *,
        runs: Callable[[], Iterable[tuple[str, int]]],
        about: Callable[[str, int], str],
        draw: Callable[[str, int, bytes], None],
    ) -> None:
        self._store = store
        self._seal = seal
        self._runs = runs
        self._about = about
        self._draw = draw
        self._seen: dict[tuple[str, int], int] = {}
        self._leave_alone_until = 0.0

    def follow(self) -> None:
        """Show how far those runs are that changed.

        Raises:
            SQLAlchemyError: the job database cannot be read.
            LedgerError: the ledger cannot be read.
        """
        if time.monotonic() < self._leave_alone_until:
            return
        self._seen = {run: self._seen.get(run, 0) for run in self._runs()}
        for name, run, number, sealed in self._store.shown(self._seen):
            try:
                self._draw(name, run, self._seal.open("progress", self._about(name, run), sealed))
            except SlackFailed as error:
                # It is drawn at the next look: nothing else may change for as long as Microsoft searches.
                log.info("The card waits.", action="slack.later", case=name, error=str(error))
                self._leave_alone_until = time.monotonic() + error.retry_after
                continue
            except (BotError, CommandError) as error:
                log.warning("Progress is not shown.", action="progress.refused", case=name, why=str(error))
            except Exception:
                log.exception("Progress cannot be shown.", action="progress.refused", case=name)
            self._seen[name, run] = number
