"""A mailbox's settings, and who else may use it."""

from __future__ import annotations

from enum import StrEnum

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_pascal

from graph.resources.values import ExchangeValue, GraphValue, MaybeInstant, Text, Texts


class Mailbox(ExchangeValue):
    """The mailbox, with its forwarding. Source: Exchange PowerShell, "Get-Mailbox".

    `forwarding_contact_address` is not Exchange's: it is the outside address behind `forwarding_address`,
    when that is a mail contact or a mail user, and "" otherwise.
    """

    identity: Text = ""
    primary_smtp_address: Text = ""
    display_name: Text = ""
    recipient_type_details: Text = ""
    exchange_guid: Text = ""
    forwarding_address: Text = ""
    forwarding_smtp_address: Text = ""
    forwarding_contact_address: Text = ""
    deliver_to_mailbox_and_forward: bool | None = None
    grant_send_on_behalf_to: Texts = ()
    audit_enabled: bool | None = None
    audit_bypass_enabled: bool | None = None
    hidden_from_address_lists_enabled: bool | None = None
    litigation_hold_enabled: bool | None = None
    email_addresses: Texts = ()
    when_changed_utc: MaybeInstant = Field(default=None, alias="WhenChangedUTC")


class Signature(ExchangeValue):
    """The signature that Outlook on the web adds. Source: "Get-MailboxMessageConfiguration".

    `roaming` tells whether the tenant uses roaming signatures; then these values are not what is sent.
    """

    signature_html: Text = ""
    signature_text: Text = ""
    signature_name: Text = ""
    auto_add_signature: bool | None = None
    auto_add_signature_on_reply: bool | None = None
    roaming: bool = False


class AutoReply(GraphValue):
    """The automatic reply. Source: Microsoft Graph v1.0, "automaticRepliesSetting resource type"."""

    status: Text = ""
    external_audience: Text = ""
    internal_reply_message: Text = ""
    external_reply_message: Text = ""


class JunkLists(ExchangeValue):
    """Whom the mailbox trusts and blocks. Source: "Get-MailboxJunkEmailConfiguration"."""

    enabled: bool | None = None
    trusted_senders_and_domains: Texts = ()
    blocked_senders_and_domains: Texts = ()
    contacts_trusted: bool | None = None


class BlockedSender(ExchangeValue):
    """An entry of the restricted entities. Source: Exchange PowerShell, "Get-BlockedSenderAddress"."""

    sender_address: Text = ""
    reason: Text = ""
    created_datetime: MaybeInstant = None
    changed_datetime: MaybeInstant = None
    temporary_block: bool | None = None


class MailProtocols(ExchangeValue):
    """Which protocols reach the mailbox. Source: Exchange PowerShell, "Get-CASMailbox"."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        populate_by_name=True,
        alias_generator=lambda name: {
            "owa_enabled": "OWAEnabled",
            "owa_for_devices_enabled": "OWAforDevicesEnabled",
            "mapi_enabled": "MAPIEnabled",
            "active_sync_allowed_device_ids": "ActiveSyncAllowedDeviceIDs",
            "active_sync_blocked_device_ids": "ActiveSyncBlockedDeviceIDs",
        }.get(name, to_pascal(name)),
    )

    active_sync_enabled: bool | None = None
    owa_enabled: bool | None = None
    owa_for_devices_enabled: bool | None = None
    pop_enabled: bool | None = None
    imap_enabled: bool | None = None
    mapi_enabled: bool | None = None
    ews_enabled: bool | None = None
    outlook_mobile_enabled: bool | None = None
    universal_outlook_enabled: bool | None = None
    smtp_client_authentication_disabled: bool | None = None
    active_sync_allowed_device_ids: Texts = ()
    active_sync_blocked_device_ids: Texts = ()


class DelegateKind(StrEnum):
    """The four kinds of delegates."""

    FULL_ACCESS = "FullAccess"
    SEND_AS = "SendAs"
    SEND_ON_BEHALF = "SendOnBehalf"
    FOLDER = "folder"


class Delegate(GraphValue):
    """Somebody who may open the mailbox, send from it, or read one of its folders.

    `held_as` is what Exchange itself writes for the holder where that is not `who`, such as a directory id.
    `folder` is the folder's path in the language of the mailbox, `folder_type` what it is in every language:
    ``Inbox``, ``Calendar``, or "" for the top one. `by_name` says that only a display name is known, which
    others may have and which may look like an address: nobody can tell for sure whose right it is.
    """

    kind: DelegateKind
    who: str
    held_as: str = ""
    by_name: bool = False
    rights: Texts = ()
    folder: Text = ""
    folder_type: Text = ""
