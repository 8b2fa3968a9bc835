"""Rights given from one account of the files to another: told on both, and who is exposed by them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from commands.report import Finding, Owner, Report, Role, VerdictCode
from commands.sentence import Kind, Piece, which, whole
from commands.story.access_and_impact import exposed, is_deed
from commands.symptoms import delegates


def with_exposed(reports: Sequence[Report]) -> tuple[Report, ...]:
    """Give the reports again: rights on a mailbox are told on who got them too, and who is exposed by them.

    Exposed is an account that a taken-over one gave rights on, or gave rights to, or set up otherwise, where
    nothing graver is known of it. Its verdict stays.
    """
    called = {
        name.casefold(): report.subject.user_principal_name
        for report in reports
        for name in (report.subject.user_principal_name, *report.subject.addresses)
    }
    received: dict[str, dict[str, Finding]] = defaultdict(dict)
    theirs: dict[str, str] = {}
    for report in reports:
        grave = report.verdict.answer is VerdictCode.COMPROMISED and report.verdict.role is not Role.EXPOSED
        for finding in report.findings:
            deeds = grave and is_deed(finding) and finding.owner is not Owner.OWNER and finding.severity > 0
            if deeds and report.subject.is_meant_by(finding.by):
                theirs |= dict.fromkeys(finding.records, report.subject.user_principal_name)
            holder = called.get(finding.after.casefold(), "") if finding.symptom == "delegates" else ""
            if holder and finding.at is not None and not report.subject.is_meant_by(holder):
                whose = report.subject.user_principal_name
                says = tuple(_on(one, whose) for one in finding.pieces)
                told = replace(
                    finding,
                    sign=delegates.RECEIVED,
                    summary=whole(says),
                    pieces=says,
                    owner=None,
                    doubt=0,
                    ask="",
                )
                received[holder].setdefault(finding.records[0], told)
    return tuple(
        _exposed(report, tuple(received[report.subject.user_principal_name].values()), theirs)
        for report in reports
    )


def _on(piece: Piece, whose: str) -> Piece:
    """Name the mailbox where a sentence of its own report means it."""
    return which(whose) if piece.kind is Kind.CHECKED else piece


def _exposed(report: Report, received: tuple[Finding, ...], theirs: Mapping[str, str]) -> Report:
    name = report.subject.user_principal_name
    known = {
        record
        for finding in report.findings
        if finding.sign.id == delegates.RECEIVED.id
        for record in finding.records
    }
    received = tuple(one for one in received if known.isdisjoint(one.records))
    if received:
        results = tuple(
            replace(one, findings=(*one.findings, *received)) if one.id == "delegates" else one
            for one in report.symptoms
        )
        report = replace(report, symptoms=results)
    by = next(
        (
            theirs[record]
            for finding in report.findings
            if is_deed(finding)
            for record in finding.records
            if theirs.get(record, name) != name
        ),
        "",
    )
    return exposed(report, by) if by else report
