"""A process that makes a check, a hunt or a recheck of the ledger, and kills itself at the n-th point.

A point lies before and after each transaction of the ledger, and before and after each call to Slack. Each
victim is forked from a process that has imported everything; it has files, connections and threads of its
own, and nothing of it is left but what is on the disk, in the tenant and in Slack. What starts such work
again after a kill is the engine, which other stories kill; here the parts that it repeats are.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bot import log
from bot.settings import Settings
from commands.ledger import Writing
from tests.nursery import NURSERY


class Killer:
    """Kills this process when the n-th point is reached, from 1; never with 0. Any thread may call it."""

    def __init__(self, last: int) -> None:
        self._left = last
        self._lock = threading.Lock()

    def __call__(self) -> None:
        with self._lock:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def _be(settings: Settings, kind: str, name: str, point: int) -> None:
    from bot.wiring import create_app  # noqa: PLC0415 - imported by whoever is forked from
    from tests.scenarios.conftest import FREELY  # noqa: PLC0415

    log.quiet()
    bot = create_app(settings, **FREELY)
    reached, writing = Killer(point), bot.ledger.writing

    @contextmanager
    def killed_writing() -> Iterator[Writing]:
        with writing() as inside:
            yield inside
            reached()
        reached()

    client = bot.desk._tools.client
    send = client.api_call

    def killed_call(*args: Any, **more: Any) -> Any:
        reached()
        answer = send(*args, **more)
        reached()
        return answer

    bot.ledger.writing = killed_writing  # type: ignore[method-assign]
    client.api_call = killed_call  # type: ignore[method-assign]
    jobs = bot.jobs
    match kind:
        case "check":
            jobs._checks.look(name, bot.ledger.case(name).run)
            jobs._checks.show(name)
        case "hunt":
            jobs._hunts.look(name, 1)
            jobs._hunts.show(name)
        case _:
            jobs._rechecks.look(name, 1)
            jobs._rechecks.show(name)
    os._exit(0)


def is_killed(settings: Settings, kind: str, name: str, point: int) -> bool:
    """Do some work; whether it was killed on the way, and did not reach its end.

    Args:
        settings: Those of the bot.
        kind: ``check``, ``hunt`` or ``recheck``.
        name: Which.
        point: Where it is killed; 0 for nowhere.
    """
    process = NURSERY.Process(target=_be, args=(settings, kind, name, point))
    process.start()
    process.join()
    status = process.exitcode
    process.close()
    assert status in (0, -signal.SIGKILL), f"the {kind} at point {point} broke with {status}"
    return status != 0
