"""What each file that was handed over came to, for the line that is told of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from commands.usual.domains import domain_of
from graph.audit_log.blocks import Part
from graph.audit_log.tally import Tally
from graph.audit_log.unpack import Opened, Unopened
from graph.audit_log.wrapped import said

_DOMAINS: Final = 3


@dataclass(slots=True)
class Handed:
    """One file, or one in an archive.

    Attributes:
        name: What it is called to people.
        records: How many records were read.
        unreadable: How many were not.
        repeated: How many of the records one of the files before holds as well.
        kinds: How many records of which kind.
        first: The day of its first record, "" where none was read.
        last: The day of its last record.
        notes: What else is to be told of it, each as a sentence or a part of one.
        places: Under which fields of unknown frames its records were found.
        whole: Whether all of it was read that matters.
        ours: Whether it is an evidence archive of the bot.
    """

    name: str
    records: int = 0
    unreadable: int = 0
    repeated: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    first: str = ""
    last: str = ""
    notes: list[str] = field(default_factory=list)
    places: dict[str, None] = field(default_factory=dict)
    whole: bool = True
    ours: bool = False

    def add(self, tally: Tally) -> None:
        """Count one part of it."""
        self.records += tally.records
        self.unreadable += tally.unread_count()
        self.kinds += tally.kinds
        days = [day for day in (self.first, tally.first) if day]
        self.first = min(days, default="")
        self.last = max(self.last, tally.last)
        self.notes += [
            one for one in (*tally.notes.guessed, *tally.notes.incomplete) if one not in self.notes
        ]
        self.places |= tally.notes.places
        self.whole = self.whole and not (self.unreadable or tally.notes.incomplete)

    def remarks(self) -> list[str]:
        """Give what else is to be told of it."""
        return [one for one in (said(self.places), *self.notes) if one]

    def says(self) -> str:
        """Say in one line what it is."""
        if not self.records and not self.unreadable:
            what = "" if self.notes and (self.ours or not self.whole) else "no records"
        else:
            kinds = ", ".join(kind for kind, _ in self.kinds.most_common())
            when = f", {self.first} to {self.last}" if self.first else ""
            what = f"{kinds or 'no known format'}: {self.records:,} records{when}"
            what += f", {self.repeated:,} of them also in earlier files" if self.repeated else ""
            what += f", {self.unreadable:,} not readable" if self.unreadable else ""
        return "; ".join(one for one in (what, *self.remarks()) if one)


def handed_over(
    opened: Sequence[Opened],
    unopened: Iterable[Unopened],
    read: Iterable[tuple[Part, Tally]],
    repeats: Mapping[Path, int],
    domains: AbstractSet[str],
) -> tuple[Handed, ...]:
    """Put together what the parts of all files showed, in the order in which they were given.

    Args:
        opened: The files that were read.
        unopened: Those that could not be opened.
        read: The parts of the files, and what each came to.
        repeats: How many records of a file those before it hold as well.
        domains: The organization's own mail domains.
    """
    found: Mapping[Path, Handed] = {
        one.path: Handed(one.name, repeated=repeats.get(one.path, 0)) for one in opened
    }
    for part, tally in read:
        found[part.path].add(tally)
        outside = sum(count for name, count in tally.senders.items() if domain_of(name) not in domains)
        if outside:
            own = ", ".join(sorted(domains)[:_DOMAINS])
            found[part.path].notes.append(f"{outside:,} of its messages were sent from outside {own}")
    for one in opened:
        if one.wrong:
            found[one.path].notes.append(one.wrong)
            found[one.path].whole = False
    others = [
        Handed(one.name, notes=[one.reason], whole=one.same or one.ours, ours=one.ours) for one in unopened
    ]
    return (*found.values(), *others)
