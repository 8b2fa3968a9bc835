"""The command line as a test types it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from bot.cli import command


@pytest.fixture
def compromise(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Callable[..., tuple[int, str, str]]]:
    """Run the command in an empty folder without any setting; gives status, output and errors."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("COMPROMISE_"):
            monkeypatch.delenv(name)

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            command.main(arguments)
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    yield run
    root.handlers[:], level = before
    root.setLevel(level)
    structlog.reset_defaults()
