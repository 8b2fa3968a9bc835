"""`compromise run` and `compromise worker` as processes, from their start to the signal that ends them."""

from __future__ import annotations

import fcntl
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from bot import log as logs
from bot.clock import now
from bot.errors import CannotStart
from bot.memory import share_what_is_freed
from bot.running import Bot
from bot.settings import Settings
from bot.signals import told_to_stop
from bot.wiring import create_app
from bot.work.checks.apart.parent import started
from bot.work.checks.maker import collect_seldom
from bot.work.engine.kinds import VERSION
from bot.work.worker import Worker
from commands.errors import LedgerError

log = structlog.get_logger(__name__)

SWITCH = 0.000_5
"""Seconds for which a thread may compute while others wait; usually ten times as long.

A command passes through four threads before it is acknowledged, and each of them waits for its turn behind
those that answer other commands, up to eight of them.
"""


def run(settings: Settings, make: Callable[[Settings], Bot] | None = None) -> int:
    """Run the bot until SIGTERM or SIGINT; give the exit status, 1 when it cannot start.

    Args:
        settings: All of them.
        make: Wires the bot; None for one whose checks have a process of their own.
    """
    logs.configure(settings.log)
    share_what_is_freed()
    sys.setswitchinterval(SWITCH)
    try:
        demand_not_lost(settings.ledger, settings.key)
        with told_to_stop() as wait, only_one(settings.ledger):
            bot = make(settings) if make else create_app(settings, apart=started)
            try:
                bot.start()
                told = wait()
                log.info("The bot is told to stop.", action="bot.signal", signal=told.name)
            finally:
                bot.stop()
            if bot.jobs.is_busy:
                # A check that waits for Microsoft would keep the process for minutes. It goes on at the next
                # start, as after a kill.
                log.info("A check is left for the next start.", action="bot.left_work")
                logging.shutdown()
                os._exit(0)
    except (CannotStart, LedgerError) as error:
        log.error("The bot cannot start.", action="bot.cannot_start", why=str(error))  # noqa: TRY400
        return 1
    return 0


def work(settings: Settings, version: str = VERSION, make: Callable[[Settings], Worker] | None = None) -> int:
    """Run a worker until SIGTERM or SIGINT; give the exit status, 1 when it cannot start or go on.

    Args:
        settings: All of them.
        version: Of the work that it can do.
        make: Wires the worker; None for the usual one.
    """
    logs.configure(settings.log)
    share_what_is_freed()
    collect_seldom()
    if settings.slack is not None or any(tenant.remediate for tenant in settings.tenants):
        log.warning(
            "A worker needs no [slack] and no [tenants.remediate]: leave these secrets off this machine.",
            action="worker.too_much",
        )
    try:
        with told_to_stop() as wait:
            worker = make(settings) if make else Worker(settings, now, version=version)
            worker.start()
            try:
                told = wait()
                log.info("The worker is told to stop.", action="worker.signal", signal=told.name)
            finally:
                worker.stop()
            if worker.engine.is_busy:
                # It goes on elsewhere: the lock is gone.
                logging.shutdown()
                os._exit(1 if worker.ended else 0)
    except CannotStart as error:
        log.error("The worker cannot start.", action="worker.cannot_start", why=str(error))  # noqa: TRY400
        return 1
    return 1 if worker.ended else 0


def demand_not_lost(ledger: Path, key: Path) -> None:
    """See that a ledger is not gone: its key is made after it, so where one is there was the other.

    Raises:
        CannotStart: the key is there and the ledger is not.
    """
    if key.exists() and not ledger.exists():
        raise CannotStart(
            f"The key {key} exists, but its ledger {ledger} is missing. Restore the newest "
            "backup; to start a new ledger on purpose, move the key away first."
        )


@contextmanager
def only_one(ledger: Path) -> Iterator[None]:
    """Keep a second bot from working on the same ledger: it would do the first one's work again.

    The file itself is locked, whatever path leads to it. Opened before the ledger and closed after it: to
    close a file lets go of the locks that SQLite has on it in this process.

    Raises:
        CannotStart: another process has it, or it cannot be opened.
    """
    try:
        file = os.open(ledger, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CannotStart(f"The ledger {ledger} cannot be opened ({error.strerror}).") from error
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotStart(f"Another bot is using {ledger}; stop it first.") from error
        yield
    finally:
        os.close(file)
