"""How the command ends: its statuses, and every known error as one line on standard error."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from bot.cli.statuses import BAD_INPUT, COULD_NOT_LOOK
from bot.errors import BotError, ExportUnreadable, SettingsError
from bot.messages.escape import visible
from commands.errors import (
    CommandError,
)
from graph.errors import GraphError, NoSuchUser


class Stopped(Exception):
    """The command ends here, with a status and a line that says why."""

    def __init__(self, status: int, *lines: str) -> None:
        super().__init__("; ".join(lines))
        self.status = status
        self.lines = lines


@contextmanager
def readable(unable: str = "Could not collect anything: ") -> Iterator[None]:
    """Turn every error that is known into its line and its status.

    Args:
        unable: What stands before Microsoft's refusal: what the verb was for.
    """
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
        _stop(COULD_NOT_LOOK, f"{unable}{error.sentence}")
    except (CommandError, BotError) as error:
        _stop(COULD_NOT_LOOK, str(error))
    except BrokenPipeError:
        # Whoever reads along, such as `head`, has had enough; Python ends as every program does then.
        raise
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else "A file"
        _stop(COULD_NOT_LOOK, f"{where} cannot be read or written ({error.strerror or error}).")


def end_with(status: int) -> NoReturn:
    """End with a status, and do not wait for work that is not done.

    A plan that waits for Microsoft to come back would keep the process for minutes after the tenant on this
    machine is gone. The work stays where it is kept, as after a kill.
    """
    main = threading.main_thread()
    if any(not one.daemon and one is not main for one in threading.enumerate()):
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    raise typer.Exit(status)


def _stop(status: int, *lines: str) -> NoReturn:
    for line in lines:
        typer.echo(f"compromise: {visible(line)}", err=True)
    raise typer.Exit(status)
