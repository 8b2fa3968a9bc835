"""Registering an application: its registration, its service principals, role groups and management roles.

A registration is deleted softly with Microsoft: nobody sees it any more, here as there. Registering leaves no
audit records here, since nothing that is played looks for them.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

from cryptography import x509

from sandbox.scenarios.state import Json, graph_time, ident
from sandbox.tenant.callers import entries_of
from sandbox.tenant.cmdlets.roles import role_group
from sandbox.tenant.core import Answer, Ask, Route
from sandbox.tenant.directory import service_principal
from sandbox.tenant.exchange import Cmdlet, Invocation, bad_parameters, cmdlet
from sandbox.tenant.problems import CmdletError, GraphError, bad_request, not_found, object_not_found

_TAKEN = "Request_MultipleObjectsWithSameKeyValue"
_MICROSOFTS = {
    "8bd644d1-64a1-4d4b-ae52-2e0cbf64e373": "Microsoft Exchange message trace",
}
"""Applications of Microsoft's own that a tenant may take in by their id."""


def list_applications(ask: Ask) -> Answer:
    """Registrations, found by tag, name or application id."""
    return ask.page([_without_keys(one) for one in ask.filtered(list(ask.state.applications.values()))])


def _application(ask: Ask) -> Json:
    found = ask.state.applications.get(ask.values[0])
    if found is None:
        raise not_found(ask.values[0])
    return found


def get_application(ask: Ask) -> Answer:
    """One registration; the values of its keys come only where they are asked for."""
    found = _application(ask)
    return ask.one(found if "keyCredentials" in ask.options.get("$select", "") else _without_keys(found))


def _without_keys(application: Json) -> Json:
    keys = [{**key, "key": None} for key in application["keyCredentials"]]
    return {**application, "keyCredentials": keys}


def create_application(ask: Ask) -> Answer:
    """Register an application, with its certificates."""
    body = {name: value for name, value in ask.json.items() if "@" not in name}
    if not body.get("displayName"):
        raise bad_request("A value is required for property 'displayName' of resource 'Application'.")
    if "appId" in body or "id" in body:
        raise bad_request("Property 'appId' is read-only and cannot be set.", "Request_BadRequest")
    keys = [_key(ask, key) for key in body.get("keyCredentials", ())]
    made: Json = {
        "id": ask.state.next_id("application"),
        "appId": ask.state.next_id("application-id"),
        "createdDateTime": graph_time(ask.state.clock()),
        "signInAudience": "AzureADMyOrg",
        "tags": [],
        "requiredResourceAccess": [],
        "passwordCredentials": [],
        **body,
        "keyCredentials": keys,
    }
    ask.change(lambda: ask.state.applications.update({made["id"]: made}))
    return Answer(201, _without_keys(made))


def _key(ask: Ask, given: Json) -> Json:
    """A certificate as it is kept; refuses what is no certificate, and one that has ended."""
    try:
        der = base64.b64decode(str(given["key"]), validate=True)
        certificate = x509.load_der_x509_certificate(der)
    except (ValueError, KeyError) as error:
        raise bad_request("Key credential is invalid.", "Request_BadRequest") from error
    if certificate.not_valid_after_utc <= ask.state.clock():
        raise bad_request("Key credential end date is invalid.", "KeyCredentialsInvalidEndDate")
    if (given.get("type"), given.get("usage")) != ("AsymmetricX509Cert", "Verify"):
        raise bad_request("Key credential type or usage is invalid.", "Request_BadRequest")
    return {
        "keyId": ask.state.next_id("key"),
        "displayName": given.get("displayName"),
        "type": given["type"],
        "usage": given["usage"],
        "key": given["key"],
        "startDateTime": graph_time(certificate.not_valid_before_utc),
        "endDateTime": graph_time(certificate.not_valid_after_utc),
    }


def delete_application(ask: Ask) -> Answer:
    """Delete a registration, and with it its service principal here and all that it was given."""
    found = _application(ask)

    def apply() -> None:
        del ask.state.applications[found["id"]]
        for principal in [
            one for one in ask.state.service_principals.values() if one["appId"] == found["appId"]
        ]:
            _drop_principal(ask, principal)

    ask.change(apply)
    return Answer(204)


def _drop_principal(ask: Ask, principal: Json) -> None:
    state = ask.state
    del state.service_principals[principal["id"]]
    for held in (state.app_role_assignments, state.role_assignments):
        held[:] = [item for item in held if item["principalId"] != principal["id"]]


def create_service_principal(ask: Ask) -> Answer:
    """Take an application in: one registered here, or one of Microsoft's own."""
    state, app_id = ask.state, str(ask.json.get("appId") or "")
    registered = next((one for one in state.applications.values() if one["appId"] == app_id), None)
    if registered is None and app_id not in _MICROSOFTS:
        message = (
            f"The appId '{app_id}' of the service principal does not reference a valid application object."
        )
        raise bad_request(message, "Request_BadRequest")
    if any(one["appId"] == app_id for one in state.service_principals.values()):
        message = (
            "The service principal cannot be created because the service principal name is already in use."
        )
        raise GraphError(409, _TAKEN, message)
    name = registered["displayName"] if registered else _MICROSOFTS[app_id]
    made: Json = {
        "id": ident("service-principal", app_id),
        "appId": app_id,
        "displayName": name,
        "appDisplayName": name,
        "accountEnabled": True,
        "appOwnerOrganizationId": state.tenant_id,
        "servicePrincipalType": "Application",
        "tags": list(ask.json.get("tags", ())),
        "appRoles": [],
        "replyUrls": [],
    }
    ask.change(lambda: state.service_principals.update({made["id"]: made}))
    return Answer(201, made)


def delete_service_principal(ask: Ask) -> Answer:
    """Take an application out of the tenant."""
    found = service_principal(ask)
    ask.change(lambda: _drop_principal(ask, found))
    return Answer(204)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/applications", list_applications),
    Route("GET", "/applications/{application-id}", get_application),
    Route("POST", "/applications", create_application),
    Route("DELETE", "/applications/{application-id}", delete_application),
    Route("POST", "/servicePrincipals", create_service_principal),
    Route("DELETE", "/servicePrincipals/{servicePrincipal-id}", delete_service_principal),
)
"""Registrations and service principals."""


# Exchange's references to service principals, its role groups and management roles.


def _taken(kind: str, name: str) -> CmdletError:
    message = f"The {kind} '{name}' already exists."
    return CmdletError(400, "BadRequest", "Data.Directory.ADObjectAlreadyExistsException", message)


def _principals(pick: str) -> Callable[[Invocation], list[Json]]:
    def run(call: Invocation) -> list[Json]:
        kept: list[Json] = getattr(call.state, pick)
        wanted = call.text("Identity").lower()
        found = [one for one in kept if wanted in {one["AppId"], one["ObjectId"], one["DisplayName"].lower()}]
        # What names nothing gives everything, as the cmdlet's page warns.
        return found or list(kept)

    return run


def _new_principal(pick: str) -> Callable[[Invocation], list[Json]]:
    def run(call: Invocation) -> list[Json]:
        kept: list[Json] = getattr(call.state, pick)
        app_id, object_id = call.required("AppId"), call.required("ObjectId")
        known = call.state.service_principals.get(object_id)
        if known is None or known["appId"] != app_id:
            raise bad_parameters(f"There is no service principal {object_id} of the application {app_id}.")
        if any(one["AppId"] == app_id for one in kept):
            raise _taken("service principal", app_id)
        made = {
            "Identity": object_id,
            "Name": object_id,
            "DisplayName": call.text("DisplayName"),
            "AppId": app_id,
            "ObjectId": object_id,
        }
        call.change(lambda: kept.append(made))
        return [made]

    return run


def _remove_principal(pick: str) -> Callable[[Invocation], list[Json]]:
    def run(call: Invocation) -> list[Json]:
        kept: list[Json] = getattr(call.state, pick)
        wanted = call.required("Identity")
        found = next((one for one in kept if wanted in {one["AppId"], one["ObjectId"]}), None)
        if found is None:
            raise object_not_found(wanted)
        call.change(lambda: kept.remove(found))
        return []

    return run


def _new_group(pick: str) -> Callable[[Invocation], list[Json]]:
    def run(call: Invocation) -> list[Json]:
        groups: list[Json] = getattr(call.state, pick)
        name, roles = call.required("Name"), call.many("Roles")
        if any(one["Name"].lower() == name.lower() for one in groups):
            raise _taken("group", name)
        for role in roles if pick == "exchange_role_groups" else ():
            if entries_of(call.state, role) is None:
                raise object_not_found(role)
        made: Json = {
            "Identity": name,
            "Name": name,
            "Roles": roles,
            "Members": [],
            "RoleGroupType": "Standard",
            "Description": call.text("Description"),
        }
        call.change(lambda: groups.append(made))
        return [{**made, "Members": []}]

    return run


def _remove_group(pick: str) -> Callable[[Invocation], list[Json]]:
    def run(call: Invocation) -> list[Json]:
        groups: list[Json] = getattr(call.state, pick)
        found = role_group(groups, call.required("Identity"))
        call.change(lambda: groups.remove(found))
        return []

    return run


def _demand_hydrated(call: Invocation) -> None:
    if not call.state.hydrated:
        message = (
            "The command you tried to run isn't currently allowed in your organization. To run this "
            "command, you first need to run the command: Enable-OrganizationCustomization."
        )
        raise CmdletError(
            400, "BadRequest", "Configuration.Tasks.InvalidOperationInDehydratedContext", message
        )


def get_management_role(call: Invocation) -> list[Json]:
    """One management role by name, or those that were made here."""
    name = call.text("Identity")
    if not name:
        return [_shown_role(one) for one in call.state.management_roles]
    if entries_of(call.state, name) is None:
        raise object_not_found(name)
    made = next((one for one in call.state.management_roles if one["Name"] == name), None)
    return [_shown_role(made) if made else {"Name": name, "RoleType": name.replace(" ", "")}]


def _shown_role(made: Json) -> Json:
    return {
        "Name": made["Name"],
        "RoleType": made["Parent"].replace(" ", ""),
        "Description": made["Description"],
    }


def get_management_role_entry(call: Invocation) -> list[Json]:
    r"""The entries of one role, asked for as ``Role\*``."""
    role, _, entry = call.required("Identity").partition("\\")
    held = entries_of(call.state, role)
    if held is None:
        raise object_not_found(role)
    return [
        {"Name": name, "Role": role, "Type": "Cmdlet", "Parameters": []}
        for name in held
        if entry in {"*", name}
    ]


def new_management_role(call: Invocation) -> list[Json]:
    """Make a role from a part of another one."""
    _demand_hydrated(call)
    name, parent = call.required("Name"), call.required("Parent")
    above = entries_of(call.state, parent)
    if above is None:
        raise object_not_found(parent)
    if len(name) > 64:
        raise bad_parameters("The name of the role is longer than 64 characters.")
    if entries_of(call.state, name) is not None:
        raise _taken("management role", name)
    entries = call.many("EnabledCmdlets") or list(above)
    if set(entries) - set(above):
        raise bad_parameters(
            f"The role '{parent}' doesn't have: {', '.join(sorted(set(entries) - set(above)))}."
        )
    made = {"Name": name, "Parent": parent, "Entries": entries, "Description": call.text("Description")}
    call.change(lambda: call.state.management_roles.append(made))
    return [_shown_role(made)]


def remove_management_role(call: Invocation) -> list[Json]:
    """Remove a role that was made here and that no group has any more."""
    name = call.required("Identity")
    found = next((one for one in call.state.management_roles if one["Name"] == name), None)
    if found is None:
        raise object_not_found(name)
    if any(name in group["Roles"] for group in call.state.exchange_role_groups):
        message = f"The management role '{name}' has role assignments. Remove them first."
        raise CmdletError(400, "BadRequest", "Configuration.Tasks.TaskInvalidOperationException", message)
    call.change(lambda: call.state.management_roles.remove(found))
    return []


def _both(pick: str, groups: str) -> dict[str, Cmdlet]:
    return {
        "Get-ServicePrincipal": cmdlet(_principals(pick)),
        "New-ServicePrincipal": cmdlet(_new_principal(pick), "AppId ObjectId DisplayName"),
        "Remove-ServicePrincipal": cmdlet(_remove_principal(pick)),
        "New-RoleGroup": cmdlet(_new_group(groups), "Name Roles Description"),
        "Remove-RoleGroup": cmdlet(_remove_group(groups), "Identity BypassSecurityGroupManagerCheck"),
    }


CMDLETS: dict[str, Cmdlet] = {
    **_both("exchange_principals", "exchange_role_groups"),
    "Get-ManagementRole": cmdlet(get_management_role),
    "Get-ManagementRoleEntry": cmdlet(get_management_role_entry),
    "New-ManagementRole": cmdlet(new_management_role, "Name Parent EnabledCmdlets Description"),
    "Remove-ManagementRole": cmdlet(remove_management_role),
}
"""What Exchange has for registering."""

COMPLIANCE_CMDLETS: dict[str, Cmdlet] = _both("purview_principals", "purview_role_groups")
"""The same of Security & Compliance, which makes no management roles."""
