"""Has accounts looked at by a process of its own, so that no check holds up what people ask meanwhile.

Python lets one thread of a process compute at a time. Eight checks that read and judge would let a command
wait for seconds before it is acknowledged, and Slack waits for three. What crosses the line between the two
processes is plain and bounded (`line.py`). The process starts with the bot and ends with it; one that
dies, or that a large mailbox made large, is followed by another. A check that was under way in one that died
ends with an error that people are told, and not with a verdict.
"""

from __future__ import annotations

import itertools
import os
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, Final, Protocol

import structlog

from bot.failing import refer_run
from bot.work.checks.apart.child import Given
from bot.work.checks.apart.line import Line
from bot.work.checks.finish import Finished
from bot.work.checks.task import TASKS, CheckTask, unpack_progress
from bot.work.crossing.failed import Failed
from commands.check import Progress
from commands.errors import CommandError
from graph.evidence import SOURCES
from graph.memory import Memory

log = structlog.get_logger(__name__)

LARGE: Final = 400 * 1024
"""The memory, in KiB, from which on a process is ended as soon as it looks at nothing, which frees it."""

ENDS_WITHIN: Final = 10
"""Seconds in which it must have ended."""


class Process(Protocol):
    """The process that looks, as the one sees it that started it."""

    def wait(self, timeout: float | None = None) -> int:
        """Give its exit status, once it has ended.

        Raises:
            subprocess.TimeoutExpired: it did not within so many seconds.
        """
        ...

    def kill(self) -> None:
        """End it at once."""
        ...


def started(number: int) -> Process:
    """Start the process that looks.

    Args:
        number: Of the open file that is its end of the line.
    """
    command = [sys.executable, "-P", "-m", "bot.work.checks.apart.child", str(number)]
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        command, pass_fds=(number,), stdin=subprocess.DEVNULL
    )


class ApartMaker:
    """Looks at accounts in another process. Any thread may use it.

    Args:
        given: What the process is started with.
        is_compromised: Says whether an account is compromised by its own latest case in a tenant.
        start: Starts the process.
    """

    def __init__(
        self,
        given: Given,
        is_compromised: Callable[[str, str], bool],
        start: Callable[[int], Process] = started,
    ) -> None:
        self._given = given
        self._start_process = start
        self._is_compromised = is_compromised
        self._lock = threading.Lock()
        self._process: _Process | None = None

    def start(self) -> None:
        """Start the process, so that the first check need not wait for it."""
        with self._lock:
            self._present()

    def expect(self, tenant: str, tenant_id: str) -> None:
        """Let the process sign in to a tenant now, for a look at it is about to be handed in."""
        try:
            with self._lock:
                self._present().send({"kind": "expect", "tenant": tenant, "tenant_id": tenant_id})
        except OSError as error:
            log.warning("The process that looks cannot start.", action="looker.not_started", why=str(error))

    def look(self, task: CheckTask, memory: Memory, tell: Callable[[Progress], None]) -> Finished | Failed:
        """Collect, judge and plan; whatever goes wrong is told with words for people.

        Raises:
            CommandError: what must be remembered cannot be; it is tried again.
        """
        remembered = {source: dict(found) for source in SOURCES if (found := memory.recall(source))}
        one = Look(
            task, remembered, memory.remember, tell, lambda name: self._is_compromised(name, task.tenant)
        )
        with self._lock:
            process = self._present()
            process.begin(one)
        outcome = one.outcome.get()
        with self._lock:
            if process.peak > LARGE and not process.looks:
                process.close()
        if isinstance(outcome, CommandError):
            raise outcome
        return outcome

    def close(self) -> None:
        """End the process. Checks that are under way in it are left as they are, for the next start."""
        with self._lock:
            if self._process is not None:
                self._process.close()

    def _present(self) -> _Process:
        if self._process is None or self._process.ended:
            self._process = _Process(self._given, self._start_process)
        return self._process


class Look:
    """One look that is under way.

    Attributes:
        task: What was asked.
        remembered: What the case remembers of each source.
        tell: Is told how far it is.
        outcome: What comes of it, once.
        error: Why something could not be remembered, None while all could.
    """

    def __init__(
        self,
        task: CheckTask,
        remembered: Mapping[str, Mapping[str, str]],
        remember: Callable[[str, str, str], None],
        tell: Callable[[Progress], None],
        is_compromised: Callable[[str], bool],
    ) -> None:
        self.task = task
        self.remembered = remembered
        self._remember = remember
        self.tell = tell
        self.outcome: queue.SimpleQueue[Finished | Failed | CommandError] = queue.SimpleQueue()
        self.error: CommandError | None = None
        self._is_compromised = is_compromised

    def answer(self, what: str, values: list[str]) -> Any:
        """Answer what the other process asks; None where the ledger cannot."""
        try:
            if what == "is_compromised":
                return self._is_compromised(*values)
            self._remember(*values)
        except CommandError as error:
            self.error = error
        except Exception:  # noqa: BLE001 - whatever it is, the look ends with it, and the log has it
            reference = refer_run("What a check has to remember failed.", "check", self.task.case_id)
            self.error = CommandError(f"Internal error. Reference: {reference}.")
        else:
            return True
        return None


class _Process:
    """One process with its line.

    Attributes:
        looks: What is under way in it, by number.
        peak: The most memory that it had, in KiB.
        ended: Whether it takes no more.
    """

    def __init__(self, given: Given, start: Callable[[int], Process]) -> None:
        self._ours, theirs = socket.socketpair()
        self._process = start(theirs.fileno())
        theirs.close()
        connection = Connection(os.dup(self._ours.fileno()))
        self._line = Line(connection)
        self.looks: dict[int, Look] = {}
        self.peak = 0
        self.ended = False
        self._closing = False
        self._numbers = itertools.count(1)
        self._answering = ThreadPoolExecutor(4, thread_name_prefix="looker")
        try:
            connection.send(given)
        except OSError:
            self.ended = True
        self._reader = threading.Thread(target=self._read, name="looker", daemon=True)
        self._reader.start()

    def begin(self, one: Look) -> None:
        """Hand a look in; one that cannot be handed in has failed."""
        number = next(self._numbers)
        self.looks[number] = one
        if not self.send(
            {"kind": "look", "look": number, "task": TASKS.write(one.task), "remembered": one.remembered}
        ):
            self._lose(number)

    def send(self, head: Mapping[str, Any]) -> bool:
        """Tell the process something; False where it is gone."""
        try:
            self._line.send(head)
        except OSError:
            self.ended = True
            return False
        return True

    def close(self) -> None:
        """Let it end, and wait until it did."""
        if self._closing:
            return
        self.ended = self._closing = True
        # To close it would not wake the thread that reads from it. After a process that died it is closed.
        with suppress(OSError):
            self._ours.shutdown(socket.SHUT_RDWR)
        try:
            self._process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._ours.close()
        self._answering.shutdown(wait=False)

    def _read(self) -> None:
        try:
            while True:
                self._take(*self._line.receive())
        except (EOFError, OSError):
            self.ended = True
        except Exception:
            log.exception("The process that looks said something odd.", action="looker.odd")
            self.ended = True
            self._process.kill()
        self._line.close()
        if self._closing:
            return
        self._ours.close()
        log.error("The process that looks has ended.", action="looker.ended", status=self._process.wait())
        for number in list(self.looks):
            self._lose(number)

    def _take(self, head: dict[str, Any], parts: list[bytes]) -> None:
        one = self.looks[head["look"]]
        match head["kind"]:
            case "ask":
                self._answering.submit(self._answer, one, head)
            case "progress":
                one.tell(unpack_progress(parts[0]))
            case "again":
                del self.looks[head["look"]]
                one.outcome.put(one.error or CommandError("The ledger could not be read or written."))
            case _:
                self.peak = head["peak"]
                del self.looks[head["look"]]
                one.outcome.put(_outcome(head, parts))

    def _answer(self, one: Look, head: dict[str, Any]) -> None:
        value = one.answer(head["what"], head["values"])
        try:
            self._line.send({"kind": "told", "call": head["call"], "value": value})
        except OSError as error:
            # Whoever reads from the process sees its end, and tells it.
            log.info("Nobody waits for an answer any more.", action="looker.gone", error=str(error))

    def _lose(self, number: int) -> None:
        one = self.looks.pop(number, None)
        if one is not None:
            reference = refer_run(
                "A check was lost with the process that made it.", "check", one.task.case_id
            )
            says = (
                f"The process that made this check ended unexpectedly; check again. Reference: {reference}."
            )
            one.outcome.put(Failed(says, reference))


def _outcome(head: dict[str, Any], parts: list[bytes]) -> Finished | Failed:
    if failed := head.get("failed"):
        return Failed(failed["says"], failed["reference"], failed["code"])
    report, offer, answers = parts
    return Finished(head["verdict"], report, offer.decode(), head["sources"], answers)
