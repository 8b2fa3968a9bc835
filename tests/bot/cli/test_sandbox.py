"""The sandbox as a verb of the command line, and the folders that it and the demonstration may write in."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from bot.errors import CannotStart
from bot.playing import demo, playground

ROOT = Path(__file__).resolve().parents[3]


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match="cannot be written"):
        demo.play(tmp_path / "file", Console(file=io.StringIO()))


@pytest.mark.slow
def test_the_sandbox_says_where_everything_is_and_ends_with_ctrl_c(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "bot", "sandbox", "--scenario", "clean", "--output", str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout
        try:
            lines = []
            for line in process.stdout:
                lines.append(line)
                if "Ctrl-C" in line:
                    break
            process.send_signal(signal.SIGINT)
            rest = process.stdout.read()
            assert process.wait() == 0, "".join(lines) + rest
        finally:
            process.kill()  # where it did not end by itself, this worker would wait for it without end
    said = "".join(lines)
    for name in ("Tenant:", "Graph:", "Slack:"):
        assert name in said
    assert "Traceback" not in rest


def test_a_ledger_that_no_sandbox_made_is_left_alone(tmp_path):
    (tmp_path / "ledger.db").write_bytes(b"of a real bot")
    with pytest.raises(CannotStart, match="which no sandbox created"):
        demo.play(tmp_path, Console())
    with pytest.raises(CannotStart, match="which no sandbox created"):
        playground.keep_running("clean", 0, None, tmp_path, Console())
    assert (tmp_path / "ledger.db").read_bytes() == b"of a real bot"
