"""Make a strong password that somebody can read out on the phone.

Source: Microsoft's document, step 1, "a strong password"; Microsoft Entra, "Password policies and account
restrictions": 8 to 256 characters of three of the four kinds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

LENGTH: Final = 24
"""Characters of a password. With the signs below that is more than 130 bits."""

KINDS: Final[tuple[str, ...]] = ("abcdefghjkmnpqrtuvwxy", "ACDEFGHJKLMNPQRTUVWXY", "34679", "!#%+=?@")
"""The four kinds of signs. Nothing that is taken for something else (0 O o, 1 I l i, 2 Z z, 5 S s, 8 B),
and nothing that Slack reads as formatting."""

_SIGNS: Final = "".join(KINDS)


def make(below: Callable[[int], int], length: int = LENGTH) -> str:
    """Draw a password in which every kind of sign occurs; all such passwords are equally likely.

    Args:
        below: Gives a number from 0 up to, not including, its argument, that nobody can guess:
            `secrets.randbelow`.
        length: How many characters, 20 at least.

    Raises:
        ValueError: a shorter one was asked for.
    """
    if length < 20:
        raise ValueError("A new password has at least 20 characters.")
    while True:
        password = "".join(_SIGNS[below(len(_SIGNS))] for _ in range(length))
        if all(any(sign in kind for sign in password) for kind in KINDS):
            return password
