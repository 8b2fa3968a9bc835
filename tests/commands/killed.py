"""A process that carries out a proposal and kills itself at the n-th point on the way.

A point lies before and after every transaction of the ledger, and before and after every write to the tenant.
Run as a module it reads one line of JSON after the other and answers each with one: it forks for each, so
that a hundred kills cost one start of Python, and one reading of Microsoft's contract. What is killed is a
process of its own all the same, with a ledger and a connection of its own, and nothing of it is left but
what is on the disk and in the tenant.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Self

from commands.containment import carry_out
from commands.containment.proposals import Proposals
from commands.ledger import Ledger, Writing
from commands.plans.planning_input import Guard
from commands.signing_key import SigningKey
from graph.connection import Connection
from graph.effects import Item
from graph.limits import Deadline
from graph.most import Taking, Tally
from graph.request import Cmdlet, Request
from graph.settings import TenantSettings
from tests.commands.carrying import NOW, SEED
from tests.graph.service import QUICK


class Killer:
    """Kills this process when the n-th point is reached, counted from 1."""

    def __init__(self, last: int) -> None:
        self.left = last
        self.lock = threading.Lock()

    def __call__(self) -> None:
        with self.lock:
            self.left -= 1
            if self.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


class KilledLedger(Ledger):
    """A ledger with a point before and after every transaction."""

    def __init__(self, path: Path, point: Callable[[], None]) -> None:
        super().__init__(path, lambda: NOW)
        self.point = point

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        with super().writing() as writing:
            yield writing
            self.point()
        self.point()


class KilledConnection(Connection):
    """A connection with a point before and after every write."""

    def __init__(self, settings: TenantSettings, point: Callable[[], None]) -> None:
        super().__init__(settings, pacing=QUICK)
        self.point = point

    def fetch(
        self,
        what: Request | Cmdlet,
        deadline: Deadline,
        tally: Tally | None = None,
        taking: Taking | None = None,
    ) -> list[Item]:
        if what.name.startswith("Get-") if isinstance(what, Cmdlet) else what.method == "GET":
            return super().fetch(what, deadline, tally, taking)
        self.point()
        answer = super().fetch(what, deadline, tally)
        self.point()
        return answer


def run(task: dict[str, Any]) -> None:
    """Carry out, as far as it goes. Nothing is waited for: what is not seen at once is not seen here."""
    point = Killer(task["point"])
    ledger = KilledLedger(Path(task["ledger"]), point)
    with KilledConnection(TenantSettings(**task["tenant"]), point) as connection:
        carry_out.carry_out(
            task["proposal"],
            proposals=Proposals(ledger),
            connection=connection,
            keys=SigningKey.load_or_make(Path(task["key"])),
            barred=lambda vote: "",  # noqa: ARG005
            clock=lambda: NOW,
            sleep=lambda seconds: None,  # noqa: ARG005
            patience=carry_out.Patience(pauses=(), send=30, look=30),
            tell=lambda: None,
            guard=Guard(),
            below=random.Random(SEED).randrange,
        )
    ledger.close()


class Victims:
    """The process that forks, as its parent sees it; a context manager."""

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parents[2],
        )
        return self

    def is_killed(self, task: dict[str, Any]) -> bool:
        """Run a task; whether it was killed on the way, and did not reach its end."""
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        print(json.dumps(task), file=stdin, flush=True)
        status = int(stdout.readline())
        assert status in (0, -signal.SIGKILL), f"it broke with {status}"
        return status != 0

    def practice(self, task: dict[str, Any]) -> None:
        """Have a task done where the others are forked from: what it imports and reads, they need not."""
        assert not self.is_killed({**task, "point": 0, "forked": False})

    def __exit__(self, *args: object) -> None:
        self.process.communicate()


def serve(tasks: IO[str], answers: IO[str]) -> None:
    """Fork for every task, and say how the fork ended: 0, or the signal with a minus."""
    for line in tasks:
        task = json.loads(line)
        if not task.get("forked", True):
            run(task)
            print(0, file=answers, flush=True)
            continue
        child = os.fork()
        if child == 0:
            run(task)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


if __name__ == "__main__":
    # Standard output is for the answers; what is logged there would be taken for one.
    told = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    serve(sys.stdin, told)
