"""Writes to what applications may do: consent, app roles, and whether one is enabled."""

from __future__ import annotations

from sandbox.scenarios.state import Json, graph_time
from sandbox.tenant.core import Answer, Ask, Route
from sandbox.tenant.directory import service_principal
from sandbox.tenant.graph_writes.rights import USER, fields, principal_target, remove, thing
from sandbox.tenant.problems import GraphError, bad_request, not_found
from sandbox.tenant.traces import directory_trace


def delete_grant(ask: Ask) -> Answer:
    """Remove a delegated permission grant."""

    def done(grant: Json) -> None:
        client = thing(grant["clientId"], None, "ServicePrincipal")
        changes = {"DelegatedPermissionGrant.Scope": (grant["scope"], None)}
        directory_trace(
            ask.state,
            "Remove delegated permission grant",
            [client],
            category="ApplicationManagement",
            operation="Delete",
            changes=changes,
        )

    return remove(ask, ask.state.oauth_grants, ask.values[0], done)


def create_grant(ask: Ask) -> Answer:
    """Make a delegated permission grant; 409 where the same stands already."""
    body = fields(ask, ("clientId", "consentType", "resourceId", "scope"))
    keys = ("clientId", "consentType", "principalId", "resourceId")
    if any(all(item[key] == body.get(key) for key in keys) for item in ask.state.oauth_grants):
        raise GraphError(409, "Request_MultipleObjectsWithSameKeyValue", "Permission entry already exists.")
    grant = {
        "id": ask.state.next_id("grant").replace("-", ""),
        **{key: body.get(key) for key in (*keys, "scope")},
    }

    def apply() -> None:
        ask.state.oauth_grants.append(grant)
        client = thing(grant["clientId"], None, "ServicePrincipal")
        directory_trace(
            ask.state,
            "Add delegated permission grant",
            [client],
            category="ApplicationManagement",
            operation="Add",
            changes={"DelegatedPermissionGrant.Scope": (None, grant["scope"])},
        )

    ask.change(apply)
    return Answer(201, grant)


def delete_app_role(ask: Ask) -> Answer:
    """Take an app away from a user, or an application permission from an app."""
    principal = _holder(ask)
    held = (item for item in ask.state.app_role_assignments if item["principalId"] == principal["id"])
    if ask.values[1] not in {item["id"] for item in held}:
        raise not_found(ask.values[1])

    def done(item: Json) -> None:
        activity = (
            "Remove app role assignment from user"
            if item["principalId"] in ask.state.users
            else "Remove app role assignment from service principal"
        )
        targets = [thing(item["resourceId"], item.get("resourceDisplayName"), "ServicePrincipal")]
        targets.append(principal_target(ask, item["principalId"]))
        directory_trace(ask.state, activity, targets, category="ApplicationManagement", operation="Unassign")

    return remove(ask, ask.state.app_role_assignments, ask.values[1], done)


def _holder(ask: Ask) -> Json:
    """The user or the app that the path names. Raises GraphError 404."""
    return (
        service_principal(ask) if ask.path.startswith("/servicePrincipals") else ask.core.user(ask.values[0])
    )


def create_app_role(ask: Ask) -> Answer:
    """Assign an app to a user, or an application permission to an app, again; not twice."""
    keys = ("principalId", "resourceId", "appRoleId")
    body, holder = fields(ask, keys), _holder(ask)
    resource = ask.state.service_principals.get(body["resourceId"])
    if resource is None or body["principalId"] != holder["id"]:
        raise bad_request(
            "The principal or the resource of the assignment does not fit.", "Request_BadRequest"
        )
    if any(all(item[key] == body[key] for key in keys) for item in ask.state.app_role_assignments):
        message = "Permission being assigned already exists on the object"
        raise bad_request(message, "Request_BadRequest")
    is_user = "userPrincipalName" in holder
    item: Json = {
        "id": ask.state.next_id("app-role").replace("-", ""),
        "appRoleId": body["appRoleId"],
        "principalId": holder["id"],
        "principalType": "User" if is_user else "ServicePrincipal",
        "principalDisplayName": holder["displayName"],
        "resourceId": resource["id"],
        "resourceDisplayName": resource["displayName"],
        "createdDateTime": graph_time(ask.state.clock()),
        "deletedDateTime": None,
    }

    def apply() -> None:
        ask.state.app_role_assignments.append(item)
        target = thing(resource["id"], resource["displayName"], "ServicePrincipal")
        activity = (
            "Add app role assignment grant to user"
            if is_user
            else "Add app role assignment to service principal"
        )
        targets = [target, principal_target(ask, holder["id"])]
        directory_trace(ask.state, activity, targets, category="ApplicationManagement", operation="Assign")

    ask.change(apply)
    return Answer(201, item)


# Apps, devices, risk.


def patch_service_principal(ask: Ask) -> Answer:
    """Turn an application off or on for everyone."""
    principal, body = service_principal(ask), ask.json
    if set(body) - {"accountEnabled", "tags", "appRoleAssignmentRequired"} or not body:
        raise bad_request("A property of the application cannot be changed here.", "Request_BadRequest")

    def apply() -> None:
        changes = {name[0].upper() + name[1:]: (principal.get(name), value) for name, value in body.items()}
        principal.update(body)
        target = thing(principal["id"], principal["displayName"], "ServicePrincipal")
        category = "ApplicationManagement"
        directory_trace(ask.state, "Update service principal", [target], category=category, changes=changes)

    ask.change(apply)
    return Answer(204)


ROUTES: tuple[Route, ...] = (
    Route("POST", "/oauth2PermissionGrants", create_grant),
    Route("DELETE", "/oauth2PermissionGrants/{oAuth2PermissionGrant-id}", delete_grant),
    Route("POST", USER + "/appRoleAssignments", create_app_role),
    Route("DELETE", USER + "/appRoleAssignments/{appRoleAssignment-id}", delete_app_role),
    Route("POST", "/servicePrincipals/{servicePrincipal-id}/appRoleAssignments", create_app_role),
    Route(
        "DELETE",
        "/servicePrincipals/{servicePrincipal-id}/appRoleAssignments/{appRoleAssignment-id}",
        delete_app_role,
    ),
    Route("PATCH", "/servicePrincipals/{servicePrincipal-id}", patch_service_principal),
)
"""Its endpoints."""
