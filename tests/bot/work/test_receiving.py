"""What a worker left is read a few times at most, whatever it does to whoever reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine

from bot.work.crossing.failed import Failed
from bot.work.crossing.notes import noted
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


def test_a_stop_by_people_counts_as_no_death(tmp_path):
    def stopped(keeper: Receiving) -> None:
        """Stop while a result is read, and let nothing that follows be done: the process is gone."""

        def reads(_sent: bytes, _beside: bytes) -> Failed:
            keeper.stop()
            left.append({note.name: note.stat().st_size for note in tmp_path.iterdir()})
            raise Killed

        with pytest.raises(Killed):
            keeper.take("C-2ABCD", 1, "about", reads)

    left: list[dict[str, int]] = []
    stopped(bot(tmp_path))
    note = tmp_path / ".reading-C-2ABCD-1"
    note.write_bytes(b"..")  # it died twice before
    stopped(bot(tmp_path))
    assert left == [{}, {note.name: 2}]


def test_what_is_begun_while_the_bot_stops_is_not_noted(tmp_path):
    keeper = bot(tmp_path)
    keeper.stop()
    assert keeper.take("C-2ABCD", 1, "about", lambda *_: list(tmp_path.iterdir())) == []


def test_notes_are_found_by_what_they_are_of(tmp_path):
    for name in (".reading-C-2ABCD-1", ".reading-C-2ABCD-2", ".reading-C-2ABCD.1-1", "ledger.db"):
        (tmp_path / name).touch()
    found = noted(tmp_path)
    assert {name: len(notes) for name, notes in found.items()} == {"C-2ABCD": 2, "C-2ABCD.1": 1}


def test_one_that_was_read_leaves_nothing_behind(tmp_path):
    for run in (1, 2):
        read = bot(tmp_path).take("C-2ABCD", run, "about", lambda sent, _: sent)
        assert read == b"result"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_takes_no_note_costs_no_result(tmp_path):
    assert bot(tmp_path / "none").take("C-2ABCD", 1, "about", lambda sent, _: sent) == b"result"
