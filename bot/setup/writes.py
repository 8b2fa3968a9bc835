"""What is told of each permission, role and cmdlet that steps write with.

Pure. Which step needs what stands in the steps, and what takes a cmdlet back and which management role
holds it in `graph.contract`; here stands only what a person who grants should weigh besides.
"""

from __future__ import annotations

from typing import Final

from commands.steps import STEPS
from graph import contract
from graph.needs import cmdlet_of, of_writes

TO_KNOW: Final = {
    "User-PasswordProfile.ReadWrite.All": "high",
    "User.RevokeSessions.All": "low",
    "the role User Administrator": (
        "the directory role for the application; administrators' accounts need "
        "Privileged Authentication Administrator instead"
    ),
    "Exchange.ManageAsApp": "no effect without a role; the role decides",
    "MailboxSettings.ReadWrite": "medium",
    "an Exchange role with Remove-BlockedSenderAddress": (
        "included in Organization Management and the directory role Security Administrator"
    ),
    "User.EnableDisableAccount.All": "medium; the same roles as for the password",
    "User.Read.All": "read-only; used with the one above",
    "RoleManagement.ReadWrite.Directory": (
        "can be used to take over the tenant: it can make anyone Global Administrator"
    ),
    "RoleAssignmentSchedule.ReadWrite.Directory": (
        "can be used to take over the tenant: it can make anyone Global Administrator; to remove roles "
        "without ever restoring them, RoleAssignmentSchedule.Remove.Directory may be enough"
    ),
    "RoleEligibilitySchedule.ReadWrite.Directory": (
        "can be used to take over the tenant: it can make anyone eligible as Global Administrator"
    ),
    "GroupMember.ReadWrite.All": "medium; only where roles are held through groups",
    "User.ReadWrite.All": "high; without it, names and postal addresses are restored manually",
    "User-Phone.ReadWrite.All": "low; phone numbers only",
    "User-Mail.ReadWrite.All": "low; other email addresses only",
    "UserAuthenticationMethod.ReadWrite.All": (
        "can be used to take over the tenant where it reaches administrators: it can add a sign-in method to "
        "an account; each type of method also has a narrower permission"
    ),
    "DelegatedPermissionGrant.ReadWrite.All": (
        "can be used to take over the tenant: it can also grant permissions"
    ),
    "AppRoleAssignment.ReadWrite.All": "can be used to take over the tenant: it can also grant permissions",
    "Application.ReadWrite.All": (
        "can be used to take over the tenant: it can add a credential to an application and act with its "
        "permissions; without it, applications are disabled manually"
    ),
    "Device.ReadWrite.All": "medium",
    "the role Cloud Device Administrator": (
        "the directory role for the application; without it, Microsoft refuses phones, tablets and Macs"
    ),
    "IdentityRiskyUser.ReadWrite.All": "low; needs Microsoft Entra ID P2",
}
"""How much harm each could do in other hands, and what else to know. Of a cmdlet the contract tells.

Source: Microsoft Graph, "permissions reference", which warns of permissions that manage roles, consent or
credentials of applications.
"""


def to_know(need: str) -> str:
    """What a person who grants this should know.

    Raises:
        KeyError: nothing is told of a permission or role.
    """
    service, cmdlet = cmdlet_of(need)
    if not cmdlet:
        return TO_KNOW[need]
    row = contract.cmdlets()[cmdlet]
    told = [TO_KNOW[need]] if need in TO_KNOW else []
    if row.taken_back_by:
        told.append(f"with {' and '.join(row.taken_back_by)}, to undo it")
    elif cmdlet.startswith("Set-"):
        told.append("the same cmdlet restores the values")
    held = row.roles.get("exchange" if service == "Exchange" else "compliance", ())
    if held:
        told.append(f"management role: {' or '.join(held)}")
    return "; ".join(told)


def writing() -> list[tuple[str, tuple[str, ...]]]:
    """Everything that steps write with, each with the steps that need it, in the order of the steps."""
    needs = dict.fromkeys(need for step in STEPS for need in of_writes(step.WRITES))
    return [
        (need, tuple(step.__name__.rpartition(".")[2] for step in STEPS if need in of_writes(step.WRITES)))
        for need in needs
    ]
