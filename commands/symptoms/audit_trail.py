"""The audit trail switched off, shortened or bypassed: an intruder who does not want to be seen.

Source: Exchange PowerShell, "Set-AdminAuditLogConfig", "Set-Mailbox", "Set-MailboxAuditBypassAssociation";
Microsoft Purview, "Manage audit log retention policies"; detection D70 of the public rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from commands.clues.actions import AUDITS, changed, concerns, given, graded, off, on, once, whom, whose
from commands.clues.records import changing, found, whence
from commands.report import Finding, Sign, weighed
from commands.sentence import sentence
from commands.usual import Usual
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence

TITLE = "Auditing was disabled, shortened or bypassed"
SOURCE = "additional indicator"
NEEDS: Final = (("audit_log", "audit_log_on_mailbox"),)
HELPS: Final = ("mailbox", *AUDITS[2:])

BY_INTRUDER = weighed("audit_by_intruder")
TENANT_OFF = weighed("unified_audit_off")
BYPASSED = weighed("audit_bypassed")
MAILBOX_OFF = weighed("mailbox_audit_off")
SHORTENED = weighed("audit_shortened")
LESS = weighed("audit_actions_taken_out")
LICENSE = weighed("audit_licence_removed")  # as it was always stored
STANDING = weighed("mailbox_audit_is_off")
SIGNS: Final = (BY_INTRUDER, TENANT_OFF, BYPASSED, MAILBOX_OFF, SHORTENED, LESS, LICENSE, STANDING)

ORDINARY_DAYS: Final = 90
"""Days that mailbox audit records are kept by themselves. Source: "Set-Mailbox", AuditLogAgeLimit."""

AUDIT_PLANS: Final = frozenset({"M365_ADVANCED_AUDITING"})
"""Service plans that bring audit records.

Source: Microsoft Entra, "Product names and service plan identifiers for licensing".
"""

BYPASS_SET: Final = "bypass-set"
MAILBOX_DISABLED: Final = "mailbox-auditing-disabled"
ALL_DISABLED: Final = "all-mailbox-auditing-disabled"
"""The acts by which auditing of the mailbox was bypassed or disabled."""

_PLANS: Final = re.compile(r"DisabledPlans=\[([^\]]*)\]")


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield what was done to the audit trail, of this account or by it, and a mailbox that is not audited."""
    yield from once(_all(evidence, usual))


def _all(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    for record in changing(evidence):
        if concerns(record, evidence.subject):
            for plain, act, what in _done(record):
                sign = graded(record, usual, suspect=BY_INTRUDER, plain=plain)
                everyone = plain is TENANT_OFF
                to = "" if everyone else f" for {whom(record, evidence.subject)}"
                other = "" if everyone else whose(record, evidence.subject)
                did = f"{act}:{other}" if other else act
                says = sentence(f"{what}{to}", whence(record, usual))
                yield found("audit_trail", sign, says, record, after=what, act=did)
    mailbox = evidence.mailbox.seen(None)
    if mailbox is not None and mailbox.audit_enabled is False:
        summary = "Auditing of this mailbox is currently disabled"
        yield Finding("audit_trail", STANDING, summary, records=(f"{mailbox.identity}:AuditEnabled",))
    if mailbox is not None and mailbox.audit_bypass_enabled:
        summary = "Mailbox actions of this account are not audited: an audit bypass is set"
        yield Finding("audit_trail", BYPASSED, summary, records=(f"{mailbox.identity}:AuditBypassEnabled",))


def _done(record: AuditRecord) -> Iterator[tuple[Sign, str, str]]:
    """Give what a record shows: its sign, what was done as a code, and in words."""
    parameters = given(record)
    match record.operation.casefold():
        case "set-adminauditlogconfig":
            if off(parameters.get("unifiedauditlogingestionenabled", "")):
                yield TENANT_OFF, "unified-log-disabled", "The unified audit log was disabled"
            if off(parameters.get("adminauditlogenabled", "")):
                yield TENANT_OFF, "admin-log-disabled", "The admin audit log was disabled"
        case "set-organizationconfig":
            if on(parameters.get("auditdisabled", "")):
                what = "Mailbox auditing was disabled for the whole organization"
                yield TENANT_OFF, ALL_DISABLED, what
        case "set-mailboxauditbypassassociation":
            if on(parameters.get("auditbypassenabled", "")):
                yield BYPASSED, BYPASS_SET, "An audit bypass was set"
        case "set-mailbox":
            yield from _mailbox(parameters)
        case "remove-unifiedauditlogretentionpolicy" | "remove-auditlogretentionpolicy":
            yield SHORTENED, "retention-removed", "A retention policy of the audit log was removed"
        case "update user" | "change user license":
            old, new = changed(record, "AssignedLicense")
            gone = (_disabled(new) - _disabled(old)) & AUDIT_PLANS
            if gone:
                yield LICENSE, "plan-disabled", f"The service plan {', '.join(sorted(gone))} was disabled"
        case _:
            return


def _mailbox(parameters: Mapping[str, str]) -> Iterator[tuple[Sign, str, str]]:
    if off(parameters.get("auditenabled", "")):
        yield MAILBOX_OFF, MAILBOX_DISABLED, "Mailbox auditing was disabled"
    age = parameters.get("auditlogagelimit", "")
    if age and (days := _days(age)) is not None and days < ORDINARY_DAYS:
        yield SHORTENED, f"retained:{days}", f"Mailbox audit records are retained for only {days} days"
    for name in ("auditowner", "auditdelegate", "auditadmin"):
        value = parameters.get(name)
        if value is not None and (not value or value.casefold() == "none" or "remove" in value.casefold()):
            yield LESS, f"less:{name}", f"Fewer actions are audited ({name})"


def _days(text: str) -> int | None:
    """Read a cmdlet's time span such as ``90.00:00:00`` or ``00:00:00``; None for what is none."""
    match = re.fullmatch(r"(?:(\d+)\.)?\d{1,2}:\d{2}:\d{2}|(\d+)", text.strip())
    return None if match is None else int(match[1] or match[2] or 0)


def _disabled(text: str) -> frozenset[str]:
    return frozenset(
        plan.strip() for plans in _PLANS.findall(text) for plan in plans.split(",") if plan.strip()
    )
