"""The bot's own tests use the stage of the stories, and the command line."""

from tests.bot.command_line import compromise
from tests.scenarios.conftest import _quiet, stage

__all__ = ["_quiet", "compromise", "stage"]
