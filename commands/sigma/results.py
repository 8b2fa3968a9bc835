"""What rules matched, as an additional indicator of a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from commands import verdict
from commands.faults import noted
from commands.report import Finding, Report, Result, Severity, Sign, SymptomResult
from commands.sigma.shapes import NAMES, NO_RULES, Hits, Matches, Rule, Ruleset
from graph.evidence import Evidence

ID: Final = "sigma_rules"
TITLE: Final = "Matches of Sigma rules"
SOURCE: Final = "additional indicator"
MATCHED: Final = "matched"
NO_MATCH: Final = "no match"
EMPTY: Final = "nothing to look at"
NOT_RUN: Final = "not run"
_STATES: Final = (MATCHED, NO_MATCH, EMPTY, NOT_RUN)
_LOGS: Final = (
    "audit_log",
    "audit_log_on_mailbox",
    "directory_audits_by_user",
    "directory_audits_on_user",
    "sign_ins",
    "sign_ins_non_interactive",
    "risk_detections",
)
"""The sources that rules are run over."""

_NAMED: Final = 10


@dataclass(frozen=True, slots=True)
class RuleTold:
    """What came of one rule over all accounts.

    Attributes:
        id: The rule's id, "" where its file could not be read.
        title: Its title.
        file: Where it stands.
        state: ``matched``, ``no match``, ``nothing to look at`` or ``not run``.
        reason: Why it was not run, why its not having matched tells nothing, or which fields that it names no
            record has; "" else.
        accounts: The accounts that it matched.
        records: How many of their records.
    """

    id: str
    title: str
    file: str
    state: str
    reason: str = ""
    accounts: tuple[str, ...] = ()
    records: int = 0


def told(ruleset: Ruleset, matches: Matches) -> tuple[RuleTold, ...]:
    """Say of every rule what came of it, those that matched first and those that were not run last."""
    found = [_told(rule, number, matches) for number, rule in enumerate(ruleset.rules)]
    found.sort(key=lambda one: (_STATES.index(one.state), -len(one.accounts)))
    return (*found, *(RuleTold("", one.title, one.file, NOT_RUN, one.reason) for one in ruleset.not_run))


def _told(rule: Rule, number: int, matches: Matches) -> RuleTold:
    mine = {who: hits[number] for who, hits in matches.hits.items() if number in hits}
    why = matches.why_not(rule, number)
    if mine:
        count = sum(hits.count for hits in mine.values())
        return RuleTold(
            rule.id, rule.title, rule.file, MATCHED, matches.lacking(rule), tuple(sorted(mine)), count
        )
    if number in matches.failed:
        return RuleTold(rule.id, rule.title, rule.file, NOT_RUN, why)
    if not matches.counts.get(rule.table):
        return RuleTold(rule.id, rule.title, rule.file, EMPTY, f"There are no {NAMES[rule.table]}.")
    return RuleTold(rule.id, rule.title, rule.file, NO_MATCH, why)


def with_matches(report: Report, ruleset: Ruleset, matches: Matches) -> Report:
    """Give a report with what the rules matched of its account.

    Its verdict changes only where a rule that matched has a weight; in the timeline what a rule matched is
    marked as what a finding rests on.
    """
    findings = tuple(_findings(ruleset, matches.of(report.subject.user_principal_name)))
    result = SymptomResult(
        ID, TITLE, SOURCE, _result(findings, ruleset), _reason(findings, ruleset, matches), findings
    )
    results = (*report.symptoms, result)
    weighed = report.verdict
    if any(finding.severity > Severity.INFO for finding in findings):
        weighed = verdict.weigh(results, report.sources, subject=report.subject, ordinary=weighed.baseline)
    rests = {record for finding in findings for record in finding.records}
    events = report.timeline
    if rests:
        events = tuple(replace(one, finding=True) if one.record in rests else one for one in events)
    return replace(report, symptoms=results, verdict=weighed, timeline=events)


def ruled(report: Report, evidence: Evidence, ruleset: Ruleset) -> Report:
    """Run rules over everything that a check collected; the report as it is where nobody brought any."""
    if ruleset is NO_RULES:
        return report
    from commands.sigma.running import match  # noqa: PLC0415 - only whoever brings rules needs it

    entries = (entry for name in _LOGS for entry in getattr(evidence, name).seen(()))
    try:
        return with_matches(report, ruleset, match(ruleset, report.subject.user_principal_name, entries))
    except Exception as error:  # noqa: BLE001 - logged; rules must not cost what was found without them
        why = f"Internal error. Reference: {noted('The Sigma rules could not be run.', error)}."
        failed = SymptomResult(ID, TITLE, SOURCE, Result.UNKNOWN, why, failed=True)
        return replace(report, symptoms=(*report.symptoms, failed))


def _findings(ruleset: Ruleset, hits: Mapping[int, Hits]) -> Iterator[Finding]:
    for number, found in sorted(hits.items()):
        rule = ruleset.rules[number]
        count = "once" if found.count == 1 else f"{found.count:,} times, first"
        yield Finding(
            symptom=ID,
            sign=sign_of(rule),
            summary=f"Sigma rule “{rule.title or rule.file}” ({rule.id}) matched {count}: {found.what}",
            at=found.at,
            by=found.by,
            address=found.address,
            records=tuple(dict.fromkeys(found.records)),
            further=found.count - len(found.records),
        )


def sign_of(rule: Rule) -> Sign:
    """Give the kind of finding that a rule's matches are."""
    return Sign(
        f"sigma:{rule.id}", rule.severity, "A Sigma rule from the rules folder matched.", rule.technique
    )


def _result(findings: tuple[Finding, ...], ruleset: Ruleset) -> Result:
    if findings:
        return Result.PRESENT
    return Result.UNKNOWN if ruleset.not_run else Result.ABSENT


def _reason(findings: tuple[Finding, ...], ruleset: Ruleset, matches: Matches) -> str:
    ran = [rule for rule in ruleset.rules if matches.counts.get(rule.table)]
    counted = f"{len(ran):,} of {len(ruleset.rules) + len(ruleset.not_run):,} Sigma rules were run"
    parts = [f"{counted}, and {len(findings):,} of them matched" if findings else f"{counted}; none matched"]
    empty = sorted({NAMES[rule.table] for rule in ruleset.rules if rule not in ran})
    if empty:
        parts.append(f"there were no {' and no '.join(empty)} for the others")
    parts += [part.rstrip(".") for table in NAMES if (part := matches.in_part(table))]
    not_run = [f"{one.title or one.file}: {one.reason.rstrip('.')}" for one in ruleset.not_run]
    not_run += [f"{ruleset.rules[at].title}: {why.rstrip('.')}" for at, why in sorted(matches.failed.items())]
    if not_run:
        more = f"; and {len(not_run) - _NAMED:,} more" if len(not_run) > _NAMED else ""
        parts.append(f"not run: {'; '.join(not_run[:_NAMED])}{more}")
    return f"{'. '.join(part[0].upper() + part[1:] for part in parts)}."
