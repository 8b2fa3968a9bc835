"""Durable work: checks and plans go on after the process was killed, and nothing stays open for ever.

The engine (DBOS) runs things at least once and remembers which were begun. The ledger is the only authority:
the engine's tables may be deleted at any time; `Jobs.reconcile` starts again what the ledger says is open.

The engine is one for the whole process, so there can be one `Jobs` at a time.

Longer than other files because starting, resuming and reconciling durable work is read together.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import structlog
from dbos import DBOS, DBOSConfig, SetWorkflowID, WorkflowStatus

from bot.artefacts import answers, report_store
from bot.cards.case import Cards
from bot.carrying import Carrying, connection_of
from bot.errors import BotError, CannotStart
from bot.failing import refer
from bot.hunting import Hunting
from bot.under_way import UnderWay
from commands.check import judge, look
from commands.errors import CommandError
from commands.ledger import Case, CaseState, Ledger
from commands.ledger.hunts import unfinished
from commands.plan import Nothing, offer_text
from commands.planning import Guard
from commands.propose import offer
from commands.report import Report
from commands.sigma.results import ruled
from commands.sigma.shapes import NO_RULES, Ruleset
from commands.steps import ORDER
from commands.usual.places import Atlas
from graph.errors import GraphError
from graph.evidence import Evidence
from graph.question import Question
from graph.tenants import Tenants

log = structlog.get_logger(__name__)

QUEUE = "checks"
PLANS = "plans"
WATCHES = "watches"
HUNTS = "hunts"
VERSION = "work-2"
"""Raise it when the steps of the workflow change.

Left to itself, the engine makes a version of every change of the code: an upgrade strands what is under way.
"""

EXECUTOR = "bot"
"""The engine's name of this process; the command line never uses it, or it would take the bot's work over."""

RUNS = 3
"""How many times a check is started before it counts as failed."""

ROUND = 60.0
"""Seconds between two looks for cases that no one works on."""

STOP_SECONDS = 2.0
"""Seconds that steps under way get to finish when the bot is stopped; they lose nothing when they do not."""

PROBE_SECONDS = 3
"""Seconds in which a database must answer; the engine itself would wait for it without end."""

WATCH_SECONDS = 1.0
"""Seconds between two looks for cases that are due; each look costs some milliseconds of a processor."""

HUNTERS = 2
"""How many hunts are made at the same time: they wait for Microsoft, and share its limits with checks."""

WATCHERS = 2
"""How many cases are looked at again at the same time; no one waits for it."""


class Checking:
    """What a check does, without the engine: look, judge, write down. Each part may be repeated.

    Args:
        ledger: Where the case is.
        tenants: Who can be asked.
        cards: Where progress is shown.
        clock: Tells the time (aware UTC).
        patience: Seconds that a slow source is waited for.
        atlas: Where addresses are, where Microsoft does not say.
        guard: Whom no one may touch.
        rules: Sigma rules that are run over what was collected.
    """

    def __init__(
        self,
        ledger: Ledger,
        tenants: Tenants,
        cards: Cards,
        clock: Callable[[], datetime],
        patience: float,
        *,
        guard: Guard,
        atlas: Atlas | None = None,
        rules: Ruleset = NO_RULES,
    ) -> None:
        self._atlas = atlas
        self._rules = rules
        self._guard = guard
        self._ledger = ledger
        self._tenants = tenants
        self._cards = cards
        self._clock = clock
        self._patience = patience

    def look(self, case_id: str, run: int) -> None:
        """Collect and judge; whatever goes wrong ends as a failed case with words for people.

        Raises:
            LedgerError: the outcome cannot be written down; the engine or the next round tries again.
        """
        case = self._ledger.case(case_id)
        if case.state is not CaseState.LOOKING or case.run != run:
            return
        try:
            connection = connection_of(case, self._tenants)
            recorder = answers.Answers()
            with self._cards.painting(case) as tell:
                evidence = look(
                    Question(case.subject, case.window),
                    connection,
                    self._ledger.memory(case.id),
                    tell,
                    patience=self._patience,
                    atlas=self._atlas,
                    recorder=recorder,
                )
            report = judge(evidence, self._clock(), self._atlas)
            report = ruled(report, evidence, self._rules)
            stored = report_store.dump(report)
            offered = self._offered(evidence, report, case_id)
            sources = {source.id: source.state.value for source in report.sources}
            answered = self._kept(case, report, recorder)
        except CommandError:
            raise
        except GraphError as error:
            reference = refer("A check failed.", case_id)
            says = f"{error.sentence} Reference: {reference}."
            with self._ledger.writing() as writing:
                writing.fail(case_id, says=says, reference=reference, code=error.code)
        except Exception:  # noqa: BLE001 - whatever it is, people are told and the log has it
            reference = refer("A check failed: internal error.", case_id)
            says = f"Internal error during this check. Reference: {reference}."
            with self._ledger.writing() as writing:
                writing.fail(case_id, says=says, reference=reference)
        else:
            answer = report.verdict.answer.value
            with self._ledger.writing() as writing:
                writing.finish(
                    case_id,
                    verdict=answer,
                    report=stored,
                    offer=offered,
                    run=run,
                    sources=sources,
                    answers=answered,
                )
            log.info("A check is done.", action="check.done", case=case_id, verdict=answer, run=run)

    def _kept(self, case: Case, report: Report, recorder: answers.Answers) -> str:
        """Keep what Microsoft answered; give its SHA-256, "" where it could not be kept.

        A full disk must not cost the report: the evidence archive then says that the answers are not in it.
        """
        try:
            return answers.keep(self._ledger.path, case.id, case.run, recorder.packed(report.sources))
        except OSError:
            log.exception("The answers of a check could not be kept.", action="answers.lost", case=case.id)
            return ""

    def _offered(self, evidence: Evidence, report: Report, case_id: str) -> str:
        """Give what the steps plan; a mistake in one of them must not cost the report."""
        try:
            return offer_text(offer(evidence, report, self._guard))
        except Exception:  # noqa: BLE001 - whatever it is, people are told and the log has it
            reference = refer("The steps could not be planned.", case_id)
            why = f"Internal error: the steps could not be planned. Reference: {reference}."
            return offer_text(Nothing(step, why, refused=True) for step in ORDER)

    def show(self, case_id: str) -> None:
        """Show the outcome."""
        self._cards.show(case_id)


class Jobs:
    """The engine with its queues.

    Args:
        url: Where the engine keeps its tables: ``sqlite:///FILE`` or ``postgresql://…``.
        workers: How many checks run at the same time, and how many plans.
        ledger: The authority on what is open.
        checking: What a check does.
        carrying: What carrying out a plan does, and looking again afterwards.
        hunting: What a hunt through a tenant does.
        cards: Where outcomes are shown.
        clock: Tells the time (aware UTC).
    """

    def __init__(
        self,
        url: str,
        *,
        workers: int,
        ledger: Ledger,
        checking: Checking,
        carrying: Carrying,
        hunting: Hunting,
        cards: Cards,
        clock: Callable[[], datetime],
    ) -> None:
        self._hunting = hunting
        self._url = url
        self._is_file = url.startswith("sqlite:///")
        self._workers = workers
        self._ledger = ledger
        self._checking = checking
        self._carrying = carrying
        self._cards = cards
        self._clock = clock
        self._workflow: Any = None
        self._plan: Any = None
        self._watch: Any = None
        self._hunt: Any = None
        self._under_way = UnderWay(VERSION, EXECUTOR)
        self._busy = 0
        self._idle = threading.Condition()
        self._stopping = threading.Event()
        self._rounds = threading.Thread(target=self._go_round, name="reconcile", daemon=True)

    def start(self) -> None:
        """Start the engine: what a killed process left under way goes on, and open cases are taken up.

        Raises:
            CannotStart: the engine's store cannot be used, and cannot be made anew.
        """
        if not self._launched():
            self._make_store_anew()
        self.reconcile(timedelta(0))
        self._rounds.start()

    def _make_store_anew(self) -> None:
        """Set the engine's store aside and begin another one: the ledger knows everything that is open.

        Raises:
            CannotStart: it is not one that can be set aside, or another one cannot be used either.
        """
        DBOS.destroy(destroy_registry=True)
        if not self._is_file:
            if self._launched():
                return
            raise CannotStart(
                "The job database cannot be used; see the log. It holds nothing that must be kept."
            )
        store = Path(self._url.removeprefix("sqlite:///"))
        aside = store.with_name(f"{store.name}.damaged-{self._clock():%Y%m%dT%H%M%S}")
        for tail in ("", "-wal", "-shm"):
            file = store.with_name(store.name + tail)
            if file.exists():
                file.rename(aside.with_name(aside.name + tail))
        log.error("The engine's store was damaged and is made anew.", action="engine.anew", aside=str(aside))
        if not self._launched():
            raise CannotStart(f"The job database {store} cannot be used; see the log.")

    def _launched(self) -> bool:
        """Start the engine and ask it something; whether its store is as it should be."""
        try:
            self._launch()
        except Exception:
            log.exception("The engine did not start.", action="engine.failed")
            return False
        return _answers()

    def _launch(self) -> None:
        if self._is_file:
            _write_ahead(self._url.removeprefix("sqlite:///"))
        config: DBOSConfig = {
            "name": "compromise-bot",
            "system_database_url": self._url,
            "application_version": VERSION,
            "executor_id": EXECUTOR,
            "log_level": "WARNING",
            # Nothing here waits for the engine's messages; the interval only says how long a stop takes.
            "notification_listener_polling_interval_sec": 0.25,
        }
        DBOS(config=config)
        checking = self._checking

        @DBOS.step(name="look")
        def look_step(case_id: str, run: int) -> None:
            with self._at_work():
                checking.look(case_id, run)

        @DBOS.step(name="show")
        def show_step(case_id: str) -> None:
            with self._at_work():
                checking.show(case_id)

        @DBOS.workflow(name="check")
        def check(case_id: str, run: int) -> None:
            with self._under_way.here():
                look_step(case_id, run)
                show_step(case_id)

        carrying = self._carrying

        @DBOS.step(name="carry out")
        def carry_out_step(proposal_id: str) -> None:
            with self._at_work():
                carrying.carry_out(proposal_id)

        @DBOS.step(name="look again at once")
        def look_at_once_step(proposal_id: str) -> None:
            with self._at_work():
                carrying.look_at_once(proposal_id)

        @DBOS.step(name="show the end")
        def show_end_step(proposal_id: str) -> None:
            with self._at_work():
                carrying.show(proposal_id)

        @DBOS.workflow(name="plan")
        def plan(proposal_id: str) -> None:
            with self._under_way.here():
                carry_out_step(proposal_id)
                look_at_once_step(proposal_id)
                show_end_step(proposal_id)

        @DBOS.step(name="look again")
        def look_again_step(case_id: str, number: int) -> None:
            with self._at_work():
                carrying.look_again(case_id, number)

        @DBOS.workflow(name="watch")
        def watch(case_id: str, number: int) -> None:
            with self._under_way.here():
                look_again_step(case_id, number)

        hunting = self._hunting

        @DBOS.step(name="hunt")
        def hunt_step(name: str) -> None:
            with self._at_work():
                hunting.look(name)

        @DBOS.step(name="show a hunt")
        def show_hunt_step(name: str) -> None:
            with self._at_work():
                hunting.show(name)

        @DBOS.workflow(name="hunt")
        def hunt(name: str) -> None:
            with self._under_way.here():
                hunt_step(name)
                show_hunt_step(name)

        self._workflow, self._plan, self._watch, self._hunt = check, plan, watch, hunt
        DBOS.launch()
        # Polled often: the first finding should be on the card within two seconds.
        DBOS.register_queue(
            QUEUE, worker_concurrency=self._workers, polling_interval_sec=0.1, on_conflict="always_update"
        )
        for name, workers, pause in (
            (PLANS, self._workers, 0.2),
            (WATCHES, WATCHERS, WATCH_SECONDS),
            (HUNTS, HUNTERS, WATCH_SECONDS),
        ):
            DBOS.register_queue(
                name, worker_concurrency=workers, polling_interval_sec=pause, on_conflict="always_update"
            )

    @property
    def is_busy(self) -> bool:
        """Whether some step is under way in this process."""
        return self._busy > 0

    def stop(self, patience: float = STOP_SECONDS) -> None:
        """Stop the engine; what is under way after the patience goes on at the next start."""
        self._stopping.set()
        if self._rounds.is_alive():
            self._rounds.join()
        with self._idle:
            self._idle.wait_for(lambda: not self._busy, timeout=patience)
        DBOS.destroy(destroy_registry=True)

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        with self._idle:
            self._busy += 1
        try:
            yield
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()

    def is_reachable(self) -> bool:
        """Whether the engine's store can be reached now; a file always can."""
        if self._is_file:
            return True
        try:
            psycopg.connect(self._url.replace("+psycopg", "", 1), connect_timeout=PROBE_SECONDS).close()
        except psycopg.Error as error:
            log.warning("The job database is away.", action="engine.away", error=type(error).__name__)
            return False
        return True

    def enqueue(self, case: Case) -> bool:
        """Put a check on the queue; the same run of a case is never there twice.

        False where the job database is away: the check begins in a round after it is back.
        """
        return self._expendable("a check", partial(self._enqueue, case))

    def _enqueue(self, case: Case) -> None:
        with SetWorkflowID(_id(case)):
            DBOS.enqueue_workflow(QUEUE, self._workflow, case.id, case.run)

    def _expendable(self, what: str, act: Callable[[], None]) -> bool:
        """Let nothing fail or wait because the engine does: a round takes up what the ledger says is open."""
        if not self.is_reachable():
            return False
        try:
            act()
        except Exception:
            log.exception("The engine took no work.", action="engine.refused", what=what)
            return False
        return True

    def enqueue_plan(self, proposal_id: str) -> None:
        """Put an approved proposal on its queue, unless it is there; a dead run is followed by another."""
        self._expendable("a plan", partial(self._enqueue_plan, proposal_id))

    def _enqueue_plan(self, proposal_id: str) -> None:
        number = 1
        while known := _known(f"plan:{proposal_id}:{number}"):
            if self._under_way.is_alive(known):
                return
            number += 1
        if number > RUNS:
            # It is never given up: what was begun must come to an end, and what was sent is read back first.
            log.error(
                "A plan is begun again and again.", action="plan.again", proposal=proposal_id, run=number
            )
        with SetWorkflowID(f"plan:{proposal_id}:{number}"):
            DBOS.enqueue_workflow(PLANS, self._plan, proposal_id)

    def enqueue_hunt(self, name: str) -> bool:
        """Put a hunt on its queue, unless it is there; False where the job database is away."""
        return self._expendable("a hunt", partial(self._enqueue_hunt, name))

    def _enqueue_hunt(self, name: str) -> None:
        number = 1
        while known := _known(f"hunt:{name}:{number}"):
            if self._under_way.is_alive(known):
                return
            number += 1
        with SetWorkflowID(f"hunt:{name}:{number}"):
            DBOS.enqueue_workflow(HUNTS, self._hunt, name)

    def _reconcile_hunts(self, age: timedelta) -> None:
        for one in unfinished(self._ledger):
            if self._clock() - (one.finished_at or one.asked_at) >= age:
                self.enqueue_hunt(one.id)

    def enqueue_watch(self, case_id: str, number: int) -> None:
        """Put a further look at a case on its queue, unless it is there."""
        self._expendable("a look", partial(self._enqueue_watch, case_id, number))

    def _enqueue_watch(self, case_id: str, number: int) -> None:
        attempt = 1
        while known := _known(f"watch:{case_id}:{number}:{attempt}"):
            if self._under_way.is_alive(known):
                return
            attempt += 1
        with SetWorkflowID(f"watch:{case_id}:{number}:{attempt}"):
            DBOS.enqueue_workflow(WATCHES, self._watch, case_id, number)

    def repair(self) -> None:
        """Make the engine's store anew where it was damaged under the running bot, and take up what is open.

        Raises:
            CannotStart: that cannot be done.
        """
        if self.is_reachable() and not _answers():
            self._make_store_anew()
            self.reconcile(timedelta(0))

    def reconcile(self, age: timedelta = timedelta(minutes=2)) -> None:
        """Take up everything open that no one works on: cases, proposals and looks that are due.

        Args:
            age: What is younger than this is left to whoever began it.
        """
        if self.is_reachable():
            self._reconcile_cases(age)
            self._tried("hunts", partial(self._reconcile_hunts, age))
        self._tried("proposals", lambda: self._carrying.tidy(age, self.enqueue_plan, self.enqueue_watch))

    def _tried(self, what: str, act: Callable[[], None]) -> None:
        try:
            act()
        except (BotError, CommandError) as error:
            log.warning("Something open waits.", action="reconcile.waits", what=what, error=str(error))
        except Exception:
            log.exception("Something open could not be taken up.", action="reconcile.failed", what=what)

    def _reconcile_cases(self, age: timedelta) -> None:
        now = self._clock()
        for case in self._ledger.unfinished_cases():
            if now - (case.finished_at or case.asked_at) < age:
                continue
            try:
                self._take_up(case)
            except (BotError, CommandError) as error:
                log.warning("An open case waits.", action="case.waits", case=case.id, error=str(error))
            except Exception:
                log.exception("An open case could not be taken up.", action="case.waits", case=case.id)

    def _take_up(self, case: Case) -> None:
        known = _known(_id(case))
        if known and self._under_way.is_alive(known):
            return
        if case.state is not CaseState.LOOKING:
            log.info("The end of a case is shown late.", action="case.shown_late", case=case.id)
            self._cards.show(case.id)
            return
        if not case.card:
            case = self._cards.post(case)
        if known and case.run >= RUNS:
            reference = refer("A check was given up.", case.id, runs=case.run)
            says = f"The check was started {case.run} times and never finished. Reference: {reference}."
            with self._ledger.writing() as writing:
                writing.fail(case.id, says=says, reference=reference)
            self._cards.show(case.id)
            return
        if known:
            with self._ledger.writing() as writing:
                writing.run_again(case.id, "bot", f"the run before ended as {known.status}")
            case = self._ledger.case(case.id)
        log.info("An open case is taken up.", action="case.taken_up", case=case.id, run=case.run)
        self.enqueue(case)

    def _go_round(self) -> None:
        while not self._stopping.wait(ROUND):
            try:
                self.repair()
                self.reconcile()
            except Exception:
                log.exception("Looking for open cases failed.", action="reconcile.failed")


def _answers() -> bool:
    """Whether the engine can read its store."""
    try:
        DBOS.list_workflows(limit=1, load_input=False, load_output=False)
    except Exception:
        log.exception("The engine cannot read its store.", action="engine.unreadable")
        return False
    return True


def _known(workflow: str) -> WorkflowStatus | None:
    """What the engine knows about one run."""
    found = DBOS.list_workflows(workflow_ids=[workflow], load_input=False, load_output=False)
    return found[0] if found else None


def _id(case: Case) -> str:
    return f"check:{case.id}:{case.run}"


def _write_ahead(path: str) -> None:
    """Set the engine's file to write-ahead logging, which it keeps; the engine is much quicker with it."""
    Path(path).touch(mode=0o600)
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
