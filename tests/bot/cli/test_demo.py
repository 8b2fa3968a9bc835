"""The demonstration plays the main job through the real parts and ends by itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.artefacts.archive import verify
from bot.playing import demo
from commands.analyze import analyze
from commands.ledger import Ledger
from commands.ledger.checkpoint import read_checkpoints
from commands.ledger.verify import verify_ledger
from commands.signing_key import SigningKey
from graph.evidence import SOURCES

pytestmark = pytest.mark.slow  # `make demo` plays the same, and is part of CI

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """The demonstration, played once as a user plays it: status, what was said, and the folder."""
    folder = tmp_path_factory.mktemp("demo")
    (folder / "mine.txt").write_text("stays")
    done = subprocess.run(
        [sys.executable, "-m", "bot", "demo", "--output", str(folder)],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("COMPROMISE_")},
        capture_output=True,
        text=True,
        check=False,
    )
    return done, folder


def test_it_ends_well(played):
    done, _ = played
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""


def test_it_shows_the_question_the_progress_and_the_verdict(played):
    said = played[0].stdout
    assert "/compromise check adele.vance@contoso.example" in said
    assert "Investigating" in said
    assert "The card is edited" in said
    assert "Compromised: adele.vance@contoso.example" in said
    assert "\x1b" not in said


def test_it_is_short_enough_to_be_read(played):
    assert len(played[0].stdout.splitlines()) <= 120


def test_it_shows_that_a_guest_is_refused(played):
    said = played[0].stdout
    assert "only Pat Guest sees this" in said
    assert "guest" in said.partition("only Pat Guest sees this")[2].lower()


def test_every_message_is_kept_as_posted_and_as_updated(played):
    lines = [json.loads(line) for line in (played[1] / "messages.jsonl").read_text().splitlines()]
    in_room = [line for line in lines if line.get("channel_name") == "incident-room"]
    cards = [line["ts"] for line in in_room if line["kind"] == "posted" and not line["thread_ts"]]
    assert len(cards) == 4  # the case's, those of the two proposals, and the report at the end
    edited = {line["ts"] for line in in_room if line["kind"] == "updated"}
    assert edited == set(cards[:3])  # a report is posted once and stays as it was posted


def test_it_shows_the_proposal_the_approvals_and_what_became_of_every_change(played):
    said = played[0].stdout
    for words in (
        "Megan Bowen selects “Contain account” on the card.",
        "Waiting for approval: adele.vance@contoso.example",
        "Needs approval by two different people; has 0",
        "40 changes: ",
        "Carried out: adele.vance@contoso.example",
        "Done and confirmed",
        "changes that can be read again still hold.",
        "Carried out: Undo for adele.vance@contoso.example",
        "Ledger verified: ",
    ):
        assert words in said
    for words in ("not confirmed yet", "Failed", "Unknown, verify manually"):
        assert words not in said


def test_the_ledger_can_be_verified_with_the_checkpoint_that_was_posted(played):
    folder = played[1]
    public = SigningKey.load(folder / "compromise.key").public
    anchors = read_checkpoints((folder / "checkpoints.txt").read_text())
    assert verify_ledger(folder / "ledger.db", anchors, (public,)).anchors == len(anchors) > 0


def test_the_files_that_were_attached_are_there_and_say_the_same(played):
    folder = played[1]
    report = json.loads((folder / "report.json").read_text())
    assert report["verdict"] == "compromised"
    assert {symptom["result"] for symptom in report["symptoms"][:10]} == {"present"}
    assert "COMPROMISED" in (folder / "report.txt").read_text()
    assert (folder / "timeline.csv").stat().st_size > 1_000
    page = (folder / "report.html").read_text()
    assert "Compromised" in page
    assert "Nothing had been proposed" not in page, "the report was asked for again, after the containment"
    assert (folder / "findings.csv").stat().st_size > 1_000


def test_the_archive_that_was_attached_can_be_analyzed_and_nothing_in_it_is_called_unreadable(played):
    analysis = analyze([played[1] / "evidence.zip"], user=None, now=datetime.now(UTC), processes=1)
    assert analysis.saw_all
    assert not analysis.unreadable
    assert analysis.records > 100
    assert [file.ours for file in analysis.files if file.name.endswith(".zip")] == [True]


def test_the_archive_that_was_attached_is_sound_known_to_the_ledger_and_holds_what_every_source_said(played):
    archive = played[1] / "evidence.zip"
    sound = verify(archive)
    with closing(Ledger(played[1] / "ledger.db", lambda: datetime.now(UTC))) as ledger:
        noted = [entry.facts for entry in ledger.entries() if entry.kind == "evidence_packed"]
    assert sound.sha256 in [facts["sha256"] for facts in noted]
    with zipfile.ZipFile(archive) as file:
        said = {name: json.loads(file.read(name)) for name in file.namelist() if name.startswith("sources/")}
    assert len(said) == len(SOURCES)
    assert [name for name, one in said.items() if not one["answers"]] == []
    assert any(
        one["state"] == "complete" and any(answer.get("items") for answer in one["answers"])
        for one in said.values()
    )


def test_the_ledger_is_sound_and_knows_who_asked_and_who_was_refused(played):
    ledger = Ledger(played[1] / "ledger.db", lambda: datetime.now(UTC))
    try:
        assert verify_ledger(ledger.path).head.size >= 4
        kinds = [entry.kind for entry in ledger.entries()]
    finally:
        ledger.close()
    assert kinds.count("proposed") == 2
    assert kinds.count("voted") == 4
    assert kinds.count("intended") == kinds.count("change_confirmed") > 30
    assert "refused" in kinds


def test_what_else_lies_in_the_folder_stays(played):
    assert (played[1] / "mine.txt").read_text() == "stays"


def test_what_does_not_hold_is_found(played, tmp_path):
    for name in ("ledger.db", "messages.jsonl", "report.json"):
        shutil.copy(played[1] / name, tmp_path / name)
    assert demo.what_does_not_hold(tmp_path, ["report.json"]) == []
    assert demo.what_does_not_hold(tmp_path, []) == ["The bot attached no report."]
    report = json.loads((tmp_path / "report.json").read_text())
    report["verdict"] = "suspicious"
    report["symptoms"][2]["result"] = "unknown"
    (tmp_path / "report.json").write_text(json.dumps(report))
    raw = (tmp_path / "ledger.db").read_bytes()
    (tmp_path / "ledger.db").write_bytes(raw.replace(b'"words":', b'"wordz":', 1))
    problems = demo.what_does_not_hold(tmp_path, ["report.json"])
    assert len(problems) == 3
    assert "was changed after it was written" in problems[0]
    assert "suspicious" in problems[1]
    assert "inbox_rules" in problems[2]
