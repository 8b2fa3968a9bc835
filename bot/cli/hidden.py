"""Lines that are read without being shown, such as tokens; what was pasted beyond them is dropped."""

from __future__ import annotations

import sys
import termios
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TextIO


def lines(stream: TextIO | None = None) -> Generator[str]:
    """Give lines that nobody sees, one after another, until no more are wanted."""
    source = stream or sys.stdin
    with _unseen(source):
        yield from iter(source.readline, "")


@contextmanager
def _unseen(stream: TextIO) -> Iterator[None]:
    """Show nothing that is typed into a terminal; what comes from a file is not shown anyway.

    `getpass` drops what follows a first line, and two tokens are often two lines.
    """
    if not stream.isatty():
        yield
        return
    before = termios.tcgetattr(stream)
    after = termios.tcgetattr(stream)
    after[3] &= ~termios.ECHO
    termios.tcsetattr(stream, termios.TCSADRAIN, after)
    try:
        yield
    finally:
        termios.tcsetattr(stream, termios.TCSAFLUSH, before)
