"""Whose session each finding belongs to, asked without the finding's own record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from commands import facts
from commands.report import Finding, Owner, Service
from commands.story.clauses import in_short
from commands.usual import Doubt, Usual
from graph.audit_log.record import AuditRecord
from graph.audit_log.sign_in import LOGONS
from graph.evidence import Evidence, remembered


def placed(findings: Iterable[Finding], evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Give the findings with whose session their first record belongs to, and with what to ask the user.

    What others did to the account says nothing about its own sessions, unless it comes from an address that
    is suspect.
    """
    signed_in: frozenset[str] | None = None
    for finding in findings:
        record = _records(evidence).get(finding.records[0]) if finding.records else None
        doubt: Doubt | None = None
        if record is not None:
            doubt = usual.doubt_of(record)
            theirs = not evidence.subject.is_meant_by(record.actor)
            if doubt.owner is not Owner.STRANGER and (theirs or record.succeeded is False):
                doubt = None  # whoever only tried has no session here
        elif finding.records and finding.address:
            if signed_in is None:
                signed_in = frozenset(one.id for one in usual.sign_ins if one.succeeded)
            if not signed_in.isdisjoint(finding.records[:1]):
                doubt = usual.doubt_at(finding.address)
        at_sign_in = record is None and doubt is not None
        seen_in = Service.SIGN_IN if at_sign_in else _service(record)
        asked = replace(finding, ask=_asked(finding, usual), seen_in=seen_in)
        if doubt is None:
            yield asked
        else:
            yield replace(asked, owner=doubt.owner, doubt=doubt.points, certain=doubt.certain)


_WORKLOADS: Final = {
    "exchange": Service.MAILBOX,
    "onedrive": Service.FILES,
    "sharepoint": Service.FILES,
    "microsoftteams": Service.CHATS,
}
"""Source: Office 365 Management Activity API schema, `Workload` of the common schema."""


def _service(record: AuditRecord | None) -> Service | None:
    """Say what of the account a record is about; directory records name one of many services of Entra's."""
    if record is None:
        return None
    if record.operation in LOGONS:
        return Service.SIGN_IN
    if record.record_type.startswith("AzureActiveDirectory"):
        return Service.DIRECTORY
    return _WORKLOADS.get(record.workload.casefold())


def _asked(finding: Finding, usual: Usual) -> str:
    """Fill in when and where, and for a sign-in what would explain it."""
    row = facts.questions().get(finding.symptom)
    if row is None or finding.severity <= 0:
        return ""
    when = f"on {finding.at:%Y-%m-%d at %H:%M} UTC" if finding.at else "lately"
    day = f"{finding.at:%Y-%m-%d}" if finding.at else "these days"
    where = f" from {finding.address} ({usual.place(finding.address)})" if finding.address else ""
    asked = row.ask.format(when=when, day=day, where=where)
    # Whoever asks by phone must name the thing: the rule, the address, the application.
    timed = f", {finding.at:%Y-%m-%d %H:%M} UTC" if finding.at and "{when}" not in row.ask else ""
    question = f"{asked} This is about: {in_short(finding)}{timed}."
    harmless = usual.harmless(finding.address) if finding.symptom == "sign_ins" else ()
    return f"{question} It may have been {' or '.join(harmless[:3])}." if harmless else question


@remembered
def _records(evidence: Evidence) -> Mapping[str, AuditRecord]:
    return {record.id: record for record in evidence.records()}
