"""How the command ends: its statuses, and every known error as one line on standard error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from bot.errors import BotError, ExportUnreadable
from bot.messages.escape import visible
from bot.settings import SettingsError
from commands.errors import (
    CommandError,
)
from graph.errors import GraphError, NoSuchUser

WORKED, MISSING, BAD_INPUT, COULD_NOT_LOOK, LEFT_UNREAD = 0, 1, 2, 3, 4


STATUSES = {
    WORKED: "success, whatever the verdict",
    MISSING: "something is missing or failed verification (doctor, demo, ledger, evidence)",
    BAD_INPUT: "bad input: an unknown user, file, option or scenario, or a wrong setting",
    COULD_NOT_LOOK: "nothing could be collected: no sign-in, no such tenant, no readable source or record",
    LEFT_UNREAD: "analyze answered, but something that it was given could not be read (0 with --lenient)",
}
"""What the command ends with."""


class Stopped(Exception):
    """The command ends here, with a status and a line that says why."""

    def __init__(self, status: int, *lines: str) -> None:
        super().__init__("; ".join(lines))
        self.status = status
        self.lines = lines


@contextmanager
def readable() -> Iterator[None]:
    """Turn every error that is known into its line and its status."""
    try:
        yield
    except SettingsError as error:
        _stop(BAD_INPUT, *error.problems)
    except ExportUnreadable as error:
        _stop(BAD_INPUT, str(error))
    except Stopped as stopped:
        _stop(stopped.status, *stopped.lines)
    except NoSuchUser as error:
        _stop(BAD_INPUT, error.sentence)
    except GraphError as error:
        _stop(COULD_NOT_LOOK, f"Could not collect anything: {error.sentence}")
    except (CommandError, BotError) as error:
        _stop(COULD_NOT_LOOK, str(error))


def _stop(status: int, *lines: str) -> NoReturn:
    for line in lines:
        typer.echo(f"compromise: {visible(line)}", err=True)
    raise typer.Exit(status)
