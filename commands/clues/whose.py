"""Whose session each finding belongs to, asked without the finding's own record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from commands.report import Finding, Owner
from commands.usual import Usual
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence


def placed(findings: Iterable[Finding], evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Give the findings with whose session their first record belongs to.

    What others did to the account says nothing about its own sessions, unless it comes from an address that
    is suspect.
    """
    signed_in: frozenset[str] | None = None
    for finding in findings:
        record = _records(evidence).get(finding.records[0]) if finding.records else None
        if record is not None:
            doubt = usual.doubt_of(record)
            if doubt.owner is not Owner.STRANGER and not evidence.subject.is_meant_by(record.actor):
                yield finding
                continue
        elif finding.records and finding.address:
            if signed_in is None:
                signed_in = frozenset(one.id for one in usual.sign_ins)
            if signed_in.isdisjoint(finding.records[:1]):
                yield finding
                continue
            doubt = usual.doubt_at(finding.address)
        else:
            yield finding
            continue
        yield replace(finding, owner=doubt.owner, doubt=doubt.points, certain=doubt.certain)


@lru_cache(maxsize=2)
def _records(evidence: Evidence) -> Mapping[str, AuditRecord]:
    return {record.id: record for record in evidence.records()}
