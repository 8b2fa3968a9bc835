"""Which manual task comes when: one grouping and one order for card, windows, list and report. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, Protocol, TypeVar

from commands.plans.plan import ManualTask

AT_ONCE: Final = "At once"
"""How a manual task begins that answers a finding by itself; the checklist's begin with their own time."""


class Numbered(Protocol):
    """A manual task of a case, of which only the id tells its step."""

    @property
    def id(self) -> str:
        """The step's id, a colon, and what it is about."""
        ...


Task = TypeVar("Task", bound=Numbered)


class Turn(StrEnum):
    """A group of manual tasks, in the order in which they are due."""

    MONEY = "money"  # a bank recalls a payment within hours, and hardly ever later
    OUT = "out"  # keeps the attacker out
    OTHERS = "others"
    SERVICES = "services"
    WARN = "warn"
    AFTERWARDS = "afterwards"  # keeps nobody out: restores, or looks at what was done
    LATER = "later"  # does nothing about this attacker: the checklist of 30 and 90 days


_TURNS: Final[Mapping[str, Turn]] = {
    "recall_payments": Turn.MONEY,
    "check_other_accounts": Turn.OTHERS,
    "other_services": Turn.SERVICES,
    "warn_recipients": Turn.WARN,
    "review_sent_mail": Turn.AFTERWARDS,
    "restore_contact_data": Turn.AFTERWARDS,
    "clean_junk_lists": Turn.AFTERWARDS,
    "harden": Turn.LATER,
}
"""Of steps; those of every other keep the attacker out."""


def turn_of(task: Numbered) -> Turn:
    """Give the group of a manual task."""
    step = task.step if isinstance(task, ManualTask) else task.id.partition(":")[0]
    return _TURNS.get(step, Turn.OUT)


def in_turn(tasks: Iterable[Task]) -> dict[Turn, tuple[Task, ...]]:
    """Give the tasks by group, the groups in order and none that is empty."""
    every = tuple(tasks)
    found = {turn: tuple(one for one in every if turn_of(one) is turn) for turn in Turn}
    return {turn: some for turn, some in found.items() if some}


def in_order(tasks: Iterable[Task]) -> tuple[Task, ...]:
    """Give the tasks in the order in which they are due."""
    return tuple(one for some in in_turn(tasks).values() for one in some)
