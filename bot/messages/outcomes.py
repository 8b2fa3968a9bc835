"""The words for how a change ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from commands.plans.outcomes import Outcome

OUTCOMES: Final[Mapping[Outcome, tuple[str, str]]] = {
    Outcome.CONFIRMED: ("✔", "Done and confirmed"),
    Outcome.UNCONFIRMED: ("◌", "Done, not confirmed yet"),
    Outcome.ALREADY: ("＝", "No change needed"),
    Outcome.FAILED: ("✖", "Failed"),
    Outcome.REFUSED: ("⊘", "Refused"),
    Outcome.CHANGED: ("≠", "Skipped: changed since it was planned"),
    Outcome.SKIPPED: ("↷", "Skipped: prerequisite not met"),
    Outcome.UNKNOWN: ("?", "Unknown, verify manually"),
}
"""The mark and the words of each outcome, in the order in which the result lists them."""


def in_words(outcome: str) -> str:
    """Give an outcome in words, in the middle of a sentence."""
    return _INSIDE.get(outcome, outcome)


_INSIDE: Final = {str(code): words[:1].lower() + words[1:] for code, (_, words) in OUTCOMES.items()}
