"""The keeper's part of a check: what was found is planned for, written down and shown.

Each part may be repeated. Where the keeper looks itself, the result comes from the same process; where a
worker did, it lies in the job database and is believed no further than `task.py` says.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import TypeVar

import structlog

from bot.artefacts import answers
from bot.cards.case import Cards
from bot.messages.awaited import Awaited
from bot.work.checks.apart.parent import ApartMaker
from bot.work.checks.finish import Finished, Planned, finish, plan
from bot.work.checks.maker import CheckMaker
from bot.work.checks.task import TASKS, CheckFound, CheckTask, task_of, unpack, unpack_progress
from bot.work.crossing.failed import Failed
from bot.work.crossing.receiving import Receiving
from bot.work.crossing.seal import Seal, text_of
from bot.work.crossing.store import Store
from commands.identity import Identity
from commands.ledger import Case, CaseState, Ledger
from commands.plans.planning_input import Guard
from commands.usual.places import Atlas

log = structlog.get_logger(__name__)
T = TypeVar("T")

FOLLOWS = timedelta(seconds=1)
"""How often it is looked how far workers are."""


class CheckKeeper:
    """Makes checks, or takes over what workers found. Any thread may use it.

    Args:
        ledger: Where the case is.
        cards: Where progress is shown.
        maker: Looks at an account, here or in a process of its own.
        guard: Whom no one may touch in a tenant, by its name.
        store: Where workers leave what they found; None where there are none.
        seal: Opens what they left; None where nobody is believed.
        atlas: Where addresses are, where Microsoft does not say.
        ids: The id of each tenant by every name that it has or had.
    """

    def __init__(
        self,
        ledger: Ledger,
        cards: Cards,
        maker: CheckMaker | ApartMaker,
        *,
        guard: Callable[[str], Guard],
        store: Store | None = None,
        seal: Seal | None = None,
        atlas: Atlas | None = None,
        ids: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._atlas = atlas
        self._ids = ids
        self._ledger = ledger
        self._cards = cards
        self._maker = maker
        self._guard = guard
        self._receiving = Receiving("check", store, seal, ledger.path.parent)
        self._noting = threading.Lock()
        self._receiving.show_progress(runs=self._under_way, about=self._about, draw=self._draw)

    def task(self, case: Case) -> CheckTask:
        """Give the task of a case's present run, as it is after it crossed."""
        return task_of(case, self._ids.get(case.tenant, ""))

    def expect(self, tenant: str) -> None:
        """Let the process that looks sign in to a tenant, for a check is about to be asked for."""
        if isinstance(self._maker, ApartMaker):
            self._maker.expect(tenant, self._ids.get(tenant, ""))

    def look(self, case_id: str, run: int) -> None:
        """Look here, and write down what was found. At whom, the ledger says and not the queue.

        Raises:
            LedgerError: the outcome cannot be written down; the engine or the next round tries again.
        """
        if not self._is_asked(case_id, run):
            return
        case = self._ledger.case(case_id)
        # What comes from another process was held back there long enough to show findings.
        first = 0.0 if isinstance(self._maker, ApartMaker) else None
        with self._cards.painting(case, first) as tell:
            found: Finished | Failed = self._finished(
                case,
                self._planned(case, self._maker.look(self.task(case), self._ledger.memory(case.id), tell)),
            )
        self._write_down(case, run, found)

    def receive(self, case_id: str, run: int) -> None:
        """Write down what a worker found, unless it is there, or is no longer asked for.

        Raises:
            LedgerError: it cannot be written down; the engine or the next round tries again.
        """
        if not self._is_asked(case_id, run):
            return
        case = self._ledger.case(case_id)
        task = self.task(case)
        about = text_of(TASKS.write(task))
        found: Finished | Failed | None = self._finished(
            case,
            self._planned(
                case,
                self._receiving.take(case_id, run, about, lambda sent, beside: unpack(sent, beside, task)),
            ),
        )
        if found is not None:
            with self._receiving.drawing:
                self._write_down(case, run, found)

    def forget(self, case_id: str, run: int) -> None:
        """Drop what lies between keeper and workers about a run that was delivered."""
        self._receiving.forget(case_id, run)

    def stop(self) -> None:
        """Let what is being read count as no death: the bot is stopped by people."""
        self._receiving.stop()

    def follow(self) -> None:
        """Show how far workers are, on the cards that changed.

        Raises:
            SQLAlchemyError: the job database cannot be read.
            LedgerError: the ledger cannot be read.
        """
        self._receiving.follow()

    def show_waiting(self, awaited: Awaited | None) -> None:
        """Show on the cards what checks wait for; None for nothing any more.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        self._receiving.show_waiting(awaited, [name for name, _ in self._under_way()], self._draw_waiting)

    def _draw_waiting(self, case_id: str, awaited: Awaited | None) -> None:
        case = self._ledger.case(case_id)
        if case.state is CaseState.LOOKING:
            self._cards.draw(case, None, awaited)

    def _under_way(self) -> Iterator[tuple[str, int]]:
        for case in self._ledger.unfinished_cases():
            if case.state is CaseState.LOOKING and case.card:
                yield case.id, case.run

    def _about(self, case_id: str, run: int) -> str:
        return text_of(TASKS.write(replace(self.task(self._ledger.case(case_id)), run=run)))

    def _draw(self, case_id: str, run: int, packed: bytes) -> None:
        progress = unpack_progress(packed)
        case = self._ledger.case(case_id)
        if case.state is CaseState.LOOKING and case.run == run and case.card:
            self._cards.draw(case, progress)

    def _planned(self, case: Case, found: CheckFound | T) -> Planned | T:
        """Plan for what was found; nobody holds what was collected any longer than that."""
        if isinstance(found, CheckFound):
            return plan(found, self._guard(case.tenant), case.id, self._atlas)
        return found

    def _finished(self, case: Case, planned: Planned | T) -> Finished | Failed | T:
        """Write the report of what was planned for; nobody holds it as values any longer than that."""
        if isinstance(planned, Planned):
            return finish(planned, partial(is_compromised, self._ledger, tenant=case.tenant), case.id)
        return planned

    def _write_down(self, case: Case, run: int, found: Finished | Failed) -> None:
        # The job database may have had it made twice: what comes second changes nothing, and no answers.
        with self._noting:
            if self._is_asked(case.id, run):
                self._note(case, run, found)

    def _note(self, case: Case, run: int, found: Finished | Failed) -> None:
        if isinstance(found, Failed):
            with self._ledger.writing() as writing:
                writing.fail(case.id, says=found.says, reference=found.reference, code=found.code)
            return
        answered = self._kept(case, run, found.answers)
        with self._ledger.writing() as writing:
            writing.finish(
                case.id,
                verdict=found.verdict,
                report=found.report,
                offer=found.offer,
                run=run,
                sources=found.sources,
                answers=answered,
            )
        log.info("A check is done.", action="check.done", case=case.id, verdict=found.verdict, run=run)

    def _is_asked(self, case_id: str, run: int) -> bool:
        """Whether the ledger still asks for a run of a check."""
        case = self._ledger.case(case_id)
        return case.state is CaseState.LOOKING and case.run == run

    def _kept(self, case: Case, run: int, packed: bytes) -> str:
        """Keep what Microsoft answered; give its SHA-256, "" where it could not be kept.

        A full disk must not cost the report: the evidence archive then says that the answers are not in it.
        """
        if not packed:
            return ""
        try:
            return answers.keep(self._ledger.path, case.id, run, packed)
        except OSError:
            log.exception("The answers of a check could not be kept.", action="answers.lost", case=case.id)
            return ""

    def show(self, case_id: str) -> None:
        """Show the outcome."""
        self._cards.show(case_id)


def is_compromised(ledger: Ledger, name: str, tenant: str) -> bool:
    """Say whether an account is compromised by its own latest case in a tenant: no other's tells of it.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    return ledger.case_against(Identity.of(addresses=(name,)), tenant=tenant, only=True) is not None
