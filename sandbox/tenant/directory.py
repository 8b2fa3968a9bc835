"""Directory reads: users, domains, licenses, groups, roles, devices, grants, service principals, methods.

Longer than other files because it is a list: one function for each path that can be read.
"""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.scenarios.people import ROLES
from sandbox.scenarios.state import Json, graph_time, ident
from sandbox.tenant.core import P2, Answer, Ask, Route, needs_premium
from sandbox.tenant.problems import bad_request, not_found

METHOD_SEGMENTS = {
    "phoneMethods": "phoneAuthenticationMethod",
    "emailMethods": "emailAuthenticationMethod",
    "microsoftAuthenticatorMethods": "microsoftAuthenticatorAuthenticationMethod",
    "fido2Methods": "fido2AuthenticationMethod",
    "softwareOathMethods": "softwareOathAuthenticationMethod",
    "temporaryAccessPassMethods": "temporaryAccessPassAuthenticationMethod",
    "windowsHelloForBusinessMethods": "windowsHelloForBusinessAuthenticationMethod",
    "platformCredentialMethods": "platformCredentialAuthenticationMethod",
    "externalAuthenticationMethods": "externalAuthenticationMethod",
    "passwordMethods": "passwordAuthenticationMethod",
    "hardwareOathMethods": "hardwareOathAuthenticationMethod",
}


def _user_view(ask: Ask, user: Json) -> Json:
    """A user as this app may see it; refuses properties that do not exist or that it may not read."""
    view = dict(user)
    if "signInActivity" in ask.options.get("$select", ""):
        needs_premium(ask.core)
        view["signInActivity"] = _sign_in_activity(ask, str(user["id"]))
    return view


def _sign_in_activity(ask: Ask, user_id: str) -> Json:
    times = {True: "", False: ""}
    for item in ask.state.sign_ins:
        if item["userId"] == user_id:
            times[item["isInteractive"]] = max(times[item["isInteractive"]], item["createdDateTime"])
    return {
        "lastSignInDateTime": times[True] or None,
        "lastNonInteractiveSignInDateTime": times[False] or None,
    }


def get_user(ask: Ask) -> Answer:
    """One user by id or user principal name."""
    return ask.one(_user_view(ask, ask.core.user(ask.values[0])))


def list_users(ask: Ask) -> Answer:
    """Users, found by name, mail or any address."""
    found = ask.filtered(list(ask.state.users.values()))
    return ask.page([_user_view(ask, user) for user in found])


def get_manager(ask: Ask) -> Answer:
    """The user's manager; 404 where there is none."""
    user = ask.core.user(ask.values[0])
    manager = ask.state.managers.get(str(user["id"]))
    if manager is None:
        raise not_found("manager")
    body = {"@odata.type": "#microsoft.graph.user", **ask.state.users[manager]}
    return ask.one(body)


def license_details(ask: Ask) -> Answer:
    """The licenses assigned to a user."""
    user = ask.core.user(ask.values[0])
    held = {item["skuId"] for item in user["assignedLicenses"]}
    details = [
        {
            "id": sku["id"],
            "skuId": sku["skuId"],
            "skuPartNumber": sku["skuPartNumber"],
            "servicePlans": sku["servicePlans"],
        }
        for sku in skus(ask)
        if sku["skuId"] in held
    ]
    return ask.page(details)


def skus(ask: Ask) -> list[Json]:
    """The tenant's subscriptions; premium plans appear only while the tenant has the license."""
    premium = {"AAD_PREMIUM", "AAD_PREMIUM_P2"}
    return [
        {
            **sku,
            "servicePlans": [
                plan
                for plan in sku["servicePlans"]
                if plan["servicePlanName"] not in premium or plan["servicePlanName"] in ask.state.licenses
            ],
        }
        for sku in ask.state.skus
    ]


def list_skus(ask: Ask) -> Answer:
    """The tenant's subscriptions with their service plans."""
    return ask.page(skus(ask))


def list_domains(ask: Ask) -> Answer:
    """The tenant's domains."""
    return ask.page(ask.state.domains)


def _domain(ask: Ask) -> Json:
    for domain in ask.state.domains:
        if domain["id"] == ask.values[0].lower():
            return domain
    raise not_found(ask.values[0])


def get_domain(ask: Ask) -> Answer:
    """One domain."""
    return ask.one(_domain(ask))


def federation(ask: Ask) -> Answer:
    """The federation settings of a domain; 404 for one that has none."""
    domain_id = str(_domain(ask)["id"])
    if domain_id not in ask.state.federations:
        raise not_found(domain_id)
    return ask.page(ask.state.federations[domain_id])


def organization(ask: Ask) -> Answer:
    """The organization itself."""
    return ask.page([ask.state.organization])


def named_locations(ask: Ask) -> Answer:
    """The named locations of Conditional Access."""
    needs_premium(ask.core)
    return ask.page(ask.state.named_locations)


def _member_of(ask: Ask, user_id: str) -> list[Json]:
    """Groups the user is in, through other groups too, and directory roles held directly or through them."""
    found: list[str] = []
    open_ids = [user_id]
    while open_ids:
        member = open_ids.pop()
        for group_id, members in ask.state.memberships.items():
            if member in members and group_id not in found:
                found.append(group_id)
                open_ids.append(group_id)
    result = [{"@odata.type": "#microsoft.graph.group", **ask.state.groups[item]} for item in found]
    for assignment in ask.state.role_assignments:
        if assignment["principalId"] in {user_id, *found}:
            role = ask.state.role_definitions[assignment["roleDefinitionId"]]
            result.append(
                {
                    "@odata.type": "#microsoft.graph.directoryRole",
                    "id": assignment["roleDefinitionId"],
                    "displayName": role["displayName"],
                    "roleTemplateId": assignment["roleDefinitionId"],
                }
            )
    return result


def transitive_member_of(ask: Ask) -> Answer:
    """Groups and directory roles of a user, also through groups."""
    return ask.page(_member_of(ask, str(ask.core.user(ask.values[0])["id"])))


def transitive_groups(ask: Ask) -> Answer:
    """Only the groups of transitiveMemberOf."""
    items = _member_of(ask, str(ask.core.user(ask.values[0])["id"]))
    return ask.page([item for item in items if item["@odata.type"].endswith(".group")])


def transitive_roles(ask: Ask) -> Answer:
    """Only the directory roles of transitiveMemberOf."""
    items = _member_of(ask, str(ask.core.user(ask.values[0])["id"]))
    return ask.page([item for item in items if item["@odata.type"].endswith(".directoryRole")])


def group_ids(ask: Ask, user_id: str) -> set[str]:
    """The ids of all groups that hold the user, directly or not."""
    return {str(item["id"]) for item in _member_of(ask, user_id) if item["@odata.type"].endswith(".group")}


def _roles(
    ask: Ask,
    items: Sequence[Json],
    *,
    of: str = "",
) -> Answer:
    """The assignments that pass the filter, which takes those of a group for those of the user ``of``."""
    passing = ask.filtered([{**item, "principalId": of or item["principalId"]} for item in items])
    ids = {item["id"] for item in passing}
    found = [item for item in items if item["id"] in ids]
    expand = ask.options.get("$expand")
    if expand is not None:
        found = [{**item, expand: _expanded(ask, expand, item)} for item in found]
    return ask.page(found)


def _expanded(ask: Ask, expand: str, item: Json) -> Json | None:
    if expand == "roleDefinition":
        return ask.state.role_definitions.get(item["roleDefinitionId"])
    for kind, things in (
        ("user", ask.state.users),
        ("group", ask.state.groups),
        ("servicePrincipal", ask.state.service_principals),
    ):
        if item["principalId"] in things:
            return {"@odata.type": f"#microsoft.graph.{kind}", **things[item["principalId"]]}
    return None


def role_assignments(ask: Ask) -> Answer:
    """Permanent directory role assignments; the app's own are told to who asks for those of its principal."""
    state = ask.state
    if state.app_object_id not in ask.options.get("$filter", ""):
        return _roles(ask, state.role_assignments)
    own = [
        {
            "id": ident("role-assignment", state.app_object_id, name),
            "principalId": state.app_object_id,
            "roleDefinitionId": ROLES[name],
            "directoryScopeId": "/",
        }
        for name in sorted(state.app_directory_roles)
    ]
    return _roles(ask, own)


def transitive_role_assignments(ask: Ask) -> Answer:
    """Role assignments of a principal, also through groups; an advanced query that must say so."""
    text = ask.options.get("$filter", "")
    for user_id in ask.state.users:
        if f"'{user_id}'" in text:
            held = {user_id} | group_ids(ask, user_id)
            # What comes through a group keeps the group's id as its principal, so the filter is done here.
            mine = [item for item in ask.state.role_assignments if item["principalId"] in held]
            return _roles(ask, mine, of=user_id)
    return _roles(ask, [])


def _needs_p2(ask: Ask) -> None:
    if P2 not in ask.state.licenses:
        message = "The tenant needs an AAD Premium 2 or Governance license."
        raise bad_request(message, "AadPremiumLicenseRequired")


def role_assignment(ask: Ask) -> Answer:
    """One permanent directory role assignment."""
    return ask.one(_by_id(ask.state.role_assignments, ask.values[0]))


def _by_id(items: Sequence[Json], item_id: str) -> Json:
    for item in items:
        if item["id"] == item_id:
            return item
    raise not_found(item_id)


def active_schedules(ask: Ask) -> Answer:
    """Active role assignments as PIM sees them; it also lists those that were made without it."""
    _needs_p2(ask)
    planned = ask.state.role_assignment_schedules
    known = {(item["principalId"], item["roleDefinitionId"], item["directoryScopeId"]) for item in planned}
    others = [
        {
            **item,
            "memberType": "Direct",
            "assignmentType": "Assigned",
            "startDateTime": None,
            "endDateTime": None,
        }
        for item in ask.state.role_assignments
        if (item["principalId"], item["roleDefinitionId"], item["directoryScopeId"]) not in known
    ]
    return _roles(ask, [*planned, *others])


def eligible_schedules(ask: Ask) -> Answer:
    """Roles that can be activated through PIM."""
    _needs_p2(ask)
    return _roles(ask, ask.state.role_eligibility_schedules)


def eligible_places(ask: Ask) -> Answer:
    """Places in groups that can be activated through PIM for Groups."""
    _needs_p2(ask)
    found = ask.filtered(ask.state.group_eligibility_schedules)
    if ask.options.get("$expand") == "group":
        found = [{**item, "group": ask.state.groups.get(item["groupId"])} for item in found]
    return ask.page(found)


def list_role_definitions(ask: Ask) -> Answer:
    """The directory roles."""
    return ask.page(ask.filtered(list(ask.state.role_definitions.values())))


def get_role_definition(ask: Ask) -> Answer:
    """One directory role."""
    found = ask.state.role_definitions.get(ask.values[0])
    if found is None:
        raise not_found(ask.values[0])
    return ask.one(found)


def list_grants(ask: Ask) -> Answer:
    """Delegated permission grants of the tenant."""
    return ask.page(ask.filtered(ask.state.oauth_grants))


def user_grants(ask: Ask) -> Answer:
    """Delegated permission grants of one user; tenant-wide ones do not appear here."""
    user_id = ask.core.user(ask.values[0])["id"]
    return ask.page([item for item in ask.state.oauth_grants if item["principalId"] == user_id])


def get_grant(ask: Ask) -> Answer:
    """One delegated permission grant."""
    return ask.one(_by_id(ask.state.oauth_grants, ask.values[0]))


def user_app_role(ask: Ask) -> Answer:
    """One app assigned to a user."""
    user_id = ask.core.user(ask.values[0])["id"]
    mine = [item for item in ask.state.app_role_assignments if item["principalId"] == user_id]
    return ask.one(_by_id(mine, ask.values[1]))


def principal_app_role(ask: Ask) -> Answer:
    """One application permission held by a service principal."""
    principal_id = service_principal(ask)["id"]
    mine = [item for item in ask.state.app_role_assignments if item["principalId"] == principal_id]
    return ask.one(_by_id(mine, ask.values[1]))


def _group(ask: Ask) -> Json:
    found = ask.state.groups.get(ask.values[0])
    if found is None:
        raise not_found(ask.values[0])
    return found


def _members(ask: Ask, ids: Sequence[str]) -> Answer:
    things = [
        {"@odata.type": "#microsoft.graph.user", **ask.state.users[item]}
        if item in ask.state.users
        else {"@odata.type": "#microsoft.graph.group", **ask.state.groups[item]}
        for item in ids
    ]
    return ask.page(ask.filtered(things))


def group_members(ask: Ask) -> Answer:
    """The direct members of a group."""
    return _members(ask, ask.state.memberships.get(str(_group(ask)["id"]), []))


def user_group_members(ask: Ask) -> Answer:
    """The direct members of a group that are users."""
    ids = ask.state.memberships.get(str(_group(ask)["id"]), [])
    return _members(ask, [item for item in ids if item in ask.state.users])


def direct_groups(ask: Ask) -> Answer:
    """The groups that a user is in directly."""
    user_id = str(ask.core.user(ask.values[0])["id"])
    held = [group for group, members in ask.state.memberships.items() if user_id in members]
    return ask.page([{"@odata.type": "#microsoft.graph.group", **ask.state.groups[item]} for item in held])


def user_app_roles(ask: Ask) -> Answer:
    """Apps assigned to one user, or to a group that holds the user directly."""
    user_id = ask.core.user(ask.values[0])["id"]
    groups = {group for group, members in ask.state.memberships.items() if user_id in members}
    held = [item for item in ask.state.app_role_assignments if item["principalId"] in {user_id, *groups}]
    return ask.page(held)


def principal_app_roles(ask: Ask) -> Answer:
    """Application permissions held by one service principal."""
    principal_id = service_principal(ask)["id"]
    return ask.page([item for item in ask.state.app_role_assignments if item["principalId"] == principal_id])


def service_principal(ask: Ask) -> Json:
    """The service principal named in the path, by object id or app id. Raises GraphError 404."""
    for principal in ask.state.service_principals.values():
        if ask.values[0].strip("'") in {principal["id"], principal["appId"]}:
            return principal
    raise not_found(ask.values[0])


def get_service_principal(ask: Ask) -> Answer:
    """One service principal."""
    return ask.one(service_principal(ask))


def list_service_principals(ask: Ask) -> Answer:
    """Service principals by app id, name, id or time of creation."""
    return ask.page(ask.filtered(list(ask.state.service_principals.values())))


def _devices(ask: Ask) -> list[Json]:
    user_id = ask.core.user(ask.values[0])["id"]
    owned = [item for item in ask.state.devices if ask.state.device_owners.get(item["id"]) == user_id]
    return [{"@odata.type": "#microsoft.graph.device", **item} for item in owned]


def user_devices(ask: Ask) -> Answer:
    """Devices that the user registered or owns."""
    return ask.page(_devices(ask))


def get_device(ask: Ask) -> Answer:
    """One device by object id."""
    for item in ask.state.devices:
        if item["id"] == ask.values[0]:
            return ask.one(item)
    raise not_found(ask.values[0])


def methods(ask: Ask) -> Answer:
    """All authentication methods of a user."""
    user_id = str(ask.core.user(ask.values[0])["id"])
    return ask.page(ask.state.authentication_methods.get(user_id, []))


def typed_methods(ask: Ask) -> Answer:
    """The methods of one kind, named by the last part of the path."""
    user_id = str(ask.core.user(ask.values[0])["id"])
    kind = f"#microsoft.graph.{METHOD_SEGMENTS[ask.path.rstrip('/').rpartition('/')[2]]}"
    held = ask.state.authentication_methods.get(user_id, [])
    return ask.page([item for item in held if item["@odata.type"] == kind])


def one_method(ask: Ask) -> Answer:
    """One authentication method; below a kind's own name only if it is of that kind."""
    user_id = str(ask.core.user(ask.values[0])["id"])
    segment = ask.path.rstrip("/").split("/")[-2]
    kind = f"#microsoft.graph.{METHOD_SEGMENTS[segment]}" if segment in METHOD_SEGMENTS else ""
    held = ask.state.authentication_methods.get(user_id, [])
    return ask.one(_by_id([item for item in held if not kind or item["@odata.type"] == kind], ask.values[1]))


def requirements(ask: Ask) -> Answer:
    """The per-user state of multi-factor authentication."""
    user_id = str(ask.core.user(ask.values[0])["id"])
    return ask.one({"perUserMfaState": ask.state.authentication_requirements.get(user_id, "disabled")})


def preferences(ask: Ask) -> Answer:
    """The user's default second factor."""
    user_id = str(ask.core.user(ask.values[0])["id"])
    method = ask.state.sign_in_preferences.get(user_id)
    return ask.one(
        {
            "isSystemPreferredAuthenticationMethodEnabled": method is None,
            "userPreferredMethodForSecondaryAuthentication": method,
        }
    )


def registration(ask: Ask) -> Answer:
    """What the user has registered for multi-factor authentication and password reset."""
    needs_premium(ask.core)
    user_id = str(ask.core.user(ask.values[0])["id"])
    found = ask.state.registration_details.get(user_id)
    if found is None:
        raise not_found(user_id)
    return ask.one({**found, "lastUpdatedDateTime": graph_time(ask.state.now)})


_USER = "/users/{user-id}"
_ROLES = "/roleManagement/directory"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/users", list_users),
    Route("GET", _USER, get_user),
    Route("GET", f"{_USER}/manager", get_manager),
    Route("GET", f"{_USER}/licenseDetails", license_details),
    Route("GET", "/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances", eligible_places),
    Route("GET", f"{_USER}/transitiveMemberOf", transitive_member_of),
    Route("GET", f"{_USER}/transitiveMemberOf/graph.group", transitive_groups),
    Route("GET", f"{_USER}/transitiveMemberOf/graph.directoryRole", transitive_roles),
    Route("GET", f"{_USER}/oauth2PermissionGrants", user_grants),
    Route("GET", f"{_USER}/appRoleAssignments", user_app_roles),
    Route("GET", f"{_USER}/ownedDevices", user_devices),
    Route("GET", f"{_USER}/ownedDevices/graph.device", user_devices),
    Route("GET", f"{_USER}/registeredDevices", user_devices),
    Route("GET", f"{_USER}/registeredDevices/graph.device", user_devices),
    Route("GET", "/devices/{device-id}", get_device),
    Route("GET", "/groups/{group-id}/members", group_members),
    Route("GET", "/groups/{group-id}/members/graph.user", user_group_members),
    Route("GET", f"{_USER}/memberOf/graph.group", direct_groups),
    Route("GET", f"{_USER}/appRoleAssignments/{{appRoleAssignment-id}}", user_app_role),
    Route("GET", f"{_USER}/authentication/methods", methods),
    Route("GET", f"{_USER}/authentication/methods/{{authenticationMethod-id}}", one_method),
    *(
        Route("GET", f"{_USER}/authentication/{segment}/{{{METHOD_SEGMENTS[segment]}-id}}", one_method)
        for segment in METHOD_SEGMENTS
    ),
    *(Route("GET", f"{_USER}/authentication/{segment}", typed_methods) for segment in METHOD_SEGMENTS),
    Route("GET", f"{_USER}/authentication/requirements", requirements),
    Route("GET", f"{_USER}/authentication/signInPreferences", preferences),
    Route(
        "GET",
        "/reports/authenticationMethods/userRegistrationDetails/{userRegistrationDetails-id}",
        registration,
    ),
    Route("GET", "/domains", list_domains),
    Route("GET", "/domains/{domain-id}", get_domain),
    Route("GET", "/domains/{domain-id}/federationConfiguration", federation),
    Route("GET", "/subscribedSkus", list_skus),
    Route("GET", "/organization", organization),
    Route("GET", "/identity/conditionalAccess/namedLocations", named_locations),
    Route("GET", f"{_ROLES}/roleAssignments", role_assignments),
    Route("GET", f"{_ROLES}/roleAssignments/{{unifiedRoleAssignment-id}}", role_assignment),
    Route("GET", f"{_ROLES}/transitiveRoleAssignments", transitive_role_assignments),
    Route("GET", f"{_ROLES}/roleAssignmentScheduleInstances", active_schedules),
    Route("GET", f"{_ROLES}/roleEligibilityScheduleInstances", eligible_schedules),
    Route("GET", f"{_ROLES}/roleDefinitions", list_role_definitions),
    Route("GET", f"{_ROLES}/roleDefinitions/{{unifiedRoleDefinition-id}}", get_role_definition),
    Route("GET", "/oauth2PermissionGrants", list_grants),
    Route("GET", "/oauth2PermissionGrants/{oAuth2PermissionGrant-id}", get_grant),
    Route(
        "GET",
        "/servicePrincipals/{servicePrincipal-id}/appRoleAssignments/{appRoleAssignment-id}",
        principal_app_role,
    ),
    Route("GET", "/servicePrincipals", list_service_principals),
    Route("GET", "/servicePrincipals/{servicePrincipal-id}", get_service_principal),
    Route("GET", "/servicePrincipals(appId='{appId}')", get_service_principal),
    Route("GET", "/servicePrincipals/{servicePrincipal-id}/appRoleAssignments", principal_app_roles),
)
"""Directory endpoints."""
