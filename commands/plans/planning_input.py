"""What a step plans from: the state of the account, what the check found, and whom nobody may touch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from commands.clues.consents import keys_of
from commands.plans.plan import Change
from commands.report import Finding, Report
from commands.usual import Usual, learn
from commands.usual.places import Atlas
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence
from graph.question import Subject


@dataclass(frozen=True, slots=True)
class Guard:
    """Whom and what the bot never touches.

    Attributes:
        protected: Addresses and object ids, lower-cased, of break-glass accounts and the like.
        own_apps: The application ids that the bot itself signs in with.
    """

    protected: frozenset[str] = frozenset()
    own_apps: frozenset[str] = frozenset()

    def protects(self, subject: Subject) -> bool:
        """Whether nothing may be done to this account."""
        names = {subject.id.casefold(), *(address.casefold() for address in subject.addresses)}
        names |= {subject.user_principal_name.casefold(), subject.mail.casefold()}
        return bool(names & self.protected)


@dataclass(frozen=True)
class PlanningInput:
    """What a step plans from.

    Attributes:
        evidence: What every source gave.
        report: What the check made of it.
        guard: Whom and what the bot never touches.
        planned: The changes that the steps before this one planned, in the order in which they are made.
        atlas: Where addresses are, as the check knew it: without it other addresses may seem suspicious.
    """

    evidence: Evidence
    report: Report
    guard: Guard = Guard()
    planned: tuple[Change, ...] = ()
    atlas: Atlas | None = None

    @property
    def ordinary(self) -> Usual:
        """What is ordinary for the account, as the check learned it."""
        return learn(self.evidence, atlas=self.atlas)

    @property
    def subject(self) -> Subject:
        """The account."""
        return self.evidence.subject

    def findings(self, *symptoms: str) -> Iterator[Finding]:
        """Give the findings of these symptoms that count, the gravest first."""
        return (one for one in self._gravest_first if one.symptom in symptoms)

    def finding_on(self, record: str, *symptoms: str) -> Finding | None:
        """Give the gravest finding of these symptoms that rests on this record, rule, grant or device."""
        return next((one for one in self._by_record.get(record, ()) if one.symptom in symptoms), None)

    @cached_property
    def _gravest_first(self) -> tuple[Finding, ...]:
        counting = (one for one in self.report.findings if one.severity > 0)
        return tuple(sorted(counting, key=lambda one: -one.severity))

    @cached_property
    def _by_record(self) -> dict[str, list[Finding]]:
        found: dict[str, list[Finding]] = defaultdict(list)
        for one in self._gravest_first:
            for record in dict.fromkeys(one.records):
                found[record].append(one)
        return found

    @cached_property
    def records(self) -> dict[str, AuditRecord]:
        """The audit records by their ids."""
        return {record.id: record for record in self.evidence.records()}

    @cached_property
    def about_apps(self) -> tuple[Finding, ...]:
        """The findings on applications, the gravest first."""
        return tuple(self.findings("oauth_apps"))

    @cached_property
    def places_of_apps(self) -> dict[str, list[int]]:
        """The places of those findings by what they rest on, and by what their records name."""
        places: dict[str, list[int]] = defaultdict(list)
        for place, finding in enumerate(self.about_apps):
            told = (self.records[one] for one in finding.records if one in self.records)
            for key in {*finding.records, *(key for record in told for key in keys_of(record))}:
                places[key].append(place)
        return places
