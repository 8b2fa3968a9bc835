"""What answers each kind of finding: steps of the bot, an urgent task for people, or nothing, and why.

Read from ``remedies.toml``, once, when the first of its rows is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from commands.facts import Text, Texts, named
from graph.contract import Row

_FILE: Final = "remedies.toml"


class Remedy(Row):
    """What answers a kind of finding: just one of `steps`, `task` and `none`.

    Attributes:
        id: The id of a sign, or of a symptom for all its other signs.
        steps: The ids of the steps whose changes or tasks answer it.
        task: The id of the task for people; "" where the steps do.
        others: The id of the task where it was done to another account, which the steps do not reach.
        none: Why nothing answers it, one sentence; "" where something does.
    """

    id: str
    steps: tuple[str, ...] = ()
    task: str = ""
    others: str = ""
    none: str = Field(default="", pattern=r"^(?:.+\.)?$")

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if [bool(self.steps), bool(self.task), bool(self.none)].count(True) != 1:
            raise ValueError("a kind of finding has steps, or a task, or a reason why it has neither")
        return self


class Task(Row):
    """A task that only people can do, and that cannot wait. ``{user}`` becomes the account.

    Attributes:
        id: Its name, stable.
        says: What is to be done, without the full stop.
        how: Exact instructions, one line each.
    """

    id: str
    says: Text
    how: Texts


@cache
def remedies(of: Literal["sign", "symptom"]) -> Mapping[str, Remedy]:
    """What answers each kind of finding that has a row, by the id of its sign, or of its symptom."""
    return {one.id: one for one in named(Remedy, _FILE, of)}


def remedy_of(sign: str, symptom: str) -> Remedy | None:
    """What answers a finding; None for one that an earlier version made."""
    return remedies("sign").get(sign) or remedies("symptom").get(symptom)


@cache
def tasks() -> Mapping[str, Task]:
    """The tasks for people by id, the most urgent first."""
    return {one.id: one for one in named(Task, _FILE, "task")}
