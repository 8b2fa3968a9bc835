"""Writes to directory roles: assign, remove, activate, make eligible."""

from __future__ import annotations

from sandbox.scenarios.state import Json, graph_time
from sandbox.tenant.core import P2, Answer, Ask, Route
from sandbox.tenant.graph_writes.rights import fields, principal_target, remove, thing
from sandbox.tenant.problems import GraphError, bad_request, forbidden, not_found
from sandbox.tenant.traces import directory_trace


def _role_trace(ask: Ask, activity: str, item: Json, *, added: bool) -> None:
    role = ask.state.role_definitions[item["roleDefinitionId"]]
    name = role["displayName"]
    directory_trace(
        ask.state,
        activity,
        [principal_target(ask, item["principalId"]), thing(role["id"], name, "Role")],
        category="RoleManagement",
        operation="Assign" if added else "Unassign",
        changes={"Role.DisplayName": (None, name) if added else (name, None)},
    )


def delete_role(ask: Ask) -> Answer:
    """Remove a directory role assignment; the last Global Administrator stays."""
    items = ask.state.role_assignments
    found = next((item for item in items if item["id"] == ask.values[0]), None)
    if found is None:
        raise not_found(ask.values[0])
    _keep_one_administrator(ask, found)

    def done(item: Json) -> None:
        schedules = ask.state.role_assignment_schedules
        schedules[:] = [one for one in schedules if not _same_role(one, item)]
        _role_trace(ask, "Remove member from role", item, added=False)

    return remove(ask, items, found["id"], done)


_ROLE_KEYS = ("principalId", "roleDefinitionId", "directoryScopeId")


def _same_role(one: Json, other: Json) -> bool:
    return all(one[key] == other[key] for key in _ROLE_KEYS)


def _keep_one_administrator(ask: Ask, leaving: Json) -> None:
    """Refuse to remove the last user who is Global Administrator for the whole tenant."""
    role = ask.state.role_definitions.get(leaving["roleDefinitionId"], {})
    if role.get("displayName") != "Global Administrator":
        return
    left = {
        item["principalId"]
        for item in ask.state.role_assignments
        if item["roleDefinitionId"] == role["id"]
        and item["principalId"] in ask.state.users
        and not _same_role(item, leaving)
    }
    if not left:
        message = "The last Global Administrator of the tenant cannot be removed from the role."
        raise bad_request(message, "Request_BadRequest")


def create_role(ask: Ask) -> Answer:
    """Assign a directory role; 409 where it is assigned already."""
    body, keys = fields(ask, _ROLE_KEYS), _ROLE_KEYS
    _principal(ask, str(body["principalId"]))
    if body["roleDefinitionId"] not in ask.state.role_definitions:
        raise not_found(str(body["roleDefinitionId"]))
    if any(_same_role(item, body) for item in ask.state.role_assignments):
        raise GraphError(409, "RoleAssignmentExists", "The role assignment already exists.")
    item = {"id": ask.state.next_id("role-assignment"), **{key: body[key] for key in keys}}

    def apply() -> None:
        ask.state.role_assignments.append(item)
        _role_trace(ask, "Add member to role", item, added=True)

    ask.change(apply)
    return Answer(201, item)


def _principal(ask: Ask, principal_id: str) -> None:
    """Refuse a principal that does not exist."""
    state = ask.state
    if principal_id not in {*state.users, *state.groups, *state.service_principals}:
        raise not_found(principal_id)


def _schedule_request(ask: Ask, pick: str, word: str) -> Answer:
    if P2 not in ask.state.licenses:
        message = "The tenant needs an AAD Premium 2 or Governance license."
        raise bad_request(message, "AadPremiumLicenseRequired")
    body, keys = fields(ask, ("action", *_ROLE_KEYS)), _ROLE_KEYS
    items: list[Json] = getattr(ask.state, pick)
    active = pick == "role_assignment_schedules"
    permanent = [item for item in ask.state.role_assignments if active and _same_role(item, body)]
    same = [item for item in items if _same_role(item, body)]
    if body["action"] == "adminRemove":
        if not same and not permanent:
            raise bad_request("The Role assignment does not exist.", "RoleAssignmentDoesNotExist")
        if active:
            _keep_one_administrator(ask, body)

        def apply() -> None:
            for item in same:
                if item in items:
                    items.remove(item)
            if active:
                held = ask.state.role_assignments
                held[:] = [item for item in held if not _same_role(item, body)]
            _role_trace(
                ask, f"Remove {word} member from role in PIM completed (permanent)", body, added=False
            )

        status = "Revoked"
    elif body["action"] == "adminAssign":
        narrow = "RoleAssignmentSchedule" if active else "RoleEligibilitySchedule"
        if not ask.holds("RoleManagement.ReadWrite.Directory", f"{narrow}.ReadWrite.Directory"):
            raise forbidden()
        _principal(ask, str(body["principalId"]))
        if body["roleDefinitionId"] not in ask.state.role_definitions:
            raise not_found(str(body["roleDefinitionId"]))
        if same or permanent:
            raise bad_request("The Role assignment already exists.", "RoleAssignmentExists")
        info = body.get("scheduleInfo") or {}

        def apply() -> None:
            made: Json = {
                "id": ask.state.next_id("schedule"),
                **{key: body[key] for key in keys},
                "memberType": "Direct",
                "startDateTime": info.get("startDateTime") or graph_time(ask.state.clock()),
                "endDateTime": (info.get("expiration") or {}).get("endDateTime"),
            }
            if active:
                made["assignmentType"] = "Assigned"
                held = {"id": ask.state.next_id("role-assignment"), **{key: body[key] for key in keys}}
                ask.state.role_assignments.append(held)
            items.append(made)
            _role_trace(ask, f"Add {word} member to role in PIM completed (permanent)", body, added=True)

        status = "Provisioned"
    else:
        raise bad_request(f"The action '{body['action']}' is not supported.", "Request_BadRequest")
    ask.change(apply)
    return Answer(201, {"id": ask.state.next_id("schedule-request"), **body, "status": status})


def request_active(ask: Ask) -> Answer:
    """Assign or remove an active role through PIM."""
    return _schedule_request(ask, "role_assignment_schedules", "active")


def request_eligible(ask: Ask) -> Answer:
    """Assign or remove an eligible role through PIM."""
    return _schedule_request(ask, "role_eligibility_schedules", "eligible")


_ROLES = "/roleManagement/directory"


ROUTES: tuple[Route, ...] = (
    Route("POST", _ROLES + "/roleAssignments", create_role),
    Route("DELETE", _ROLES + "/roleAssignments/{unifiedRoleAssignment-id}", delete_role),
    Route("POST", _ROLES + "/roleAssignmentScheduleRequests", request_active),
    Route("POST", _ROLES + "/roleEligibilityScheduleRequests", request_eligible),
)
"""Its endpoints."""
