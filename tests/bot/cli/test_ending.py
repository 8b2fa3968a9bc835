"""How the command ends where work is not done: in a process of its own, as a test may have such work."""

from __future__ import annotations

import subprocess
import sys

import pytest

STARTED = "import threading; threading.Thread(target=threading.Event().wait).start()"
ENDS = """
import typer
from bot.cli.ending import end_with

print("said before")
try:
    end_with(3)
except typer.Exit as ended:
    raise SystemExit(ended.exit_code)
"""


@pytest.mark.parametrize("work", ["", STARTED])
def test_the_command_ends_with_its_status_and_loses_nothing_said_whatever_still_waits(work):
    ended = subprocess.run(
        [sys.executable, "-c", f"{work}\n{ENDS}"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (3, "said before\n", "")
