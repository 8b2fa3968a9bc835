"""Other accounts to check: seen where the attacker was, or touched from the account taken over. Pure.

A lead comes of the attacker's addresses, sessions and applications, of what was done to other accounts, and
of whom inside the organization the attacker wrote to: mail from a colleague is what most people believe.
Within one check the subject's own records show it; `with_leads` adds what the reports of the same files show
of each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from commands.clues.consents import apps_of, is_consent
from commands.clues.records import addresses_in
from commands.report import Clause, Event, Report, Tie
from commands.story.clauses import Told
from commands.usual import Usual
from commands.usual.places import spot_of
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence

_RANK: Final = {tie: number for number, tie in enumerate(Tie)}


@dataclass(frozen=True, slots=True)
class Lead:
    """An account, why it is to be checked, and a record that shows it."""

    name: str
    why: Tie
    record: str
    shared: str = ""


def merged(leads: Iterable[Lead]) -> tuple[Clause, ...]:
    """Give each account once, with its most telling reason and the records of all, the most telling first."""
    found: dict[str, list[Lead]] = defaultdict(list)
    for one in leads:
        found[one.name.casefold()].append(one)
    clauses = []
    for ones in found.values():
        first = min(ones, key=lambda one: _RANK[one.why])
        records = tuple(dict.fromkeys(one.record for one in ones if one.record))
        clauses.append(Clause(ones[0].name, why=first.why, shared=first.shared, records=records))
    return tuple(sorted(clauses, key=lambda one: (_RANK[one.why], one.because, one.says)))


def leads_in(
    evidence: Evidence, told: Iterable[Told], addresses: Collection[str], ordinary: Usual
) -> Iterator[Lead]:
    """Give the leads that a subject's own evidence shows.

    Args:
        evidence: Everything that was seen.
        told: The findings of somebody else's doing, without those of how they came.
        addresses: The attacker's addresses.
        ordinary: What is ordinary for the user.
    """
    spots = {spot_of(address) for address in addresses}
    for record in evidence.records():
        if record.by_microsoft or "@" not in record.actor or evidence.subject.is_meant_by(record.actor):
            continue
        failed = record.succeeded is False
        if record.session_id and record.session_id in ordinary.suspect_sessions:
            yield Lead(record.actor, Tie.TRIED if failed else Tie.SAME_SESSION, record.id)
        elif record.address and spot_of(record.address) in spots:
            yield Lead(record.actor, Tie.TRIED if failed else Tie.SAME_ADDRESS, record.id)
    records = {record.id: record for record in evidence.records()}
    for one in told:
        for record in (records[name] for name in one.finding.records if name in records):
            if evidence.subject.is_meant_by(record.actor):
                yield from _touched(one, record, evidence, ordinary)


def _touched(one: Told, record: AuditRecord, evidence: Evidence, ordinary: Usual) -> Iterator[Lead]:
    """The account that a deed was done to, and the one that got rights by it."""
    did = {"account_changes": Tie.CREATED, "mail_access": Tie.READ}.get(one.finding.symptom, Tie.CHANGED)
    found = [(record.owner, did)]
    if one.finding.symptom in {"delegates", "account_changes"}:
        why = Tie.GIVEN if one.finding.symptom == "delegates" else Tie.CREATED
        found += [(name, why) for name in addresses_in(one.finding.after)]
    for name, why in found:
        if "@" in name and not ordinary.is_outside(name) and not evidence.subject.is_meant_by(name):
            yield Lead(name, why, record.id)


def lured(report: Report) -> Iterator[Lead]:
    """Give those inside the organization who got mail of the attacker's; their own accounts may be next."""
    seen = report.exposure
    for address in seen.inside if seen else ():
        yield Lead(address, Tie.LURED, next(iter(seen.sent_records), "") if seen else "")


def applications_of(told: Iterable[Told], evidence: Evidence) -> tuple[str, ...]:
    """Give the applications that somebody else let in, in lower case: by ids, and by name without one.

    Anybody can give an application the name of a good one, which others use.
    """
    records = {record.id: record for record in evidence.records()}
    grants = {grant.id: grant.app_id.casefold() for grant in evidence.oauth_grants.seen(()) if grant.app_id}
    found: dict[str, None] = {}
    for one in told:
        if one.finding.symptom != "oauth_apps":
            continue
        of_records = (records[name] for name in one.finding.records if name in records)
        ids = {app for record in of_records if is_consent(record) for app in apps_of(record)}
        ids |= {grants[name] for name in one.finding.records if name in grants}
        found |= dict.fromkeys(sorted(ids) or filter(None, [one.finding.after.casefold()]))
    return tuple(found)


# --- between the reports of the same files -------------------------------------------------------------


def with_leads(reports: Sequence[Report]) -> list[Report]:
    """Give the reports with the other accounts of the same files that the attacker's traces show."""
    wanted = {mark for report in reports for mark in _marks_of(report)}
    if not wanted:
        return list(reports)
    seen: dict[str, dict[str, Lead]] = defaultdict(dict)
    for report in reports:
        for mark, lead in _traces(report, wanted):
            name = lead.name.casefold()
            before = seen[mark].get(name)
            if before is None or _RANK[lead.why] < _RANK[before.why]:
                seen[mark][name] = lead
    return [_with_leads(report, seen) for report in reports]


def _marks_of(report: Report) -> Iterator[str]:
    """What would show the attacker of a story elsewhere."""
    if report.story is not None:
        yield from (f"address {spot_of(address)}" for address in report.story.addresses)
        yield from (f"session {session}" for session in report.story.sessions)
        yield from (f"application {application}" for application in report.story.applications)


def _traces(report: Report, wanted: Collection[str]) -> Iterator[tuple[str, Lead]]:
    """What an account did where, or with what, an attacker was."""
    name = report.subject.user_principal_name
    for event in report.timeline:
        if event.by and (event.address or event.session or event.application):
            for mark, why in _marks_in(event):
                if mark in wanted and report.subject.is_meant_by(event.by):
                    yield mark, Lead(name, why, event.record)
    for finding in report.findings:
        mark = f"application {finding.after.casefold()}"
        if finding.symptom == "oauth_apps" and mark in wanted:
            yield mark, Lead(name, Tie.SAME_APPLICATION, next(iter(finding.records), ""))


def _marks_in(event: Event) -> Iterator[tuple[str, Tie]]:
    failed = event.signed_in is False
    if event.session:
        yield f"session {event.session}", Tie.TRIED if failed else Tie.SAME_SESSION
    if event.application:
        yield f"application {event.application.casefold()}", Tie.SAME_APPLICATION
    if event.address:
        yield f"address {spot_of(event.address)}", Tie.TRIED if failed else Tie.SAME_ADDRESS


def _with_leads(report: Report, seen: Mapping[str, Mapping[str, Lead]]) -> Report:
    story = report.story
    if story is None:
        return report
    more = [
        lead
        for mark in _marks_of(report)
        for name, lead in seen.get(mark, {}).items()
        if not report.subject.is_meant_by(name)
    ]
    return replace(report, story=replace(story, leads=with_further(story.leads, more)))


def with_further(known: Iterable[Clause], more: Iterable[Lead]) -> tuple[Clause, ...]:
    """Give the leads of a story with further ones."""
    return merged((*_leads_of(known), *more))


def _leads_of(clauses: Iterable[Clause]) -> Iterator[Lead]:
    for one in clauses:
        for record in one.records or ("",):
            yield Lead(one.says, one.why, record, one.shared)
