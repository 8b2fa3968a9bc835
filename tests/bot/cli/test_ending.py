"""How the command ends where work is not done."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer

from bot.cli.ending import end_with

WAITING = """
import threading
from bot.cli.ending import end_with

threading.Thread(target=threading.Event().wait).start()
print("said before")
end_with(3)
"""


def test_work_that_waits_does_not_keep_the_process_and_nothing_said_is_lost():
    ended = subprocess.run(
        [sys.executable, "-c", WAITING], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (3, "said before\n", "")


def test_without_such_work_the_command_ends_as_any_other():
    with pytest.raises(typer.Exit) as ended:
        end_with(1)
    assert ended.value.exit_code == 1
