"""The Slack app made and installed by Slack's own command-line tool, which hands over both tokens.

The tool creates the app from the manifest, installs it, and runs the `deploy` hook of its project with the
tokens in the environment. The project stays in the setup folder: there the tool remembers which app it made,
so that repeating it goes on with that app and brings a newer manifest into it.
Sources: Slack CLI, "CLI-SDK Interface Specification" (`get-manifest`, `deploy`, both tokens "as environment
variables"); "Using environment variables with the Slack CLI"; "Authorizing the Slack CLI".
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Final

import yaml

from bot.errors import NotUnderstood
from bot.setup.find_in_slack import Tokens, tokens_in

COMMAND: Final = "slack"
PROJECT: Final = "slack-app"
"""The tool's project, a folder beside the settings."""

TO_LOOK: Final = 60.0
"""Seconds for a question to the tool that nobody has to answer."""

_HANDED_OVER: Final = "tokens"
_HOOKS: Final = {"hooks": {"get-manifest": "cat manifest.json", "deploy": "sh hand-over.sh"}}
_HAND_OVER: Final = f"""umask 077
printf '%s\\n%s\\n' "$SLACK_BOT_TOKEN" "$SLACK_APP_TOKEN" > {_HANDED_OVER}
"""
_NO_APP: Final = (
    "Slack's command-line tool did not install the app. If a Slack administrator has to approve it first, "
    "repeat this afterward: compromise init --slack --slack-cli {command} --folder {folder}"
)


def make_app(folder: Path, manifest: Path, command: str = COMMAND) -> Tokens:
    """Let the tool make and install the app; it asks its own questions in the terminal.

    Args:
        folder: Where `compromise.toml` lies.
        manifest: The Slack app's manifest, which is YAML.
        command: The tool, as the shell finds it.

    Returns:
        Both tokens, which are on no disk any more.

    Raises:
        NotUnderstood: the tool is not there, was stopped, or handed over no tokens; says what to do.
        OSError: the project cannot be written.
    """
    signed_in = _accounts(command)
    project = _project(folder, manifest)
    handed_over = project / _HANDED_OVER
    try:
        if not signed_in:
            _run([command, "login"], project)
        _run([command, "deploy"], project)
        tokens = tokens_in(handed_over.read_text(encoding="utf-8")) if handed_over.exists() else Tokens()
    finally:
        handed_over.unlink(missing_ok=True)
    if not (tokens.bot and tokens.app):
        raise NotUnderstood(_NO_APP.format(command=command, folder=folder))
    return tokens


def _run(words: list[str], project: Path) -> None:
    """Let the tool talk with whoever sits at the terminal; what came of it shows in what it left."""
    subprocess.run(words, cwd=project, check=False)  # noqa: S603 - named by whoever runs this


def _accounts(command: str) -> bool:
    """Say whether somebody is signed in to the tool; this also sees that it is the tool.

    Slack's desktop application has a command of the same name, which lists no accounts.
    """
    try:
        listed = subprocess.run(  # noqa: S603 - named by whoever runs this
            [command, "auth", "list"], capture_output=True, text=True, check=False, timeout=TO_LOOK
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotUnderstood(_not_there(command)) from error
    said = f"{listed.stdout}{listed.stderr}"
    if "Team ID" in said:
        return True
    if "not logged in" in said:
        return False
    raise NotUnderstood(_not_there(command))


def _not_there(command: str) -> str:
    return (
        f"'{command}' is not Slack's command-line tool here. Install it (docs.slack.dev/tools/slack-cli), "
        "or leave --slack-cli out and make the app on Slack's page."
    )


def _project(folder: Path, manifest: Path) -> Path:
    """Write the tool's project, which only its owner can read, and give its folder."""
    project = folder / PROJECT
    (project / ".slack").mkdir(mode=0o700, parents=True, exist_ok=True)
    project.chmod(0o700)
    app = yaml.safe_load(manifest.read_text(encoding="utf-8"))
    (project / "manifest.json").write_text(json.dumps(app, indent=2), encoding="utf-8")
    (project / "hand-over.sh").write_text(_HAND_OVER, encoding="utf-8")
    (project / ".slack" / "hooks.json").write_text(json.dumps(_HOOKS), encoding="utf-8")
    return project
