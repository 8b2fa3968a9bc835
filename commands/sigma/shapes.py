"""What rules are once they were read: values that can be handed to another process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from commands.errors import CommandError
from commands.report import Severity


class RulesError(CommandError):
    """A folder of rules cannot be used as it is; says why."""


class Table(StrEnum):
    """The kinds of records that a rule can ask for."""

    AUDIT = "audit"
    DIRECTORY = "directory"
    SIGN_INS = "sign_ins"
    RISKS = "risks"


NAMES: Final[Mapping[Table, str]] = {
    Table.AUDIT: "records of the unified audit log",
    Table.DIRECTORY: "records of Entra's audit log",
    Table.SIGN_INS: "sign-ins",
    Table.RISKS: "risk detections",
}
"""What these are called to people."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that can be run.

    Attributes:
        id: Its id; its file's name where it has none.
        title: Its title. Text of somebody else's: escape it when it is shown.
        file: Where it stands, below the folder.
        table: What it looks at.
        where: Its condition as SQL over the columns of that table.
        fields: The fields it names, each with the columns that it may stand in.
        severity: How much a match weighs: `Severity.INFO`, nothing, unless the folder says otherwise.
        technique: The first ATT&CK technique that it names, "" where it names none.
        everyday: The operations of everyday work that it may match, of which it has to see each record.
    """

    id: str
    title: str
    file: str
    table: Table
    where: str
    fields: tuple[tuple[str, tuple[str, ...]], ...] = ()
    severity: Severity = Severity.INFO
    technique: str = ""
    everyday: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class NotRun:
    """A rule that is not run, and why in one sentence; `title` is "" where the file holds none."""

    file: str
    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ruleset:
    """The rules of one folder.

    Attributes:
        rules: Those that can be run.
        not_run: Those that cannot.
        columns: For each kind of records, the columns that the rules name, each with the place in a record
            that fills it, as `rows` reads it.
    """

    rules: tuple[Rule, ...] = ()
    not_run: tuple[NotRun, ...] = ()
    columns: Mapping[Table, Mapping[str, str]] = field(default_factory=dict)

    @property
    def wanted(self) -> frozenset[str]:
        """The operations of everyday work of which some rule has to see each record."""
        return frozenset().union(*(one.everyday for one in self.rules))


RECORDS: Final = 1_000
"""Records of one rule and account that are named; the others are counted."""


@dataclass(slots=True)
class Hits:
    """What one rule matched of one account.

    Attributes:
        at: When the oldest record was written; None where it does not tell.
        what: What it tells of.
        by: Who did that, "" where unknown.
        address: From where, "" where unknown.
        records: The ids of the oldest records, at most `RECORDS` of them.
        count: How many records there are.
    """

    at: datetime | None
    what: str
    by: str
    address: str
    records: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, record: str) -> None:
        """Add one record."""
        self.count += 1
        if len(self.records) < RECORDS and record not in self.records[-1:]:
            self.records.append(record)


@dataclass(slots=True)
class Matches:
    """What the rules of a set matched.

    Attributes:
        hits: For each account, what each rule matched, by the rule's place in the set.
        counts: How many records of each kind there were.
        seen: The columns that any record filled, by kind.
        failed: Rules that were stopped or that SQLite refused, by their place, with the reason.
        partly: How many records of each kind were compared only in part: their lists or texts are longer than
            is compared, or they are nested too deeply.
    """

    hits: dict[str, dict[int, Hits]] = field(default_factory=dict)
    counts: dict[Table, int] = field(default_factory=dict)
    seen: dict[Table, set[str]] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)
    partly: dict[Table, int] = field(default_factory=dict)

    def of(self, who: str) -> Mapping[int, Hits]:
        """Give what was matched of one account."""
        return self.hits.get(who, {})

    def add(self, other: Matches) -> None:
        """Add what was matched in other records; accounts are in one of both only."""
        self.hits.update(other.hits)
        for table, count in other.counts.items():
            self.counts[table] = self.counts.get(table, 0) + count
        for table, columns in other.seen.items():
            self.seen.setdefault(table, set()).update(columns)
        self.failed.update(other.failed)
        for table, count in other.partly.items():
            self.partly[table] = self.partly.get(table, 0) + count

    def why_not(self, rule: Rule, number: int) -> str:
        """Say why a rule that could be run tells nothing by not having matched; "" where it does."""
        if number in self.failed:
            return self.failed[number]
        if not self.counts.get(rule.table):
            return ""
        return self.lacking(rule) or self.in_part(rule.table)

    def lacking(self, rule: Rule) -> str:
        """Say which fields of a rule no record has, as a filter by one filters nothing; "" for none."""
        seen = self.seen.get(rule.table, set())
        names = [name for name, columns in rule.fields if seen.isdisjoint(columns)]
        return f"No record has a field {' or '.join(names)}." if names else ""

    def in_part(self, table: Table) -> str:
        """Say how many records of a kind were compared only in part, "" where there are none."""
        count = self.partly.get(table, 0)
        if not count:
            return ""
        were = "record was" if count == 1 else "records were"
        return f"{count:,} {were} compared only in part: too long, too deep, or with a list of more than 50."


NO_RULES: Final = Ruleset()
"""Nobody brought any."""
