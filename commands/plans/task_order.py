"""Which manual task comes when: one grouping and one order for card, windows, list and report. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, Protocol, TypeVar

from commands.plans.plan import ManualTask

AT_ONCE: Final = "At once"
"""How a manual task of `AT_ONCE_STEPS` begins; the checklist's begin with their own time."""

AT_ONCE_STEPS: Final = frozenset(
    {"remediate_manually", "recall_payments", "check_other_accounts", "turn_off_signature"}
)
"""The steps whose manual tasks answer a finding by themselves, and cannot wait."""


class Numbered(Protocol):
    """A manual task of a case, of which only the id tells its step."""

    @property
    def id(self) -> str:
        """The step's id, a colon, and what it is about."""
        ...

    @property
    def says(self) -> str:
        """What is to be done."""
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
    return _TURNS.get(_step(task), Turn.OUT)


def is_at_once(task: Numbered) -> bool:
    """Whether a manual task cannot wait."""
    return _step(task) in AT_ONCE_STEPS


def without_time(task: Numbered) -> str:
    """Say what is to be done, where it is told elsewhere that it cannot wait."""
    return task.says.removeprefix(f"{AT_ONCE}: ") if is_at_once(task) else task.says


def _step(task: Numbered) -> str:
    return task.step if isinstance(task, ManualTask) else task.id.partition(":")[0]


def in_turn(tasks: Iterable[Task]) -> dict[Turn, tuple[Task, ...]]:
    """Give the tasks by group, the groups in order and none that is empty."""
    every = tuple(tasks)
    found = {turn: tuple(one for one in every if turn_of(one) is turn) for turn in Turn}
    return {turn: some for turn, some in found.items() if some}


def in_order(tasks: Iterable[Task]) -> tuple[Task, ...]:
    """Give the tasks in the order in which they are due."""
    return tuple(one for some in in_turn(tasks).values() for one in some)
