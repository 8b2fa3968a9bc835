#!/usr/bin/env python3
"""Say by the exit status whether a bot is up: 0 when it is, 1 with a line when it is not.

By signed HTTP the bot answers at /health. In Socket Mode it has no port; then the kernel is asked whether
someone holds the lock that a bot has on its ledger from its start to its end. That tells of the process, and
not whether the connection to Slack stands: for that, type a command in Slack.

Reads the variables that the bot reads, and takes no lock itself: a bot that starts at that moment would be
turned away. Source of the table of locks: proc_locks(5).
"""

from __future__ import annotations

import http.client
import os
import sys
import urllib.request
from collections.abc import Iterable
from pathlib import Path

SECONDS = 5.0
"""How long an answer may take."""


def is_held(device: int, inode: int, locks: Iterable[str]) -> bool:
    """Say whether the kernel's table has a writer's lock on this file.

    Args:
        device: The device that holds the file, as stat(2) tells it.
        inode: The number of the file.
        locks: The lines of /proc/locks.
    """
    # Without a device of its own (btrfs, overlay), a file system may tell the table another one than stat(2).
    major, minor = os.major(device), os.minor(device)
    device_known = major != 0
    for line in locks:
        # "1: FLOCK  ADVISORY  WRITE 4711 fe:00:131 0 EOF"; a "->" after the number means that one waits.
        parts = line.split()
        if parts[1:4] != ["FLOCK", "ADVISORY", "WRITE"]:
            continue
        on, _, number = parts[5].rpartition(":")
        if number == str(inode) and (not device_known or on == f"{major:02x}:{minor:02x}"):
            return True
    return False


def trouble(environment: dict[str, str]) -> str:
    """Say in one sentence why the bot does not count as up; "" when it does."""
    if environment.get("COMPROMISE_SLACK_MODE") == "http":
        port = environment.get("COMPROMISE_SLACK_PORT") or "3000"
        # The bot itself is asked: a proxy that http_proxy names would answer also for a bot that is down.
        straight = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with straight.open(f"http://127.0.0.1:{port}/health", timeout=SECONDS) as answer:
                return "" if answer.status == 200 else f"The bot answers with status {answer.status}."
        except (OSError, http.client.HTTPException, ValueError) as error:
            return f"The bot does not answer on port {port} ({error})."
    ledger = Path(environment.get("COMPROMISE_LEDGER") or "ledger.db")
    try:
        file = ledger.stat()
        locks = Path("/proc/locks").read_text(encoding="utf-8").splitlines()
        held = is_held(file.st_dev, file.st_ino, locks)
    except OSError as error:
        return f"No bot works on {ledger} ({error.strerror})."
    return "" if held else f"No bot works on {ledger}."


if __name__ == "__main__":
    why = trouble(dict(os.environ))
    if why:
        sys.exit(why)
