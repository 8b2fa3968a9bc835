"""How a change ended; apart from the ledger, which whoever only tells of it does not need."""

from __future__ import annotations

from enum import StrEnum

CONFIRMED, UNCONFIRMED, NO_CHANGE_NEEDED = "confirmed", "unconfirmed", "no_change_needed"
"""The outcomes of a change that the ledger's tables decide on; `Outcome` has all of them."""


class Outcome(StrEnum):
    """How one change ended."""

    CONFIRMED = CONFIRMED
    UNCONFIRMED = UNCONFIRMED
    ALREADY = NO_CHANGE_NEEDED
    CHANGED = "skipped_changed"
    REFUSED = "refused"
    SKIPPED = "skipped_prerequisite"
    FAILED = "failed"
    UNKNOWN = "unknown"


DONE: frozenset[Outcome] = frozenset({Outcome.CONFIRMED, Outcome.UNCONFIRMED})
"""The outcomes of a change that was made, and can therefore be undone."""

PERHAPS_MADE: frozenset[Outcome] = DONE | {Outcome.UNKNOWN}
"""The outcomes of a change that may be in force, so that a password which it set may be needed."""
