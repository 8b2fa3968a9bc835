"""The corpus: every script in every draw."""

from __future__ import annotations

from typing import Final

from evaluation.case import Case
from evaluation.life import live, settle
from evaluation.scripts import (
    Script,
    attacks_accounts,
    attacks_deeds,
    attacks_sign_in,
    look_alikes_deeds,
    look_alikes_places,
)

SCRIPTS: Final[tuple[Script, ...]] = (
    *attacks_sign_in.ATTACKS,
    *attacks_deeds.ATTACKS,
    *attacks_accounts.ATTACKS,
    *look_alikes_places.LOOK_ALIKES,
    *look_alikes_deeds.LOOK_ALIKES,
)

DRAWS: Final = 10
"""How often each script is drawn, and the quiet months around its first draw."""


def script_named(name: str) -> Script:
    """Give a script by its name.

    Raises:
        KeyError: there is none of this name.
    """
    return {one.name: one for one in SCRIPTS}[name]


def make(script: Script, draw: int, around: int = 0) -> Case:
    """Make one case: the same numbers give the same records, to the last byte.

    Args:
        script: What happens.
        draw: The draw of everything: the firm, its people, and how the script is played.
        around: The draw of the months around that, in which nothing happens: another number gives other
            days of work, and leaves firm, people and what is played as they are.
    """
    case = Case(script.name, draw, script.role)
    settle(case)
    if script.prepare:
        script.prepare(case)
    case.r.seed(f"{script.name}:{draw}:{around}:around")
    live(case)
    case.r.seed(f"{script.name}:{draw}:played")
    script.play(case)
    return case
