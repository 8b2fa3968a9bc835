"""What is left to do in a case after a plan was carried out, in a few lines of a card. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.messages import parts
from bot.messages.escape import said

_OPEN = 2
"""How many of the things that are still open are named."""

_SAYS = 110
"""How many characters of one thing or manual task a card says."""


@dataclass(frozen=True, slots=True)
class WhatNow:
    """What is left to do.

    Attributes:
        open: What is not known to be closed to the attacker, and has no manual task.
        by_hand: What is open until people do a manual task, with its number.
        never: How many suggested changes against ways back in were never carried out.
        tasks: How many manual tasks are open.
        later: How many of these can wait.
        number: The number of the manual task that comes first, 0 for none.
        first: What it says.
        at_once: Whether it cannot wait.
        reappeared: Whether a recheck found some of `open` or `by_hand` open again: it is named as the check
            found it.
        blocked: Whether the bot blocked the sign-in, and nobody unblocked it.
        until: When the last recheck is due (aware UTC); None where none is.
    """

    open: Sequence[str] = ()
    by_hand: Sequence[str] = ()
    never: int = 0
    tasks: int = 0
    later: int = 0
    number: int = 0
    first: str = ""
    at_once: bool = False
    reappeared: bool = False
    blocked: bool = False
    until: datetime | None = None


def lines(now: WhatNow, ours: Collection[str]) -> Iterator[str]:
    """Say what is still open, what people have to do, and until when it is rechecked; harmless mrkdwn."""
    still_open = "*Still open*, as the check found it" if now.reappeared else "*Still open*"
    if now.open:
        button = "Contain account" if now.never else "Check again"
        yield f"▸ {still_open}: {_named(now.open, ours)}. Select “{button}” on the case's card."
    elif now.never:
        are = "change is" if now.never == 1 else "changes are"
        yield (
            f"▸ {now.never} suggested {are} not carried out yet. Select “Contain account” on the case's card."
        )
    if now.by_hand:
        yield f"▸ {still_open}: {_named(now.by_hand, ours)}. Select “Manual tasks”."
    if now.tasks:
        select = "" if now.by_hand else " Select “Manual tasks”."
        yield f"▸ {_tasks(now, ours)}.{select}"
    elif not now.open and not now.never:
        yield "▸ No manual task is open."
    if now.blocked:
        yield "▸ Sign-in is still blocked. To unblock it, select “Undo changes”."
    if now.until:
        yield f"▸ {_until(now.until)}; what reappears is posted in the channel."


def line(now: WhatNow, ours: Collection[str]) -> str:
    """Say in one line of the case's card what people have to do, and until when it is rechecked."""
    facts = [_tasks(now, ours)] if now.tasks else ["no manual task is open"]
    facts += ["sign-in is still blocked"] if now.blocked else []
    facts += [parts.inside(_until(now.until))] if now.until else []
    return f"*What now*: {'; '.join(facts)}."


def _named(what: Sequence[str], ours: Collection[str]) -> str:
    left = len(what) - _OPEN
    more = f"; {left} more" if left > 0 else ""
    return "; ".join(said(one, _SAYS, ours) for one in what[:_OPEN]) + more


def _tasks(now: WhatNow, ours: Collection[str]) -> str:
    wait = f", {now.later} of them can wait" if now.later else ""
    first = said(now.first.rstrip("."), _SAYS, ours)
    number = f"number {now.number}{' (at once)' if now.at_once else ''}"
    return f"*{parts.counted(now.tasks, 'manual task')} open*{wait}; first, {number}: {first}"


def _until(moment: datetime) -> str:
    return f"Rechecked until {moment.astimezone(UTC):%d %b %Y}"
