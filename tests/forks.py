"""`--forks N`: collects the tests once and runs them in N processes, each forked from the one that collected.

Workers that start by themselves, as those of pytest-xdist do (`-n N`, which goes on working), import and
collect everything again: five seconds of a processor each, and more on a busy machine. Here a further worker
costs next to nothing, so there can be as many as keep both processors busy while stories wait.

The process that collected gives out portions in their order, one at a time, to whoever is free, and reports.
It starts no thread, so that a fork is whole. A worker that dies fails the test that it was at, and another
one goes on with the rest of its portion.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import traceback
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from tempfile import TemporaryFile
from types import SimpleNamespace
from typing import Any, Final

import pytest

_NEXT: Final = "next"
_FINISHED: Final = "finished"
_BROKE: Final = "broke"
_OVER: Final = "over"

Portion = Sequence[int]
"""Tests that one worker runs one after another, by their places among all."""


@dataclass
class Worker:
    """A process, as the one that gives out sees it.

    Attributes:
        process: Its id.
        line: The way to it.
        left: What it has still to do of its portion, with the test that it is at.
        broke: What went wrong beside a test, "" for nothing.
        over: Whether it is done.
    """

    process: int
    line: Connection
    left: deque[int] = field(default_factory=deque)
    broke: str = ""
    over: bool = False


class Forks:
    """Runs a session's tests in several processes.

    Args:
        session: Whose tests are collected.
        portions: All of them, in the order in which they are given out.
    """

    def __init__(self, session: pytest.Session, portions: Sequence[Portion]) -> None:
        self._session = session
        self._portions = deque(portions)
        self._workers: dict[Connection, Worker] = {}
        self._names = 0

    def run(self, most: int) -> None:
        """Run all tests.

        Raises:
            pytest.Session.Failed: so many failed that the rest was not to be run.
        """
        try:
            for _ in range(min(most, len(self._portions))):
                self._fork()
            while self._workers:
                for line in wait(list(self._workers)):
                    assert isinstance(line, Connection)
                    self._hear(self._workers[line])
                if self._session.shouldfail:
                    raise self._session.Failed(self._session.shouldfail)
                if self._session.shouldstop:
                    raise self._session.Interrupted(self._session.shouldstop)
        finally:
            for worker in list(self._workers.values()):
                os.kill(worker.process, signal.SIGKILL)
                self._bury(worker)

    def _fork(self) -> None:
        # Made before there are two, who would both make it.
        folder = self._session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
        ours, theirs = Pipe()
        self._names += 1
        process = os.fork()
        if process == 0:
            try:
                for line in (ours, *self._workers):
                    line.close()
                _Working(self._session, theirs).run(folder / f"worker{self._names}")
            except BaseException:  # noqa: BLE001 - told by the process that reports
                theirs.send((_BROKE, traceback.format_exc()))
            finally:
                # Nothing of what the first process has to tidy up is tidied up here.
                os._exit(0)
        theirs.close()
        self._workers[ours] = Worker(process, ours)

    def _hear(self, worker: Worker) -> None:
        config, items = self._session.config, self._session.items
        hook = config.hook
        try:
            kind, told = worker.line.recv()
        except EOFError:
            self._ended(worker)
            return
        if kind == _NEXT:
            worker.left = deque(self._portions.popleft() if self._portions else ())
            worker.line.send(list(worker.left))
        elif kind == _FINISHED:
            place, reports = told
            worker.left.remove(place)
            # Told together: there are three reports of each of ten thousand tests.
            self._tell(
                items[place],
                [hook.pytest_report_from_serializable(config=config, data=one) for one in reports],
            )
        elif kind == _BROKE:
            worker.broke = told
        else:
            worker.over = True

    def _ended(self, worker: Worker) -> None:
        """Fail what a worker was at when it died, and have another one do the rest."""
        how = worker.broke + self._bury(worker)
        if worker.over:
            return
        if worker.left:
            item = self._session.items[worker.left.popleft()]
            self._tell(item, [_died(item.nodeid, item.location, how)])
        else:
            report = _died("a worker", ("", None, ""), how)
            self._session.config.hook.pytest_runtest_logreport(report=report)
        if worker.left:
            self._portions.appendleft(list(worker.left))
        if self._portions:
            self._fork()

    def _tell(self, item: pytest.Item, reports: Sequence[pytest.TestReport]) -> None:
        hook = self._session.config.hook
        hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        for report in reports:
            hook.pytest_runtest_logreport(report=report)
        hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)

    def _bury(self, worker: Worker) -> str:
        del self._workers[worker.line]
        worker.line.close()
        _, status = os.waitpid(worker.process, 0)
        return f"status {os.waitstatus_to_exitcode(status)}"


class _Working:
    """What a worker does, in its own process."""

    def __init__(self, session: pytest.Session, line: Connection) -> None:
        self._session = session
        self._line = line
        self._reports: list[Any] = []

    def run(self, folder: Any) -> None:
        """Run portions until there are no more."""
        config, session = self._session.config, self._session
        random.seed()
        _keep_output_apart(config.pluginmanager.getplugin("capturemanager"))
        config.pluginmanager.unregister(name="terminalreporter")
        # What is written to the terminal in the middle of a test, as by a time-out, goes into its report.
        writer = pytest.TerminalReporter(config, sys.stderr)._tw
        config.pluginmanager.register(SimpleNamespace(_tw=writer), "terminalreporter")
        folder.mkdir()
        config._tmp_path_factory._basetemp = folder  # type: ignore[attr-defined]
        config.pluginmanager.register(self, "forked")
        # What a portion sets up goes away at its end; what is set up for the session stays.
        bare: Any = SimpleNamespace(listchain=lambda: [session])
        while portion := self._ask():
            for place, following in zip(portion, [*portion[1:], None], strict=True):
                item = session.items[place]
                after = bare if following is None else session.items[following]
                config.hook.pytest_runtest_protocol(item=item, nextitem=after)
                self._line.send((_FINISHED, (place, self._reports)))
                self._reports = []
        session._setupstate.teardown_exact(None)
        self._line.send((_OVER, None))

    def _ask(self) -> Portion:
        self._line.send((_NEXT, None))
        portion: Portion = self._line.recv()
        return portion

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a report until its test has finished."""
        config = self._session.config
        self._reports.append(config.hook.pytest_report_to_serializable(config=config, report=report))


def _keep_output_apart(capture: Any) -> None:
    """Put other files behind those in which output is kept, which are the first process's.

    They are not closed: what was imported may hold one, as a default of a function that writes to it does.
    """
    capture.suspend_global_capture()
    for kept in (capture._global_capturing.out, capture._global_capturing.err):
        if hasattr(kept, "targetfd"):  # none with -s
            with TemporaryFile(buffering=0) as fresh:
                os.dup2(fresh.fileno(), kept.tmpfile.fileno(), inheritable=False)
    capture.resume_global_capture()


def _died(nodeid: str, location: tuple[str, int | None, str], how: str) -> pytest.TestReport:
    says = f"The process that ran this ended ({how})."
    return pytest.TestReport(nodeid, location, {}, "failed", says, "call")
