"""Which manual task a finding calls for. Pure.

Source: `commands/facts/remedies.toml`.
"""

from __future__ import annotations

from collections.abc import Mapping

from commands.clues.actions import on_subject
from commands.facts.remedies import remedy_of
from commands.report import Finding
from graph.audit_log.record import AuditRecord
from graph.question import Subject


def task_for(finding: Finding, records: Mapping[str, AuditRecord], subject: Subject) -> str:
    """Give the id of the task that a finding calls for; "" where the steps answer it, or nothing does.

    Args:
        finding: The finding.
        records: The audit records by their id.
        subject: The account.
    """
    remedy = remedy_of(finding.sign.id, finding.symptom)
    if remedy is None or finding.severity == 0:
        return ""
    elsewhere = remedy.others and _on_another(finding, records, subject)
    return remedy.others if elsewhere else remedy.task


def _on_another(finding: Finding, records: Mapping[str, AuditRecord], subject: Subject) -> bool:
    """Whether a record shows that it was done to something other than the subject."""
    shown = [records[name] for name in finding.records if name in records]
    return bool(shown) and not any(on_subject(record, subject) for record in shown)
