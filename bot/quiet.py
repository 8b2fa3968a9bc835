"""Errors on the standard error, as `bot.log` writes them, for verbs that hardly ever have one to log.

`bot.log` takes a third of the time of a small analysis to import, and is imported with the first error.
"""

from __future__ import annotations

import logging


class _AtTheFirst(logging.Handler):
    """Puts the log up when the first line comes, and hands the line on to it."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        from bot import log  # noqa: PLC0415 - see above

        log.quiet()
        logging.getLogger().handle(record)


def quiet() -> None:
    """Write errors only, as text."""
    root = logging.getLogger()
    root.handlers[:] = [_AtTheFirst()]
    root.setLevel(logging.ERROR)
