"""Mailboxes: forwarding, protocols, junk lists, signature, automatic reply, phones."""

from __future__ import annotations

from sandbox.scenarios.state import Json, Mailbox
from sandbox.tenant.cmdlets.common import alias, directory_id, drop, nothing, set_values, several
from sandbox.tenant.cmdlets.recipients import IS_SET
from sandbox.tenant.exchange import Invocation, bad_parameters
from sandbox.tenant.problems import CmdletError, RefusalError, object_not_found
from sandbox.tenant.traces import exchange_trace


def get_mobile_device(call: Invocation) -> list[Json]:
    """The mobile devices of a mailbox, or one by its identity."""
    identity = call.text("Identity")
    if not identity:
        return list(call.mailbox("Mailbox").mobile_devices)
    for mailbox in call.state.mailboxes.values():
        for item in mailbox.mobile_devices:
            if identity in {item["Identity"], item["Guid"]}:
                return [item]
    raise object_not_found(identity)


def get_mailbox(call: Invocation) -> list[Json]:
    """One mailbox, or all, or those in which one of several properties is set."""
    if call.text("Identity"):
        return [call.mailbox().properties]
    every = [mailbox.properties for mailbox in call.state.mailboxes.values()]
    if not call.text("Filter"):
        return every
    clauses = [IS_SET.fullmatch(one) for one in call.text("Filter").split(" -or ")]
    if not all(clauses):
        raise RefusalError(501, "The local tenant plays no other filter than (Property -ne $null) -or …")
    names = [one[1] for one in clauses if one]
    return [properties for properties in every if any(properties.get(name) for name in names)]


def get_auto_reply(call: Invocation) -> list[Json]:
    """The auto-reply, in Exchange's words for the value that Graph shows too."""
    mailbox = call.mailbox()
    setting = mailbox.settings["automaticRepliesSetting"]
    states = {"disabled": "Disabled", "alwaysEnabled": "Enabled", "scheduled": "Scheduled"}
    return [
        {
            "Identity": alias(mailbox),
            "MailboxOwnerId": alias(mailbox),
            "AutoReplyState": states[setting["status"]],
            "ExternalAudience": str(setting["externalAudience"]).capitalize(),
            "InternalMessage": setting["internalReplyMessage"],
            "ExternalMessage": setting["externalReplyMessage"],
            "StartTime": setting["scheduledStartDateTime"]["dateTime"],
            "EndTime": setting["scheduledEndDateTime"]["dateTime"],
        }
    ]


def junk(mailbox: Mailbox) -> Json:
    """Show the junk email settings."""
    return {"Identity": alias(mailbox), "MailboxOwnerId": alias(mailbox), **mailbox.junk}


def signature(mailbox: Mailbox) -> Json:
    """Show the signature."""
    return {"Identity": alias(mailbox), "MailboxOwnerId": alias(mailbox), **mailbox.message_configuration}


def protocols(mailbox: Mailbox) -> Json:
    """Show the protocols that are on."""
    return {"Identity": alias(mailbox), "PrimarySmtpAddress": mailbox.upn, **mailbox.protocols}


MAILBOX_VALUES = (
    "ForwardingAddress ForwardingSmtpAddress DeliverToMailboxAndForward GrantSendOnBehalfTo AuditEnabled "
    "AuditLogAgeLimit HiddenFromAddressListsEnabled LitigationHoldEnabled MessageCopyForSentAsEnabled "
    "SingleItemRecoveryEnabled RetainDeletedItemsFor DisplayName"
)
PROTOCOLS = (
    "ActiveSyncEnabled OWAEnabled OWAforDevicesEnabled PopEnabled ImapEnabled MAPIEnabled EwsEnabled "
    "OutlookMobileEnabled UniversalOutlookEnabled OneWinNativeOutlookEnabled MacOutlookEnabled "
    "SmtpClientAuthenticationDisabled ActiveSyncAllowedDeviceIDs ActiveSyncBlockedDeviceIDs"
)
JUNK = "Enabled TrustedListsOnly ContactsTrusted TrustedSendersAndDomains BlockedSendersAndDomains"
SIGNATURE = (
    "SignatureHtml SignatureText SignatureName AutoAddSignature AutoAddSignatureOnReply DefaultSignature "
    "DefaultSignatureOnReply"
)


def _forwarding(call: Invocation) -> None:
    """Bring the forwarding parameters into the form in which they are kept. Raises CmdletError 404."""
    name = call.text("ForwardingAddress")
    if name:
        boxes = [box.properties for box in call.state.mailboxes.values()]
        keys = ("Identity", "Name", "Alias", "Guid", "DistinguishedName", "PrimarySmtpAddress", "DisplayName")
        for recipient in (*call.state.mail_contacts, *boxes):
            if name.lower() in {str(recipient[key]).lower() for key in keys}:
                call.parameters["ForwardingAddress"] = recipient["Identity"]
                break
        else:
            raise object_not_found(name)
    address = call.text("ForwardingSmtpAddress")
    if address and not address.lower().startswith("smtp:"):
        call.parameters["ForwardingSmtpAddress"] = f"smtp:{address}"


def set_mailbox(call: Invocation) -> list[Json]:
    """Change forwarding, delegates and other settings of a mailbox."""
    mailbox = call.mailbox()
    if mailbox.properties["IsDirSynced"] and (
        call.has("ForwardingAddress") or call.has("ForwardingSmtpAddress")
    ):
        message = (
            f"The operation on mailbox '{mailbox.upn}' failed because it's out of the current user's write "
            f"scope. "
            "The object is being synchronized from your on-premises organization."
        )
        raise CmdletError(400, "BadRequest", "Configuration.Tasks.TaskInvalidOperationException", message)
    _forwarding(call)
    table = call.parameters.get("GrantSendOnBehalfTo")
    if isinstance(table, dict):
        people = {
            key: [directory_id(call.state, who) for who in several(table.get(key))]
            for key in ("add", "remove")
        }
        call.parameters["GrantSendOnBehalfTo"] = {**table, **people}
    return set_values(call, mailbox.properties, MAILBOX_VALUES, alias(mailbox))


def set_protocols(call: Invocation) -> list[Json]:
    """Switch protocols of a mailbox, block or allow its devices, which then show it themselves."""
    mailbox = call.mailbox()

    def done() -> None:
        blocked = {item.lower() for item in mailbox.protocols["ActiveSyncBlockedDeviceIDs"]}
        allowed = {item.lower() for item in mailbox.protocols["ActiveSyncAllowedDeviceIDs"]}
        for device in mailbox.mobile_devices:
            key = str(device["DeviceId"]).lower()
            own = key in blocked | allowed
            device["DeviceAccessState"] = "Blocked" if key in blocked else "Allowed"
            device["DeviceAccessStateReason"] = "Individual" if own else "Global"

    return set_values(call, mailbox.protocols, PROTOCOLS, alias(mailbox), done)


def set_junk(call: Invocation) -> list[Json]:
    """Change the junk mail lists."""
    mailbox = call.mailbox()
    return set_values(call, mailbox.junk, JUNK, alias(mailbox))


def set_signature(call: Invocation) -> list[Json]:
    """Change the signature of Outlook on the web."""
    mailbox = call.mailbox()
    return set_values(call, mailbox.message_configuration, SIGNATURE, alias(mailbox))


def set_auto_reply(call: Invocation) -> list[Json]:
    """Change the auto-reply."""
    mailbox = call.mailbox()
    states = {"Disabled": "disabled", "Enabled": "alwaysEnabled", "Scheduled": "scheduled"}
    setting: Json = dict(mailbox.settings["automaticRepliesSetting"])
    if call.has("AutoReplyState"):
        if call.text("AutoReplyState") not in states:
            raise bad_parameters(f"Cannot bind parameter 'AutoReplyState': '{call.text('AutoReplyState')}'.")
        setting["status"] = states[call.text("AutoReplyState")]
    for parameter, name in (
        ("InternalMessage", "internalReplyMessage"),
        ("ExternalMessage", "externalReplyMessage"),
    ):
        if call.has(parameter):
            setting[name] = call.text(parameter)
    for parameter, name in (("StartTime", "scheduledStartDateTime"), ("EndTime", "scheduledEndDateTime")):
        if call.has(parameter):
            setting[name] = {"dateTime": call.text(parameter), "timeZone": "UTC"}

    def apply() -> None:
        mailbox.settings["automaticRepliesSetting"] = setting
        exchange_trace(call.state, call.name, alias(mailbox), call.parameters)

    if setting == mailbox.settings["automaticRepliesSetting"]:
        return nothing(call, alias(mailbox))
    call.change(apply)
    return []


def remove_mobile_device(call: Invocation) -> list[Json]:
    """Remove the partnership with a mobile device."""
    identity = call.required("Identity")
    for mailbox in call.state.mailboxes.values():
        for item in mailbox.mobile_devices:
            if identity in {item["Identity"], item["Guid"]}:
                return drop(call, mailbox.mobile_devices, item, identity)
    raise object_not_found(identity)
