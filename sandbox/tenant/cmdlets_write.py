"""The writing cmdlets of Exchange and of compliance; each leaves its own audit record.

A cmdlet that would change nothing succeeds with a warning, as the real ones do.

Longer than other files because it is a list: one function for each cmdlet.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any

from sandbox.scenarios.state import Json, Mailbox, TenantState
from sandbox.tenant.cmdlets_read import find_inbox_rule, find_sweep_rule, role_group, split_folder
from sandbox.tenant.exchange import Cmdlet, Invocation, bad_parameters, cmdlet
from sandbox.tenant.problems import CmdletError, object_not_found
from sandbox.tenant.traces import exchange_trace

_MULTI = "#Exchange.GenericHashTable"
_MAILBOX_VALUES = (
    "ForwardingAddress ForwardingSmtpAddress DeliverToMailboxAndForward GrantSendOnBehalfTo AuditEnabled "
    "AuditLogAgeLimit HiddenFromAddressListsEnabled LitigationHoldEnabled MessageCopyForSentAsEnabled "
    "SingleItemRecoveryEnabled RetainDeletedItemsFor DisplayName"
)
_PROTOCOLS = (
    "ActiveSyncEnabled OWAEnabled OWAforDevicesEnabled PopEnabled ImapEnabled MAPIEnabled EwsEnabled "
    "OutlookMobileEnabled UniversalOutlookEnabled OneWinNativeOutlookEnabled MacOutlookEnabled "
    "SmtpClientAuthenticationDisabled ActiveSyncAllowedDeviceIDs ActiveSyncBlockedDeviceIDs"
)
_JUNK = "Enabled TrustedListsOnly ContactsTrusted TrustedSendersAndDomains BlockedSendersAndDomains"
_SIGNATURE = (
    "SignatureHtml SignatureText SignatureName AutoAddSignature AutoAddSignatureOnReply DefaultSignature "
    "DefaultSignatureOnReply"
)


def _alias(mailbox: Mailbox) -> str:
    return str(mailbox.properties["Alias"])


def _merged(old: Any, new: Any) -> Any:
    """The value after a write; a hash table adds to or removes from a multi-valued one."""
    if not (isinstance(new, dict) and new.get("@odata.type") == _MULTI):
        return new
    result = [str(item) for item in old or []]
    for item in _several(new.get("remove")):
        result = [kept for kept in result if kept.lower() != item.lower()]
    for item in _several(new.get("add")):
        if item.lower() not in {kept.lower() for kept in result}:
            result.append(item)
    return result


def _several(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _nothing(call: Invocation, what: str) -> list[Json]:
    call.warnings.append(
        f"The command completed successfully but no settings of '{what}' have been modified."
    )
    return []


def _set(
    call: Invocation,
    values: MutableMapping[str, Any],
    names: str,
    object_id: str,
    done: Callable[[], None] | None = None,
) -> list[Json]:
    """Write the given parameters into ``values`` and leave a record; a warning if nothing would change."""
    wanted = {
        name: _merged(values.get(name), call.parameters[name]) for name in names.split() if call.has(name)
    }
    if all(values.get(name) == value for name, value in wanted.items()):
        return _nothing(call, object_id)

    def apply() -> None:
        values.update(wanted)
        if done is not None:
            done()
        exchange_trace(call.state, call.name, object_id, call.parameters)

    call.change(apply)
    return []


def _person(state: TenantState, name: str) -> str:
    """The alias of the mailbox that a name means, or the name as it is."""
    found = state.mailbox(name) or next(
        (
            box
            for box in state.mailboxes.values()
            if name.lower()
            in {str(box.properties[key]).lower() for key in ("DisplayName", "DistinguishedName")}
        ),
        None,
    )
    return _alias(found).lower() if found else name.lower()


def _directory_id(state: TenantState, name: str) -> str:
    """The directory id of the mailbox that a name means, which is what Exchange keeps; else the name."""
    found = state.mailbox(_person(state, name))
    return str(found.properties["ExternalDirectoryObjectId"]) if found else name


def _must_exist(call: Invocation, who: str) -> None:
    """Refuse a trustee that the directory does not know. Raises CmdletError 404."""
    alias = _person(call.state, who)
    if call.state.mailbox(alias) is None and call.state.user(who) is None:
        raise object_not_found(who)


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
            key: [_directory_id(call.state, who) for who in _several(table.get(key))]
            for key in ("add", "remove")
        }
        call.parameters["GrantSendOnBehalfTo"] = {**table, **people}
    return _set(call, mailbox.properties, _MAILBOX_VALUES, _alias(mailbox))


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

    return _set(call, mailbox.protocols, _PROTOCOLS, _alias(mailbox), done)


def set_junk(call: Invocation) -> list[Json]:
    """Change the junk mail lists."""
    mailbox = call.mailbox()
    return _set(call, mailbox.junk, _JUNK, _alias(mailbox))


def set_signature(call: Invocation) -> list[Json]:
    """Change the signature of Outlook on the web."""
    mailbox = call.mailbox()
    return _set(call, mailbox.message_configuration, _SIGNATURE, _alias(mailbox))


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
        exchange_trace(call.state, call.name, _alias(mailbox), call.parameters)

    if setting == mailbox.settings["automaticRepliesSetting"]:
        return _nothing(call, _alias(mailbox))
    call.change(apply)
    return []


def _drop_client_side(mailbox: Mailbox) -> None:
    """What every change of a rule by a cmdlet does: the rules that only Outlook knows are gone."""
    mailbox.rules[:] = [rule for rule in mailbox.rules if not rule.client_side]


def _switch_rule(enabled: bool) -> Callable[[Invocation], list[Json]]:
    def run(call: Invocation) -> list[Json]:
        mailbox, rule = find_inbox_rule(call)
        if rule.name.startswith("Delegate Rule"):
            raise bad_parameters("The delegate rule cannot be enabled or disabled.")
        if rule.enabled == enabled:
            return _nothing(call, rule.name)

        def apply() -> None:
            rule.enabled = enabled
            _drop_client_side(mailbox)
            exchange_trace(call.state, call.name, f"{_alias(mailbox)}\\{rule.name}", call.parameters)

        call.change(apply)
        return []

    return run


def remove_rule(call: Invocation) -> list[Json]:
    """Remove an inbox rule, hidden or not."""
    mailbox, rule = find_inbox_rule(call)

    def apply() -> None:
        if rule in mailbox.rules:
            mailbox.rules.remove(rule)
            _drop_client_side(mailbox)
            exchange_trace(call.state, call.name, f"{_alias(mailbox)}\\{rule.name}", call.parameters)

    call.change(apply)
    return []


def _switch_sweep(enabled: bool) -> Callable[[Invocation], list[Json]]:
    def run(call: Invocation) -> list[Json]:
        mailbox, rule = find_sweep_rule(call)
        if rule["Enabled"] == enabled:
            return _nothing(call, str(rule["Name"]))

        def apply() -> None:
            rule["Enabled"] = enabled
            exchange_trace(call.state, call.name, f"{_alias(mailbox)}\\{rule['RuleId']}", call.parameters)

        call.change(apply)
        return []

    return run


def remove_sweep(call: Invocation) -> list[Json]:
    """Remove a sweep rule."""
    mailbox, rule = find_sweep_rule(call)
    return _drop(call, mailbox.sweep_rules, rule, f"{_alias(mailbox)}\\{rule['RuleId']}")


def _drop(call: Invocation, items: list[Json], item: Json, object_id: str) -> list[Json]:
    def apply() -> None:
        if item in items:
            items.remove(item)
            exchange_trace(call.state, call.name, object_id, call.parameters)

    call.change(apply)
    return []


def _append(call: Invocation, items: list[Json], item: Json, object_id: str) -> list[Json]:
    def apply() -> None:
        items.append(item)
        exchange_trace(call.state, call.name, object_id, call.parameters)

    call.change(apply)
    return []


def _entry(call: Invocation, items: list[Json], key: str, who: str) -> Json | None:
    rights, wanted = set(call.many("AccessRights")), _person(call.state, who)
    for item in items:
        same = _person(call.state, str(item[key])) == wanted
        if same and (not rights or rights & set(item["AccessRights"])):
            return item
    return None


def _take_rights(call: Invocation, items: list[Json], item: Json, object_id: str) -> list[Json]:
    """Take the named rights out of an entry; the entry goes with its last right."""
    left = [right for right in item["AccessRights"] if right not in call.many("AccessRights")]
    if not left or not call.many("AccessRights"):
        return _drop(call, items, item, object_id)

    def apply() -> None:
        item["AccessRights"] = left
        exchange_trace(call.state, call.name, object_id, call.parameters)

    call.change(apply)
    return []


def remove_permission(call: Invocation) -> list[Json]:
    """Take a mailbox right away; a missing one gives only a warning."""
    mailbox, who = call.mailbox(), call.required("User")
    item = _entry(call, mailbox.permissions, "User", who)
    if item is None:
        call.warnings.append(
            f"Can't remove the access control entry on '{_alias(mailbox)}' for '{who}': not present."
        )
        return []
    return _take_rights(call, mailbox.permissions, item, _alias(mailbox))


def add_permission(call: Invocation) -> list[Json]:
    """Give a mailbox right."""
    mailbox, who = call.mailbox(), call.required("User")
    _must_exist(call, who)
    if _entry(call, mailbox.permissions, "User", who) is not None:
        call.warnings.append("The appropriate access control entry is already present.")
        return []
    item = {
        "Identity": _alias(mailbox),
        "User": who,
        "AccessRights": call.many("AccessRights"),
        "IsInherited": False,
        "Deny": False,
        "InheritanceType": call.text("InheritanceType") or "All",
    }
    return _append(call, mailbox.permissions, item, _alias(mailbox))


def remove_recipient_permission(call: Invocation) -> list[Json]:
    """Take the right to send as someone away; a missing one gives only a warning."""
    mailbox, who = call.mailbox(), call.required("Trustee")
    item = _entry(call, mailbox.recipient_permissions, "Trustee", who)
    if item is None:
        call.warnings.append(
            f"Can't remove the access control entry on '{_alias(mailbox)}' for '{who}': not present."
        )
        return []
    return _take_rights(call, mailbox.recipient_permissions, item, _alias(mailbox))


def add_recipient_permission(call: Invocation) -> list[Json]:
    """Give the right to send as someone."""
    mailbox, who = call.mailbox(), call.required("Trustee")
    _must_exist(call, who)
    if _entry(call, mailbox.recipient_permissions, "Trustee", who) is not None:
        call.warnings.append("The appropriate access control entry is already present.")
        return []
    item = {
        "Identity": _alias(mailbox),
        "Trustee": who,
        "AccessControlType": "Allow",
        "AccessRights": call.many("AccessRights"),
        "IsInherited": False,
    }
    return _append(call, mailbox.recipient_permissions, item, _alias(mailbox))


def _folder_entry(call: Invocation, *, must: bool) -> tuple[Mailbox, str, list[Json], Json | None]:
    mailbox, path = split_folder(call)
    who = call.required("User")
    items = mailbox.folder_permissions.setdefault(path, [])
    # Entries show display names, but User takes none. Source: PS Remove-MailboxFolderPermission, User.
    holder = call.state.mailbox(who)
    wanted = _alias(holder).lower() if holder else ("" if "@" in who else who.lower())
    everybody = {"default", "anonymous"}
    item = next(
        (
            row
            for row in items
            if _person(call.state, str(row["User"])) == wanted and (holder or wanted in everybody)
        ),
        None,
    )
    if must and item is None:
        message = f"There is no existing permission entry found for user: {who}."
        raise CmdletError(
            404, "NotFound", "Management.StoreTasks.UserNotFoundInPermissionEntryException", message
        )
    return mailbox, path, items, item


def remove_folder_permission(call: Invocation) -> list[Json]:
    """Take rights on a folder away."""
    mailbox, path, items, item = _folder_entry(call, must=True)
    assert item is not None
    return _drop(call, items, item, f"{_alias(mailbox)}:{path}")


def add_folder_permission(call: Invocation) -> list[Json]:
    """Give rights on a folder; refused where the user has some already."""
    mailbox, path, items, item = _folder_entry(call, must=False)
    if item is not None:
        message = f"An existing permission entry was found for user: {item['User']}."
        raise CmdletError(
            400, "BadRequest", "Management.StoreTasks.UserAlreadyExistsInPermissionEntryException", message
        )
    _must_exist(call, call.required("User"))
    # Exchange shows the holder's display name, whatever the name was that gave the right.
    holder = call.state.mailbox(call.required("User"))
    shown = str(holder.properties["DisplayName"]) if holder else call.required("User")
    row = {"User": shown, "AccessRights": call.many("AccessRights")}
    return _append(call, items, row, f"{_alias(mailbox)}:{path}")


def set_folder_permission(call: Invocation) -> list[Json]:
    """Change rights on a folder; Default and Anonymous always have an entry."""
    mailbox, path, items, item = _folder_entry(call, must=call.text("User") not in {"Default", "Anonymous"})
    rights = call.many("AccessRights")
    if item is None:
        row = {"User": call.text("User"), "AccessRights": rights}
        return _append(call, items, row, f"{_alias(mailbox)}:{path}")
    return _set(call, item, "AccessRights", f"{_alias(mailbox)}:{path}")


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
            return _drop(call, state.blocked_senders, item, address)
    raise object_not_found(address)


def _remove_member(pick: str) -> Callable[[Invocation], list[Json]]:
    def run(call: Invocation) -> list[Json]:
        group = role_group(getattr(call.state, pick), call.required("Identity"))
        who = call.required("Member")
        for item in group["Members"]:
            if who.lower() == str(item["ExternalDirectoryObjectId"]) or (
                _person(call.state, who) == str(item["Name"]).lower()
            ):
                return _drop(call, group["Members"], item, str(group["Name"]))
        message = f"The user '{who}' isn't a member of the group '{group['Name']}'."
        raise CmdletError(404, "NotFound", "Configuration.Tasks.MemberNotFoundException", message)

    return run


def _add_member(pick: str) -> Callable[[Invocation], list[Json]]:
    def run(call: Invocation) -> list[Json]:
        group = role_group(getattr(call.state, pick), call.required("Identity"))
        principal = _service_principal(call, pick)
        if principal is not None:
            return _append(call, group["Members"], principal, str(group["Name"]))
        mailbox = call.mailbox("Member")
        if any(item["Name"] == _alias(mailbox) for item in group["Members"]):
            message = f"The recipient '{_alias(mailbox)}' is already a member of the group '{group['Name']}'."
            raise CmdletError(
                400, "BadRequest", "Management.RecipientTasks.MemberAlreadyExistsException", message
            )
        item = {
            "Identity": _alias(mailbox),
            "Name": _alias(mailbox),
            "DisplayName": mailbox.properties["DisplayName"],
            "PrimarySmtpAddress": mailbox.upn,
            "ExternalDirectoryObjectId": mailbox.properties["ExternalDirectoryObjectId"],
            "RecipientType": "UserMailbox",
        }
        return _append(call, group["Members"], item, str(group["Name"]))

    return run


def _service_principal(call: Invocation, pick: str) -> Json | None:
    """The member that a service principal becomes, None where somebody else is meant."""
    known = (
        call.state.exchange_principals if pick == "exchange_role_groups" else call.state.purview_principals
    )
    who = call.required("Member").lower()
    for one in known:
        if who in {one["ObjectId"], one["AppId"]}:
            return {
                "Identity": one["ObjectId"],
                "Name": one["ObjectId"],
                "DisplayName": one["DisplayName"],
                "PrimarySmtpAddress": "",
                "ExternalDirectoryObjectId": one["ObjectId"],
                "RecipientType": "MailUser",
            }
    return None


def remove_role_assignment(call: Invocation) -> list[Json]:
    """Remove a direct management role assignment."""
    identity = call.required("Identity")
    for item in call.state.management_role_assignments:
        if identity in {item["Identity"], item["Name"]}:
            return _drop(call, call.state.management_role_assignments, item, identity)
    raise object_not_found(identity)


def add_role_assignment(call: Invocation) -> list[Json]:
    """Assign a management role to one user directly."""
    mailbox, role = call.mailbox("User"), call.required("Role")
    name = call.text("Name") or f"{role}-{_alias(mailbox)}"
    items = call.state.management_role_assignments
    if any(item["Name"] == name for item in items):
        message = f"The role assignment '{name}' already exists."
        raise CmdletError(400, "BadRequest", "Data.Directory.ADObjectAlreadyExistsException", message)
    item = {
        "Identity": name,
        "Name": name,
        "Role": role,
        "RoleAssigneeName": _alias(mailbox),
        "RoleAssigneeType": "User",
        "EffectiveUserName": _alias(mailbox),
        "AssignmentMethod": "Direct",
        "Enabled": True,
    }
    return _append(call, items, item, name)


def _switch_transport_rule(wanted: str) -> Callable[[Invocation], list[Json]]:
    def run(call: Invocation) -> list[Json]:
        identity = call.required("Identity")
        for rule in call.state.transport_rules:
            if identity in {rule["Guid"], rule["Name"], rule["Identity"]}:
                if rule["State"] == wanted:
                    return _nothing(call, str(rule["Name"]))

                def apply(rule: Json = rule) -> None:
                    rule["State"] = wanted
                    exchange_trace(call.state, call.name, str(rule["Name"]), call.parameters)

                call.change(apply)
                return []
        raise object_not_found(identity)

    return run


def remove_mobile_device(call: Invocation) -> list[Json]:
    """Remove the partnership with a mobile device."""
    identity = call.required("Identity")
    for mailbox in call.state.mailboxes.values():
        for item in mailbox.mobile_devices:
            if identity in {item["Identity"], item["Guid"]}:
                return _drop(call, mailbox.mobile_devices, item, identity)
    raise object_not_found(identity)


def set_audit_bypass(call: Invocation) -> list[Json]:
    """Leave an account's actions out of mailbox auditing, or take them in again."""
    mailbox, wanted = call.mailbox(), call.flag("AuditBypassEnabled")
    if (mailbox.audit_bypassed_at is not None) == wanted:
        return _nothing(call, _alias(mailbox))

    def apply() -> None:
        mailbox.audit_bypassed_at = call.state.clock() if wanted else None
        exchange_trace(call.state, call.name, _alias(mailbox), call.parameters)

    call.change(apply)
    return []


def set_audit_config(call: Invocation) -> list[Json]:
    """Switch the unified audit log on or off."""
    names = "UnifiedAuditLogIngestionEnabled AdminAuditLogEnabled"
    return _set(call, call.state.admin_audit_log_config, names, "Admin Audit Log Settings")


def set_organization_config(call: Invocation) -> list[Json]:
    """Change organization-wide settings."""
    config = call.state.organization_config
    return _set(call, config, "AuditDisabled PostponeRoamingSignaturesUntilLater", str(config["Name"]))


WRITES: dict[str, Cmdlet] = {
    "Set-Mailbox": cmdlet(set_mailbox, "Identity " + _MAILBOX_VALUES),
    "Set-CASMailbox": cmdlet(set_protocols, "Identity " + _PROTOCOLS),
    "Set-MailboxJunkEmailConfiguration": cmdlet(set_junk, "Identity " + _JUNK),
    "Set-MailboxMessageConfiguration": cmdlet(set_signature, "Identity " + _SIGNATURE),
    "Set-MailboxAutoReplyConfiguration": cmdlet(
        set_auto_reply,
        "Identity AutoReplyState InternalMessage ExternalMessage StartTime EndTime ExternalAudience",
    ),
    "Disable-InboxRule": cmdlet(_switch_rule(enabled=False), "Identity Mailbox AlwaysDeleteOutlookRulesBlob"),
    "Enable-InboxRule": cmdlet(_switch_rule(enabled=True), "Identity Mailbox AlwaysDeleteOutlookRulesBlob"),
    "Remove-InboxRule": cmdlet(remove_rule, "Identity Mailbox AlwaysDeleteOutlookRulesBlob"),
    "Disable-SweepRule": cmdlet(_switch_sweep(enabled=False), "Identity Mailbox"),
    "Enable-SweepRule": cmdlet(_switch_sweep(enabled=True), "Identity Mailbox"),
    "Remove-SweepRule": cmdlet(remove_sweep, "Identity Mailbox"),
    "Remove-MailboxPermission": cmdlet(remove_permission, "Identity User AccessRights InheritanceType Deny"),
    "Add-MailboxPermission": cmdlet(add_permission, "Identity User AccessRights InheritanceType AutoMapping"),
    "Remove-RecipientPermission": cmdlet(remove_recipient_permission, "Identity Trustee AccessRights"),
    "Add-RecipientPermission": cmdlet(add_recipient_permission, "Identity Trustee AccessRights"),
    "Remove-MailboxFolderPermission": cmdlet(remove_folder_permission, "Identity User"),
    "Add-MailboxFolderPermission": cmdlet(
        add_folder_permission, "Identity User AccessRights SharingPermissionFlags"
    ),
    "Set-MailboxFolderPermission": cmdlet(
        set_folder_permission, "Identity User AccessRights SharingPermissionFlags"
    ),
    "Remove-BlockedSenderAddress": cmdlet(remove_blocked_sender, "SenderAddress Reason"),
    "Remove-RoleGroupMember": cmdlet(
        _remove_member("exchange_role_groups"), "Identity Member BypassSecurityGroupManagerCheck"
    ),
    "Add-RoleGroupMember": cmdlet(
        _add_member("exchange_role_groups"), "Identity Member BypassSecurityGroupManagerCheck"
    ),
    "Remove-ManagementRoleAssignment": cmdlet(remove_role_assignment),
    "New-ManagementRoleAssignment": cmdlet(add_role_assignment, "Name Role User"),
    "Disable-TransportRule": cmdlet(_switch_transport_rule("Disabled")),
    "Enable-TransportRule": cmdlet(_switch_transport_rule("Enabled")),
    "Remove-MobileDevice": cmdlet(remove_mobile_device),
    "Set-MailboxAuditBypassAssociation": cmdlet(set_audit_bypass, "Identity AuditBypassEnabled"),
    "Set-AdminAuditLogConfig": cmdlet(
        set_audit_config, "UnifiedAuditLogIngestionEnabled AdminAuditLogEnabled"
    ),
    "Set-OrganizationConfig": cmdlet(
        set_organization_config, "AuditDisabled PostponeRoamingSignaturesUntilLater"
    ),
}
"""Writing cmdlets of Exchange."""

COMPLIANCE_WRITES: dict[str, Cmdlet] = {
    "Remove-RoleGroupMember": cmdlet(
        _remove_member("purview_role_groups"), "Identity Member BypassSecurityGroupManagerCheck"
    ),
    "Add-RoleGroupMember": cmdlet(
        _add_member("purview_role_groups"), "Identity Member BypassSecurityGroupManagerCheck"
    ),
}
"""Writing cmdlets of the compliance endpoint."""
