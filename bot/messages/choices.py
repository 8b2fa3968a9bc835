"""Checkboxes of every window in which changes are chosen, drawn in one way.

Slack gives a checkbox 75 characters, and its small line 75 more. A caption ends where a part of its sentence
does, and the small line goes on with it; what still has no room stands in full above its group, by number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.messages import Block, parts
from bot.messages.escape import cut, plain, said
from bot.messages.limits import characters
from bot.messages.plans import places_text
from graph.question import Subject

_MOST = 300
_BLOCKS = 90
_CHARACTERS = 200_000
_LONGEST = 600
_ENDS = ("; ", ", ", " (", " from ", " of ", " on ", " for ", " through ")
"""What the next part of a sentence begins with."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose.

    Attributes:
        places: The places that it stands for, counted from 0: the value of its checkbox.
        says: What it is, as text of any length from anywhere.
        below: The small line below it; "" for none.
        number: By which number people know it; None for that of its only place, counted from 1, "" for none.
        ticked: Whether it is ticked from the start.
    """

    places: tuple[int, ...]
    says: str
    below: str = ""
    number: str | None = None
    ticked: bool = False

    @property
    def known_by(self) -> str:
        """The number that people see; "" for none."""
        return str(self.places[0] + 1) if self.number is None else self.number


def choices(
    label: str, name: str, offered: Sequence[Choice], subject: Subject | str
) -> tuple[list[Block], int]:
    """Draw as many groups of checkboxes as a window holds.

    Returns:
        The blocks, and how many things at the end found no room.
    """
    most = min(len(offered), _MOST)
    body = list(groups(label, name, offered[:most], subject))
    while len(body) > _BLOCKS or characters(body) > _CHARACTERS:
        most = most * 3 // 4
        body = list(groups(label, name, offered[:most], subject))
    return body, len(offered) - most


def groups(label: str, name: str, offered: Sequence[Choice], subject: Subject | str) -> Iterator[Block]:
    """Draw checkboxes in groups of ten, all of them; the block ids are ``<name>:<n>``, the action ``chosen``.

    `subject` is the account that the window names at its top, so captions need not name it again.
    """
    ours = parts.domains_of(subject)
    for n, begin in enumerate(range(0, len(offered), parts.CHECKBOXES)):
        options = []
        in_full = []
        ticked = set()
        for one in offered[begin : begin + parts.CHECKBOXES]:
            value = places_text(one.places)
            number = f"{one.known_by}. " if one.known_by else ""
            caption, rest = _parted(f"{number}{plain(_short(one.says, subject), _LONGEST, ours)}")
            below = " · ".join(filter(None, (rest, plain(one.below, _LONGEST, ours))))
            options.append(parts.option(caption, value, cut(below, parts.OPTION_TEXT)))
            if len(below) > parts.OPTION_TEXT and one.known_by:
                more = f" ({said(one.below, 400, ours)})" if one.below else ""
                in_full.append(f"*{one.known_by}.* {said(one.says, 400, ours)}{more}")
            if one.ticked:
                ticked.add(value)
        yield from parts.small_print(in_full)
        yield parts.checkboxes(label if n == 0 else f"{label} (more)", f"{name}:{n}", options, ticked)


def _parted(text: str) -> tuple[str, str]:
    """What of a sentence is the caption, and what the small line goes on with."""
    if len(text) <= parts.OPTION_TEXT:
        return text, ""
    least = parts.OPTION_TEXT // 3
    ends = [text.rfind(mark, least, parts.OPTION_TEXT + 1) for mark in _ENDS]
    end = max(ends) if max(ends) > 0 else len(cut(text, parts.OPTION_TEXT)) - 1
    return text[:end].rstrip(" ,;"), f"… {text[end:].lstrip(' ,;')}"


def _short(says: str, subject: Subject | str) -> str:
    """A sentence that calls the subject “the account”."""
    names = (subject,) if isinstance(subject, str) else (subject.user_principal_name, subject.mail)
    for name in sorted({name for name in names if "@" in name}, key=len, reverse=True):
        says = says.replace(f"{name}'s ", "the account's ").replace(name, "the account")
    return f"{says[:1].upper()}{says[1:]}"
