"""A recheck of one case, wherever it is made: what is asked for, and the reading itself. No Slack, no ledger.

The keeper says which doors are looked at, and judges what was read: a worker only reads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from bot.artefacts import report_store
from bot.work.task import Failed, ResultRefused, ResultUnreadable, attempt, demand_subject, unpack_result
from commands.rechecks.watch import Door, Reading, read
from commands.usual.places import Atlas
from graph.memory import Memory
from graph.question import Subject, Window
from graph.tenants import Tenants


@dataclass(frozen=True, slots=True)
class Recheck:
    """One run of one recheck of a case.

    Attributes:
        case_id: The case.
        round: Which recheck of it, counted from 1.
        run: Which run of that, counted from 1.
        tenant: The name of the tenant, as the case has it.
        subject: The account.
        window: The time that the check looked at.
        doors: The changes that are looked at.
        tenant_id: The tenant's id, which it has by any name; "" where nobody knows it.
    """

    case_id: str
    round: int
    run: int
    tenant: str
    subject: Subject
    window: Window
    doors: tuple[Door, ...]
    tenant_id: str = ""

    @property
    def name(self) -> str:
        """What it is called between keeper and workers."""
        return recheck_name(self.case_id, self.round)


_TASK = TypeAdapter(Recheck)


def recheck_name(case_id: str, number: int) -> str:
    """Give the name of a recheck, such as ``C-7F3K2.1``."""
    return f"{case_id}.{number}"


def named(name: str) -> tuple[str, int]:
    """Give the case and the number of a recheck by its name."""
    case_id, _, number = name.rpartition(".")
    return case_id, int(number)


def sent_recheck(task: Recheck) -> dict[str, Any]:
    """Write a task as JSON."""
    sent: dict[str, Any] = report_store.whole(_TASK.dump_python(task, mode="json"))
    return sent


def read_recheck(sent: dict[str, Any]) -> Recheck:
    """Read a task.

    Raises:
        pydantic.ValidationError: it is none.
    """
    return _TASK.validate_python(sent)


def unpack_reading(sent: bytes, task: Recheck) -> Reading | Failed:
    """Read what came of a recheck.

    Raises:
        ResultUnreadable: it is none, or too large.
        ResultRefused: it is about somebody or something else than what was asked for.
    """
    result = unpack_result(sent)
    if result.failed is not None:
        return result.failed
    if result.reading is None:
        raise ResultUnreadable("The worker sent neither what it read nor why it read nothing.")
    reading: Reading = result.reading
    demand_subject(task.subject, reading.evidence)
    if [one.change for one in reading.doors] != [one.change for one in task.doors]:
        raise ResultRefused("The worker read other changes than those asked for.")
    window = reading.evidence.window
    if window.start != task.window.start or window.end < task.window.end:
        raise ResultRefused("The worker answered about another time than the one asked for.")
    return reading


class Rechecking:
    """Reads how accounts stand. Any thread may use it.

    Args:
        tenants: Who can be asked.
        clock: Tells the time (aware UTC).
        patience: Seconds that a slow source is waited for.
        atlas: Where addresses are, where Microsoft does not say.
    """

    def __init__(
        self, tenants: Tenants, clock: Callable[[], datetime], patience: float, atlas: Atlas | None = None
    ) -> None:
        self._tenants = tenants
        self._clock = clock
        self._patience = patience
        self._atlas = atlas

    def look(self, task: Recheck, memory: Memory) -> Reading | Failed:
        """Read; whatever goes wrong is told with words for people.

        Raises:
            CommandError: what must be remembered cannot be; it is tried again.
        """
        return attempt("recheck", task.name, lambda: self._look(task, memory))

    def _look(self, task: Recheck, memory: Memory) -> Reading:
        return read(
            task.subject,
            task.window,
            task.doors,
            self._tenants.named(task.tenant, task.tenant_id),
            memory,
            clock=self._clock,
            patience=self._patience,
            atlas=self._atlas,
        )
