"""Begins checks, and takes up those that are open and that no one works on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.cards.case import Cards
from bot.errors import BotError
from bot.work.checks.keeper import CheckKeeper
from bot.work.checks.task import TASKS
from bot.work.crossing.failed import RUNS, gave_up
from bot.work.engine.runs import Runs
from commands.errors import CommandError
from commands.ledger import Case, CaseState, Ledger

log = structlog.get_logger(__name__)


class CheckStart:
    """Begins checks.

    Args:
        ledger: Where cases are.
        cards: Where they are shown.
        keeper: What is done for a check.
        runs: Its runs in the engine.
        clock: Tells the time (aware UTC).
    """

    def __init__(
        self,
        ledger: Ledger,
        cards: Cards,
        keeper: CheckKeeper,
        runs: Runs,
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._cards = cards
        self._keeper = keeper
        self._runs = runs
        self._clock = clock

    def begin(self, case: Case) -> None:
        """Put a check on its queue; the same run of a case is never there twice."""
        sent = TASKS.write(self._keeper.task(case))
        self._runs.begin(case.id, case.run, tenant=case.tenant, sent=sent)

    def take_up_open(self, age: timedelta, begin: Callable[[Case], object]) -> None:
        """Take up the cases that no one works on; what fails for one keeps no other waiting.

        Args:
            age: What is younger than this is left to whoever began it.
            begin: Begins a check, or leaves it to the next round.
        """
        now = self._clock()
        for case in self._ledger.unfinished_cases():
            if now - (case.finished_at or case.asked_at) < age:
                continue
            try:
                self._take_up(case, begin)
            except (BotError, CommandError) as error:
                log.warning("An open case waits.", action="case.waits", case=case.id, error=str(error))
            except Exception:
                log.exception("An open case could not be taken up.", action="case.waits", case=case.id)

    def _take_up(self, case: Case, begin: Callable[[Case], object]) -> None:
        run, is_alive = self._runs.state(case.id, case.run)
        if is_alive:
            return
        if case.state is not CaseState.LOOKING:
            log.info("The end of a case is shown late.", action="case.shown_late", case=case.id)
            self._cards.show(case.id)
            return
        if not case.card:
            case = self._cards.post(case)
        if run and case.run >= RUNS:
            failed = gave_up("check", case.id, case.run)
            with self._ledger.writing() as writing:
                writing.fail(case.id, says=failed.says, reference=failed.reference)
            self._cards.show(case.id)
            return
        if run:
            with self._ledger.writing() as writing:
                writing.run_again(case.id, "bot", f"the run before ended as {run.status}")
            case = self._ledger.case(case.id)
        log.info("An open case is taken up.", action="case.taken_up", case=case.id, run=case.run)
        begin(case)
