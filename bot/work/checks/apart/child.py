"""The process that looks for the bot: it asks Microsoft, judges and plans, and holds up no acknowledgement.

It has no Slack and no ledger: what it has to remember or know of them it asks for over the line to the bot,
and it ends when that line does. See `parent.py` for the other end.
"""

from __future__ import annotations

import itertools
import os
import queue
import re
import resource
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import structlog

from bot import log as logs
from bot.atlas import atlas_of
from bot.cards.painter import Edits, Painter, shows_something
from bot.failing import refer_run
from bot.memory import share_what_is_freed
from bot.rules import ruleset_of
from bot.settings import Settings
from bot.work.checks.apart.line import Line
from bot.work.checks.finish import Finished, Planned, finish, plan
from bot.work.checks.maker import CheckMaker, collect_seldom, ready
from bot.work.checks.task import TASKS, CheckTask, pack_progress
from bot.work.crossing.failed import Failed
from commands.check import Progress
from commands.errors import CommandError
from commands.plans.planning_input import Guard
from graph.auth import Resource
from graph.errors import GraphError
from graph.limits import Deadline, Shared
from graph.settings import TenantSettings
from graph.tenants import Tenants

log = structlog.get_logger(__name__)

SIGN_IN_SECONDS: Final = 30.0
"""How long to wait for a token before it is asked for."""

_PEAK: Final = re.compile(r"^VmHWM:\s*(\d+) kB$", re.MULTILINE)


class NotRemembered(CommandError):
    """The bot could not write down what has to be remembered; it has the reason."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the process is given when it starts.

    Attributes:
        settings: All of them.
        guards: Whom no one may touch in each tenant, by its name.
        edits: How far apart it is told how far a check is.
    """

    settings: Settings
    guards: Mapping[str, Guard]
    edits: Edits


class Looker:
    """Looks at accounts, several at the same time.

    Args:
        given: What it was started with.
        line: Its line to the bot.
    """

    def __init__(self, given: Given, line: Line) -> None:
        settings = given.settings
        tenants = Tenants(settings.tenants, reads_only=True, shared=_shared(settings))
        self._atlas = atlas_of(settings.cities, settings.networks, settings.known_networks)
        self._maker = CheckMaker(
            tenants,
            lambda: datetime.now(UTC),
            settings.patience.total_seconds(),
            self._atlas,
            ruleset_of(settings.rules),
        )
        self._tenants = tenants
        self._guards = given.guards
        self._edits = given.edits
        self._line = line
        self._numbers = itertools.count()
        self._asked: dict[int, queue.SimpleQueue[Any]] = {}

    def serve(self) -> None:
        """Look at what is asked for, until nobody asks any more."""
        ready(self._atlas)
        while True:
            head, _ = self._line.receive()
            match head["kind"]:
                case "look":
                    memory = _Memory(self, head["look"], head["remembered"])
                    given = (head["look"], TASKS.read(head["task"]), memory)
                    threading.Thread(target=self._look, args=given, name="look", daemon=True).start()
                case "expect":
                    whose = (head["tenant"], head["tenant_id"])
                    threading.Thread(target=self._sign_in, args=whose, name="sign in", daemon=True).start()
                case "told":
                    self._asked.pop(head["call"]).put(head["value"])

    def _sign_in(self, tenant: str, tenant_id: str) -> None:
        """Get the token that the first question of a look needs; what goes wrong, the look tells."""
        try:
            sign_in = self._tenants.named(tenant, tenant_id).sign_in
            sign_in.token(Resource.GRAPH, Deadline(SIGN_IN_SECONDS))
        except GraphError as error:
            log.info("Nobody is signed in yet.", action="looker.not_signed_in", tenant=tenant, why=str(error))

    def ask(self, look: int, what: str, *values: str) -> Any:
        """Ask the bot for something about one look.

        Raises:
            NotRemembered: the bot cannot do it.
        """
        call, answer = next(self._numbers), queue.SimpleQueue[Any]()
        self._asked[call] = answer
        self._line.send({"kind": "ask", "look": look, "call": call, "what": what, "values": values})
        found = answer.get()
        if found is None:
            raise NotRemembered("The bot could not read or write its ledger.")
        return found

    def _look(self, look: int, task: CheckTask, memory: _Memory) -> None:
        outcome: Finished | Failed
        try:
            planned = self._planned(look, task, memory)
            outcome = planned if isinstance(planned, Failed) else self._finished(look, planned, task)
        except CommandError:
            self._line.send({"kind": "again", "look": look})
            return
        except Exception:  # noqa: BLE001 - whatever it is, people are told and the log has it
            reference = refer_run("A check failed: internal error.", "check", task.case_id)
            outcome = Failed(f"Internal error during this check. Reference: {reference}.", reference)
        peak = most_memory()
        head: dict[str, Any] = {"kind": "done", "look": look, "peak": peak}
        if isinstance(outcome, Failed):
            failed = {"says": outcome.says, "reference": outcome.reference, "code": outcome.code}
            self._line.send({**head, "failed": failed})
            return
        self._line.send(
            {**head, "verdict": outcome.verdict, "sources": dict(outcome.sources)},
            outcome.report,
            outcome.offer.encode(),
            outcome.answers,
        )

    def _planned(self, look: int, task: CheckTask, memory: _Memory) -> Planned | Failed:
        """Look and plan. What was collected is held here and nowhere else, so it is let go of at the end."""
        with self._telling(look) as tell:
            found = self._maker.look(task, memory, tell)
        if isinstance(found, Failed):
            return found
        # Under the name that the tenant has now.
        guard = self._guards[self._tenants.named(task.tenant, task.tenant_id).settings.name]
        return plan(found, guard, task.case_id, self._atlas)

    def _finished(self, look: int, planned: Planned, task: CheckTask) -> Finished | Failed:
        return finish(planned, lambda name: bool(self.ask(look, "is_compromised", name)), task.case_id)

    @contextmanager
    def _telling(self, look: int) -> Iterator[Any]:
        painter = Painter[Progress](lambda progress: self._tell(look, progress), self._edits, shows_something)
        painter.thread.start()
        try:
            yield painter.tell
        finally:
            painter.stop()

    def _tell(self, look: int, progress: Progress) -> float:
        self._line.send({"kind": "progress", "look": look}, pack_progress(progress))
        return self._edits.apart


def _shared(settings: Settings) -> Callable[[TenantSettings], Shared] | None:
    """Give the limits that are kept in PostgreSQL, where there is one."""
    if settings.engine.startswith("sqlite:"):
        return None
    # Imported only here: PostgreSQL's dialect takes a tenth of a second.
    from bot.work.crossing.limiter import SharedLimiter  # noqa: PLC0415
    from bot.work.engine.database import database  # noqa: PLC0415

    return SharedLimiter(database(settings.engine)).of


def most_memory() -> int:
    """The most memory that this process had since it began, in KiB.

    Linux counts into `ru_maxrss` what the process had in it that started this one (getrusage(2) and
    `setmax_mm_hiwater_rss` in its exec), so a large bot would make each of its lookers look large.
    """
    try:
        found = _PEAK.search(Path("/proc/self/status").read_text(encoding="ascii", errors="replace"))
    except OSError:
        found = None
    return int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


class _Memory:
    """What the ledger remembers of one case; what is to be remembered goes over the line."""

    def __init__(self, looker: Looker, look: int, known: Mapping[str, Mapping[str, str]]) -> None:
        self._looker = looker
        self._number = look
        self._known = known

    def recall(self, source: str) -> Mapping[str, str]:
        """What was kept for a source."""
        return self._known.get(source, {})

    def remember(self, source: str, name: str, value: str) -> None:
        """Keep a text for a source."""
        self._looker.ask(self._number, "remember", source, name, value)


def main() -> None:
    """Serve on the line whose number is given, until its other end closes."""
    serve_on(Connection(int(sys.argv[1])))


def serve_on(connection: Connection) -> None:
    """Be the process that looks, until the other end of the line closes."""
    # A service manager and a terminal signal all processes at once; the bot says when it is over.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    try:
        given: Given = connection.recv()
        logs.configure(given.settings.log)
        share_what_is_freed()
        looker = Looker(given, Line(connection))
        collect_seldom()
        looker.serve()
    except (EOFError, OSError):
        # The bot is gone, and whatever was under way goes on at its next start.
        os._exit(0)


if __name__ == "__main__":
    main()
