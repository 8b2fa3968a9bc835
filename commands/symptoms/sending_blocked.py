"""The mailbox is blocked from sending.

Source: the founding document, symptom 5; Exchange PowerShell, "Get-BlockedSenderAddress"; alert policies
"User restricted from sending email" and kin; NDR code 550 5.1.8.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from commands.clues.alerts import alerts_of
from commands.clues.records import changing, found, one_line, whence
from commands.report import Finding, Severity, Sign
from commands.usual import Usual
from graph.evidence import BlockedSender, Evidence

TITLE = "The user’s mailbox is blocked from sending an email"
SOURCE = "symptom 5"
NEEDS = ("blocked_senders",)
HELPS = (
    "audit_log",
    "audit_log_on_mailbox",
    "deleted_items",
    "recoverable_items",
    "directory_audits_on_user",
    "directory_audits_by_user",
)

BLOCKED = Sign(
    "sending_blocked",
    Severity.HIGH,
    "Microsoft blocks a mailbox only after it sent spam or far more mail than people write.",
)
WAS_BLOCKED = Sign(
    "sending_was_blocked",
    Severity.MEDIUM,
    "An administrator took a block away; what led to it may still be there.",
)
RESTRICTED_ALERT = Sign(
    "sending_restricted_alert", Severity.HIGH, "Microsoft's alert says that the user may no longer send."
)
PATTERN_ALERT = Sign(
    "sending_pattern_alert",
    Severity.MEDIUM,
    "Microsoft's alert says that the user sends unusually; newsletters can cause that.",
)
BOUNCED = Sign(
    "sending_bounced_as_blocked",
    Severity.HIGH,
    "A bounce with code 5.1.8 says that the sender is blocked for sending spam.",
)
SIGNS = (BLOCKED, WAS_BLOCKED, RESTRICTED_ALERT, PATTERN_ALERT, BOUNCED)

_ID: Final = "sending_blocked"
_RESTRICTED: Final = re.compile(
    r"restricted from sending|user restricted|blocked from sending", re.IGNORECASE
)
_PATTERN: Final = re.compile(
    r"sending limit exceeded|suspicious email sending|sending patterns", re.IGNORECASE
)
_BOUNCE: Final = re.compile(r"(?<![\d.])5\.1\.8(?![\d.])")
_COUNT: Final = re.compile(r"(?:External|Internal)RecipientCount\w*=(\d+)", re.IGNORECASE)


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield the block in force, blocks taken away, alerts and bounces."""
    for blocked in evidence.blocked_senders.seen(()):
        if evidence.subject.is_meant_by(blocked.sender_address):
            yield _blocked(blocked)
    for record in changing(evidence):
        if record.operation.casefold() == "remove-blockedsenderaddress":
            given = {name.casefold(): value for name, value in record.parameters.items()}
            address = given.get("senderaddress") or given.get("identity") or record.object_id
            if evidence.subject.is_meant_by(address):
                yield found(
                    _ID, WAS_BLOCKED, f"A block on sending was taken away{whence(record, usual)}", record
                )
    for alert in alerts_of(evidence):
        sign = (
            RESTRICTED_ALERT
            if _RESTRICTED.search(alert.name)
            else PATTERN_ALERT
            if _PATTERN.search(alert.name)
            else None
        )
        if sign is not None:
            summary = f"Microsoft raised the alert “{one_line(alert.name)}”"
            yield found(_ID, sign, summary, alert.record, records=alert.records)
    for message in (*evidence.deleted_items.seen(()), *evidence.recoverable_items.seen(())):
        sender = message.from_.email_address.address if message.from_ else ""
        if not evidence.subject.is_meant_by(sender) and _is_bounce(sender) and _BOUNCE.search(message.text):
            yield Finding(
                symptom=_ID,
                sign=BOUNCED,
                summary="A message came back with code 5.1.8: the sender is blocked",
                at=message.received_date_time,
                by=sender,
                records=(message.id,),
            )


def _is_bounce(sender: str) -> bool:
    local = sender.casefold().partition("@")[0]
    return local.startswith(("microsoftexchange", "postmaster", "mailer-daemon"))


def _blocked(blocked: BlockedSender) -> Finding:
    counts = sum(int(number) for number in _COUNT.findall(blocked.reason))
    reach = f", after mail to {counts} recipients" if counts else ""
    term = " for a time" if blocked.temporary_block else ""
    return Finding(
        symptom=_ID,
        sign=BLOCKED,
        summary=f"{one_line(blocked.sender_address)} is blocked from sending{term}{reach}",
        at=blocked.created_datetime,
        after=one_line(blocked.reason, 200),
        records=(f"blocked sender {blocked.sender_address}",),
    )
