"""What a scan saw of a log beside what it picked out of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from graph.audit_log.contexts import LeftOut
from graph.audit_log.files import Unreadable
from graph.audit_log.names import Names
from graph.audit_log.texts import Notes

UNREADABLE_KEPT: Final = 1_000
"""How many unreadable records of one part are kept; the rest are counted."""


@dataclass(slots=True)
class Tally:
    """What a scan saw beside what it picked.

    Attributes:
        lines: How many lines or rows.
        records: How many records.
        left_out: How many everyday records were counted and not picked, by operation.
        actors: Everybody who acted, in comparable form.
        spilled: Every name or id that something was picked for.
        contexts: How many everyday records were counted and not picked, by what they have in common.
        names: By what the accounts are known.
        unreadable: Records that could not be read; their lines count from the beginning of the scanned part.
        further_unreadable: How many more there were.
        notes: What is to be said of the file beside its records.
    """

    lines: int = 0
    records: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    actors: set[str] = field(default_factory=set)
    spilled: set[str] = field(default_factory=set)
    contexts: Counter[LeftOut] = field(default_factory=Counter)
    names: Names = field(default_factory=Names)
    unreadable: list[Unreadable] = field(default_factory=list)
    further_unreadable: int = 0
    notes: Notes = field(default_factory=Notes)
