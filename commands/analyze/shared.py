"""What only several accounts together show: mailboxes whose mail goes to one and the same outside address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from commands import verdict
from commands.clues.records import listed
from commands.report import (
    Finding,
    Report,
    Result,
    Story,
    SymptomResult,
    Tie,
    Verdict,
    VerdictCode,
    numbered,
)
from commands.sentence import further, sentence, thing, whole
from commands.story.clauses import Told, clauses
from commands.story.leads import Lead, with_further
from commands.story.story import tell
from commands.symptoms import mail_forwarding
from commands.usual import Usual
from commands.usual.domains import domain_of
from graph.evidence import Evidence

OUTSIDE: Final = frozenset(
    {
        "rule_forwards_outside_secretly",
        "rule_forwards_outside",
        "rule_forwards_some_outside",
        "forwarding_outside_secretly",
        "forwarding_outside",
        "forwarding_outside_by_administrator",
        "forwarding_outside_for_long",
    }
)
"""Signs of a rule or a setting that sends a mailbox's mail outside."""


def with_shared_destinations(reports: Iterable[Report]) -> list[Report]:
    """Give the reports, with a finding more where other mailboxes forward to the same address."""
    kept = list(reports)
    users: dict[str, set[str]] = defaultdict(set)
    for report in kept:
        for to, _ in _destinations(report):
            users[to].add(report.subject.user_principal_name)
    shared = {to: sorted(names) for to, names in users.items() if len(names) > 1}
    return [_told(report, shared) for report in kept] if shared else kept


def _destinations(report: Report) -> Iterator[tuple[str, Finding]]:
    home = domain_of(report.subject.user_principal_name)
    for symptom in report.symptoms:
        for finding in symptom.findings:
            if finding.sign.id in OUTSIDE:
                yield from ((to, finding) for to in finding.names if domain_of(to) != home)


def _told(report: Report, shared: Mapping[str, Sequence[str]]) -> Report:
    more = {}
    for to, finding in _destinations(report):
        others = [one for one in shared.get(to, ()) if one != report.subject.user_principal_name]
        if others and to not in more:
            count = f"Mail of {len(others) + 1} mailboxes goes to "
            says = sentence(count, thing(to), further(f"; the others: {listed(others)}"))
            more[to] = replace(
                finding,
                symptom="mail_forwarding",
                sign=mail_forwarding.SHARED,
                summary=whole(says),
                pieces=says,
                after=to,
                names=(to,),
            )
    if not more:
        return report
    results = tuple(
        _with(one, tuple(more.values())) if one.id == "mail_forwarding" else one for one in report.symptoms
    )
    weighed = verdict.weigh(results, report.sources, subject=report.subject, ordinary=report.verdict.baseline)
    return replace(report, symptoms=results, verdict=weighed, story=_retold(report, results, weighed, shared))


def _retold(
    report: Report,
    results: tuple[SymptomResult, ...],
    weighed: Verdict,
    shared: Mapping[str, Sequence[str]],
) -> Story | None:
    """Give the story with the shared addresses, and with the other mailboxes as leads.

    Where there was none and now somebody else is thought to have been in, the findings alone tell it.
    """
    told = [
        Told(number, finding)
        for number, finding in numbered(results)
        if finding.sign is mail_forwarding.SHARED
    ]
    story = report.story
    if story is None:
        story = tell(Evidence(subject=report.subject, window=report.window), Usual(), results, weighed)
        if story is None:
            return None
    leads = [
        Lead(name, Tie.FORWARDS, next(iter(one.finding.records), ""), one.finding.after)
        for one in told
        for name in shared.get(one.finding.after, ())
        if not report.subject.is_meant_by(name)
    ]
    known = {number for one in story.persistence for number in one.findings}
    more = clauses(one for one in told if one.number not in known)
    return replace(
        story,
        certain=weighed.answer is VerdictCode.COMPROMISED,
        persistence=(*story.persistence, *more),
        leads=with_further(story.leads, leads),
    )


def _with(result: SymptomResult, more: tuple[Finding, ...]) -> SymptomResult:
    findings = (*result.findings, *more)
    gravest = max(findings, key=lambda finding: finding.severity)
    return replace(result, result=Result.PRESENT, reason=gravest.summary, findings=findings)
