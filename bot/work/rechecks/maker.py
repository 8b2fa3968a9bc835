"""Makes a recheck of one case, wherever that is: reads how the account stands. No Slack, no ledger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.work.crossing.failed import Failed, attempt
from bot.work.rechecks.task import RecheckTask
from commands.rechecks.watch import Reading, read
from commands.usual.places import Atlas
from graph.memory import Memory
from graph.tenants import Tenants


class RecheckMaker:
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

    def look(self, task: RecheckTask, memory: Memory) -> Reading | Failed:
        """Read; whatever goes wrong is told with words for people.

        Raises:
            CommandError: what must be remembered cannot be; it is tried again.
        """
        return attempt("recheck", task.name, lambda: self._look(task, memory))

    def _look(self, task: RecheckTask, memory: Memory) -> Reading:
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
