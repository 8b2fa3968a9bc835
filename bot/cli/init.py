"""`compromise init`: from answers to settings, keys and certificates."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.ending import Stopped, readable
from bot.cli.given import (
    now,
    text_of,
)
from bot.cli.statuses import BAD_INPUT
from bot.errors import SettingsError
from bot.messages.escape import visible

if TYPE_CHECKING:
    from bot.setup.init import Prompt as Asked


def init(
    *,
    folder: Annotated[
        Path, typer.Option(help="The folder for settings, keys and certificates.", file_okay=False)
    ] = Path(),
    answers: Annotated[
        Path | None,
        typer.Option(
            help=(
                "A TOML file with the answers, to run without prompts; anything not in it takes its default."
            )
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help=(
                "Rename existing files, adding the time, and write new ones; new keys mean new "
                "certificates to upload."
            ),
        ),
    ] = False,
) -> None:
    """Ask for the settings, and write them with keys and certificates.

    Lists the steps that remain.
    """
    from bot.setup import init as onboarding  # noqa: PLC0415 - reads every query and step, which other verbs need not
    from bot.setup import keys, left  # noqa: PLC0415 - as above

    login = os.environ.get("COMPROMISE_TENANT_LOGIN_URL", "")
    with readable():
        onboarding.demand_room(folder, None, force=force)
        given = _answers(onboarding.QUESTIONS, login) if answers is None else _toml(answers)
        told = onboarding.read_answers(given)
        onboarding.demand_room(folder, told, force=force)
        told = replace(told, tenant=onboarding.tenant_id(told.tenant, told.cloud, login))
        moment = now()
        made = onboarding.files(told, folder, moment)
        for copy in keys.write(made, folder, moment, force=force):
            typer.echo(f"{copy} is the previous file.")
        for name in made:
            typer.echo(f"Wrote {folder / name}.")
        typer.echo("\nRemaining steps:")
        manifest = left.manifest_path(Path(__file__).parents[1])
        remaining = (*left.in_microsoft(told, folder), *left.afterwards(told, folder, manifest))
        for number, text in enumerate(remaining, 1):
            typer.echo(f"\n{number}. {text}".replace("\n  ", "\n     "))


def _answers(questions: Sequence[Asked], login: str) -> dict[str, Any]:
    """Ask each question at the terminal until its answer has the right form, and its tenant is there."""
    from bot.setup.init import is_asked, tenant_id  # noqa: PLC0415 - as above

    found: dict[str, Any] = {}
    waiting = list(questions)
    while waiting:
        question = waiting.pop(0)
        if not is_asked(question, found):
            continue
        _ask(question, found)
        if question.key == "cloud":
            try:
                # What was typed stays: domains and names are guessed from it. This only sees that it is one.
                tenant_id(found["tenant"], found["cloud"], login)
            except SettingsError as error:
                typer.echo(f"  {visible(str(error))}", err=True)
                found.clear()
                waiting = list(questions)
    return {key: list(value) if isinstance(value, tuple) else value for key, value in found.items()}


def _ask(question: Asked, found: dict[str, Any]) -> None:
    """Ask until there is an answer of the right form, and put it with those that were found."""
    default = question.default(found) if question.default else ""
    while question.key not in found:
        text = typer.prompt(question.asks, default=default, show_default=bool(default))
        try:
            found[question.key] = question.read(str(text), found)
        except ValueError as error:
            typer.echo(f"  {visible(str(error))}", err=True)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text_of(path))
    except tomllib.TOMLDecodeError as error:
        raise Stopped(BAD_INPUT, f"{path} is not TOML ({error}).") from error
