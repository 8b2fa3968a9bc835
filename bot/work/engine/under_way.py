"""Which runs of the engine somebody works on: its store says what was begun, and not who died over it.

A run whose database goes away while the engine writes down a step ends with an error in this process and
stays pending in the store, where no restart comes by to take it up. So a process keeps count of what it works
on.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

import structlog
from dbos import DBOS, WorkflowStatus

from bot.work.engine.lives import Lives

log = structlog.get_logger(__name__)

_WAITS = frozenset({"ENQUEUED", "DELAYED"})


class UnderWay:
    """The runs that this process works on. Any thread may use it.

    Args:
        version: The version of the work that this process can do.
        executor: Its name in the engine.
        lives: Who else is alive.
        homes: The queue of each kind of run that begins without one, within another run.
    """

    def __init__(
        self, version: str, executor: str, lives: Lives, homes: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._version = version
        self._executor = executor
        self._lives = lives
        self._homes = homes
        self._here: set[str] = set()
        self._doubted: set[str] = set()
        self._lock = threading.Lock()

    @property
    def is_any(self) -> bool:
        """Whether this process works on any run."""
        return bool(self._here)

    @contextmanager
    def here(self) -> Iterator[None]:
        """Count the run that this thread is in as worked on."""
        name = DBOS.workflow_id or ""
        with self._lock:
            self._here.add(name)
        try:
            yield
        finally:
            with self._lock:
                self._here.discard(name)

    def is_alive(self, known: WorkflowStatus) -> bool:
        """Say whether somebody works on a run, or will; what this process lost, it begins again.

        A run that was taken off its queue and did not begin yet looks like a lost one, so it is doubted when
        it is first seen and begun again when it is seen so once more.
        """
        if known.status in _WAITS:
            # None of this version's processes takes what another version put there.
            return known.app_version in {self._version, None}
        if known.status != "PENDING":
            return False
        if known.executor_id != self._executor:
            # What was begun under another version goes on there for as long as its process lives.
            ours = known.app_version == self._version
            return ours or self._lives.is_held(str(known.executor_id))
        with self._lock:
            if known.workflow_id in self._here:
                self._doubted.discard(known.workflow_id)
                return True
            if known.workflow_id not in self._doubted:
                self._doubted.add(known.workflow_id)
                return True
            self._doubted.discard(known.workflow_id)
        log.warning("A lost run is taken up again.", action="engine.lost_run", run=known.workflow_id)
        DBOS.resume_workflow(known.workflow_id, queue_name=self.queue_of(known))
        return True

    def queue_of(self, known: WorkflowStatus) -> str | None:
        """Give the queue in which a lost run is taken up; None for one that nobody would look in."""
        return known.queue_name or self._homes.get(known.name)
