"""What the groups of manual tasks are called, wherever they are shown, and how many are in each. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from commands.plans.task_order import Numbered, Turn, in_turn

TITLES: Final = {
    Turn.MONEY: "Recover money",
    Turn.OUT: "Keep the attacker out",
    Turn.OTHERS: "Check other accounts",
    Turn.SERVICES: "Secure other services",
    Turn.WARN: "Warn recipients",
    Turn.AFTERWARDS: "Then look and restore",
    Turn.LATER: "Later",
}
"""In the order in which the groups are due."""


def in_short(tasks: Iterable[Numbered]) -> str:
    """Count tasks within a phone's line: ``2 recover money, 8 more, 10 can wait``."""
    counts = {turn: len(some) for turn, some in in_turn(tasks).items()}
    later = counts.pop(Turn.LATER, 0)
    first = next(iter(counts), None)
    said = [f"{counts.pop(first)} {TITLES[first][:1].lower()}{TITLES[first][1:]}"] if first else []
    said += [f"{more} more"] if (more := sum(counts.values())) else []
    said += [f"{later} can wait"] if later else []
    return ", ".join(said)
