"""Sentences at the terminal, broken at words; what is to be copied stays in one piece."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterable
from typing import Final

WIDEST: Final = 100
"""Columns beyond which a paragraph is hard to read."""


def wrapped(text: str, indent: str = "") -> str:
    """Break a text at words, also where it goes into a file or a pipe.

    Args:
        text: The text. A line that begins with two spaces is to be copied, and stays in one piece.
        indent: What each line after the first begins with.
    """
    lines: list[str] = []
    for line in text.split("\n"):
        begins = indent if lines else ""
        if line.startswith("  ") or not line:
            lines.append(begins + line if line else "")
        else:
            lines += _broken(line, begins, indent + ("  " if line.startswith("- ") else ""))
    return "\n".join(lines)


def numbered(title: str, steps: Iterable[str]) -> str:
    """Number what is to be done, each step a paragraph below the title."""
    each = (wrapped(f"{number}. {text}", "   ") for number, text in enumerate(steps, 1))
    return "\n\n".join((f"\n{title}", *each))


def wrapped_line(line: str) -> str:
    """Break one line of an outline at words; what goes on below it is set in further than it is."""
    space = line[: len(line) - len(line.lstrip())]
    return "\n".join(_broken(line.lstrip(), space, f"{space}  "))


def _broken(line: str, first: str, others: str) -> list[str]:
    width = min(shutil.get_terminal_size().columns, WIDEST)
    return textwrap.wrap(
        line,
        width,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )
