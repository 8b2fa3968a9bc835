"""What a worker left is read a few times at most, whatever it does to whoever reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine

from bot.work.crossing.failed import Failed
from bot.work.crossing.receiving import DEATHS, Receiving
from bot.work.crossing.seal import RESULT, Seal
from bot.work.crossing.store import Store

SEAL = Seal("a key of 32 characters, or of more")


class Left(Store):
    """One result that lies there."""

    def get(self, case_id: str, run: int) -> tuple[bytes, bytes] | None:
        return SEAL.close(RESULT, "about", b"result", b""), b""


class Killed(BaseException):
    """The process ends without a word."""


def bot(folder: Path) -> Receiving:
    """The bot after a start."""
    return Receiving("check", Left(create_engine("sqlite://")), SEAL, folder)


def test_a_result_that_ends_the_bot_again_and_again_is_not_read_any_more(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)

    def ends(_sent: bytes, _beside: bytes) -> Failed:
        raise Killed

    for _ in range(DEATHS):
        with pytest.raises(Killed):
            bot(tmp_path).take("C-2ABCD", 1, "about", ends)
    found = bot(tmp_path).take("C-2ABCD", 1, "about", ends)
    assert isinstance(found, Failed)
    assert "The bot ended 3 times" in found.says


def test_one_that_was_read_leaves_nothing_behind(tmp_path):
    for run in (1, 2):
        read = bot(tmp_path).take("C-2ABCD", run, "about", lambda sent, _: sent)
        assert read == b"result"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_no_note_costs_no_result(tmp_path):
    assert bot(tmp_path / "none").take("C-2ABCD", 1, "about", lambda sent, _: sent) == b"result"
