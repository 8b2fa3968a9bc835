"""Questions of `compromise init` at the terminal, each asked until its answer can be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import typer

from bot.cli.ending import Stopped
from bot.cli.statuses import BAD_INPUT, MISSING
from bot.cli.wrapping import wrapped
from bot.errors import SettingsError
from bot.messages.escape import visible

if TYPE_CHECKING:
    from bot.setup.init import Prompt


def answers(questions: Sequence[Prompt], login: str) -> dict[str, Any]:
    """Ask each question at the terminal until its answer has the right form, and its tenant is there."""
    from bot.setup.init import is_asked, tenant_id  # noqa: PLC0415 - reads every query and step

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


def agree(question: str, *, yes: bool) -> None:
    """Ask, and stop unless somebody agrees."""
    try:
        agreed = yes or typer.confirm(wrapped(question))
    except typer.Abort as unanswered:
        why = "No one answered, so nothing was changed. Use --yes to skip the question."
        raise Stopped(BAD_INPUT, why) from unanswered
    if not agreed:
        raise Stopped(MISSING, "Nothing was changed.")


def _ask(question: Prompt, found: dict[str, Any]) -> None:
    """Ask until there is an answer of the right form, and put it with those that were found."""
    default = question.default(found) if question.default else ""
    while question.key not in found:
        text = typer.prompt(question.asks, default=default, show_default=bool(default))
        try:
            found[question.key] = question.read(str(text), found)
        except ValueError as error:
            typer.echo(f"  {visible(str(error))}", err=True)
