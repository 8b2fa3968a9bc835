"""What stood open when an account was checked, and what became of it: closed when, by what, how surely. Pure.

A door counts as closed only where the change that closes it was read back from Microsoft 365, or was found to
be so already. What was taken back since, or was found open again by a recheck, is open. A manual task that
somebody ticked off is told as that, since nobody looked; it closes only what nothing but people can close.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from commands.clues.records import listed
from commands.plans.outcomes import Outcome
from commands.plans.undo import undone_by
from commands.report import Clause, Report

if TYPE_CHECKING:  # a report of exported logs has no case, and needs no ledger
    from commands.ledger.proposals import Proposal
    from commands.ledger.tasks import TaskState


MANUAL: Final = "remediate_manually"
"""The step whose manual tasks close what nothing else does."""


class DoorState(StrEnum):
    """How a door stands."""

    CLOSED = "closed"
    BY_HAND = "closed by hand"
    UNCONFIRMED = "not confirmed"
    REOPENED = "open again"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Door:
    """Something that let the attacker in, or mail out.

    Attributes:
        clause: What it is, and since when, as the story tells it.
        state: How it stands, as far as the ledger tells.
        at: When it became that (aware UTC); None where nothing was done about it.
        by: What did it: the changes in plain words, or the manual task.
        proposals: The ids of the proposals that the changes were of.
        left: How many parts of it are not closed, where others are.
        steps: The ids of the steps whose changes or manual tasks did it.
        open_parts: Of a clause that has parts, those that are not closed.
    """

    clause: Clause
    state: DoorState
    at: datetime | None = None
    by: tuple[str, ...] = ()
    proposals: tuple[str, ...] = ()
    left: int = 0
    steps: tuple[str, ...] = ()
    open_parts: tuple[str, ...] = ()

    @property
    def says(self) -> str:
        """What it is; where some of its parts are closed, with those alone that are not."""
        parts = self.clause.parts
        if not self.left or not self.open_parts or len(self.open_parts) == len(parts):
            return self.clause.says
        return self.clause.says.removesuffix(_listed(parts)) + _listed(self.open_parts)

    @property
    def reappeared(self) -> bool:
        """Whether a recheck found it open again, maybe with another address than the check found."""
        return self.state is DoorState.REOPENED

    @property
    def is_open(self) -> bool:
        """Whether it is not known to be closed.

        What only people can close, no source reads back: it is closed once somebody says so.
        """
        if self.state is DoorState.BY_HAND:
            ids = {id_.partition(":")[0] for group in self.clause.closed_by for id_ in group}
            return ids != {MANUAL}
        return self.state is not DoorState.CLOSED


@dataclass(frozen=True, slots=True)
class Standing:
    """What is open now, as far as anybody knows.

    Attributes:
        left: What is not known to be closed.
        closed: How much of what the check found open is closed.
        at: When that was known (aware UTC): the oldest moment at which something of `left` was looked at, or,
            where nothing is left, when the last of it was closed.
        reappeared: Whether a recheck found some of `left` open again: it is named as the check found it, and
            may lead elsewhere by now, so that `at` is the time of the check.
    """

    left: tuple[Clause, ...]
    closed: int
    at: datetime
    reappeared: bool = False


@dataclass(frozen=True, slots=True)
class _Done:
    """The last that was done about one change or manual task."""

    state: DoorState
    at: datetime
    says: str
    id: str
    proposal: str = ""


def doors(
    report: Report,
    proposals: Iterable[Proposal] = (),
    tasks: Iterable[TaskState] = (),
    rechecked: tuple[datetime, Sequence[str]] | None = None,
) -> tuple[Door, ...]:
    """Say of everything that the check found open how it stands now.

    What reports of earlier versions have says not what closes it, and is left out.

    Args:
        report: What the check found.
        proposals: The case's proposals, the oldest first.
        tasks: The case's manual tasks.
        rechecked: When the case was last rechecked, and the ids of the changes that did not hold.
    """
    story = report.story
    if story is None or not story.still_open:
        return ()
    done = _done(proposals, tasks)
    if rechecked is not None:
        at, came_back = rechecked
        for id_ in came_back:
            if id_ in done and done[id_].at <= at:
                done[id_] = _Done(DoorState.REOPENED, at, done[id_].says, id_, done[id_].proposal)
    return tuple(_door(one, done) for one in story.still_open if one.closed_by)


def standing(report: Report, found: Iterable[Door]) -> Standing:
    """Say what is open now of all that the check found open, and as of when.

    Args:
        report: What the check found.
        found: How each door stands, as `doors` says.
    """
    checked = report.window.end
    told = tuple(found)
    closed = {one.clause: one.at or checked for one in told if not one.is_open}
    others = {one.clause: checked if one.reappeared else one.at or checked for one in told if one.is_open}
    story = report.story
    open_ = tuple(one for one in (story.still_open if story else ()) if one not in closed)
    known = (others.get(one, checked) for one in open_)
    says = {one.clause: one.says for one in told if one.is_open}
    left = tuple(replace(one, says=says.get(one, one.says)) for one in open_)
    at = min(known) if left else max(closed.values(), default=checked)
    return Standing(left, len(closed), at, any(one.reappeared for one in told))


_WORST = (DoorState.REOPENED, DoorState.OPEN, DoorState.UNCONFIRMED, DoorState.BY_HAND, DoorState.CLOSED)
"""Which state counts of several, the worst first."""


def _door(clause: Clause, done: dict[str, _Done]) -> Door:
    """Every part of a door has to be closed; of several ways to close one part, the best counts."""
    best = [
        max((done[id_] for id_ in group if id_ in done), key=_rank, default=None)
        for group in clause.closed_by
    ]
    known = [one for one in best if one is not None]
    states = [one.state if one else DoorState.OPEN for one in best]
    worst = min(states, key=_WORST.index)
    telling = [one for one in known if one.state is worst]
    return Door(
        clause,
        worst,
        max((one.at for one in telling), default=None),
        tuple(dict.fromkeys(one.says for one in telling)),
        tuple(dict.fromkeys(one.proposal for one in telling if one.proposal)),
        sum(state is not DoorState.CLOSED for state in states) if DoorState.CLOSED in states else 0,
        tuple(dict.fromkeys(one.id.partition(":")[0] for one in telling)),
        # Reports of earlier versions tell no parts.
        tuple(
            part for part, state in zip(clause.parts, states, strict=False) if state is not DoorState.CLOSED
        ),
    )


def _listed(parts: Sequence[str]) -> str:
    return listed(list(dict.fromkeys(parts)))


def _rank(one: _Done) -> int:
    return _WORST.index(one.state)


def _done(proposals: Iterable[Proposal], tasks: Iterable[TaskState]) -> dict[str, _Done]:
    done: dict[str, _Done] = {}
    for proposal in proposals:
        for id_, one in _of(proposal):
            if one is None:
                done.pop(id_, None)
            else:
                done[id_] = one
    for task in tasks:
        if task.done_by and task.done_at and task.id not in done:
            done[task.id] = _Done(DoorState.BY_HAND, task.done_at, task.says, task.id)
    return done


def _of(proposal: Proposal) -> Iterator[tuple[str, _Done | None]]:
    """Give each change that a proposal made with how it ended; None for one that was taken back."""
    told = {change.id: change.says for change in proposal.plan.changes}
    for action in proposal.actions:
        at, says = action.ended_at or action.intended_at, told.get(action.change, "")
        if undone := undone_by(action.change):
            if action.outcome in {Outcome.CONFIRMED, Outcome.UNCONFIRMED, Outcome.ALREADY}:
                yield undone[1], None
        elif action.outcome in {Outcome.CONFIRMED, Outcome.ALREADY}:
            yield action.change, _Done(DoorState.CLOSED, at, says, action.change, proposal.id)
        elif action.outcome in {Outcome.UNCONFIRMED, Outcome.UNKNOWN, None}:
            yield action.change, _Done(DoorState.UNCONFIRMED, at, says, action.change, proposal.id)
