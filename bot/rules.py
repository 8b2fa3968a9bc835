"""The Sigma rules that the settings name."""

from __future__ import annotations

from pathlib import Path

from bot.errors import CannotStart
from commands.sigma.shapes import NO_RULES, RulesError, Ruleset


def ruleset_of(folder: Path | None) -> Ruleset:
    """Read the rules of a folder; none where the settings name none.

    Raises:
        CannotStart: the folder holds none, or its weights cannot be used.
    """
    if folder is None:
        return NO_RULES
    from commands.sigma.reading import load  # noqa: PLC0415 - it takes a second, and few bring rules

    try:
        return load(folder)
    except RulesError as error:
        raise CannotStart(f"rules: {error}") from error
