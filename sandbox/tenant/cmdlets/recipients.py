"""Recipients: who there is, and who is blocked from sending."""

from __future__ import annotations

import re

from sandbox.scenarios.state import Json
from sandbox.tenant.cmdlets.common import drop, legacy_name
from sandbox.tenant.exchange import Invocation
from sandbox.tenant.problems import CmdletError, RefusalError, object_not_found


def get_contact(call: Invocation) -> list[Json]:
    """Mail contacts, one or all."""
    name = call.text("Identity").lower()
    found = [item for item in call.state.mail_contacts if not name or name in _contact_names(item)]
    if name and not found:
        raise object_not_found(call.text("Identity"))
    return found


def _contact_names(contact: Json) -> set[str]:
    keys = ("Identity", "Guid", "Alias", "Name", "DistinguishedName", "PrimarySmtpAddress", "DisplayName")
    return {str(contact[key]).lower() for key in keys}


def get_recipient(call: Invocation) -> list[Json]:
    """Mailboxes and mail contacts as recipients, one or all."""
    recipients = [
        {
            key: mailbox.properties[key]
            for key in (
                "Identity",
                "Guid",
                "Alias",
                "Name",
                "DisplayName",
                "PrimarySmtpAddress",
                "DistinguishedName",
            )
        }
        | {
            "RecipientType": "UserMailbox",
            "RecipientTypeDetails": "UserMailbox",
            "ExternalEmailAddress": None,
        }
        for mailbox in call.state.mailboxes.values()
    ]
    recipients += [item | {"RecipientType": "MailContact"} for item in call.state.mail_contacts]
    if call.text("Filter"):
        shown = _DISPLAY_NAME.fullmatch(call.text("Filter"))
        if shown is None:
            raise RefusalError(501, "The local tenant plays no other filter than DisplayName -eq '…'.")
        wanted = shown[1].replace("''", "'").lower()
        return [item for item in recipients if str(item["DisplayName"]).lower() == wanted]
    name = call.text("Identity").lower()
    if not name:
        return recipients
    # No display name. Source: PS Get-Recipient, Identity.
    names = ("Identity", "Guid", "Alias", "Name", "DistinguishedName", "PrimarySmtpAddress")
    found = [
        item
        for item in recipients
        if name in {*(str(item[key]).lower() for key in names), legacy_name(str(item["Guid"])).lower()}
    ]
    mailbox = call.state.mailbox(name)
    if not found and mailbox is not None:
        found = [item for item in recipients if item["Guid"] == mailbox.properties["Guid"]]
    if not found:
        raise object_not_found(call.text("Identity"))
    return found


IS_SET = re.compile(r"\((\w+) -ne \$null\)")
"""OPATH that holds where a property is set. Source: Exchange PowerShell, "Get-Mailbox", Filter."""
_DISPLAY_NAME = re.compile(r"DisplayName -eq '((?:[^']|'')*)'")


def get_blocked_sender(call: Invocation) -> list[Json]:
    """Senders that may not send; nothing for an address that is not blocked."""
    address = call.text("SenderAddress").lower()
    return [item for item in call.state.blocked_senders if address in {"", item["SenderAddress"].lower()}]


def remove_blocked_sender(call: Invocation) -> list[Json]:
    """Let a sender send again; each address only so many times."""
    address, state = call.required("SenderAddress"), call.state
    for item in state.blocked_senders:
        if item["SenderAddress"].lower() == address.lower():
            if state.unblocked.get(address.lower(), 0) >= state.unblocks_allowed:
                message = (
                    f"'{address}' has been unblocked too many times. Contact Microsoft support to have it "
                    "removed from the list of blocked senders."
                )
                raise CmdletError(
                    400, "BadRequest", "Management.Tasks.BlockedSenderAddressException", message
                )
            state.unblocked[address.lower()] = state.unblocked.get(address.lower(), 0) + 1
            return drop(call, state.blocked_senders, item, address)
    raise object_not_found(address)
