"""What the page about backups says: copies of a ledger that is being written, and what a restore does."""

from __future__ import annotations

import os
import re
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.artefacts import answers
from commands.containment.proposals import Outcome, Proposals
from commands.errors import AnchorMisfit
from commands.ledger import Ledger
from commands.ledger.checkpoint import sign_head
from commands.ledger.entries import Asked
from commands.ledger.verify import verify_ledger
from commands.plans.approval import ProposalState
from commands.signing_key import SigningKey
from tests.commands.carrying import Scene, block_sign_in, outcomes, revoke_sessions
from tests.commands.conftest import scene, tenant

__all__ = ["scene", "tenant"]

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/how-to/back-up.md").read_text()
INSTALLED = "/opt/compromise-bot/share/back_up.py"
LEAST = 50
"""How many entries must be written before, and again during and after, a copy is taken."""


def now() -> datetime:
    return datetime.now(UTC)


class Writer:
    """Somebody who writes entry after entry until told to stop."""

    def __init__(self, path: Path) -> None:
        self.ledger = Ledger(path, now)
        self._over = threading.Event()
        self._news = threading.Condition()
        self._written = 0
        self._thread = threading.Thread(target=self._write)
        self._thread.start()

    def _write(self) -> None:
        while not self._over.is_set():
            self.ledger.append(Asked(words=f"{self._written} {'x' * 500}"), "bot", "C-2ABCD")
            with self._news:
                self._written += 1
                self._news.notify_all()

    def let_write(self, entries: int) -> None:
        """Wait until so many further entries are written."""
        with self._news:
            until = self._written + entries
            self._news.wait_for(lambda: self._written >= until)

    def stop(self) -> None:
        self._over.set()
        self._thread.join()
        self.ledger.close()


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    folder = tmp_path / "state"
    folder.mkdir()
    made = Writer(folder / "ledger.db")
    yield made
    made.stop()


def page_command(ledger: Path, folder: Path) -> list[str]:
    """The command of the page, with this machine's paths in place of the page's."""
    (line,) = re.findall(rf"^sudo -u compromise-bot (python3 {re.escape(INSTALLED)} .+)$", PAGE, re.MULTILINE)
    interpreter, script, source, target = line.split()
    assert (interpreter, script) == ("python3", INSTALLED)
    assert source == "/var/lib/compromise-bot/ledger.db"
    assert target.startswith("/var/backups/compromise-bot/")
    return [sys.executable, str(ROOT / "deploy/back_up.py"), str(ledger), str(folder)]


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_copy_taken_while_the_ledger_is_written_is_whole_and_restores(writer: Writer, tmp_path: Path):
    """The page's own command; the copy is one moment of the ledger, and fits checkpoints from before it."""
    state = writer.ledger.path.parent
    keys = SigningKey.load_or_make(state / "compromise.key")
    known = answers.keep(writer.ledger.path, "C-2ABCD", 1, b"what Microsoft answered")
    writer.let_write(LEAST)
    before = sign_head(writer.ledger, keys)
    copy = tmp_path / "2026-11-23"
    done = run(page_command(writer.ledger.path, copy))
    assert (done.returncode, done.stderr) == (0, "")
    writer.let_write(LEAST)
    after = sign_head(writer.ledger, keys)

    assert sorted(path.name for path in copy.iterdir()) == ["answers", "ledger.db"], "no key, no side files"
    assert {stat.S_IMODE(path.stat().st_mode) for path in (copy, copy / "answers")} == {0o700}
    assert stat.S_IMODE((copy / "ledger.db").stat().st_mode) == 0o600
    assert answers.kept(copy / "ledger.db", "C-2ABCD", 1, known) == b"what Microsoft answered"
    sound = verify_ledger(copy / "ledger.db", [before], [keys.public])
    assert before.size <= sound.head.size < after.size
    assert (sound.anchors, sound.anchored, sound.signed) == (1, before.size, True)

    with pytest.raises(AnchorMisfit, match="entries: the ledger was truncated") as misfit:
        verify_ledger(copy / "ledger.db", [before, after], [keys.public])
    assert f"ends with entry {sound.head.size}" in str(misfit.value)

    with closing(Ledger(copy / "ledger.db", now)) as restored:
        restored.append(Asked(words="it goes on"), "bot")
    assert verify_ledger(copy / "ledger.db", [before], [keys.public]).head.size == sound.head.size + 1


def test_the_copy_that_sqlite_makes_by_a_statement_is_as_good(writer: Writer, tmp_path: Path):
    """`.backup`, the other command of the page without the script, is the call that the script makes."""
    (statement,) = re.findall(r"^sqlite3 \S+ \"(VACUUM INTO) '\S+'\"$", PAGE, re.MULTILINE)
    writer.let_write(LEAST)
    copy = tmp_path / "ledger.db"
    with closing(sqlite3.connect(writer.ledger.path)) as connection:
        connection.execute(f"{statement} ?", [str(copy)])
    assert verify_ledger(copy).head.size >= LEAST


def test_a_copy_of_the_bare_file_lacks_what_was_written_last(tmp_path: Path):
    with closing(Ledger(tmp_path / "ledger.db", now)) as ledger:
        for number in range(10):
            ledger.append(Asked(words=str(number)), "bot")
        bare = tmp_path / "bare.db"
        bare.write_bytes(ledger.path.read_bytes())
        with closing(sqlite3.connect(bare)) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            kept = (
                connection.execute("SELECT count(*) FROM ledger").fetchone()[0] if "ledger" in tables else 0
            )
    assert kept < 10


def test_a_second_backup_does_not_overwrite_the_first(writer: Writer, tmp_path: Path):
    writer.let_write(1)
    copy = tmp_path / "2026-11-23"
    assert run(page_command(writer.ledger.path, copy)).returncode == 0
    again = run(page_command(writer.ledger.path, copy))
    assert again.returncode == 1
    assert "there is no backup" in again.stderr
    assert not list(tmp_path.glob("*.part"))


def test_links_and_pipes_among_the_answers_are_left_out_and_named(tmp_path: Path):
    state = tmp_path / "state"
    (state / "answers").mkdir(parents=True)
    Ledger(state / "ledger.db", now).close()
    secret = tmp_path / "secret"
    secret.write_text("not for a backup")
    (state / "answers/link.zip").symlink_to(secret)
    os.mkfifo(state / "answers/pipe.zip")
    (state / "answers/plain.zip").write_bytes(b"an answer")
    (state / "answers/plain.zip").chmod(0o644)
    copy = tmp_path / "copy"
    done = run(page_command(state / "ledger.db", copy))
    assert done.returncode == 0
    assert [path.name for path in (copy / "answers").iterdir()] == ["plain.zip"]
    assert stat.S_IMODE((copy / "answers/plain.zip").stat().st_mode) == 0o600
    assert all(name in done.stderr for name in ("link.zip", "pipe.zip"))


def test_a_draft_that_was_left_is_not_touched_and_one_is_told_what_to_do(tmp_path: Path):
    Ledger(tmp_path / "ledger.db", now).close()
    (tmp_path / "copy.part").mkdir()
    done = run(page_command(tmp_path / "ledger.db", tmp_path / "copy"))
    assert done.returncode == 1
    assert "copy.part exists" in done.stderr
    assert "If none runs, remove it and start again." in done.stderr
    assert (tmp_path / "copy.part").is_dir()
    assert not (tmp_path / "copy").exists()


def test_without_a_ledger_there_is_no_backup(tmp_path: Path):
    done = run(page_command(tmp_path / "ledger.db", tmp_path / "copy"))
    assert (done.returncode, list(tmp_path.iterdir())) == (1, [])
    assert "There is no file" in done.stderr


def test_a_ledger_that_is_none_leaves_no_half_backup(tmp_path: Path):
    (tmp_path / "ledger.db").write_text("no database at all, but long enough to look like a file" * 100)
    done = run(page_command(tmp_path / "ledger.db", tmp_path / "copy"))
    assert done.returncode == 1
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.db"]


def go_back(scene: Scene, copy: Path) -> None:
    """Let the scene go on with a copy of its ledger."""
    scene.ledger.close()
    scene.ledger = Ledger(copy / "ledger.db", lambda: scene.now)
    scene.proposals = Proposals(scene.ledger)


def test_after_a_restore_an_approved_plan_is_made_again_where_nothing_tells_that_it_was(
    scene: Scene, tmp_path: Path
):
    """The sign-in is seen to be blocked, so nothing is sent; that sessions were revoked, no state tells."""
    proposal = scene.approved(block_sign_in(), revoke_sessions())
    copy = tmp_path / "copy"
    assert run(page_command(scene.ledger.path, copy)).returncode == 0
    scene.carry_out(proposal)
    sent = scene.writes()
    assert len(sent) == 2

    go_back(scene, copy)
    scene.tenant.let_pass(timedelta(minutes=5))
    assert outcomes(scene.carry_out(proposal)) == [Outcome.ALREADY, Outcome.CONFIRMED]
    assert scene.writes()[len(sent) :] == ["POST revokeSignInSessions"]


def test_after_a_restore_without_approvers_nothing_is_sent(scene: Scene, tmp_path: Path):
    """What was approved is stopped; what was being carried out ends, and says why nothing was done."""
    nobody = "No one can vote yet: the settings name no approvers."
    proposal = scene.approved(block_sign_in())
    assert run(page_command(scene.ledger.path, tmp_path / "approved")).returncode == 0
    scene.proposals.start(proposal)
    assert run(page_command(scene.ledger.path, tmp_path / "running")).returncode == 0

    go_back(scene, tmp_path / "approved")
    assert scene.carry_out(proposal, barred=lambda _: nobody).state is ProposalState.STOPPED
    go_back(scene, tmp_path / "running")
    ended = scene.carry_out(proposal, barred=lambda _: nobody)
    assert (ended.state, outcomes(ended)) == (ProposalState.DONE, [Outcome.REFUSED])
    assert scene.writes() == []
