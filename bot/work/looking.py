"""What looking at one account is, wherever it is done: ask Microsoft, judge. No Slack, no ledger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.artefacts import answers
from bot.failing import refer
from bot.work.task import Failed, Found, Task
from commands.check import Progress, judge, look
from commands.errors import CommandError
from commands.sigma.results import ruled
from commands.sigma.shapes import NO_RULES, Ruleset
from commands.usual.places import Atlas
from graph import auth, drift
from graph.collect import Memory
from graph.errors import GraphError
from graph.evidence import Evidence
from graph.question import Question, Subject, Window
from graph.tenants import Tenants


class Looking:
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

    def ready(self) -> None:
        """Do now what the first look would wait for otherwise: load libraries and tables."""
        auth.ready()
        drift.ready()
        nobody = Subject(id="", user_principal_name="", mail="", addresses=())
        now = self._clock()
        judge(Evidence(nobody, Window(now - timedelta(days=1), now)), now, self._atlas)

    def look(self, task: Task, memory: Memory, tell: Callable[[Progress], None]) -> Found | Failed:
        """Collect and judge; whatever goes wrong is told with words for people.

        Raises:
            CommandError: what must be remembered cannot be; it is tried again.
        """
        try:
            recorder = answers.Answers()
            evidence = look(
                Question(task.subject, task.window),
                self._tenants.named(task.tenant),
                memory,
                tell,
                patience=self._patience,
                atlas=self._atlas,
                recorder=recorder,
            )
            report = ruled(judge(evidence, self._clock(), self._atlas), evidence, self._rules)
            return Found(evidence, report, recorder.packed(report.sources))
        except CommandError:
            raise
        except GraphError as error:
            reference = refer("A check failed.", task.case_id)
            return Failed(f"{error.sentence} Reference: {reference}.", reference, error.code)
        except Exception:  # noqa: BLE001 - whatever it is, people are told and the log has it
            reference = refer("A check failed: internal error.", task.case_id)
            return Failed(f"Internal error during this check. Reference: {reference}.", reference)
