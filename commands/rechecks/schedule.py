"""When a case is rechecked and what was seen.

`commands.ledger.tasks` reads it, `commands.rechecks.watch` judges it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from commands.ledger import BOT, Ledger
from commands.ledger import entries as e
from commands.ledger import tasks as listed


def set_rechecks(ledger: Ledger, case_id: str, spans: Iterable[timedelta]) -> None:
    """Note when a case is to be rechecked, counted from now; rounds that were set before go on."""
    with ledger.writing() as writing:
        writing.append(e.WatchSet(tuple(writing.now + span for span in spans)), BOT, case_id)


def note_recheck(ledger: Ledger, case_id: str, seen: e.Rechecked) -> bool:
    """Note what was seen when a case was rechecked; round 0 stands for a recheck out of turn.

    False where that round, or a later one, was noted before: whoever comes second changes nothing.
    """
    with ledger.writing() as writing:
        if seen.round and listed.is_rechecked(writing, case_id, seen.round):
            return False
        writing.append(seen, BOT, case_id)
    return True
