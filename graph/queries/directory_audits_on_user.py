"""What was done to the account in the directory. Source: Microsoft Graph v1.0, "List directoryAudits"."""

from __future__ import annotations

from graph.audit_log.record import AuditRecord
from graph.effects import Asking
from graph.parts.directory_audits import ASKED, directory_audits
from graph.parts.reading import literal
from graph.question import Question

ASKS = ASKED
LICENSE = ""


def ask(question: Question) -> Asking[tuple[AuditRecord, ...]]:
    """Ask for the records whose target is the subject."""
    condition = f"targetResources/any(t:t/id eq '{literal(question.subject.id)}')"
    return (yield from directory_audits(question, condition))
