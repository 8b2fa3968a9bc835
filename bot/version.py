"""Which version of the bot this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def own_version() -> str:
    """The version that is installed, "unknown" when it is run from a folder that was never installed."""
    try:
        return version("compromise-bot")
    except PackageNotFoundError:
        return "unknown"
