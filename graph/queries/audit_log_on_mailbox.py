"""What anybody did that names the account: other people's changes to the mailbox, and alerts.

Source: Microsoft Graph, "auditLogQuery resource type", with Exchange PowerShell's "Search-UnifiedAuditLog"
where Graph does not answer. A search by user finds the actor only; the account as a target is found by its
name anywhere in the record.
"""

from __future__ import annotations

from graph.audit_log.record import AuditRecord
from graph.effects import Asking
from graph.parts.audit_search import ASKED, Wanted, search
from graph.question import Question

ASKS = ASKED
LICENSE = ""


def ask(question: Question) -> Asking[tuple[AuditRecord, ...]]:
    """Ask for the records that hold one of the subject's two main names, whoever acted."""
    names = dict.fromkeys((question.subject.user_principal_name, question.subject.mail))
    wanted = [Wanted({"keywordFilter": name}, {"FreeText": name}) for name in names]
    return (yield from search(question, wanted))
