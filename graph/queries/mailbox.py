"""The mailbox with its forwarding, and where a forwarding contact leads.

Source: Exchange PowerShell, "Get-Mailbox", "Get-Recipient", "Get-MailContact" and
"Get-MailboxAuditBypassAssociation". Graph has no property for forwarding.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from graph.effects import Asking, Effect, try_each
from graph.errors import GraphError
from graph.evidence import Known
from graph.parts.reading import lacking, only, unsent, untold
from graph.question import Question
from graph.request import Cmdlet
from graph.resources.mailbox import Mailbox

ASKS = (Cmdlet("Get-Mailbox"),)
LICENSE = ""

_SELECT = (
    "Identity", "PrimarySmtpAddress", "DisplayName", "RecipientTypeDetails", "ExchangeGuid", "EmailAddresses",
    "ForwardingAddress", "ForwardingSmtpAddress", "DeliverToMailboxAndForward", "GrantSendOnBehalfTo",
    "AuditEnabled", "WhenChangedUTC", "HiddenFromAddressListsEnabled", "LitigationHoldEnabled",
)  # fmt: skip

_FORWARDING = ("ForwardingAddress", "ForwardingSmtpAddress", "GrantSendOnBehalfTo")


def ask(question: Question) -> Asking[Mailbox]:
    """Ask for the mailbox and its audit bypass together, then for the recipient that it forwards to."""
    name = question.subject.user_principal_name
    found, bypass = yield from try_each(
        [
            Cmdlet("Get-Mailbox", {"Identity": name}, anchor=name, select=_SELECT),
            Cmdlet("Get-MailboxAuditBypassAssociation", {"Identity": name}, anchor=name),
        ]
    )
    if isinstance(found, GraphError):
        raise found
    mailbox = Mailbox.model_validate(only(found, "Get-Mailbox"))
    missing = untold(found, "DeliverToMailboxAndForward") + unsent(found, *_FORWARDING)
    if isinstance(bypass, GraphError):
        missing += (lacking("whether auditing of the mailbox is bypassed", bypass),)
    else:
        only(bypass, "Get-MailboxAuditBypassAssociation")
        missing += untold(bypass, "AuditBypassEnabled")
        mailbox = mailbox.model_copy(update={"audit_bypass_enabled": bypass[0].get("AuditBypassEnabled")})
    if mailbox.forwarding_address:
        outside, gaps = yield from _behind(mailbox.forwarding_address)
        mailbox = mailbox.model_copy(update={"forwarding_contact_address": outside})
        missing += gaps
    return Known(mailbox, missing=missing)


def _behind(recipient: str) -> Generator[Effect, Any, tuple[str, tuple[str, ...]]]:
    """Find the outside address of a contact or mail user; a recipient of the tenant itself has none."""
    answers = yield from try_each(
        [Cmdlet("Get-Recipient", {"Identity": recipient}), Cmdlet("Get-MailContact", {"Identity": recipient})]
    )
    for answer in answers:
        if not isinstance(answer, GraphError):
            for item in answer:
                if outside := str(item.get("ExternalEmailAddress") or ""):
                    kind, colon, address = outside.partition(":")
                    return (address if colon and kind.casefold() == "smtp" else outside), ()
    if isinstance(answers[0], GraphError):
        return "", (lacking(f"the target address of the recipient {recipient}", answers[0]),)
    return "", ()
