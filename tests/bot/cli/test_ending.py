"""How the command ends where work is not done: in a process of its own, as a test may have such work."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys

import pytest

from bot.cli import command

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
        [sys.executable, "-c", f"{work}\n{ENDS}"], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (3, "said before\n", "")


CHECK = [sys.executable, "-m", "bot", "check", "adele.vance@contoso.example", "--sandbox", "clean"]


@pytest.mark.slow
def test_a_report_is_written_whatever_the_code_page():
    """The code page of Windows has no square."""
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    ended = subprocess.run(CHECK, capture_output=True, check=False, env=environment)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert "\\u25a1 1." in ended.stdout.decode("cp1252")


def test_a_file_that_the_system_gave_a_code_page_gets_the_encoding_of_our_files(monkeypatch):
    monkeypatch.delenv("PYTHONIOENCODING", raising=False)
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    command.writes_everything(stream)
    stream.write("■ Юлия")
    stream.flush()
    assert stream.buffer.getvalue().decode() == "■ Юлия"


def test_a_full_disk_is_one_line_and_not_a_trace(compromise, monkeypatch, tmp_path):
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path / "registered.json"))

    monkeypatch.setattr(os, "open", full)
    status, said, wrong = compromise("init", "--script")
    assert (status, said) == (3, "")
    assert wrong.startswith("compromise: ")
    assert "registered.json cannot be read or written (No space left on device)." in wrong
