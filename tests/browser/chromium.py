"""A real browser without a screen: Debian's or whichever is here, else the one that `make test` brings."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROUGHT = Path(sys.prefix) / "chromium" / "start"
"""Unpacked by `tests/browser/unpack.mjs` where the machine has none."""

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # It would end the browser that does not draw for ten seconds.
    "--disable-gpu-watchdog",
)
HOW = "On Debian and Ubuntu: apt-get install chromium. Another place: set the variable CHROMIUM."


def executable() -> str:
    """The browser to use.

    With the variable CHROMIUM the tests must run, so that a machine that is meant to have one cannot pass
    over them in silence.
    """
    wanted = os.environ.get("CHROMIUM")
    if wanted:
        if not Path(wanted).is_file():
            pytest.fail(f"CHROMIUM names {wanted}, and there is no such file. {HOW}", pytrace=False)
        return wanted
    brought = str(BROUGHT) if BROUGHT.is_file() else None
    found = next(filter(None, map(shutil.which, NAMES)), brought)
    if found is None:
        pytest.skip(f"No Chromium was found. {HOW}")
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the browser. The bot has to be started before: its engine wants no event loop in its thread."""
    path = executable()
    if path == str(BROUGHT):
        # Its own Node wants a library that a plain Debian lacks; the one that brought the browser does not.
        os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(Path(sys.prefix) / "bin" / "node"))
    with sync_playwright() as play:
        started = play.chromium.launch(
            executable_path=path, headless=True, args=list(ARGUMENTS), timeout=300_000
        )
        yield started
        started.close()
