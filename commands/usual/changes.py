"""What was done from an address that tells whose it is: grave changes, and passwords tried on others."""

from __future__ import annotations

from collections import defaultdict

from commands.usual.domains import internal_domains, is_outside
from commands.usual.places import (
    spot_of,
)
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence


def grave_changes(evidence: Evidence) -> dict[str, set[str]]:
    """Give the kinds of grave changes that the account made in the window, by the spot they came from."""
    found: dict[str, set[str]] = defaultdict(set)
    domains = internal_domains(evidence)
    for record in evidence.records():
        if record.by_microsoft or not record.address or record.microsoft_address:
            continue
        if evidence.subject.is_meant_by(record.actor) and (kind := _grave_kind(record, domains)):
            found[spot_of(record.address)].add(kind)
    return found


def _grave_kind(record: AuditRecord, domains: frozenset[str]) -> str:
    given = record.parameters
    if record.operation in {"New-InboxRule", "Set-InboxRule", "UpdateInboxRules"}:
        targets = ";".join(
            (
                *(given.get(name, "") for name in ("ForwardTo", "ForwardAsAttachmentTo", "RedirectTo")),
                record.details.get("RuleActions", ""),
            )
        )
        if is_outside(targets, domains) or given.get("DeleteMessage", "").casefold() == "true":
            return "an inbox rule that forwards or deletes mail was made"
    if record.operation == "Set-Mailbox" and is_outside(given.get("ForwardingSmtpAddress", ""), domains):
        return "mail forwarding to the outside was set"
    if record.operation in {"User registered security info", "User changed default security info"}:
        return "a sign-in method was registered"
    if record.operation == "Consent to application":
        return "an application was let in"
    return ""


def victims_of(evidence: Evidence) -> dict[str, set[str]]:
    """Give the accounts, other than the subject, whose passwords were tried from each spot."""
    found: dict[str, set[str]] = defaultdict(set)
    for record in evidence.audit_log.seen(()):
        if (
            record.operation == "UserLoginFailed"
            and record.address
            and not evidence.subject.is_meant_by(record.actor)
        ):
            found[spot_of(record.address)].add(record.actor)
    return found
