"""What `compromise init` writes about Slack: tables in `compromise.toml`, and tokens as variables."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path
from typing import Final

from bot.errors import SettingsError
from bot.settings.files import SECRETS
from bot.setup.find_in_slack import Tokens
from bot.setup.init import CONFIG, InSlack, slack_tables

_VARIABLES: Final = {"bot": "COMPROMISE_SLACK_BOT_TOKEN", "app": "COMPROMISE_SLACK_APP_TOKEN"}
_TABLES: Final = ("slack", "responders", "approvers")


def demand_room(folder: Path) -> None:
    """See that there are settings that say nothing of Slack yet, before anything is asked.

    Raises:
        SettingsError: there are none, they cannot be read, or Slack stands in them or in the variables.
    """
    path, secrets = folder / CONFIG, folder / SECRETS
    try:
        known = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        held = secrets.read_text(encoding="utf-8") if secrets.exists() else ""
    except FileNotFoundError as error:
        raise SettingsError([f"There is no {path}. First run: compromise init --folder {folder}"]) from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError([f"{path} or {secrets} cannot be read ({error})."]) from error
    problems = [
        f"{path} already has [{name}]. Change it there, or remove it and run this again."
        for name in _TABLES
        if name in known
    ]
    problems += [
        f"{secrets} already has {name}. Remove that line and run this again."
        for name in _VARIABLES.values()
        if any(line.removeprefix("export ").startswith(f"{name}=") for line in held.splitlines())
    ]
    if problems:
        raise SettingsError(problems)


def write(folder: Path, answers: InSlack, tokens: Tokens) -> tuple[Path, ...]:
    """Add the tables to the settings and the tokens to the variables; gives the files.

    Both files are added to where they lie, so that owner and mode stay as somebody set them.

    Raises:
        SettingsError: a file cannot be written.
    """
    path, secrets = folder / CONFIG, folder / SECRETS
    lines = [f"{name}={getattr(tokens, which)}" for which, name in _VARIABLES.items()]
    try:
        # First the tokens: settings without them say what is missing, tokens alone would be forgotten.
        _add(secrets, lines, private=True)
        _add(path, slack_tables(answers), private=False)
    except OSError as error:
        raise SettingsError([f"{error.filename or folder} cannot be written ({error.strerror})."]) from error
    return path, secrets


def _add(path: Path, lines: list[str], *, private: bool) -> None:
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
    with os.fdopen(os.open(path, flags, 0o600), "r+", encoding="utf-8") as file:
        if private:
            mode = os.fstat(file.fileno()).st_mode
            os.fchmod(file.fileno(), stat.S_IMODE(mode) & ~stat.S_IRWXO)
        held = file.read()
        begins = "" if not held or held.endswith("\n") else "\n"
        file.write(begins + "\n".join(lines) + "\n")
