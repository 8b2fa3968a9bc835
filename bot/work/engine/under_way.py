"""Which runs of the engine somebody works on: its store says what was begun, and not who died over it.

A run whose database goes away while the engine writes down a step ends with an error in this process and
stays pending in the store, where no restart comes by to take it up. So a process keeps count of what it works
on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final

import structlog
from dbos import DBOS, WorkflowStatus

from bot.work.engine.kinds import APPLICATION, DELIVERIES, KEPT
from bot.work.engine.lives import Lives

log = structlog.get_logger(__name__)

LONG: Final = 24 * 60 * 60.0
"""Seconds for which a run may be under way elsewhere, as far as the job database says: whoever can write
there could otherwise have nobody look at an account any more. Only a sweep of a large tenant takes hours."""


class UnderWay:
    """The runs that this process works on. Any thread may use it.

    Args:
        version: The version of the work that this process can do.
        executor: Its name in the engine.
        lives: Who else is alive.
        homes: The queue of each workflow, by its name; other ones are nobody's.
        seconds: Tells seconds that only go forward.
    """

    def __init__(
        self,
        version: str,
        executor: str,
        lives: Lives,
        homes: Mapping[str, str] = MappingProxyType({}),
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._version = version
        self._executor = executor
        self._lives = lives
        self._homes = homes
        self._seconds = seconds
        self._here: set[str] = set()
        self._elsewhere: dict[str, float] = {}
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

        What this process works on it knows itself. Of all else the job database tells, which others may write
        to: a run that stands where nobody looks for it is nobody's, and none is under way elsewhere for ever.

        A run that was taken off its queue and did not begin yet looks like a lost one, so it is doubted when
        it is first seen and begun again when it is seen so once more.
        """
        if self.is_here(known.workflow_id):
            return True
        if known.application_name not in {APPLICATION, None}:
            return False
        if known.status == "ENQUEUED":
            # None of this version's processes takes what another version put there.
            return known.app_version in {self._version, None} and self._is_in_its_queue(known)
        if known.status != "PENDING":
            return False
        if known.executor_id != self._executor:
            if known.name in KEPT or self._is_long_elsewhere(known.workflow_id):
                return False  # there is one keeper, and it is this process
            # What was begun under another version goes on there for as long as its process lives.
            ours = known.app_version == self._version
            return ours or self._lives.is_held(str(known.executor_id))
        if known.name not in self._homes:
            return False
        with self._lock:
            if known.workflow_id not in self._doubted:
                self._doubted.add(known.workflow_id)
                return True
            self._doubted.discard(known.workflow_id)
        log.warning("A lost run is taken up again.", action="engine.lost_run", run=known.workflow_id)
        DBOS.resume_workflow(known.workflow_id, queue_name=self.queue_of(known))
        return True

    def is_here(self, run: str) -> bool:
        """Whether this process works on a run, whatever the job database says of it."""
        with self._lock:
            if run in self._here:
                self._doubted.discard(run)
            return run in self._here

    def _is_in_its_queue(self, known: WorkflowStatus) -> bool:
        """Whether a run that waits stands where it is looked for."""
        home = self._homes.get(known.name)
        has_part = known.queue_partition_key is not None or home == DELIVERIES
        return home is not None and known.queue_name == home and has_part

    def _is_long_elsewhere(self, run: str) -> bool:
        """Whether a run is said to be under way in another process for longer than any is."""
        with self._lock:
            since = self._elsewhere.setdefault(run, self._seconds())
            if self._seconds() - since < LONG:
                return False
            del self._elsewhere[run]
        log.error("A run is under way elsewhere for too long.", action="engine.too_long", run=run)
        return True

    def queue_of(self, known: WorkflowStatus) -> str | None:
        """Give the queue in which a lost run is taken up; None for one that nobody would look in."""
        return known.queue_name or self._homes.get(known.name)
