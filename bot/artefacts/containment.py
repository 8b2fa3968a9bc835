"""Whether the attacker is kept out, and what became of all that stood open, by what the ledger says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bot.artefacts.handled import Handled, Rechecked
from bot.messages import names, parts
from bot.messages.closing import word_for
from bot.messages.escape import is_address
from bot.messages.story import sentences
from commands.plans.outcomes import Outcome
from commands.plans.undo import is_undo, undone_by
from commands.report import Clause, Report
from commands.story.doors import Door, DoorState, Standing, doors, standing

_STOPS: Final = {
    "block_sign_in": "sign-in was blocked",
    "revoke_sessions": "sessions were revoked",
    "reset_password": "the password was reset",
}
"""The steps that keep somebody out, in the words of a sentence."""

NAME_BACK: Final = "restore_contact_data:displayName"
"""The change that gives the account its display name back."""

DONE: Final = frozenset({Outcome.CONFIRMED, Outcome.ALREADY})
"""What was read back from Microsoft 365 as it should be."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """What keeps the attacker out, as the ledger tells it.

    Attributes:
        at: When the last of the deeds that count was done; None while not all of them are.
        deeds: Each such deed that was done, with when.
        given_back: When sign-in was given back, None where it was not.
        began: Whether anything was carried out at all.
        blocked: Whether the sign-in was blocked, and not given back.
        blocked_at: When the sign-in was blocked, given back or not; None where it never was.
        holds: Whether any deed still keeps somebody out of something: a block that was given back does not.
    """

    at: datetime | None
    deeds: tuple[tuple[str, datetime], ...]
    given_back: datetime | None
    began: bool
    blocked: bool
    blocked_at: datetime | None = None
    holds: bool = False


def stopped(handled: Handled) -> Stopped:
    """Read from what was carried out whether somebody is kept out.

    Sessions and password together keep somebody out who knew the password; a block does, for as long as it
    stands. One of them alone does not: who is signed in stays in, and who knows the password comes again.
    """
    deeds: dict[str, datetime] = {}
    given_back = None
    began = False
    for proposal in handled.proposals:
        for action in proposal.actions:
            began = True
            at = action.ended_at or action.intended_at
            if action.outcome not in DONE:
                continue
            if undone := undone_by(action.change):
                if undone[1].startswith("block_sign_in:"):
                    given_back = at
                continue
            step = action.change.partition(":")[0]
            if step in _STOPS:
                deeds[step] = at
                given_back = None if step == "block_sign_in" else given_back
    ends = [times for times in map(deeds.get, ("revoke_sessions", "reset_password")) if times]
    if len(ends) < 2 and "block_sign_in" in deeds and given_back is None:
        ends = [times for times in map(deeds.get, ("revoke_sessions", "block_sign_in")) if times]
    named = tuple((_STOPS[step], deeds[step]) for step in _STOPS if step in deeds)
    blocked = "block_sign_in" in deeds and given_back is None
    last = max(ends) if len(ends) == 2 else None
    holds = blocked or not deeds.keys() <= {"block_sign_in"}
    return Stopped(last, named, given_back, began, blocked, deeds.get("block_sign_in"), holds)


def known_as(report: Report, handled: Handled) -> str:
    """Give the display name that the check read, and when it was restored since, "" where there is none."""
    return names.display_name(report, name_restored_at(handled))


def name_restored_at(handled: Handled) -> datetime | None:
    """Give when the display name was put back and stayed so; None where it was not."""
    at = None
    for proposal in handled.proposals:
        for action in proposal.actions:
            undone = undone_by(action.change)
            if action.outcome in DONE and action.change == NAME_BACK:
                at = action.ended_at or action.intended_at
            elif action.outcome in DONE and undone and undone[1] == NAME_BACK:
                at = None
    return at


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the table of what was open to the attacker.

    Attributes:
        door: What the other texts are about.
        since: When it was opened, or when they were first in if it was open before; None where nothing tells.
        stands: How it stands now: ``removed 2026-11-29 12:40 UTC, read back`` or ``still open``.
        by: What closed it, and in which proposal; "" where nothing did.
        task: Which open manual task closes it: ``manual task 4``; "" where none does.
    """

    door: Door
    since: datetime | None
    stands: str
    by: str
    task: str = ""

    @property
    def says(self) -> str:
        """What it is, with the manual task that closes it: ``the sharing … (manual task 4)``."""
        return f"{self.door.says} ({self.task})" if self.task else self.door.says


def items(report: Report, handled: Handled) -> tuple[Item, ...]:
    """Say of everything that the check found open when it was closed, and by what, or that it is open."""
    again = (handled.rechecked.at, handled.rechecked.came_back) if handled.rechecked else None
    found = doors(report, handled.proposals, handled.tasks, again)
    acted = any(one.actions for one in handled.proposals)
    first = next((one.at for one in report.story.since if one.at), None) if report.story else None
    waiting = {one.id: one.number for one in handled.tasks if not one.done_by}
    return tuple(
        Item(
            one,
            max((at for at in (one.clause.at, first) if at), default=None),
            _stands(one, "still open" if acted else "open when checked", _task_of(one, waiting)),
            _by(one),
            _task_of(one, waiting),
        )
        for one in found
    )


def _task_of(one: Door, waiting: Mapping[str, int]) -> str:
    if one.state is not DoorState.OPEN:
        return ""
    number = next((waiting[id_] for group in one.clause.closed_by for id_ in group if id_ in waiting), None)
    return f"manual task {number}" if number is not None else ""


def _by(one: Door) -> str:
    return "; ".join(one.by) + (f" ({', '.join(one.proposals)})" if one.proposals else "")


def _stands(one: Door, is_open: str, task: str) -> str:
    at = parts.utc(one.at) if one.at else ""
    part = f" ({parts.counted(one.left, 'part')} of it)" if one.left else ""
    match one.state:
        case DoorState.CLOSED:
            return f"{word_for(one.steps)} {at}, read back"
        case DoorState.BY_HAND:
            return f"marked done {at}, not read back"
        case DoorState.UNCONFIRMED:
            return f"changed {at}, not confirmed"
        case DoorState.REOPENED:
            return f"open again, seen {at}"
        case DoorState.OPEN:
            return f"{is_open}{part}{f' ({task})' if task else ''}"


def as_of(report: Report, handled: Handled) -> datetime:
    """The time of the newest that is told: of the check, or of what was done about it since."""
    times = [report.made_at, handled.opened_at, handled.rechecked.at if handled.rechecked else None]
    times += [task.done_at for task in handled.tasks]
    for one in handled.proposals:
        times += [one.made_at, one.decided_at, *(vote.at for vote in one.votes)]
        times += [action.ended_at or action.intended_at for action in one.actions]
    return max(time for time in times if time)


def rechecked_in_words(handled: Handled) -> str:
    """Say how many of the changes that were made the last recheck read again, and why not the others.

    ``35 of 39 changes were read again and hold; of the others 1 was undone and 3
    leave no setting behind, such as revoked sessions``
    """
    again = handled.rechecked
    if again is None:
        return ""
    looked, rest, back = _read_again(handled, again)
    once = max(rest - back, 0)
    why = []
    if back and rest:
        why.append(f"{back} {'was' if back == 1 else 'were'} undone")
    if once:
        why.append(f"{once} leave{'s' if once == 1 else ''} no setting behind, such as revoked sessions")
    others = f"; of the others {' and '.join(why)}" if why else ""
    return f"{looked} of {looked + rest} changes were read again and hold{others}"


def _read_again(handled: Handled, again: Rechecked) -> tuple[int, int, int]:
    """Count the changes that a recheck read, those that it did not, and those that were undone."""
    of = [action for one in handled.proposals for action in one.actions if action.outcome in DONE]
    made = {one.change for one in of if not is_undo(one.change)}
    back = {undone[1] for one in of if (undone := undone_by(one.change))} & made
    looked = len(again.held) + len(again.came_back)
    return looked, max(len(made) - looked, 0), len(back)


def unchecked(report: Report, handled: Handled) -> tuple[Clause, ...]:
    """Give the other accounts that the story leads to, and that nobody checked since the attacker was in."""
    story = report.story
    if story is None:
        return ()
    seen = (*story.last_seen, *story.since)
    since = next((one.at for one in seen if one.at), report.window.start)
    checked = [one.subject for one in handled.checked if one.at >= since]
    return tuple(
        one
        for one in story.leads
        if is_address(one.says) and not any(who.is_meant_by(one.says) for who in checked)
    )


def told_now(report: Report, handled: Handled) -> tuple[str, ...]:
    """Tell the story in sentences that name as open only what is not known to be closed by now."""
    now, closed = as_it_stands(report, handled)
    return sentences(now.story, closed) if now.story else ()


def as_it_stands(report: Report, handled: Handled) -> tuple[Report, int]:
    """Give a report whose story names what is open and unchecked by now, and how much of it was closed."""
    if report.story is None:
        return report, 0
    stands = stands_now(report, handled)
    wanted = unchecked(report, handled)
    leads = tuple(one for one in report.story.leads if one in wanted or not is_address(one.says))
    return replace(report, story=replace(report.story, still_open=stands.left, leads=leads)), stands.closed


def stands_now(report: Report, handled: Handled) -> Standing:
    """Say what is open now, and as of when."""
    return standing(report, (one.door for one in items(report, handled)))


def left_open(found: tuple[Item, ...]) -> tuple[Item, ...]:
    """Give what is not known to be closed."""
    return tuple(one for one in found if one.door.is_open)
