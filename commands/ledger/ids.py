"""The ids of cases, proposals and hunts: drawn by chance, and made to be said on the phone."""

from __future__ import annotations

import secrets
from typing import Final

CASE_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""What ids are made of: nothing that is misread on the phone."""


def new_case_id() -> str:
    """Draw the id of a case."""
    return _drawn("C")


def new_proposal_id() -> str:
    """Draw the id of a proposal."""
    return _drawn("P")


def new_hunt_id() -> str:
    """Draw the id of a hunt."""
    return _drawn("H")


def _drawn(kind: str) -> str:
    return f"{kind}-{''.join(secrets.choice(CASE_LETTERS) for _ in range(5))}"
