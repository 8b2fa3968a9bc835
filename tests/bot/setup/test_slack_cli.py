"""The Slack app by Slack's own command-line tool, of which a script plays what its documents say.

Sources: Slack CLI, "CLI-SDK Interface Specification", "Authorizing the Slack CLI".
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from bot.cli import command
from bot.errors import NotUnderstood
from bot.setup.slack_cli import PROJECT, make_app
from sandbox import workspace
from sandbox.workspace import RunningWorkspace

MANIFEST = Path(__file__).resolve().parents[3] / "manifest.yml"

PLAYED = """#!{python}
import json, os, pathlib, subprocess, sys
words, here = sys.argv[1:], pathlib.Path({state!r})
with (here / "calls").open("a") as calls:
    print(*words, file=calls)
if words == ["auth", "list"]:
    signed_in = (here / "signed-in").exists()
    print("contoso (Team ID: T0CONTOSO)" if signed_in else "You are not logged in to any Slack accounts")
elif words == ["login"]:
    (here / "signed-in").touch()
elif words == ["deploy"]:
    hooks = json.loads(pathlib.Path(".slack/hooks.json").read_text())["hooks"]
    made = subprocess.run(hooks["get-manifest"].split(), capture_output=True, text=True, check=True).stdout
    (here / "manifest.json").write_text(made)
    if (here / "waits-for-approval").exists():
        sys.exit("Your request to install the app is pending")
    tokens = dict(SLACK_BOT_TOKEN={bot!r}, SLACK_APP_TOKEN={app!r})
    subprocess.run(hooks["deploy"].split(), env=dict(os.environ, **tokens), check=True)
"""


@pytest.fixture(scope="module")
def slack() -> Iterator[RunningWorkspace]:
    with workspace.start(MANIFEST) as running:
        yield running


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """What the played tool remembers: who signed in, and what it was called with."""
    folder = tmp_path / "state"
    folder.mkdir()
    return folder


@pytest.fixture
def tool(tmp_path: Path, state: Path, slack: RunningWorkspace) -> str:
    file = tmp_path / "slack"
    file.write_text(
        PLAYED.format(python=sys.executable, state=str(state), bot=slack.bot_token, app=slack.app_token)
    )
    file.chmod(0o700)
    return str(file)


def calls(state: Path) -> list[str]:
    return (state / "calls").read_text().splitlines()


def test_the_tool_makes_the_app_of_the_manifest_and_hands_over_both_tokens(
    tmp_path: Path, tool: str, state: Path, slack: RunningWorkspace
) -> None:
    tokens = make_app(tmp_path, MANIFEST, tool)
    assert (tokens.bot, tokens.app) == (slack.bot_token, slack.app_token)
    assert calls(state) == ["auth list", "login", "deploy"]
    assert json.loads((state / "manifest.json").read_text()) == yaml.safe_load(MANIFEST.read_text())
    project = tmp_path / PROJECT
    assert project.stat().st_mode & 0o777 == 0o700
    held = "".join(path.read_text() for path in project.rglob("*") if path.is_file())
    assert slack.bot_token not in held
    assert slack.app_token not in held


def test_whoever_is_signed_in_is_not_asked_again(tmp_path: Path, tool: str, state: Path) -> None:
    make_app(tmp_path, MANIFEST, tool)
    make_app(tmp_path, MANIFEST, tool)
    assert calls(state) == ["auth list", "login", "deploy", "auth list", "deploy"]


def test_an_app_that_waits_for_approval_is_told_with_what_to_do(
    tmp_path: Path, tool: str, state: Path
) -> None:
    (state / "waits-for-approval").touch()
    with pytest.raises(NotUnderstood, match=rf"init --slack --slack-cli {tool} --folder {tmp_path}"):
        make_app(tmp_path, MANIFEST, tool)


@pytest.mark.parametrize("says", ["exit 1", "echo Slack 4.41", "exec no-such-program"])
def test_another_program_of_that_name_is_not_given_the_app(tmp_path: Path, says: str) -> None:
    other = tmp_path / "slack"
    other.write_text(f"#!/bin/sh\n{says}\n")
    other.chmod(0o700)
    with pytest.raises(NotUnderstood, match="is not Slack's command-line tool here"):
        make_app(tmp_path, MANIFEST, str(other))
    with pytest.raises(NotUnderstood, match="is not Slack's command-line tool here"):
        make_app(tmp_path, MANIFEST, str(tmp_path / "nowhere"))
    assert not (tmp_path / PROJECT).exists()


def test_nothing_is_pasted_where_the_tool_hands_the_tokens_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: str, slack: RunningWorkspace
) -> None:
    for name in [one for one in os.environ if one.startswith("COMPROMISE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COMPROMISE_SANDBOX", "true")
    monkeypatch.setenv("COMPROMISE_SLACK_API_URL", slack.api_url)
    folder = tmp_path / "settings"
    folder.mkdir()
    (folder / "compromise.toml").write_text('[tenant]\nname = "Contoso"\n')
    done = CliRunner().invoke(
        command.app,
        ["init", "--slack", "--slack-cli", tool, "--folder", str(folder)],
        input="\nalex.wilber@contoso.example lidia.holloway@contoso.example\n\n",
    )
    assert done.exit_code == 0, done.output
    assert "Paste both tokens" not in done.output
    assert "/invite @compromise-bot" in done.output
    assert "Channel for cards: #incident-room" in done.output
    assert slack.bot_token not in done.output
    held = (folder / "secrets.env").read_text()
    assert f"COMPROMISE_SLACK_BOT_TOKEN={slack.bot_token}" in held
    assert f"COMPROMISE_SLACK_APP_TOKEN={slack.app_token}" in held
