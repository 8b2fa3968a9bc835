"""Opens a ledger for the verbs that read one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bot.cli.ending import Stopped, readable
from bot.cli.given import (
    readable_file,
)
from bot.cli.statuses import BAD_INPUT, MISSING
from bot.clock import now
from commands.errors import (
    LedgerTampered,
    LedgerUnwritable,
)
from commands.ledger import Ledger
from commands.ledger.rebuild import holds_ledger


@contextmanager
def opened(path: Path) -> Iterator[Ledger]:
    """Open a ledger that must exist already: opening makes one, and a typing mistake should not."""
    with readable():
        a_ledger(path)
        with ledger_errors(), closing(Ledger(path, now)) as book:
            yield book


@contextmanager
def ledger_errors() -> Iterator[None]:
    """Turn what a ledger may raise into the end of the command."""
    try:
        yield
    except LedgerTampered as error:
        raise Stopped(MISSING, str(error)) from error
    except LedgerUnwritable as error:
        raise Stopped(BAD_INPUT, str(error)) from error


def a_ledger(path: Path) -> None:
    """See that a file holds a ledger.

    Raises:
        Stopped: it does not, or cannot be read.
    """
    readable_file(path)
    try:
        known = holds_ledger(path)
    except LedgerUnwritable as error:
        raise Stopped(BAD_INPUT, f"{path} cannot be read as a ledger ({error.why}).") from error
    if not known:
        raise Stopped(BAD_INPUT, f"{path} contains no ledger.")
