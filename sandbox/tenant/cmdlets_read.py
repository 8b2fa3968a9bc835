"""The reading cmdlets of Exchange and of compliance.

Longer than other files because it is a list: one function for each cmdlet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import orjson

from sandbox.scenarios.state import InboxRule, Json, Mailbox, TenantState, graph_time, parse_time
from sandbox.tenant.audit_search import record_type, search
from sandbox.tenant.exchange import Cmdlet, Invocation, bad_parameters, cmdlet
from sandbox.tenant.problems import CmdletError, RefusalError, object_not_found
from sandbox.tenant.reports import check_trace_window

_CONDITIONS = {
    "SubjectContainsWords": "subjectContains",
    "BodyContainsWords": "bodyContains",
    "SubjectOrBodyContainsWords": "bodyOrSubjectContains",
    "FromAddressContainsWords": "senderContains",
    "RecipientAddressContainsWords": "recipientContains",
    "HeaderContainsWords": "headerContains",
}


def _alias(mailbox: Mailbox) -> str:
    return str(mailbox.properties["Alias"])


def legacy_name(guid: str) -> str:
    """The name that a recipient of the organization goes by inside it."""
    group = "/o=ExchangeLabs/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)"
    return f"{group}/cn=Recipients/cn={guid}"


def _quoted(state: TenantState, people: Iterable[Json] | None) -> list[str] | None:
    """Recipients as rules show them: of the organization's own no address. Source: CAPTURE inbox rules."""
    if not people:
        return None
    return [f'"{item["emailAddress"]["name"]}" [{_address(state, item)}]' for item in people]


def _address(state: TenantState, recipient: Json) -> str:
    address = str(recipient["emailAddress"]["address"])
    known = [box.properties for box in state.mailboxes.values()] + state.mail_contacts
    own = (one for one in known if str(one["PrimarySmtpAddress"]).lower() == address.lower())
    found = next(own, None)
    return f"SMTP:{address}" if found is None else f"EX:{legacy_name(str(found['Guid']))}"


def rule_view(state: TenantState, mailbox: Mailbox, rule: InboxRule) -> Json:
    """A rule as Get-InboxRule shows it: words, folder names and quoted recipients."""
    actions, conditions = rule.actions, rule.conditions
    names = {folder["id"]: folder["displayName"] for folder in mailbox.folders}
    words = {cmdlet_name: conditions.get(name) for cmdlet_name, name in _CONDITIONS.items()}
    return {
        "Identity": f"{_alias(mailbox)}\\{rule.number}",
        "RuleIdentity": rule.number,
        "Name": rule.name,
        "Enabled": rule.enabled,
        "Priority": rule.sequence,
        "MailboxOwnerId": _alias(mailbox),
        "From": _quoted(state, conditions.get("fromAddresses")),
        "SentTo": _quoted(state, conditions.get("sentToAddresses")),
        **words,
        "ForwardTo": _quoted(state, actions.get("forwardTo")),
        "RedirectTo": _quoted(state, actions.get("redirectTo")),
        "ForwardAsAttachmentTo": _quoted(state, actions.get("forwardAsAttachmentTo")),
        "MoveToFolder": names.get(actions.get("moveToFolder")),
        "CopyToFolder": names.get(actions.get("copyToFolder")),
        "DeleteMessage": bool(actions.get("delete")),
        "SoftDeleteMessage": bool(actions.get("permanentDelete")),
        "MarkAsRead": bool(actions.get("markAsRead")),
        "StopProcessingRules": bool(actions.get("stopProcessingRules")),
        "SupportedByTask": not rule.read_only,
        "Description": f"Rule {rule.name or '(no name)'} of {mailbox.upn}",
    }


def find_inbox_rule(call: Invocation) -> tuple[Mailbox, InboxRule]:
    """The rule that Identity names, by number or name, with the mailbox in front or in Mailbox.

    Raises CmdletError: 404 for no such rule, 400 for a name that several rules have.
    """
    identity = call.required("Identity")
    owner, _, key = identity.rpartition("\\")
    mailbox = call.mailbox("Mailbox") if call.text("Mailbox") else call.state.mailbox(owner)
    if mailbox is None or (owner and call.state.mailbox(owner) is not mailbox):
        raise object_not_found(identity)
    for rule in mailbox.rules:
        if key == str(rule.number):
            return mailbox, rule
    named = [rule for rule in mailbox.rules if rule.name and rule.name.lower() == key.lower()]
    if len(named) > 1:
        message = f"There are multiple rules with the name '{key}'. Use the rule's identity instead."
        raise CmdletError(400, "BadRequest", "Management.Common.ManagementObjectAmbiguousException", message)
    if not named:
        raise object_not_found(identity)
    return mailbox, named[0]


def find_sweep_rule(call: Invocation) -> tuple[Mailbox, Json]:
    """The sweep rule that Identity names, by its id or name. Raises CmdletError 404."""
    mailbox, identity = call.mailbox("Mailbox"), call.required("Identity")
    for rule in mailbox.sweep_rules:
        if identity in {rule["RuleId"], rule["Identity"], rule["Name"]}:
            return mailbox, rule
    raise object_not_found(identity)


def get_sweep_rule(call: Invocation) -> list[Json]:
    """The sweep rules of a mailbox, one or all."""
    if call.text("Identity"):
        return [find_sweep_rule(call)[1]]
    return list(call.mailbox("Mailbox").sweep_rules)


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


def _of_person(
    rows: Callable[[Invocation], list[Json]], parameter: str
) -> Callable[[Invocation], list[Json]]:
    """A cmdlet whose rows can be narrowed to those of one person."""

    def run(call: Invocation) -> list[Json]:
        wanted = call.text(parameter).lower()
        return [row for row in rows(call) if not wanted or str(row[parameter]).lower() == wanted]

    return run


def get_inbox_rule(call: Invocation) -> list[Json]:
    """Inbox rules of a mailbox; hidden ones with IncludeHidden."""
    if call.text("Identity"):
        return [rule_view(call.state, *find_inbox_rule(call))]
    mailbox = call.mailbox("Mailbox")
    hidden = call.flag("IncludeHidden")
    return [rule_view(call.state, mailbox, rule) for rule in mailbox.rules if hidden or not rule.hidden]


def get_mailbox(call: Invocation) -> list[Json]:
    """One mailbox, or all, or those in which one of several properties is set."""
    if call.text("Identity"):
        return [call.mailbox().properties]
    every = [mailbox.properties for mailbox in call.state.mailboxes.values()]
    if not call.text("Filter"):
        return every
    clauses = [_IS_SET.fullmatch(one) for one in call.text("Filter").split(" -or ")]
    if not all(clauses):
        raise RefusalError(501, "The local tenant plays no other filter than (Property -ne $null) -or …")
    names = [one[1] for one in clauses if one]
    return [properties for properties in every if any(properties.get(name) for name in names)]


def _of_mailbox(pick: Callable[[Mailbox], Any], *names: str) -> Callable[[Invocation], list[Json]]:
    """A cmdlet that shows one part of the mailbox that its parameter names."""

    def run(call: Invocation) -> list[Json]:
        value = pick(call.mailbox(*names))
        return list(value) if isinstance(value, list) else [value]

    return run


def _permissions(mailbox: Mailbox) -> list[Json]:
    self_entry = {
        "Identity": _alias(mailbox),
        "User": "NT AUTHORITY\\SELF",
        "AccessRights": ["FullAccess", "ReadPermission"],
        "IsInherited": False,
        "Deny": False,
        "InheritanceType": "All",
    }
    inherited = {**self_entry, "User": "CONTOSO\\Organization Management", "IsInherited": True}
    rows = [self_entry, inherited, *mailbox.permissions]
    # Several rights come as one text. Source: CAPTURE mailbox delegation.
    return [{**row, "AccessRights": [", ".join(row["AccessRights"])]} for row in rows]


def _recipient_permissions(mailbox: Mailbox) -> list[Json]:
    self_entry = {
        "Identity": _alias(mailbox),
        "Trustee": "NT AUTHORITY\\SELF",
        "AccessControlType": "Allow",
        "AccessRights": ["SendAs"],
        "IsInherited": False,
    }
    return [self_entry, *mailbox.recipient_permissions]


def split_folder(call: Invocation) -> tuple[Mailbox, str]:
    r"""Mailbox and folder path of an identity like ``user:\Calendar``. Raises CmdletError 404."""
    identity = call.required("Identity")
    owner, _, folder = identity.partition(":")
    mailbox = call.state.mailbox(owner)
    name = folder.strip("\\")
    if mailbox is None or (name and name not in {"Calendar", "Contacts"} and not _has_folder(mailbox, name)):
        raise object_not_found(identity)
    return mailbox, "\\" + name


def _has_folder(mailbox: Mailbox, name: str) -> bool:
    return any(mailbox.folder_path(folder["id"]) == "\\" + name for folder in mailbox.folders)


def get_folder_permission(call: Invocation) -> list[Json]:
    """Who may do what with one folder."""
    mailbox, path = split_folder(call)
    calendar = path == "\\Calendar"
    standard = [
        {"User": "Default", "AccessRights": ["AvailabilityOnly" if calendar else "None"]},
        {"User": "Anonymous", "AccessRights": ["None"]},
    ]
    rows = mailbox.folder_permissions.get(path, [])
    named = {row["User"] for row in rows}
    base = {"FolderName": path.strip("\\") or "Top of Information Store", "SharingPermissionFlags": None}
    identity = f"{_alias(mailbox)}:{path}"
    return [{"Identity": identity, **base, **row} for row in standard if row["User"] not in named] + [
        {"Identity": identity, **base, **row} for row in rows
    ]


def get_folder_statistics(call: Invocation) -> list[Json]:
    """All folders with their sizes, those of a type with FolderScope; recoverable ones only so."""
    mailbox = call.mailbox()
    scope = call.text("FolderScope").lower()
    rows = []
    for folder in mailbox.folders:
        path = mailbox.folder_path(folder["id"])
        if path.startswith("\\Recoverable Items") != (scope == "recoverableitems"):
            continue
        inside = [item for item in mailbox.messages if item["parentFolderId"] == folder["id"]]
        rows.append(_folder_row(mailbox, path, str(folder["id"]), len(inside)))
    if not any(row["FolderType"] == "Calendar" for row in rows) and scope != "recoverableitems":
        rows.append(_folder_row(mailbox, "\\Calendar", f"calendar of {_alias(mailbox)}", 0))
    every = scope in {"", "all", "recoverableitems"}
    return [row for row in rows if every or row["FolderType"].lower() == scope]


def _folder_row(mailbox: Mailbox, path: str, key: str, items: int) -> Json:
    name = path.rpartition("\\")[2]
    return {
        "Identity": f"{_alias(mailbox)}{path}",
        "Name": name,
        "FolderPath": path.replace("\\", "/"),
        "FolderId": key,
        "FolderType": name.replace(" ", ""),
        "ItemsInFolder": items,
        "FolderSize": f"{4 * items} KB ({4096 * items:,} bytes)",
    }


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


_IS_SET = re.compile(r"\((\w+) -ne \$null\)")
"""OPATH that holds where a property is set. Source: Exchange PowerShell, "Get-Mailbox", Filter."""
_DISPLAY_NAME = re.compile(r"DisplayName -eq '((?:[^']|'')*)'")


def get_blocked_sender(call: Invocation) -> list[Json]:
    """Senders that may not send; nothing for an address that is not blocked."""
    address = call.text("SenderAddress").lower()
    return [item for item in call.state.blocked_senders if address in {"", item["SenderAddress"].lower()}]


def get_organization_config(call: Invocation) -> list[Json]:
    """Organization-wide settings."""
    return [call.state.organization_config]


def get_audit_config(call: Invocation) -> list[Json]:
    """Whether the unified audit log takes records."""
    return [call.state.admin_audit_log_config]


def get_audit_bypass(call: Invocation) -> list[Json]:
    """Whether actions of this account are left out of mailbox auditing."""
    mailbox = call.mailbox()
    return [
        {
            "Identity": _alias(mailbox),
            "Name": _alias(mailbox),
            "ObjectId": mailbox.properties["ExternalDirectoryObjectId"],
            "AuditBypassEnabled": mailbox.audit_bypassed_at is not None,
        }
    ]


def get_auto_reply(call: Invocation) -> list[Json]:
    """The auto-reply, in Exchange's words for the value that Graph shows too."""
    mailbox = call.mailbox()
    setting = mailbox.settings["automaticRepliesSetting"]
    states = {"disabled": "Disabled", "alwaysEnabled": "Enabled", "scheduled": "Scheduled"}
    return [
        {
            "Identity": _alias(mailbox),
            "MailboxOwnerId": _alias(mailbox),
            "AutoReplyState": states[setting["status"]],
            "ExternalAudience": str(setting["externalAudience"]).capitalize(),
            "InternalMessage": setting["internalReplyMessage"],
            "ExternalMessage": setting["externalReplyMessage"],
            "StartTime": setting["scheduledStartDateTime"]["dateTime"],
            "EndTime": setting["scheduledEndDateTime"]["dateTime"],
        }
    ]


def get_transport_rule(call: Invocation) -> list[Json]:
    """Mail flow rules, one, all, or those in a state."""
    wanted, name = call.text("State"), call.text("Identity")
    found = [
        item
        for item in call.state.transport_rules
        if (not wanted or item["State"] == wanted)
        and (not name or name in {item["Guid"], item["Name"], item["Identity"]})
    ]
    if name and not found:
        raise object_not_found(name)
    return found


def role_group(groups: list[Json], name: str) -> Json:
    """A role group by name or identity. Raises CmdletError 404."""
    for group in groups:
        if name.lower() in {str(group["Name"]).lower(), str(group["Identity"]).lower()}:
            return group
    raise object_not_found(name)


def _role_groups(pick: str) -> Callable[[Invocation], list[Json]]:
    def run(call: Invocation) -> list[Json]:
        groups: list[Json] = getattr(call.state, pick)
        shown = [role_group(groups, call.text("Identity"))] if call.text("Identity") else groups
        return [{**group, "Members": [member["Name"] for member in group["Members"]]} for group in shown]

    return run


def _role_group_members(pick: str) -> Callable[[Invocation], list[Json]]:
    def run(call: Invocation) -> list[Json]:
        return list(role_group(getattr(call.state, pick), call.required("Identity"))["Members"])

    return run


def purview_groups(call: Invocation) -> list[Json]:
    """Role groups of Security & Compliance; that Members tells anything there stands in no source."""
    return [{**group, "Members": []} for group in _role_groups("purview_role_groups")(call)]


def purview_members(call: Invocation) -> list[Json]:
    """Members as an app-only session of Security & Compliance may show them: an id, and hardly a name.

    Source: issue 401 of a public reconciler of Purview role groups.
    """
    return [
        {
            **item,
            "Identity": item["ExternalDirectoryObjectId"],
            "Name": item["ExternalDirectoryObjectId"],
            "PrimarySmtpAddress": "",
            "ExternalDirectoryObjectId": None,
            "RecipientType": "MailUser",
        }
        for item in _role_group_members("purview_role_groups")(call)
    ]


def get_role_assignment(call: Invocation) -> list[Json]:
    """Management role assignments, also those that reach a user through a role group."""
    rows = list(call.state.management_role_assignments)
    for group in call.state.exchange_role_groups:
        for role in group["Roles"]:
            for member in group["Members"]:
                rows.append(
                    {
                        "Identity": f"{role}-{group['Name']}",
                        "Name": f"{role}-{group['Name']}",
                        "Role": role,
                        "RoleAssigneeName": group["Name"],
                        "RoleAssigneeType": "RoleGroup",
                        "EffectiveUserName": member["Name"],
                        "AssignmentMethod": "RoleGroup",
                        "Enabled": True,
                    }
                )
    assignee, role = call.text("RoleAssignee"), call.text("Role")
    mailbox = call.state.mailbox(assignee) if assignee else None
    names = {assignee.lower()} | ({_alias(mailbox).lower()} if mailbox else set())
    return [
        row
        for row in rows
        if (not assignee or names & {row["RoleAssigneeName"].lower(), row["EffectiveUserName"].lower()})
        and (not role or row["Role"] == role)
    ]


def get_message_trace(call: Invocation) -> list[Json]:
    """The message trace; goes on from StartingRecipientAddress and EndDate, as it has no page of its own."""
    call.core.limits.count("trace")
    now = call.state.clock()
    start = parse_time(call.text("StartDate")) if call.text("StartDate") else now - timedelta(hours=48)
    end = parse_time(call.text("EndDate")) if call.text("EndDate") else now
    reason = check_trace_window(start, end, now)
    if reason is not None:
        raise bad_parameters(reason)
    size = _result_size(call, 1000)
    rows = [
        item
        for item in call.state.message_traces
        if graph_time(start) <= item["receivedDateTime"] <= graph_time(end) and _trace_wanted(call, item)
    ]
    rows.sort(key=lambda item: str(item["recipientAddress"]).lower())
    rows.sort(key=lambda item: str(item["receivedDateTime"]), reverse=True)
    resume = call.text("StartingRecipientAddress").lower()
    if resume:
        edge = graph_time(end)
        rows = [
            item
            for item in rows
            if item["receivedDateTime"] < edge or str(item["recipientAddress"]).lower() > resume
        ]
    if len(rows) > size:
        call.warnings.append("There are more results, use the following command to get more.")
    return [
        {
            "MessageTraceId": item["id"],
            "MessageId": item["messageId"],
            "Received": item["receivedDateTime"],
            "SenderAddress": item["senderAddress"],
            "RecipientAddress": item["recipientAddress"],
            "Subject": item["subject"],
            "Status": str(item["status"]).capitalize(),
            "FromIP": item["fromIP"],
            "ToIP": item["toIP"],
            "Size": item["size"],
        }
        for item in rows[:size]
    ]


def _trace_wanted(call: Invocation, item: Json) -> bool:
    for parameter, name in (
        ("SenderAddress", "senderAddress"),
        ("RecipientAddress", "recipientAddress"),
        ("MessageId", "messageId"),
        ("MessageTraceId", "id"),
        ("FromIP", "fromIP"),
        ("ToIP", "toIP"),
        ("Status", "status"),
    ):
        wanted = {value.lower() for value in call.many(parameter)}
        if wanted and str(item[name]).lower() not in wanted:
            return False
    subject = call.text("Subject").lower()
    return not subject or subject in str(item["subject"]).lower()


def _result_size(call: Invocation, default: int) -> int:
    text = call.text("ResultSize")
    size = int(text) if text.isdigit() else (default if not text else 0)
    if not 1 <= size <= 5000:
        message = "Cannot validate argument on parameter 'ResultSize': it must lie between 1 and 5000."
        raise bad_parameters(message)
    return size


def search_audit_log(call: Invocation) -> list[Json]:
    """The unified audit log, in one go or through a session that hands out page after page."""
    start, end = parse_time(call.required("StartDate")), parse_time(call.required("EndDate"))
    size, session, command = _result_size(call, 100), call.text("SessionId"), call.text("SessionCommand")
    if command and command not in {"ReturnLargeSet", "ReturnNextPreviewPage", "Initialize"}:
        raise bad_parameters(f"Cannot bind parameter 'SessionCommand': '{command}' is not known.")

    def find() -> list[Json]:
        return search(
            call.state,
            start,
            end,
            users=call.many("UserIds"),
            operations=call.many("Operations"),
            types=call.many("RecordType"),
            addresses=call.many("IPAddresses"),
            objects=call.many("ObjectIds"),
            keyword=call.text("FreeText") or None,
        )

    if not call.state.admin_audit_log_config.get("UnifiedAuditLogIngestionEnabled", True):
        raise CmdletError(
            400,
            "BadRequest",
            "Management.SystemConfigurationTasks.AuditLogSearchException",
            "Auditing is disabled.",
        )
    if not session:
        found = find()[:5000]
        return [_audit_row(item, number, len(found)) for number, item in enumerate(found[:size], 1)]
    sessions = call.core.sessions
    if session not in sessions:
        found = find()
        if command == "ReturnLargeSet":
            found = sorted(found, key=lambda item: str(item["Id"])[::-1])[:50_000]
        sessions[session] = [_audit_row(item, number, len(found)) for number, item in enumerate(found, 1)]
        sessions[f"{session}/command"] = [{"command": command}]
        if command != "ReturnLargeSet":
            sessions[session] = sessions[session][:5000]
    elif sessions[f"{session}/command"] != [{"command": command}]:
        sessions[session] = sessions[session][:10_000]
    page, sessions[session] = sessions[session][:size], sessions[session][size:]
    return page


def _audit_row(record: Json, index: int, count: int) -> Json:
    return {
        "RecordType": record_type(record),
        "CreationDate": str(record["CreationTime"]).removesuffix("Z") + "Z",
        "UserIds": record.get("UserId"),
        "Operations": record.get("Operation"),
        "AuditData": orjson.dumps(record).decode(),
        "ResultIndex": index,
        "ResultCount": count,
        "Identity": record.get("Id"),
        "IsValid": True,
        "ObjectState": "Unchanged",
    }


def _list_of(pick: str) -> Callable[[Invocation], list[Json]]:
    def run(call: Invocation) -> list[Json]:
        items: list[Json] = getattr(call.state, pick)
        name = call.text("Identity")
        return [item for item in items if not name or name in {item["Identity"], item["Name"]}]

    return run


def _junk(mailbox: Mailbox) -> Json:
    return {"Identity": _alias(mailbox), "MailboxOwnerId": _alias(mailbox), **mailbox.junk}


def _signature(mailbox: Mailbox) -> Json:
    return {"Identity": _alias(mailbox), "MailboxOwnerId": _alias(mailbox), **mailbox.message_configuration}


def _protocols(mailbox: Mailbox) -> Json:
    return {"Identity": _alias(mailbox), "PrimarySmtpAddress": mailbox.upn, **mailbox.protocols}


READS: dict[str, Cmdlet] = {
    "Get-Mailbox": cmdlet(get_mailbox, "Identity Filter"),
    "Get-InboxRule": cmdlet(get_inbox_rule, "Identity Mailbox IncludeHidden"),
    "Get-SweepRule": cmdlet(get_sweep_rule, "Identity Mailbox"),
    "Get-MailContact": cmdlet(get_contact),
    "Get-Recipient": cmdlet(get_recipient, "Identity Filter"),
    "Get-BlockedSenderAddress": cmdlet(get_blocked_sender, "SenderAddress"),
    "Get-CASMailbox": cmdlet(_of_mailbox(_protocols)),
    "Get-MailboxPermission": cmdlet(_of_person(_of_mailbox(_permissions), "User"), "Identity User"),
    "Get-RecipientPermission": cmdlet(
        _of_person(_of_mailbox(_recipient_permissions), "Trustee"),
        "Identity Trustee IncludeTrusteeWithPrimarySmtpAddress",
    ),
    "Get-MailboxFolderPermission": cmdlet(_of_person(get_folder_permission, "User"), "Identity User"),
    "Get-MailboxFolderStatistics": cmdlet(get_folder_statistics, "Identity FolderScope"),
    "Get-MobileDevice": cmdlet(get_mobile_device, "Identity Mailbox"),
    "Get-MobileDeviceStatistics": cmdlet(
        _of_mailbox(lambda box: box.mobile_statistics, "Mailbox"), "Mailbox"
    ),
    "Get-MailboxMessageConfiguration": cmdlet(_of_mailbox(_signature)),
    "Get-OrganizationConfig": cmdlet(get_organization_config, ""),
    "Get-AdminAuditLogConfig": cmdlet(get_audit_config, ""),
    "Get-MailboxAuditBypassAssociation": cmdlet(get_audit_bypass),
    "Get-MailboxJunkEmailConfiguration": cmdlet(_of_mailbox(_junk)),
    "Get-MailboxAutoReplyConfiguration": cmdlet(get_auto_reply),
    "Get-TransportRule": cmdlet(get_transport_rule, "Identity State"),
    "Get-RoleGroup": cmdlet(_role_groups("exchange_role_groups")),
    "Get-RoleGroupMember": cmdlet(_role_group_members("exchange_role_groups")),
    "Get-ManagementRoleAssignment": cmdlet(
        get_role_assignment, "Identity RoleAssignee Role GetEffectiveUsers"
    ),
    "Get-MessageTraceV2": cmdlet(
        get_message_trace,
        "SenderAddress RecipientAddress StartDate EndDate FromIP ToIP Subject SubjectFilterType Status "
        "MessageId "
        "MessageTraceId StartingRecipientAddress",
    ),
    "Search-UnifiedAuditLog": cmdlet(
        search_audit_log,
        "StartDate EndDate UserIds Operations RecordType IPAddresses ObjectIds FreeText SiteIds SessionId "
        "SessionCommand HighCompleteness Formatted",
    ),
    "Get-HostedOutboundSpamFilterPolicy": cmdlet(_list_of("outbound_spam_policies")),
    "Get-RemoteDomain": cmdlet(_list_of("remote_domains")),
}
"""Reading cmdlets of Exchange."""

COMPLIANCE_READS: dict[str, Cmdlet] = {
    "Get-RoleGroup": cmdlet(purview_groups),
    "Get-RoleGroupMember": cmdlet(purview_members),
}
"""Reading cmdlets of the compliance endpoint."""
