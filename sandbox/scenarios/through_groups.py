"""What people have through groups for a long time: an application, and roles that they may switch on."""

from __future__ import annotations

from datetime import timedelta

from sandbox.scenarios.people import ROLES, Person
from sandbox.scenarios.state import Json, graph_time, ident
from sandbox.scenarios.world import World

_LONG_AGO = timedelta(days=400)


def group_of(world: World, name: str, *members: Person, holds_roles: bool) -> Json:
    """A security group with its members.

    Args:
        world: Where it is made.
        name: Its display name.
        members: Who is in it.
        holds_roles: Whether directory roles can be assigned to it.
    """
    made: Json = {
        "id": ident("group", name),
        "displayName": name,
        "isAssignableToRole": holds_roles,
        "securityEnabled": True,
        "mailEnabled": False,
        "groupTypes": [],
        "onPremisesSyncEnabled": None,
        "membershipRule": None,
        "createdDateTime": graph_time(world.now - _LONG_AGO),
    }
    world.state.groups[made["id"]] = made
    world.state.memberships[made["id"]] = [person.id for person in members]
    return made


def application_for_group(world: World, group: Json, app_id: str, name: str) -> None:
    """An application is assigned to a group, and so to everyone in it."""
    when = world.now - _LONG_AGO
    principal = world.service_principal(app_id, name, when, owner=world.state.tenant_id)
    world.state.app_role_assignments.append(
        {
            "id": ident("app-role", app_id, group["id"]).replace("-", ""),
            "appRoleId": "00000000-0000-0000-0000-000000000000",
            "principalId": group["id"],
            "principalType": "Group",
            "principalDisplayName": group["displayName"],
            "resourceId": principal["id"],
            "resourceDisplayName": name,
            "createdDateTime": graph_time(when),
            "deletedDateTime": None,
        }
    )


def eligible_group(world: World, group: Json, role: str) -> None:
    """Everyone in the group may switch the role on."""
    world.state.role_eligibility_schedules.append(
        {
            "id": ident("eligible", group["id"], role),
            "principalId": group["id"],
            "roleDefinitionId": ROLES[role],
            "directoryScopeId": "/",
            "memberType": "Direct",
            "startDateTime": graph_time(world.now - _LONG_AGO),
            "endDateTime": None,
            "roleEligibilityScheduleId": ident("eligibility", group["id"], role),
        }
    )


def eligible_place(world: World, group: Json, who: Person, role: str) -> None:
    """The person may join the group at any time, by PIM for Groups; the group holds the role."""
    world.state.role_assignments.append(
        {
            "id": ident("role-assignment", "group", group["id"]),
            "principalId": group["id"],
            "roleDefinitionId": ROLES[role],
            "directoryScopeId": "/",
        }
    )
    world.state.group_eligibility_schedules.append(
        {
            "id": f"{group['id']}_member_{ident('place', group['id'], who.upn)}",
            "accessId": "member",
            "groupId": group["id"],
            "principalId": who.id,
            "memberType": "direct",
            "startDateTime": graph_time(world.now - _LONG_AGO),
            "endDateTime": None,
            "eligibilityScheduleId": f"{group['id']}_member_{ident('place-of', group['id'], who.upn)}",
        }
    )
