"""The mailbox with its forwarding, and where a forwarding contact leads.

Source: Exchange PowerShell, "Get-Mailbox", "Get-Recipient", "Get-MailContact" and
"Get-MailboxAuditBypassAssociation". Graph has no property for forwarding.
"""

from __future__ import annotations

from graph.effects import Asking, try_each
from graph.errors import GraphError
from graph.evidence import Known
from graph.parts.reading import lacking, only, unsent, untold
from graph.parts.recipients import behind
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
        name = mailbox.forwarding_address
        outside, unknown = yield from behind([name])
        mailbox = mailbox.model_copy(update={"forwarding_contact_address": outside.get(name, "")})
        missing += tuple(
            lacking(f"the target address of the recipient {one}", error) for one, error in unknown.items()
        )
    return Known(mailbox, missing=missing)
