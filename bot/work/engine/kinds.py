"""The kinds of work that the engine does, and the names under which job databases hold them.

A job database outlives an upgrade, and what is under way in it goes on. So no text in quotation marks here
may change, also where the code calls a thing otherwise by now: what is a recheck here is a "watch" there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.version import own_version

VERSION: Final = "work-8"
"""Raise it when the steps of a workflow change, or what crosses between keeper and worker.

Left to itself, the engine makes a version of every change of the code: an upgrade strands what is under way.
"""


APPLICATION: Final = "compromise-bot"
"""Whose the runs are."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of work.

    Attributes:
        workflow: What looking is called; ids of runs begin with it.
        queue: Where it waits, one partition for each tenant.
        delivery: What delivering the result to the keeper is called.
    """

    workflow: str
    queue: str
    delivery: str

    def run_id(self, about: str, run: int) -> str:
        """Give the engine's id of one run.

        Args:
            about: The case, hunt or recheck.
            run: The number of the run, counted from 1.
        """
        return f"{self.workflow}:{about}:{run}"


CHECK: Final = Kind("check", "checks", "deliver")
HUNT: Final = Kind("hunt", "hunts", "deliver a hunt")
RECHECK: Final = Kind("watch", "watches", "deliver a watch")
KINDS: Final = (CHECK, HUNT, RECHECK)

LOOKS: Final = tuple(kind.queue for kind in KINDS)
"""What is looked at, by whoever: workers listen to all of it, and take over what was begun."""

DELIVERIES: Final = "deliveries"
"""The queue of what workers found; only the keeper listens."""

PLAN: Final = "plan"
PLANS: Final = "plans"
"""The workflow that carries out an approved plan, and its queue; only the keeper listens."""


KEPT: Final = frozenset({PLAN})
"""The workflows that only the keeper works on, and that begin from a queue."""

HOMES: Final = {
    **{kind.workflow: kind.queue for kind in KINDS},
    **{kind.delivery: DELIVERIES for kind in KINDS},
    PLAN: PLANS,
}
"""The queue of each workflow, by its name.

A delivery that begins within its check has none, and goes there when it is lost.
"""


def delivery_id(about: str, run: int) -> str:
    """Give the engine's id of the delivery of what came of a run of a check, a hunt or a recheck."""
    return f"deliver:{about}:{run}"


def plan_id(proposal_id: str, number: int) -> str:
    """Give the engine's id of one run of an approved plan."""
    return f"{PLAN}:{proposal_id}:{number}"


def release(version: str = VERSION) -> str:
    """Give the version of the program and of its work, in which keeper and workers must be the same."""
    return f"{own_version()} ({version})"
