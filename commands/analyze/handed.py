"""What each file that was handed over came to, for the line that is told of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from graph.audit_log.blocks import Part
from graph.audit_log.tally import Tally
from graph.audit_log.unpack import SAME, Opened, Unopened


@dataclass(slots=True)
class Handed:
    """One file, or one in an archive.

    Attributes:
        name: What it is called to people.
        records: How many records were read.
        unreadable: How many were not.
        kinds: How many records of which kind.
        first: The day of its first record, "" where none was read.
        last: The day of its last record.
        notes: What else is to be told of it, each as a sentence or a part of one.
        whole: Whether all of it was read.
    """

    name: str
    records: int = 0
    unreadable: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    first: str = ""
    last: str = ""
    notes: list[str] = field(default_factory=list)
    whole: bool = True

    def add(self, tally: Tally) -> None:
        """Count one part of it."""
        self.records += tally.records
        self.unreadable += len(tally.unreadable) + tally.further_unreadable
        self.kinds += tally.kinds
        days = [day for day in (self.first, tally.first) if day]
        self.first = min(days, default="")
        self.last = max(self.last, tally.last)
        self.notes += [*tally.notes.guessed, *tally.notes.incomplete]
        self.whole = self.whole and not (self.unreadable or tally.notes.incomplete)

    def says(self) -> str:
        """Say in one line what it is."""
        if not self.records and not self.unreadable:
            what = "no records" if self.whole or not self.notes else ""
        else:
            kinds = ", ".join(kind for kind, _ in self.kinds.most_common())
            when = f", {self.first} to {self.last}" if self.first else ""
            what = f"{kinds or 'no known format'}: {self.records:,} records{when}"
            what += f", {self.unreadable:,} not readable" if self.unreadable else ""
        return "; ".join(one for one in (what, *self.notes) if one)


def handed_over(
    opened: Sequence[Opened],
    unopened: Iterable[Unopened],
    parts: Sequence[Part],
    tallies: Sequence[Tally],
) -> tuple[Handed, ...]:
    """Put together what the parts of all files showed, in the order in which they were given."""
    found: Mapping[Path, Handed] = {one.path: Handed(one.name) for one in opened}
    for part, tally in zip(parts, tallies, strict=True):
        found[part.path].add(tally)
    for one in opened:
        if one.wrong:
            found[one.path].notes.append(one.wrong)
            found[one.path].whole = False
    others = [Handed(one.name, notes=[one.reason], whole=one.reason.startswith(SAME)) for one in unopened]
    return (*found.values(), *others)
