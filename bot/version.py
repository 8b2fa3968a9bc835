"""Which version of the bot this is."""

from __future__ import annotations


def own_version() -> str:
    """The version that is installed, "unknown" when it is run from a folder that was never installed."""
    # It brings the readers of mail with it, which no verb needs.
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

    try:
        return version("compromise-bot")
    except PackageNotFoundError:
        return "unknown"
