#!/usr/bin/env python3
"""Say by the exit status whether a bot is up: 0 when it is, 1 with a line when it is not.

By signed HTTP the bot answers at /health. In Socket Mode it has no port; then the kernel is asked whether
somebody holds the lock that a bot has on its ledger from its start to its end. That tells of the process, and
not whether the connection to Slack stands: for that, type a command in Slack.

Reads the variables that the bot reads, and takes no lock itself: a bot that starts at that moment would be
turned away. Source of the table of locks: proc_locks(5).
"""

from __future__ import annotations

import os
import sys
import urllib.request
from collections.abc import Iterable
from pathlib import Path

SECONDS = 5.0
"""How long an answer may take."""


def is_held(inode: int, locks: Iterable[str]) -> bool:
    """Say whether the kernel's table has a writer's lock on the file with this number.

    Args:
        inode: The number of the file.
        locks: The lines of /proc/locks.
    """
    for line in locks:
        # "1: FLOCK  ADVISORY  WRITE 4711 fe:00:131 0 EOF"; a "->" after the number means that one waits.
        parts = line.split()
        if parts[1:4] == ["FLOCK", "ADVISORY", "WRITE"] and parts[5].rpartition(":")[2] == str(inode):
            return True
    return False


def trouble(environment: dict[str, str]) -> str:
    """Say in one sentence why the bot does not count as up; "" when it does."""
    if environment.get("COMPROMISE_SLACK_MODE") == "http":
        port = environment.get("COMPROMISE_SLACK_PORT") or "3000"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=SECONDS) as answer:
                return "" if answer.status == 200 else f"The bot answers with status {answer.status}."
        except OSError as error:
            return f"The bot does not answer on port {port} ({error})."
    ledger = Path(environment.get("COMPROMISE_LEDGER") or "ledger.db")
    lock = ledger.with_name(ledger.name + ".lock")
    try:
        inode = lock.stat().st_ino
        held = is_held(inode, Path("/proc/locks").read_text(encoding="utf-8").splitlines())
    except OSError as error:
        return f"No bot works on {ledger} ({error.strerror})."
    return "" if held else f"No bot works on {ledger}."


if __name__ == "__main__":
    why = trouble(dict(os.environ))
    if why:
        sys.exit(why)
