"""What was given on the command line, read: files, settings, scenarios."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from bot.cli.ending import Stopped
from bot.cli.statuses import BAD_INPUT
from bot.errors import CannotStart
from bot.rules import ruleset_of
from commands.sigma.shapes import Ruleset

if TYPE_CHECKING:
    from bot.settings import Settings
    from commands.usual.places import Atlas


def settings_for_check(
    stack: ExitStack, config: Path | None, sandbox: str | None, audit_log: Path | None
) -> Settings:
    """Read the settings, or start the tenant that is played in their place.

    Raises:
        SettingsError: the settings are wrong.
        Stopped: the scenario or the export is none.
    """
    from bot import log  # noqa: PLC0415 - see `bot.quiet`

    log.quiet()
    if sandbox is None:
        if audit_log is not None:
            raise Stopped(
                BAD_INPUT,
                "--audit-log needs --sandbox; to analyze a log by itself use `compromise analyze`.",
            )
        from bot import settings  # noqa: PLC0415 - they know every step and alert; analyze needs none

        return settings.load(config, os.environ, settings.CHECK_NEEDS, without=("slack",))
    from bot.playing import stage  # noqa: PLC0415 - only the verbs of the sandbox may bring it with them
    from bot.settings import Settings  # noqa: PLC0415 - as above

    played = stack.enter_context(stage.tenant_playing(scenario_named(sandbox), readable_file(audit_log)))
    return Settings(tenants=(stage.tenant_settings(played),))


def atlas_for_exports(config: Path | None) -> Atlas | None:
    """Give what the settings say of places and networks; None where there are no settings.

    Exported logs are read without a tenant, so only these keys of the settings are.

    Raises:
        SettingsError: one of them is wrong, or the file that was named cannot be read.
        CannotStart: a database that they name cannot be read.
    """
    in_file = config is not None or Path("compromise.toml").is_file()
    if not in_file and not any(f"COMPROMISE_{key.upper()}" in os.environ for key in _PLACES):
        return None
    from bot import settings  # noqa: PLC0415 - they know every step and alert; analyze needs none
    from bot.atlas import atlas_of  # noqa: PLC0415 - as above

    loaded = settings.load(config, os.environ, needs=(), only=_PLACES)
    return atlas_of(loaded.cities, loaded.networks, loaded.known_networks)


_PLACES: Final = ("cities", "networks", "known_networks")


def warn_of_others(config: Path | None, loaded: Settings) -> None:
    """Say so when others can read the settings' file or a private key that they should not."""
    from bot import settings  # noqa: PLC0415 - as above

    for line in [*settings.exposed(config, loaded.tenants_folder), *settings.exposed_keys(loaded)]:
        typer.echo(f"compromise: {line}", err=True)


def scenario_named(name: str) -> str:
    """Give the name of a scenario back, when there is one.

    Raises:
        Stopped: there is none.
    """
    from bot.playing import stage  # noqa: PLC0415 - only the verbs of the sandbox may bring it with them

    if name not in stage.SCENARIOS:
        raise Stopped(BAD_INPUT, f"There is no scenario {name!r}.", *scenarios())
    return name


def scenarios() -> Iterator[str]:
    """Tell of each scenario in a line."""
    from bot.playing import stage  # noqa: PLC0415 - as above

    yield "The scenarios:"
    yield from (f"{name}: {says}" for name, says in stage.SCENARIOS.items())


def rules_in(folder: Path | None) -> Ruleset:
    """Read a folder of Sigma rules; none where none was given.

    Raises:
        Stopped: it cannot be used.
    """
    try:
        return ruleset_of(folder)
    except CannotStart as error:
        raise Stopped(BAD_INPUT, str(error)) from error


def readable_file(path: Path | None) -> Path | None:
    """Give a path back, when it is a file or none was given.

    Raises:
        Stopped: it is no file.
    """
    if path is not None and not path.is_file():
        raise Stopped(BAD_INPUT, no_file(path))
    return path


def no_file(path: Path) -> str:
    """Say that a path is no file."""
    return f"{path} is a folder, not a file." if path.is_dir() else f"There is no file {path}."


def text_of(path: Path) -> str:
    """Read a text file; bytes that are no text become a mark.

    Raises:
        Stopped: it is no file, or cannot be read.
    """
    readable_file(path)
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise Stopped(BAD_INPUT, f"{path} cannot be read ({error.strerror}).") from error


def empty_folder(path: Path) -> Path:
    """Make the folder; give it back where it is empty, so that no report lies among the files of another.

    Raises:
        Stopped: it holds files, or cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise Stopped(BAD_INPUT, f"--output: {path} is not empty; name a new folder.")
    except OSError as error:
        raise Stopped(BAD_INPUT, f"--output: {path} cannot be written ({error.strerror}).") from error
    return path


def print_json(value: Any) -> None:
    """Print a value for programs."""
    typer.echo(json.dumps(value, indent=2))
