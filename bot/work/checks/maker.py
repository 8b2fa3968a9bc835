"""Makes a check of one account, wherever that is: asks Microsoft, judges. No Slack, no ledger."""

from __future__ import annotations

import gc
from collections.abc import Callable
from datetime import datetime

from bot.artefacts import answers
from bot.work.checks.practice import practice
from bot.work.checks.task import CheckFound, CheckTask
from bot.work.crossing.failed import Failed, attempt
from commands.check import Progress, judge, look
from commands.sigma.results import ruled
from commands.sigma.shapes import NO_RULES, Ruleset
from commands.usual.places import Atlas
from graph import auth, drift
from graph.memory import Memory
from graph.question import Question
from graph.tenants import Tenants


def ready(atlas: Atlas | None = None) -> None:
    """Do now what the first look would wait for otherwise: load libraries and tables, and judge once.

    Args:
        atlas: Where addresses are, where Microsoft does not say.
    """
    auth.ready()
    drift.ready()
    practice(atlas)


SELDOM = (100_000, 20, 100)
"""How many new objects make Python look for cycles among them, and how many such looks among older ones too.

With its own (700, 10, 10) a full mailbox takes 14 seconds of a processor of 66 for that; with these 2. Most
of what a check makes stays until its end, and hardly anything of it is a cycle. Source: Python, "gc".
"""


def collect_seldom() -> None:
    """Let this process look for cycles seldom, and never among what it imported. For one that only looks."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*SELDOM)


class CheckMaker:
    """Looks at accounts. Any thread may use it.

    Args:
        tenants: Who can be asked.
        clock: Tells the time (aware UTC).
        patience: Seconds that a slow source is waited for.
        atlas: Where addresses are, where Microsoft does not say.
        rules: Sigma rules that are run over what was collected.
    """

    def __init__(
        self,
        tenants: Tenants,
        clock: Callable[[], datetime],
        patience: float,
        atlas: Atlas | None = None,
        rules: Ruleset = NO_RULES,
    ) -> None:
        self._rules = rules
        self._tenants = tenants
        self._clock = clock
        self._patience = patience
        self._atlas = atlas

    def look(self, task: CheckTask, memory: Memory, tell: Callable[[Progress], None]) -> CheckFound | Failed:
        """Collect and judge; whatever goes wrong is told with words for people.

        Raises:
            CommandError: what must be remembered cannot be; it is tried again.
        """
        return attempt("check", task.case_id, lambda: self._look(task, memory, tell))

    def _look(self, task: CheckTask, memory: Memory, tell: Callable[[Progress], None]) -> CheckFound:
        recorder = answers.Answers()
        evidence = look(
            Question(task.subject, task.window),
            self._tenants.named(task.tenant, task.tenant_id),
            memory,
            tell,
            patience=self._patience,
            atlas=self._atlas,
            recorder=recorder,
        )
        report = ruled(judge(evidence, self._clock(), self._atlas), evidence, self._rules)
        return CheckFound(evidence, report, recorder.packed(report.sources))
