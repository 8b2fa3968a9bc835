"""Hunting on the command line, through the command itself."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bot.cli.command import main
from sandbox.scenarios.people import LAGOS

ADELE = "adele.vance@contoso.example"


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(words)
    told = capsys.readouterr()
    return int(ended.value.code or 0), told.out, told.err


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_pivot_names_who_was_touched_and_why(capsys):
    status, out, _ = run(capsys, "pivot", LAGOS.ip, "--since", "4d", "--sandbox", "mailbox-takeover")
    assert status == 0
    assert ADELE in out
    assert "used from the attacker's IP address" in out


def test_a_sweep_as_json_ranks_and_says_what_was_collected(capsys):
    status, out, _ = run(capsys, "sweep", "--since", "4d", "--json", "--sandbox", "mailbox-takeover")
    assert status == 0
    told = json.loads(out)
    assert told["accounts"][0]["account"] == ADELE
    assert set(told["window"]) == {"from", "to"}
    assert told["accounts"][0]["points"] > 0
    assert {one["source"] for one in told["sources"]} == {
        "audit_log",
        "sign_ins",
        "risk_detections",
        "risky_users",
        "mailbox",
        "domains",
        "inbox_rules",
        "auto_reply",
        "delegates",
        "hidden_inbox_rules",
    }


def test_a_sweep_that_found_nobody_says_what_it_searched_and_how_to_look_further_back(capsys):
    """Nobody within the span is no all-clear."""
    status, out, _ = run(capsys, "sweep", "--since", "1h", "--sandbox", "clean")
    assert status == 0
    first, further = out.splitlines()[:2]
    assert re.fullmatch(r"0 accounts found; searched [-0-9 :]+ UTC to [-0-9 :]+ UTC", first), first
    assert "--since" in further


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["pivot", "10.0.0.1"], "not a public address"),
        (["pivot", "nothing", "known"], "I do not know what"),
        (["pivot", "nothing", "known"], "compromise pivot 203.0.113.77"),
        # What the account did itself would be told as done to a message.
        (["pivot", ADELE], "may be an email address or the ID of a message"),
        (["sweep", "--since", "soon"], "--since"),
        (["sweep", "--tenant", "Fabrikam"], "--tenant: name one of"),
    ],
)
def test_what_cannot_be_hunted_is_bad_input(capsys, words, says):
    status, _, err = run(capsys, *words, "--sandbox", "clean")
    assert status == 2
    assert says in err
    assert "/compromise" not in err
