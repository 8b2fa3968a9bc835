"""The mailbox is blocked from sending.

Source: Microsoft's document, symptom 5; Exchange PowerShell, "Get-BlockedSenderAddress"; alert policies
"User restricted from sending email" and kin; NDR code 550 5.1.8.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from commands.clues.alerts import alerts_of, tells
from commands.clues.records import (
    changing,
    found,
    named,
    one_line,
    whence,
)
from commands.report import Counted, Finding, weighed
from commands.sentence import sentence
from commands.usual import Usual
from graph.evidence import Evidence
from graph.resources.mailbox import BlockedSender

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

BLOCKED = weighed("sending_blocked")
WAS_BLOCKED = weighed("sending_was_blocked")
RESTRICTED_ALERT = weighed("sending_restricted_alert")
PATTERN_ALERT = weighed("sending_pattern_alert")
BOUNCED = weighed("sending_bounced_as_blocked")
SIGNS = (BLOCKED, WAS_BLOCKED, RESTRICTED_ALERT, PATTERN_ALERT, BOUNCED)

_ID: Final = "sending_blocked"
_BOUNCE: Final = re.compile(r"(?<![\d.])5\.1\.8(?![\d.])")
_COUNT: Final = re.compile(r"(External|Internal)RecipientCount\w*=(\d+)", re.IGNORECASE)


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
                says = sentence("A sending block was removed", whence(record, usual))
                yield found(_ID, WAS_BLOCKED, says, record)
    for alert in alerts_of(evidence):
        sign = (
            RESTRICTED_ALERT
            if tells(alert, "restricted")
            else PATTERN_ALERT
            if tells(alert, "sending_pattern")
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
    told = [(place.casefold(), int(number)) for place, number in _COUNT.findall(blocked.reason)]
    counts = sum(number for _, number in told)
    outside = sum(number for place, number in told if place == "external")
    reach = f", after mail to {counts} recipients" if counts else ""
    term = " for a time" if blocked.temporary_block else ""
    return Finding(
        symptom=_ID,
        sign=BLOCKED,
        summary=f"Microsoft blocked {named(blocked.sender_address)} from sending{term}{reach}",
        at=blocked.created_datetime,
        after=one_line(blocked.reason, 200),
        counted=Counted(counts, outside) if counts else None,
        records=(f"blocked sender {blocked.sender_address}",),
    )
