"""How many passwords were tried and came to nothing: one count and one wording, wherever it is told. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from commands.counts import further_sign_ins
from commands.usual.sign_ins import LOCKED_OUT
from graph.evidence import Evidence
from graph.resources.sign_ins import SignIn


def total(failed: Sequence[SignIn], evidence: Evidence) -> int:
    """Count sign-ins with those like them that an export only counts."""
    return len(failed) + further_sign_ins(evidence, failed)


def tries_in_words(failed: Sequence[SignIn], evidence: Evidence) -> str:
    """Count tried passwords, apart from those that a lockout answered: ``12 wrong passwords and 2 lockouts``.

    A locked account gives no answer to a password, so a lockout is no wrong password.
    """
    locked = [one for one in failed if one.status.error_code == LOCKED_OUT]
    wrong = [one for one in failed if one.status.error_code != LOCKED_OUT]
    return " and ".join(
        f"{count} {word if count == 1 else f'{word}s'}"
        for some, word in ((wrong, "wrong password"), (locked, "lockout"))
        if (count := total(some, evidence))
    )
