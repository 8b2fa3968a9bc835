"""The bot's own tests use the stage of the stories."""

from tests.scenarios.conftest import _quiet, stage

__all__ = ["_quiet", "stage"]
