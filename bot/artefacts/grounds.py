"""What the sentences of a summary rest on, in a few words each, and how they name things. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.messages import parts
from bot.messages.escape import cut, visible
from commands.report import Clause, Coverage, Report, numbered, spoken

NAMED: Final = 3
"""How many things a sentence names before it counts the rest."""

_CLAUSE: Final = 320
STATES: Final = {
    Coverage.COMPLETE: "collected",
    Coverage.PARTIAL: "partially collected",
    Coverage.UNAVAILABLE: "not collected",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence or two, and what they rest on: sources, findings by id, entries of the ledger, laws."""

    says: str
    rests_on: tuple[str, ...]


class Grounds:
    """Says which sources, records and findings something rests on.

    Args:
        report: What the check found.
    """

    def __init__(self, report: Report) -> None:
        self._states = report.sources
        self._reach = parts.audit_until(report)
        self._sources = {one.record: one.source for one in report.timeline}
        self._findings = tuple(numbered(report.symptoms))

    def of(self, clauses: Iterable[Clause]) -> tuple[str, ...]:
        """Name what some clauses of the story rest on: records by source, then findings by id."""
        told = tuple(clauses)
        records = dict.fromkeys(record for one in told for record in one.records)
        ids = tuple(dict.fromkeys(number for one in told for number in one.findings))
        if not ids:
            return self.of_records(records)
        more = f" and {parts.counted(len(ids) - NAMED, 'more finding')}" if len(ids) > NAMED else ""
        word = "finding" if len(ids) == 1 else "findings"
        return (*self.of_records(records), f"{word} {', '.join(ids[:NAMED])}{more}")

    def of_symptom(self, symptom: str) -> tuple[str, ...]:
        """Name the findings of a symptom that count."""
        ids = tuple(id_ for id_, one in self._findings if one.symptom == symptom and one.severity > 0)
        return self.of((Clause("", findings=ids),)) or (symptom.replace("_", " "),)

    def of_records(self, records: Collection[str]) -> tuple[str, ...]:
        """Name the sources of some records, each with how many of them it has."""
        if not records:
            return ()
        counted = Counter(self._sources.get(record, "") for record in records)
        told = tuple(
            f"{spoken(source)} ({parts.counted(count, 'record')})"
            for source, count in counted.most_common()
            if source
        )
        return told or (parts.counted(len(records), "record"),)

    def coverage(self, *names: str) -> tuple[str, ...]:
        """Say how much of some sources, or of all, was collected."""
        if names:
            chosen = [one for one in self._states if one.id in names]
            return tuple(f"{spoken(one.id)}: {STATES[one.state]}" for one in chosen)
        whole = sum(one.state is Coverage.COMPLETE for one in self._states)
        part = sum(one.state is Coverage.PARTIAL for one in self._states)
        partly = f", {part} in part" if part else ""
        reach = f", the audit log until {parts.utc(self._reach)}" if self._reach else ""
        return (f"{whole} of {parts.counted(len(self._states), 'source')} collected{partly}{reach}",)


def first_of(clauses: tuple[Clause, ...]) -> datetime | None:
    """Give the time of the first clause."""
    return clauses[0].at if clauses else None


def listed(clauses: Iterable[Clause], what: str, most: int = NAMED) -> str:
    """Name what the first clauses say, and count the rest as what they are: ``and 2 more actions``."""
    return named([parts.inside(one.says) for one in clauses], most, what)


def named(texts: Collection[str], most: int, what: str, *, further: int = 0) -> str:
    """Name the first texts, with nothing hidden in them; count the rest and `further` as what they are."""
    shown = [cut(visible(one), _CLAUSE) for one in list(texts)[:most]]
    more = max(len(texts) - most, 0) + further
    return "; ".join([*shown, *([f"and {parts.counted(more, f'more {what}')}"] if more > 0 else [])])
