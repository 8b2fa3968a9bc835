"""Everything that the account did, of all activities: no operation filter.

Source: Microsoft Graph, "auditLogQuery resource type", with Exchange PowerShell's "Search-UnifiedAuditLog"
where Graph does not answer.
"""

from __future__ import annotations

from graph.audit_log.record import AuditRecord
from graph.effects import Asking
from graph.parts.audit_search import ASKED, Wanted, search
from graph.question import Question

ASKS = ASKED
LICENSE = ""


def ask(question: Question) -> Asking[tuple[AuditRecord, ...]]:
    """Ask for the records whose actor is the subject."""
    names = list(dict.fromkeys((question.subject.user_principal_name, question.subject.mail)))
    return (yield from search(question, [Wanted({"userPrincipalNameFilters": names}, {"UserIds": names})]))
