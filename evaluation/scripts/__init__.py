"""What happens: takeovers, and what only looks like one. Each draw varies every script."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from evaluation.case import Case


class Truth(StrEnum):
    """What a case is."""

    ATTACK = "attack"
    LOOK_ALIKE = "look-alike"


@dataclass(frozen=True, slots=True)
class Script:
    """One story, played in every draw.

    Attributes:
        name: Short, with hyphens.
        truth: Whether the subject's account was taken over (or made by the attacker).
        says: What happens, in one sentence.
        play: Writes it into the case, after the quiet life.
        prepare: Changes people and habits before the quiet life.
        role: Whom it is about.
    """

    name: str
    truth: Truth
    says: str
    play: Callable[[Case], None]
    prepare: Callable[[Case], None] | None = None
    role: str = "clerk"

    @property
    def held_out(self) -> bool:
        """Whether nobody may tune on it. Decided by the name alone, so that no hand chooses."""
        return hashlib.sha256(self.name.encode()).digest()[0] % 2 == 1
