"""What the doctor found, as values, and how it is written: what is missing first, and how many.

Pure but for the writing itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from bot.messages.escape import visible
from bot.setup.next_steps import again

FINE: Final = 0
GAPS: Final = 1
NO_SIGN_IN: Final = 3
"""The exit statuses of a look: all is there, something is missing, a tenant let no one in."""

_MARKS: Final = {
    True: ("■ present", "green"),
    False: ("□ missing", "bold red"),
    None: ("? note   ", "dim"),
}
_STATES: Final = {True: "there", False: "missing", None: "note"}
_HEADS: Final = {
    FINE: "Everything is in place.",
    GAPS: "Something is missing.",
    NO_SIGN_IN: "Cannot sign in.",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at.

    Attributes:
        there: Whether it is there; None for a note.
        what: What it is.
        says: What to say about it.
        mend: What would mend it.
        told: Whether a note is written even where the others are counted only.
    """

    there: bool | None
    what: str
    says: str = ""
    mend: tuple[str, ...] = ()
    told: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """What was looked at together.

    Attributes:
        title: What it is about.
        lines: What was found.
        signed_in: False for a tenant that let no one in.
        tenant: The tenant that it is about, "" for what is about all of them.
        of_slack: Whether it is about Slack.
    """

    title: str
    lines: tuple[Line, ...]
    signed_in: bool = True
    tenant: str = ""
    of_slack: bool = False


def status_of(sections: Iterable[Section]) -> int:
    """The exit status of a look."""
    found = tuple(sections)
    if not all(section.signed_in for section in found):
        return NO_SIGN_IN
    return GAPS if any(line.there is False for section in found for line in section.lines) else FINE


def tell(sections: Sequence[Section], console: Console, *, as_json: bool, everything: bool) -> int:
    """Write what was found, and give the exit status.

    Args:
        sections: What was found.
        console: Where to write.
        as_json: Write JSON, for programs, which has everything.
        everything: Write also what is there, and the notes; else they are counted only.
    """
    status = status_of(sections)
    if as_json:
        told = [
            {"about": section.title, "lines": [_json(line) for line in section.lines]} for section in sections
        ]
        console.file.write(json.dumps({"status": status, "sections": told}, indent=2) + "\n")
        return status
    console.print(Text(f"{_HEADS[status]} {_counted(sections)}", style="bold"), soft_wrap=True)
    for section in sections:
        _missing(section, console)
    if everything:
        for section in sections:
            rest = [line for line in section.lines if line.there is not False]
            _under(f"{section.title}, the rest", rest, console)
        return status
    for section in sections:
        _under("", [line for line in section.lines if line.there is None and line.told], console)
    if any(line.there is not False for section in sections for line in section.lines):
        console.print(Text("To show the rest: compromise doctor --all"), soft_wrap=True)
    return status


def _counted(sections: Iterable[Section]) -> str:
    """How many are missing, there and noted, in words such as "2 missing, 61 present, 3 notes."."""
    states = [line.there for section in sections for line in section.lines]
    missing, there, notes = states.count(False), states.count(True), states.count(None)
    parts = [f"{missing} missing"] if missing else []
    parts += [f"{there} present"]
    parts += [f"{notes} note{'s' if notes > 1 else ''}"] if notes else []
    return f"{', '.join(parts)}."


def _missing(section: Section, console: Console) -> None:
    """Write what is missing of a section, and then each next step once, with what it would mend."""
    lacking = [line for line in section.lines if line.there is False]
    if not lacking:
        return
    _under(section.title, lacking, console)
    console.print(Text(f"{section.title}, what to do next", style="bold"))
    for said in again((line.what, line.says, line.mend) for line in lacking):
        console.print(Text(f"  - {visible(said)}"), soft_wrap=True)


def _under(title: str, lines: Sequence[Line], console: Console) -> None:
    if lines and title:
        console.print(Text(title, style="bold"))
    for line in lines:
        console.print(_text(line), soft_wrap=True)


def _text(line: Line) -> Text:
    mark, style = _MARKS[line.there]
    text = Text(f"  {mark} ", style=style).append(visible(line.what), style="default not bold")
    if line.says:
        text.append(f": {visible(line.says)}", style="default not bold")
    return text


def _json(line: Line) -> dict[str, Any]:
    return {
        "state": _STATES[line.there],
        "what": visible(line.what),
        "says": visible(line.says),
        "next": [*map(visible, line.mend)],
    }
