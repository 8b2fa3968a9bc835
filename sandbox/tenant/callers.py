"""Who asks: the application that the tenant was made with, one that was registered in it, or a person.

The first holds what the sandbox was told. A registered one holds what the directory and Exchange say that it
was given, and a person what the sign-in brought and what directory roles allow. Endpoints need not know: each
asks a `Core` that holds what its caller holds.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sandbox.scenarios.state import Json, TenantState, words
from sandbox.tenant.core import Core

ALL_OF_EXCHANGE: Final = frozenset({"Global Administrator", "Exchange Administrator"})
"""Directory roles that may run every cmdlet. Source: Microsoft, "Permissions in Exchange Online"."""
READS_ALL_BUT: Final = frozenset({"Get-InboxRule", "Get-SweepRule", "Search-UnifiedAuditLog"})
"""What Global Reader may not read. Source: Microsoft, "Get-InboxRule"; audit searches have own roles.
"""
MANAGEMENT_ROLES: Final[dict[str, tuple[str, ...]]] = {
    "Mail Recipients": words(
        "Get-Mailbox Set-Mailbox Get-CASMailbox Set-CASMailbox Get-MailboxPermission Add-MailboxPermission "
        "Remove-MailboxPermission Get-RecipientPermission Add-RecipientPermission Remove-RecipientPermission "
        "Get-MailboxFolderPermission Add-MailboxFolderPermission Set-MailboxFolderPermission "
        "Remove-MailboxFolderPermission Get-MailboxFolderStatistics Get-Recipient Get-MailContact "
        "Get-MobileDevice New-MailContact"
    ),
    "User Options": words(
        "Get-Mailbox Get-InboxRule Disable-InboxRule Enable-InboxRule New-InboxRule Remove-InboxRule "
        "Get-SweepRule Disable-SweepRule Enable-SweepRule Get-MailboxJunkEmailConfiguration "
        "Set-MailboxJunkEmailConfiguration Get-MailboxMessageConfiguration Set-MailboxMessageConfiguration"
    ),
    "Transport Rules": words(
        "Get-TransportRule Disable-TransportRule Enable-TransportRule New-TransportRule"
    ),
    "Transport Hygiene": words(
        "Get-BlockedSenderAddress Remove-BlockedSenderAddress Set-HostedContentFilterPolicy"
    ),
    "Role Management": words(
        "Get-RoleGroup Get-RoleGroupMember Add-RoleGroupMember Remove-RoleGroupMember New-ManagementRole "
        "New-RoleGroup Remove-RoleGroup"
    ),
    "Audit Logs": words(
        "Get-MailboxAuditBypassAssociation Set-MailboxAuditBypassAssociation Get-AdminAuditLogConfig "
        "Set-AdminAuditLogConfig Search-UnifiedAuditLog"
    ),
    "View-Only Audit Logs": words("Search-UnifiedAuditLog Get-AdminAuditLogConfig"),
}
"""Entries of built-in management roles, as far as a part of this tenant asks.

Microsoft publishes no such list; which role holds what is an inference from the roles' names, and
`Get-ManagementRole -Cmdlet` tells in a tenant.
"""


def entries_of(state: TenantState, role: str) -> tuple[str, ...] | None:
    """The cmdlets of a management role, built in or made here; None if there is none of the name."""
    made = next((one for one in state.management_roles if one["Name"].lower() == role.lower()), None)
    if made is not None:
        return tuple(made["Entries"])
    return next((held for name, held in MANAGEMENT_ROLES.items() if name.lower() == role.lower()), None)


def directory_roles(state: TenantState, principal_id: str) -> set[str]:
    """The directory roles that a principal is assigned for the whole tenant."""
    return {
        str(state.role_definitions[item["roleDefinitionId"]]["displayName"])
        for item in state.role_assignments
        if item["principalId"] == principal_id and item["directoryScopeId"] == "/"
    }


def app_permissions(state: TenantState, principal_id: str) -> set[str]:
    """The application permissions that a service principal was given, by name."""
    given = set()
    for item in state.app_role_assignments:
        resource = state.service_principals.get(item["resourceId"])
        if item["principalId"] != principal_id or resource is None:
            continue
        given |= {role["value"] for role in resource.get("appRoles", ()) if role["id"] == item["appRoleId"]}
    return given


def seen_by(core: Core, claims: Json) -> Core:
    """The tenant as the holder of a token may use it."""
    if "upn" in claims:
        roles = directory_roles(core.state, claims["oid"])
        every = bool(roles & ALL_OF_EXCHANGE)
        return replace(
            core,
            permissions=set(claims["scp"].split()),
            exchange_cmdlets=set(core.exchange_cmdlets) if every else set(),
            compliance_cmdlets=set(core.compliance_cmdlets) if every else set(),
            roles=roles,
            person=claims["upn"],
        )
    if claims["appid"] == core.state.client_id:
        return core
    principal = principal_of(core.state, claims["appid"])
    held = principal["id"] if principal is not None else ""
    roles = directory_roles(core.state, held)
    return replace(
        core,
        permissions=app_permissions(core.state, held),
        exchange_cmdlets=_cmdlets(core.state, held, roles, core.exchange_cmdlets, "exchange_role_groups"),
        compliance_cmdlets=_cmdlets(core.state, held, roles, core.compliance_cmdlets, "purview_role_groups"),
        roles=roles,
    )


def principal_of(state: TenantState, app_id: str) -> Json | None:
    """The service principal of an application in this tenant."""
    return next((one for one in state.service_principals.values() if one["appId"] == app_id), None)


def _cmdlets(
    state: TenantState, principal_id: str, roles: set[str], known: set[str], groups: str
) -> set[str]:
    held = (
        {name for name in known if name.startswith(("Get-", "Search-"))}
        if "Global Reader" in roles
        else set()
    )
    held -= READS_ALL_BUT
    for group in getattr(state, groups):
        if any(item["ExternalDirectoryObjectId"] == principal_id for item in group["Members"]):
            for role in group["Roles"]:
                held |= set(entries_of(state, role) or ())
    return held & known
