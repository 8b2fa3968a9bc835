"""What the bot can do in a tenant, capability by capability, and which permission, role or cmdlet carries it.

Pure: what an application holds goes in, sentences come out. Queries and steps declare what they need; here
stands what is finer than a source or a step as a whole. Which permission or role would do for another one is
read from `graph.contract`, and so is what takes a cmdlet back. A test compares this file with every cmdlet
that the queries and steps name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from commands.report import spoken
from commands.steps import STEPS, Step
from graph import contract
from graph.needs import MANAGE_AS_APP, cmdlet_of, covers, of_writes, role_of, role_with, to_see_all, to_send
from graph.request import Cmdlet, Request


@dataclass(frozen=True, slots=True)
class Held:
    """What an application holds; None for what cannot be told.

    Attributes:
        permissions: The application permissions of Graph and Exchange.
        roles: The template ids of its directory roles.
        exchange: The cmdlets that its roles in Exchange Online hold.
        compliance: The cmdlets that its roles in Purview hold.
    """

    permissions: frozenset[str] | None
    roles: frozenset[str] | None
    exchange: frozenset[str] | None
    compliance: frozenset[str] | None

    def has(self, need: str) -> bool | None:
        """Whether a need, in the words of queries and steps, is met; None when it cannot be told."""
        if role := role_of(need):
            wanted = {contract.roles()[name].id for name in contract.roles_like(role)}
            return None if self.roles is None else bool(wanted & self.roles)
        service, cmdlet = cmdlet_of(need)
        if cmdlet:
            held = self.exchange if service == "Exchange" else self.compliance
            return None if held is None else cmdlet in held
        if self.permissions is None:
            return None
        return not self.permissions.isdisjoint((need, *included_in(need)))


@dataclass(frozen=True, slots=True)
class Part:
    """Something finer than a source, with a need of its own.

    Attributes:
        what: What a responder sees by it.
        asks: The request or cmdlet for it, with any value in place of ids.
        without: What is left without it, in a sentence.
        limited: Whether it comes without its permission too, but with nothing beyond ids.
        must_be_there: Whether "not found" means that the tenant does not have the interface.
    """

    what: str
    asks: Request | Cmdlet
    without: str
    limited: bool = False
    must_be_there: bool = False

    @property
    def need(self) -> str:
        """The permission or role, in the words of `graph.needs`."""
        if isinstance(self.asks, Request) and self.limited:
            return " and ".join(to_see_all(self.asks))
        return to_send(self.asks)[-1]

    def is_asked_by(self, what: Request | Cmdlet) -> bool:
        """Whether a request or cmdlet asks for this part, so that its answer tells whether it is there."""
        if isinstance(self.asks, Cmdlet):
            return isinstance(what, Cmdlet) and what.name == self.asks.name
        return isinstance(what, Request) and not self.limited and covers(what, self.asks)


_BODIES: Final = Request("GET", "/users/{id}/mailFolders/{folder}/messages", {"$select": "body"})

_REACH: Final = Part(
    "how far the directory's audit log reaches back",
    Request("GET", "/subscribedSkus"),
    "For more than 7 days back, it is unknown whether older records are missing.",
)

PARTS: Final[Mapping[str, tuple[Part, ...]]] = {
    "domains": (
        Part(
            "identity providers of federated domains",
            Request("GET", "/domains/{id}/federationConfiguration"),
            (
                "A domain that an attacker federated with their own identity provider cannot be "
                "recognized by its issuer."
            ),
        ),
    ),
    "directory_audits_on_user": (_REACH,),
    "directory_audits_by_user": (_REACH,),
    "audit_log": (
        Part(
            "audit log, searched through Graph",
            Request("POST", "/security/auditLog/queries"),
            "Only the slower search through Exchange is available.",
            must_be_there=True,
        ),
        Part(
            "audit log, searched through Exchange where Graph's search fails",
            Cmdlet("Search-UnifiedAuditLog"),
            "If Graph's search fails, the audit log is not collected.",
        ),
    ),
    "directory_roles": (
        Part(
            "roles activated in Privileged Identity Management",
            Request("GET", "/roleManagement/directory/roleAssignmentScheduleInstances"),
            "A role activated for some hours looks permanent.",
        ),
        Part(
            "eligible roles in Privileged Identity Management",
            Request("GET", "/roleManagement/directory/roleEligibilityScheduleInstances"),
            "An eligible administrator looks like an ordinary user.",
        ),
        Part(
            "roles through groups",
            Request("GET", "/roleManagement/directory/transitiveRoleAssignments", version="beta"),
            "Only directly assigned roles are collected.",
        ),
        Part(
            "roles that a group of the account is eligible for",
            Request("GET", "/users/{id}/transitiveMemberOf/graph.group"),
            (
                "An administrator who is eligible through a group looks like an ordinary user, and "
                "groups have no names."
            ),
            limited=True,
        ),
        Part(
            "eligible group memberships in Privileged Identity Management",
            Request("GET", "/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances"),
            ("An account that can join an administrators' group at any time looks like an ordinary user."),
        ),
    ),
    "hidden_inbox_rules": (
        Part(
            "internal recipients of hidden rules",
            Cmdlet("Get-Recipient"),
            "A contact with an external address looks internal.",
        ),
    ),
    "mailbox": (
        Part(
            "forwarding to a contact: the target address",
            Cmdlet("Get-MailContact"),
            "External forwarding through a contact may look internal.",
        ),
        Part(
            "forwarding to a recipient: the target address",
            Cmdlet("Get-Recipient"),
            "External forwarding through a mail user may look internal.",
        ),
        Part(
            "whether auditing of the mailbox is bypassed",
            Cmdlet("Get-MailboxAuditBypassAssociation"),
            "An audit bypass set by an attacker is not detected.",
        ),
    ),
    "sent_items": (
        Part("bodies of sent messages", _BODIES, "Only subjects, senders and recipients are analyzed."),
    ),
    "deleted_items": (
        Part("bodies of deleted messages", _BODIES, "Only subjects, senders and recipients are analyzed."),
    ),
    "recoverable_items": (
        Part(
            "bodies of recoverable messages",
            _BODIES,
            ("Only subjects, senders and recipients are analyzed."),
        ),
    ),
    "password_reset_mail": (
        Part(
            "mail about password resets, found by searching all folders",
            Request("GET", "/users/{id}/messages", {"$search": ""}),
            "Mail of the window is read message by message instead.",
        ),
    ),
    "message_trace": (
        Part(
            "message trace, through Graph",
            Request("GET", "/admin/exchange/tracing/messageTraces"),
            (
                "Only the cmdlet is available. Graph's trace also needs Microsoft's service "
                "principal 8bd644d1-64a1-4d4b-ae52-2e0cbf64e373 in the tenant."
            ),
            must_be_there=True,
        ),
        Part(
            "message trace, through Exchange where Graph's fails",
            Cmdlet("Get-MessageTraceV2"),
            "If Graph's trace fails, sent messages are not traced.",
        ),
    ),
    "signature": (
        Part(
            "whether the collected signature is the one in use",
            Cmdlet("Get-OrganizationConfig"),
            "A signature that is not in use may be mistaken for the active one.",
        ),
    ),
    "authentication_methods": (
        Part(
            "which sign-in method is the default",
            Request("GET", "/reports/authenticationMethods/userRegistrationDetails/{id}"),
            "All methods are collected, but not which one is the default.",
        ),
    ),
    "oauth_grants": (
        Part(
            "applications behind the grants",
            Request("GET", "/servicePrincipals/{id}"),
            "The publisher and reply URLs of applications are not collected.",
        ),
    ),
    "delegates": (
        Part(
            "delegates with Full Access",
            Cmdlet("Get-MailboxPermission"),
            "Full Access permissions are not collected.",
        ),
        Part(
            "delegates with Send As",
            Cmdlet("Get-RecipientPermission"),
            "Send As permissions are not collected.",
        ),
        Part(
            "delegates with Send on Behalf",
            Cmdlet("Get-Mailbox"),
            "Send on Behalf permissions are not collected.",
        ),
        Part(
            "addresses of delegates with Send on Behalf or folder permissions",
            Cmdlet("Get-Recipient"),
            "Exchange gives only an ID or display name, which does not identify the person.",
        ),
        Part(
            "delegates of single folders",
            Cmdlet("Get-MailboxFolderPermission"),
            "Inbox and calendar folder permissions are not collected.",
        ),
        Part(
            "delegates of folders whose names are not English",
            Cmdlet("Get-MailboxFolderStatistics"),
            "In a mailbox in another language, inbox and calendar are not found.",
        ),
    ),
    "registered_devices": (
        Part(
            "what the devices are and whether they are enabled",
            Request("GET", "/users/{id}/registeredDevices"),
            "Devices are counted, but neither assessed nor disabled.",
            limited=True,
        ),
    ),
    "exchange_role_groups": (
        Part(
            "members of Exchange's role groups",
            Cmdlet("Get-RoleGroupMember"),
            "Exchange administrator roles are not collected.",
        ),
    ),
    "purview_role_groups": (
        Part(
            "members of Purview's role groups",
            Cmdlet("Get-RoleGroupMember", compliance=True),
            "Purview administrator roles are not collected.",
        ),
    ),
}
"""What is finer than a source. A source's own needs stand in its query."""

STANDS_IN: Final[Mapping[str, str]] = {
    "hidden_inbox_rules": "Only the rules that Graph lists are collected, and Graph lists no hidden ones.",
    "sign_ins": "Only sign-ins in the audit log are collected, without location and device.",
}
"""What is left of a source's subject by way of another source."""

FOR: Final[Mapping[tuple[str, str], str]] = {
    ("reset_password", "User.RevokeSessions.All"): "revoking the sessions",
    ("disable_inbox_rules", "MailboxSettings.ReadWrite"): "rules that Graph lists",
    ("disable_inbox_rules", MANAGE_AS_APP): "hidden rules",
    ("disable_inbox_rules", "an Exchange role with Disable-InboxRule"): "hidden rules",
    ("disable_registered_devices", "the role Cloud Device Administrator"): "devices other than Windows",
    ("remove_admin_roles", "RoleManagement.ReadWrite.Directory"): "directly assigned roles",
    ("remove_admin_roles", "RoleAssignmentSchedule.ReadWrite.Directory"): (
        "roles activated in PIM, or assigned for a limited time"
    ),
    ("remove_admin_roles", "RoleEligibilitySchedule.ReadWrite.Directory"): "eligible roles in PIM",
    ("remove_admin_roles", "GroupMember.ReadWrite.All"): "roles assigned through groups",
    ("restore_contact_data", "User.ReadWrite.All"): "names and mailing addresses",
    ("restore_contact_data", "User-Phone.ReadWrite.All"): "phone numbers",
    ("restore_contact_data", "User-Mail.ReadWrite.All"): "other email addresses",
    ("remove_delegates", "an Exchange role with Remove-MailboxPermission"): "Full Access permissions",
    ("remove_delegates", "an Exchange role with Remove-RecipientPermission"): "Send As permissions",
    ("remove_delegates", "an Exchange role with Set-Mailbox"): "Send on Behalf permissions",
    ("remove_delegates", "an Exchange role with Remove-MailboxFolderPermission"): "folder permissions",
}
"""Needs that carry a part of a step only, with that part; without any other need a step is not possible."""


def included_in(need: str) -> tuple[str, ...]:
    """The permissions that hold another one in them for all that the bot asks with it."""
    row = contract.permissions().get(need)
    return row.included_in if row is not None else ()


def lacks(need: str) -> str:
    """Say that a need is not met, and name what would meet it."""
    service, cmdlet = cmdlet_of(need)
    if cmdlet:
        return f"the {service} role group lacks {cmdlet}{_who_holds(service, cmdlet)}"
    if role := role_of(need):
        return f"the application lacks the directory role {role}"
    return f"{need} is not granted"


def _who_holds(service: str, cmdlet: str) -> str:
    """Which management role holds a cmdlet, as far as the contract knows, and else how to find out.

    Source: Microsoft, "Find the permissions required to run any Exchange cmdlet".
    """
    row = contract.cmdlet(cmdlet)
    held = row.roles.get("exchange" if service == "Exchange" else "compliance", ()) if row else ()
    if held:
        return f", included in the management role {' or '.join(held)}"
    return f"; unknown which management role includes it: run Get-ManagementRole -Cmdlet {cmdlet}"


def undoes(step: Step) -> tuple[str, ...]:
    """What else is needed to take a step back."""
    return tuple(
        role_with(service, back)
        for need in of_writes(step.WRITES)
        for service, cmdlet in [cmdlet_of(need)]
        if cmdlet
        for back in contract.cmdlets()[cmdlet].taken_back_by
    )


def to_write_with(held: Held) -> tuple[str, ...]:
    """What an application holds that no one needs who only looks."""
    needs = sorted({need for step in STEPS for need in of_writes(step.WRITES)})
    return tuple(need for need in needs if need != MANAGE_AS_APP and ".Read." not in need and held.has(need))


def impossible(step: Step, held: Held) -> Iterator[tuple[bool, str]]:
    """Say what of a step is not possible: whether that is certain, and the sentence.

    Where Exchange lets the application in at all, cmdlets are told one by one.
    """
    name = step.__name__.rpartition(".")[2]
    needs = of_writes(step.WRITES)
    shut_out = MANAGE_AS_APP in needs and held.has(MANAGE_AS_APP) is False
    for need in (*needs, *undoes(step)):
        has = held.has(need)
        if has or (shut_out and cmdlet_of(need)[1]):
            continue
        part = FOR.get((name, need))
        kind = f"not possible for {part}" if part else "not possible"
        if need not in needs:
            kind = "cannot be undone"
        if has is None:
            yield False, f"{kind} without {need}; unknown whether it is granted"
        else:
            yield True, f"{kind}, {lacks(need)}"


def label(step: Step) -> str:
    """What a step is called where capabilities are listed."""
    return spoken(step.__name__.rpartition(".")[2])
