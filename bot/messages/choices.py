"""One numbered checkbox for each of many things, as many as a window holds."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from bot.messages import Block, parts
from bot.messages.escape import cut, plain, said
from bot.messages.limits import characters

_MOST = 300
_BLOCKS = 90
_CHARACTERS = 200_000


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose.

    Attributes:
        place: Its place, counted from 0: the value of its checkbox, and with one more its number.
        says: What it is, as text of any length from anywhere.
        below: The small line below it; "" for none.
    """

    place: int
    says: str
    below: str = ""


def choices(
    label: str, name: str, offered: Sequence[Choice], ours: Collection[str]
) -> tuple[list[Block], int]:
    """Draw checkboxes in groups of ten; nothing is ticked from the start.

    The block ids are ``<name>:<n>``, the action id is ``chosen``. What is too long for a checkbox stands in
    full above its group.

    Returns:
        The blocks, and how many things at the end found no room.
    """
    most = min(len(offered), _MOST)
    body = list(_groups(label, name, offered[:most], ours))
    while len(body) > _BLOCKS or characters(body) > _CHARACTERS:
        most = most * 3 // 4
        body = list(_groups(label, name, offered[:most], ours))
    return body, len(offered) - most


def _groups(label: str, name: str, offered: Sequence[Choice], ours: Collection[str]) -> Iterator[Block]:
    for n, begin in enumerate(range(0, len(offered), parts.CHECKBOXES)):
        options = []
        in_full = []
        for one in offered[begin : begin + parts.CHECKBOXES]:
            words = f"{one.place + 1}. {plain(one.says, 600, ours)}"
            below = plain(one.below, 600, ours)
            options.append(
                parts.option(cut(words, parts.OPTION_TEXT), str(one.place), cut(below, parts.OPTION_TEXT))
            )
            if len(words) > parts.OPTION_TEXT or len(below) > parts.OPTION_TEXT:
                more = f" ({said(below, 400, ours)})" if below else ""
                in_full.append(f"*{one.place + 1}.* {said(one.says, 400, ours)}{more}")
        yield from parts.small_print(in_full)
        yield parts.checkboxes(label if n == 0 else f"{label} (continued)", f"{name}:{n}", options, ())
