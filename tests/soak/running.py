"""One soak: people act, things go wrong, the bot is killed; now and then it comes to rest and is looked at.

What is done, and what goes wrong, follows from the seed; when it happens does not, since the bot, Slack and
Microsoft are real processes and threads. A seed makes a run alike, not the same.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random

from bot.clock import now
from commands.ledger import Ledger
from commands.ledger import entries as e
from sandbox import tenant, workspace
from sandbox.tenant import RunningTenant
from sandbox.workspace import RunningWorkspace
from tests import postgres
from tests.made import made
from tests.postgres import Cluster
from tests.scenarios.acting import APPROVERS, PRIVILEGED
from tests.scenarios.conftest import MANIFEST, settings_for
from tests.soak import invariants, trouble
from tests.soak.bot import Clock, Process
from tests.soak.people import People

PATIENCE = 1200.0
"""Seconds in which everything must come to rest once nothing goes wrong any more, on a busy machine."""

ROUND = 45.0
"""Seconds between two rests."""

AWAY = (2.0, 20.0)
"""Between how many seconds PostgreSQL is away when it is stopped."""

JUMPS = (5.0, 60.0, 600.0, 1900.0, 7200.0, -90.0)
"""Seconds by which the bot's clock jumps; some of them past the end of every proposal, one backward."""


@dataclass
class Told:
    """What a soak came to.

    Attributes:
        seed: What its chances were drawn from.
        seconds: How long it went on.
        acts: What people did, counted.
        troubles: What went wrong, counted.
        workers: How many workers there were; with none the bot is alone on a file.
        kills: How often the bot was killed.
        starts: How often it was started.
        worker_kills: How often a worker was killed.
        worker_starts: How often one was started.
        database_stops: How often PostgreSQL was stopped.
        rests: How often it came to rest and every invariant was looked at.
        cases: How many checks there were.
        hunts: How many hunts there were.
        rechecks: How many rechecks there were, those right after a plan not counted.
        proposals: How proposals ended, counted.
        outcomes: How changes ended, counted.
        repeats: How many changes were sent once more after they had been in doubt.
        entries: How many entries the ledger has.
        broken: What did not hold.
    """

    seed: int
    seconds: float = 0.0
    acts: Counter[str] = field(default_factory=Counter)
    troubles: Counter[str] = field(default_factory=Counter)
    workers: int = 0
    kills: int = 0
    starts: int = 0
    worker_kills: int = 0
    worker_starts: int = 0
    database_stops: int = 0
    rests: int = 0
    cases: int = 0
    hunts: int = 0
    rechecks: int = 0
    proposals: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    repeats: int = 0
    entries: int = 0
    broken: list[str] = field(default_factory=list)

    def as_json(self) -> str:
        """Give all of it as text."""
        return json.dumps(vars(self), indent=2) + "\n"


class Soak:
    """One run.

    Args:
        seed: What its chances are drawn from.
        folder: Where the bot's files are.
        slack: The workspace.
        microsoft: The tenant.
        database: PostgreSQL, where there are workers.
        workers: How many of them there are.
    """

    def __init__(
        self,
        seed: int,
        folder: Path,
        slack: RunningWorkspace,
        microsoft: RunningTenant,
        *,
        database: Cluster | None = None,
        workers: int = 0,
    ) -> None:
        self._rng = Random(seed)
        self._slack = slack
        self._microsoft = microsoft
        settings = settings_for(slack, microsoft, folder).model_copy(
            update={"approvers": APPROVERS, "key": folder / "compromise.key"}
        )
        self._ledger = Ledger(settings.ledger, now)
        if database is not None:
            settings = settings.model_copy(update={"engine": database.database(), "checks_here": False})
        self._database = database
        self._back_at: float | None = None
        self._clock = Clock(folder / "clock")
        self._bot = Process(settings, folder, self._clock)
        alone = settings.model_copy(update={"slack": None, "ledger": folder / "none"})
        self._workers = [
            Process(alone, folder / f"worker-{number}", self._clock, works=True)
            for number in range(1, workers + 1)
        ]
        self._people = People(self._rng, slack, microsoft, self._ledger)
        self.told = Told(seed, workers=workers)

    def run(self, seconds: float) -> Told:
        """Go on for so long, or until something does not hold; the rests come on top of it."""
        begun = time.monotonic()
        try:
            while time.monotonic() - begun < seconds and not self.told.broken:
                self._go_round(min(ROUND, seconds))
                self._rest()
        finally:
            for process in (self._bot, *self._workers):
                process.kill()
            self._count(time.monotonic() - begun)
            self._ledger.close()
        return self.told

    def _go_round(self, seconds: float) -> None:
        ends, befell = time.monotonic() + seconds, self.told.troubles.total()
        # On a slow machine not even one thing may go wrong in so short a time.
        while not self.told.broken and (time.monotonic() < ends or self.told.troubles.total() == befell):
            self._see_to_bot()
            if self._rng.random() < 0.75:
                self.told.acts[self._people.act()] += 1
            else:
                self.told.troubles[self._befall()] += 1
            time.sleep(self._rng.uniform(0.0, 0.3))
            if self._rng.random() < 0.02:
                self._look(invariants.broken(self._ledger.path, self._ledger, self._microsoft))

    def _see_to_bot(self) -> None:
        """Start what was killed or has ended, as systemd does."""
        if self._database is not None and self._back_at is not None and time.monotonic() > self._back_at:
            self._database.start()
            self._back_at = None
        for worker in self._workers:
            if not worker.lives():
                worker.start()
        if not self._bot.lives():
            self._bot.start()
            ends = time.monotonic() + self._rng.choice((0.5, 1.5, 20.0))
            while self._bot.lives() and not self._slack.connections and time.monotonic() < ends:
                time.sleep(0.05)

    def _befall(self) -> str:
        match self._rng.randrange(6):
            case 0:
                return self._kill()
            case 1:
                self._jump(self._rng.choice(JUMPS))
                return "clock jump"
            case 2 if self._rng.random() < 0.5:
                self._bot.fill_disk(full=True)
                time.sleep(self._rng.uniform(0.1, 2.0))
                self._bot.fill_disk(full=False)
                return "disk full"
            case _:
                return trouble.befall(self._rng, self._microsoft, self._slack)

    def _kill(self) -> str:
        """Kill the bot, a worker, or the database."""
        victims: list[Process | Cluster] = [self._bot, *self._workers]
        process = self._rng.choice([*victims, self._database] if self._database else victims)
        if isinstance(process, Cluster):
            if self._back_at is None:
                process.stop()
                self._back_at = time.monotonic() + self._rng.uniform(*AWAY)
                self.told.database_stops += 1
            return "database stopped"
        killed = process.kill()
        if process is self._bot:
            self.told.kills += killed
            return "kill"
        self.told.worker_kills += killed
        return "kill of a worker"

    def _jump(self, seconds: float) -> None:
        self._clock.move(seconds)
        if seconds > 0:
            self._microsoft.let_pass(timedelta(seconds=seconds))
            self._slack.advance(seconds)

    def _rest(self) -> None:
        """Let everything go well until nothing is under way, and look at all of it."""
        trouble.end(self._microsoft, self._slack)
        self._back_at = None if self._back_at is None else 0.0
        self._see_to_bot()
        ends = time.monotonic() + PATIENCE
        wrong = ["nothing was looked at"]
        while wrong and time.monotonic() < ends:
            self._see_to_bot()
            # The bot's own rounds are minutes apart; its clock brings what it looks at by the time forward.
            self._jump(30.0)
            time.sleep(1.0)
            if invariants.is_at_rest(self._ledger, self._clock.now()):
                wrong = self._at_rest()
        self._look(wrong if wrong != ["nothing was looked at"] else self._at_rest())
        self.told.rests += 1

    def _at_rest(self) -> list[str]:
        return invariants.broken_at_rest(self._ledger.path, self._ledger, self._microsoft, self._slack)

    def _look(self, wrong: list[str]) -> None:
        self.told.broken += wrong

    def _count(self, seconds: float) -> None:
        proposals = invariants.all_of(self._ledger)
        self.told.seconds = round(seconds, 1)
        self.told.starts = self._bot.starts
        self.told.worker_starts = sum(worker.starts for worker in self._workers)
        self.told.cases = len(self._ledger.outlines())
        self.told.hunts = len([*self._ledger.entries(kinds=(e.HuntStarted.KIND,))])
        self.told.rechecks = invariants.rechecks(self._ledger).total()
        self.told.proposals = Counter(str(one.state) for one in proposals)
        self.told.outcomes = Counter(str(action.outcome) for one in proposals for action in one.actions)
        self.told.repeats = invariants.repeats(proposals)
        self.told.entries = self._ledger.head().size


@contextmanager
def soak(seed: int, folder: Path, workers: int = 0) -> Iterator[Soak]:
    """Give a soak that was not begun yet; its files stay in the folder.

    With workers they and the bot share a PostgreSQL, and the bot makes no checks itself.
    """
    with ExitStack() as stack:
        slack = stack.enter_context(workspace.start(MANIFEST))
        slack.limits.enabled = False
        microsoft = stack.enter_context(
            tenant.start(made("mailbox-takeover"), limits=False, directory_roles=PRIVILEGED)
        )
        database = stack.enter_context(postgres.running()) if workers else None
        yield Soak(seed, folder, slack, microsoft, database=database, workers=workers)
