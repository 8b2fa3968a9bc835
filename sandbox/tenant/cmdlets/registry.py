"""The cmdlets of Exchange and of compliance, and what each does here.

A cmdlet that would change nothing succeeds with a warning, as the real ones do; each that changes something
leaves its own audit record.
"""

from __future__ import annotations

from sandbox.tenant.cmdlets.common import of_mailbox, of_person
from sandbox.tenant.cmdlets.mailboxes import (
    JUNK,
    MAILBOX_VALUES,
    PROTOCOLS,
    SIGNATURE,
    get_auto_reply,
    get_mailbox,
    get_mobile_device,
    junk,
    protocols,
    remove_mobile_device,
    set_auto_reply,
    set_junk,
    set_mailbox,
    set_protocols,
    set_signature,
    signature,
)
from sandbox.tenant.cmdlets.organization import (
    get_audit_bypass,
    get_audit_config,
    get_organization_config,
    get_transport_rule,
    list_of,
    set_audit_bypass,
    set_audit_config,
    set_organization_config,
    switch_transport_rule,
)
from sandbox.tenant.cmdlets.recipients import (
    get_blocked_sender,
    get_contact,
    get_recipient,
    remove_blocked_sender,
)
from sandbox.tenant.cmdlets.records import get_message_trace, search_audit_log
from sandbox.tenant.cmdlets.rights import (
    add_folder_permission,
    add_permission,
    add_recipient_permission,
    get_folder_permission,
    get_folder_statistics,
    permissions,
    recipient_permissions,
    remove_folder_permission,
    remove_permission,
    remove_recipient_permission,
    set_folder_permission,
)
from sandbox.tenant.cmdlets.roles import (
    add_member,
    add_role_assignment,
    get_role_assignment,
    purview_groups,
    purview_members,
    remove_member,
    remove_role_assignment,
    role_group_members,
    role_groups,
)
from sandbox.tenant.cmdlets.rules import (
    get_inbox_rule,
    get_sweep_rule,
    remove_rule,
    remove_sweep,
    switch_rule,
    switch_sweep,
)
from sandbox.tenant.exchange import Cmdlet, cmdlet

READS: dict[str, Cmdlet] = {
    "Get-Mailbox": cmdlet(get_mailbox, "Identity Filter"),
    "Get-InboxRule": cmdlet(get_inbox_rule, "Identity Mailbox IncludeHidden"),
    "Get-SweepRule": cmdlet(get_sweep_rule, "Identity Mailbox"),
    "Get-MailContact": cmdlet(get_contact),
    "Get-Recipient": cmdlet(get_recipient, "Identity Filter"),
    "Get-BlockedSenderAddress": cmdlet(get_blocked_sender, "SenderAddress"),
    "Get-CASMailbox": cmdlet(of_mailbox(protocols)),
    "Get-MailboxPermission": cmdlet(of_person(of_mailbox(permissions), "User"), "Identity User"),
    "Get-RecipientPermission": cmdlet(
        of_person(of_mailbox(recipient_permissions), "Trustee"),
        "Identity Trustee IncludeTrusteeWithPrimarySmtpAddress",
    ),
    "Get-MailboxFolderPermission": cmdlet(of_person(get_folder_permission, "User"), "Identity User"),
    "Get-MailboxFolderStatistics": cmdlet(get_folder_statistics, "Identity FolderScope"),
    "Get-MobileDevice": cmdlet(get_mobile_device, "Identity Mailbox"),
    "Get-MobileDeviceStatistics": cmdlet(of_mailbox(lambda box: box.mobile_statistics, "Mailbox"), "Mailbox"),
    "Get-MailboxMessageConfiguration": cmdlet(of_mailbox(signature)),
    "Get-OrganizationConfig": cmdlet(get_organization_config, ""),
    "Get-AdminAuditLogConfig": cmdlet(get_audit_config, ""),
    "Get-MailboxAuditBypassAssociation": cmdlet(get_audit_bypass),
    "Get-MailboxJunkEmailConfiguration": cmdlet(of_mailbox(junk)),
    "Get-MailboxAutoReplyConfiguration": cmdlet(get_auto_reply),
    "Get-TransportRule": cmdlet(get_transport_rule, "Identity State"),
    "Get-RoleGroup": cmdlet(role_groups("exchange_role_groups")),
    "Get-RoleGroupMember": cmdlet(role_group_members("exchange_role_groups")),
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
    "Get-HostedOutboundSpamFilterPolicy": cmdlet(list_of("outbound_spam_policies")),
    "Get-RemoteDomain": cmdlet(list_of("remote_domains")),
}
"""Reading cmdlets of Exchange."""

COMPLIANCE_READS: dict[str, Cmdlet] = {
    "Get-RoleGroup": cmdlet(purview_groups),
    "Get-RoleGroupMember": cmdlet(purview_members),
}
"""Reading cmdlets of the compliance endpoint."""


WRITES: dict[str, Cmdlet] = {
    "Set-Mailbox": cmdlet(set_mailbox, "Identity " + MAILBOX_VALUES),
    "Set-CASMailbox": cmdlet(set_protocols, "Identity " + PROTOCOLS),
    "Set-MailboxJunkEmailConfiguration": cmdlet(set_junk, "Identity " + JUNK),
    "Set-MailboxMessageConfiguration": cmdlet(set_signature, "Identity " + SIGNATURE),
    "Set-MailboxAutoReplyConfiguration": cmdlet(
        set_auto_reply,
        "Identity AutoReplyState InternalMessage ExternalMessage StartTime EndTime ExternalAudience",
    ),
    "Disable-InboxRule": cmdlet(switch_rule(enabled=False), "Identity Mailbox AlwaysDeleteOutlookRulesBlob"),
    "Enable-InboxRule": cmdlet(switch_rule(enabled=True), "Identity Mailbox AlwaysDeleteOutlookRulesBlob"),
    "Remove-InboxRule": cmdlet(remove_rule, "Identity Mailbox AlwaysDeleteOutlookRulesBlob"),
    "Disable-SweepRule": cmdlet(switch_sweep(enabled=False), "Identity Mailbox"),
    "Enable-SweepRule": cmdlet(switch_sweep(enabled=True), "Identity Mailbox"),
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
        remove_member("exchange_role_groups"), "Identity Member BypassSecurityGroupManagerCheck"
    ),
    "Add-RoleGroupMember": cmdlet(
        add_member("exchange_role_groups"), "Identity Member BypassSecurityGroupManagerCheck"
    ),
    "Remove-ManagementRoleAssignment": cmdlet(remove_role_assignment),
    "New-ManagementRoleAssignment": cmdlet(add_role_assignment, "Name Role User"),
    "Disable-TransportRule": cmdlet(switch_transport_rule("Disabled")),
    "Enable-TransportRule": cmdlet(switch_transport_rule("Enabled")),
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
        remove_member("purview_role_groups"), "Identity Member BypassSecurityGroupManagerCheck"
    ),
    "Add-RoleGroupMember": cmdlet(
        add_member("purview_role_groups"), "Identity Member BypassSecurityGroupManagerCheck"
    ),
}
"""Writing cmdlets of the compliance endpoint."""
