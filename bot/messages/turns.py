"""What the groups of manual tasks are called, wherever they are shown, and how many are in each. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from commands.turns import Numbered, Turn, in_turn

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
    """Count the tasks of each group: ``2 recover money, 3 keep the attacker out, 10 can wait``."""
    counts = [(turn, len(some)) for turn, some in in_turn(tasks).items()]
    return ", ".join(f"{count} {_lower(turn)}" for turn, count in counts)


def _lower(turn: Turn) -> str:
    return "can wait" if turn is Turn.LATER else f"{TITLES[turn][:1].lower()}{TITLES[turn][1:]}"
