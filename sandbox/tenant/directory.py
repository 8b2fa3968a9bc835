"""Directory reads: users, domains, licences, groups, roles, devices, grants, service principals, methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.scenarios.people import ROLES
from sandbox.scenarios.state import Json, graph_time, ident, words
from sandbox.tenant.core import BOTH, EQ, LISTING, P2, TEXTS, TIMES, Answer, Ask, Route, needs_premium, perms
from sandbox.tenant.problems import bad_request, forbidden, not_found

USER_DEFAULT = words(
    "businessPhones displayName givenName id jobTitle mail mobilePhone officeLocation preferredLanguage "
    "surname userPrincipalName"
)
USER_BASIC = {"id", "displayName", "givenName", "surname", "mail", "userPrincipalName"}
USER_FILTERS = {
    "id": EQ,
    "userPrincipalName": TEXTS,
    "mail": TEXTS,
    "displayName": TEXTS,
    "accountEnabled": EQ,
    "userType": EQ,
    "proxyAddresses/any()": TEXTS,
    "otherMails/any()": TEXTS,
}
READ_USERS = perms("User.Read.All User.ReadWrite.All Directory.Read.All Directory.ReadWrite.All")
READ_DIRECTORY = perms("Directory.Read.All Directory.ReadWrite.All")
READ_ROLES = perms(
    "RoleManagement.Read.Directory RoleManagement.ReadWrite.Directory RoleManagement.Read.All "
    "Directory.Read.All"
)
READ_APPS = perms("Application.Read.All Application.ReadWrite.All Directory.Read.All Directory.ReadWrite.All")
READ_METHODS = perms("UserAuthenticationMethod.Read.All UserAuthenticationMethod.ReadWrite.All")
READ_DOMAINS = perms("Domain.Read.All Domain.ReadWrite.All Directory.Read.All Directory.ReadWrite.All")
SELECTS = frozenset({"$select"})
EXPANDS = LISTING | {"$expand"}
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
}


def _user_view(ask: Ask, user: Json) -> Json:
    """A user as this app may see it; refuses properties that do not exist or that it may not read."""
    wanted = [part.strip() for part in ask.options.get("$select", "").split(",") if part.strip()]
    for name in wanted:
        if name not in user and name != "signInActivity":
            raise bad_request(f"Could not find a property named '{name}' on type 'microsoft.graph.user'.")
    if not ask.holds(*READ_USERS):
        if set(wanted) - USER_BASIC:
            raise forbidden()
        return {name: user[name] for name in (wanted or sorted(USER_BASIC))}
    view = dict(user)
    if "signInActivity" in wanted:
        if not ask.holds("AuditLog.Read.All"):
            raise forbidden()
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
    return ask.one(_user_view(ask, ask.core.user(ask.values[0])), USER_DEFAULT)


def list_users(ask: Ask) -> Answer:
    """Users, found by name, mail or any address."""
    found = ask.filtered(list(ask.state.users.values()), USER_FILTERS)
    views = [_user_view(ask, user) for user in found]
    return ask.page(views, properties=USER_DEFAULT, orderable=("displayName", "userPrincipalName"))


def get_manager(ask: Ask) -> Answer:
    """The user's manager; 404 where there is none."""
    user = ask.core.user(ask.values[0])
    manager = ask.state.managers.get(str(user["id"]))
    if manager is None:
        raise not_found("manager")
    body = {"@odata.type": "#microsoft.graph.user", **ask.state.users[manager]}
    return ask.one(body, [*USER_DEFAULT, "@odata.type"])


def license_details(ask: Ask) -> Answer:
    """The licences assigned to a user."""
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
    """The tenant's subscriptions; premium plans appear only while the tenant has the licence."""
    premium = {"AAD_PREMIUM", "AAD_PREMIUM_P2"}
    return [
        {
            **sku,
            "servicePlans": [
                plan
                for plan in sku["servicePlans"]
                if plan["servicePlanName"] not in premium or plan["servicePlanName"] in ask.state.licences
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
    """The federation settings of a domain; empty for a managed one."""
    return ask.page(ask.state.federations.get(str(_domain(ask)["id"]), []))


def organization(ask: Ask) -> Answer:
    """The organisation itself."""
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


ROLE_FILTERS = {"principalId": EQ, "roleDefinitionId": EQ, "directoryScopeId": EQ}


def _roles(
    ask: Ask,
    items: Sequence[Json],
    expandable: tuple[str, ...] = ("roleDefinition", "principal"),
    *,
    of: str = "",
) -> Answer:
    """The assignments that pass the filter, which takes those of a group for those of the user ``of``."""
    passing = ask.filtered(
        [{**item, "principalId": of or item["principalId"]} for item in items], ROLE_FILTERS
    )
    ids = {item["id"] for item in passing}
    found = [item for item in items if item["id"] in ids]
    expand = ask.options.get("$expand")
    if expand is not None:
        if expand not in expandable:
            raise bad_request(f"$expand of '{expand}' is not supported; one at a time.")
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
    _needs_advanced(ask)
    text = ask.options.get("$filter", "")
    for user_id in ask.state.users:
        if f"'{user_id}'" in text:
            held = {user_id} | group_ids(ask, user_id)
            # What comes through a group keeps the group's id as its principal, so the filter is done here.
            mine = [item for item in ask.state.role_assignments if item["principalId"] in held]
            return _roles(ask, mine, ("roleDefinition",), of=user_id)
    return _roles(ask, [])


def _needs_p2(ask: Ask) -> None:
    if P2 not in ask.state.licences:
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


def list_role_definitions(ask: Ask) -> Answer:
    """The directory roles."""
    items = ask.filtered(list(ask.state.role_definitions.values()), {"displayName": TEXTS, "id": EQ})
    return ask.page(items)


def get_role_definition(ask: Ask) -> Answer:
    """One directory role."""
    found = ask.state.role_definitions.get(ask.values[0])
    if found is None:
        raise not_found(ask.values[0])
    return ask.one(found)


GRANT_FILTERS = {"clientId": EQ, "consentType": EQ, "principalId": EQ, "resourceId": EQ}


def list_grants(ask: Ask) -> Answer:
    """Delegated permission grants of the tenant."""
    return ask.page(ask.filtered(ask.state.oauth_grants, GRANT_FILTERS))


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
    if "$filter" in ask.options:
        _needs_advanced(ask)
    things = [
        {"@odata.type": "#microsoft.graph.user", **ask.state.users[item]}
        if item in ask.state.users
        else {"@odata.type": "#microsoft.graph.group", **ask.state.groups[item]}
        for item in ids
    ]
    found = ask.filtered(things, {"id": EQ, "displayName": TEXTS, "userPrincipalName": TEXTS})
    return ask.page(found, properties=["@odata.type", *USER_DEFAULT])


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


def _needs_advanced(ask: Ask) -> None:
    """Refuse what only an advanced query may ask."""
    if ask.headers.get("consistencylevel", "").lower() != "eventual" or ask.options.get("$count") != "true":
        message = "This query needs $count=true and the header ConsistencyLevel: eventual."
        raise bad_request(message, "Request_UnsupportedQuery")


def user_app_roles(ask: Ask) -> Answer:
    """Apps assigned to one user."""
    user_id = ask.core.user(ask.values[0])["id"]
    return ask.page([item for item in ask.state.app_role_assignments if item["principalId"] == user_id])


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
    allowed = {"appId": EQ, "id": EQ, "displayName": TEXTS, "createdDateTime": TIMES}
    return ask.page(ask.filtered(list(ask.state.service_principals.values()), allowed))


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


def _get(path: str, handler: Any, permissions: frozenset[str], **more: Any) -> Route:
    return Route("GET", path, handler, permissions, **more)


_LIST = LISTING
_USER = "/users/{user-id}"
_ROLES = "/roleManagement/directory"
_PIM_ACTIVE = READ_ROLES | perms(
    "RoleAssignmentSchedule.Read.Directory RoleAssignmentSchedule.ReadWrite.Directory"
)
_PIM_ELIGIBLE = READ_ROLES | perms(
    "RoleEligibilitySchedule.Read.Directory RoleEligibilitySchedule.ReadWrite.Directory"
)
_READ_GROUPS = perms(
    "GroupMember.Read.All GroupMember.ReadWrite.All Group.Read.All Group.ReadWrite.All Directory.Read.All "
    "Directory.ReadWrite.All"
)
_MEMBERS = READ_USERS | perms("GroupMember.Read.All")

ROUTES: tuple[Route, ...] = (
    _get("/users", list_users, READ_USERS | {"User.ReadBasic.All"}, options=_LIST),
    _get(_USER, get_user, READ_USERS | {"User.ReadBasic.All"}, options=SELECTS),
    _get(f"{_USER}/manager", get_manager, READ_USERS, options=SELECTS),
    _get(f"{_USER}/licenseDetails", license_details, READ_USERS, options=SELECTS),
    _get(f"{_USER}/transitiveMemberOf", transitive_member_of, _MEMBERS, options=_LIST),
    _get(f"{_USER}/transitiveMemberOf/graph.group", transitive_groups, _MEMBERS, options=_LIST),
    _get(f"{_USER}/transitiveMemberOf/graph.directoryRole", transitive_roles, _MEMBERS, options=_LIST),
    _get(
        f"{_USER}/oauth2PermissionGrants", user_grants, READ_DIRECTORY, options=frozenset({"$top", "$select"})
    ),
    _get(
        f"{_USER}/appRoleAssignments", user_app_roles, READ_DIRECTORY, options=frozenset({"$top", "$select"})
    ),
    _get(f"{_USER}/ownedDevices", user_devices, READ_USERS, options=frozenset({"$top", "$select"})),
    _get(
        f"{_USER}/ownedDevices/graph.device", user_devices, READ_USERS, options=frozenset({"$top", "$select"})
    ),
    _get(f"{_USER}/registeredDevices", user_devices, READ_USERS, options=frozenset({"$top", "$select"})),
    _get(
        f"{_USER}/registeredDevices/graph.device",
        user_devices,
        READ_USERS,
        options=frozenset({"$top", "$select"}),
    ),
    _get(
        "/devices/{device-id}",
        get_device,
        READ_DIRECTORY | perms("Device.Read.All Device.ReadWrite.All"),
        options=SELECTS,
    ),
    _get("/groups/{group-id}/members", group_members, _READ_GROUPS, options=_LIST),
    _get("/groups/{group-id}/members/graph.user", user_group_members, _READ_GROUPS, options=_LIST),
    _get(f"{_USER}/memberOf/graph.group", direct_groups, _MEMBERS, options=_LIST),
    _get(
        f"{_USER}/appRoleAssignments/{{appRoleAssignment-id}}", user_app_role, READ_DIRECTORY, options=SELECTS
    ),
    _get(f"{_USER}/authentication/methods", methods, READ_METHODS),
    _get(f"{_USER}/authentication/methods/{{authenticationMethod-id}}", one_method, READ_METHODS),
    *(
        _get(f"{_USER}/authentication/{segment}/{{{METHOD_SEGMENTS[segment]}-id}}", one_method, READ_METHODS)
        for segment in METHOD_SEGMENTS
    ),
    *(_get(f"{_USER}/authentication/{segment}", typed_methods, READ_METHODS) for segment in METHOD_SEGMENTS),
    _get(
        f"{_USER}/authentication/requirements",
        requirements,
        perms("Policy.Read.All Policy.ReadWrite.AuthenticationMethod"),
        versions=("beta",),
    ),
    _get(f"{_USER}/authentication/signInPreferences", preferences, READ_METHODS, versions=("beta",)),
    _get(
        "/reports/authenticationMethods/userRegistrationDetails/{userRegistrationDetails-id}",
        registration,
        perms("AuditLog.Read.All"),
        options=SELECTS,
        limit="reports",
    ),
    _get("/domains", list_domains, READ_DOMAINS, options=frozenset({"$select", "$top"})),
    _get("/domains/{domain-id}", get_domain, READ_DOMAINS, options=SELECTS),
    _get("/domains/{domain-id}/federationConfiguration", federation, READ_DOMAINS, options=SELECTS),
    _get(
        "/subscribedSkus",
        list_skus,
        READ_DIRECTORY | perms("LicenseAssignment.Read.All Organization.Read.All"),
        options=SELECTS,
    ),
    _get(
        "/organization",
        organization,
        READ_DIRECTORY | perms("Organization.Read.All User.Read.All"),
        options=frozenset({"$select", "$top"}),
    ),
    _get(
        "/identity/conditionalAccess/namedLocations",
        named_locations,
        perms("Policy.Read.All Policy.Read.ConditionalAccess"),
        options=frozenset({"$select", "$top"}),
    ),
    _get(f"{_ROLES}/roleAssignments", role_assignments, READ_ROLES, options=EXPANDS),
    _get(
        f"{_ROLES}/roleAssignments/{{unifiedRoleAssignment-id}}", role_assignment, READ_ROLES, options=SELECTS
    ),
    _get(
        f"{_ROLES}/transitiveRoleAssignments",
        transitive_role_assignments,
        READ_ROLES,
        options=EXPANDS,
        versions=("beta",),
    ),
    _get(f"{_ROLES}/roleAssignmentScheduleInstances", active_schedules, _PIM_ACTIVE, options=EXPANDS),
    _get(f"{_ROLES}/roleEligibilityScheduleInstances", eligible_schedules, _PIM_ELIGIBLE, options=EXPANDS),
    _get(f"{_ROLES}/roleDefinitions", list_role_definitions, READ_ROLES, options=_LIST),
    _get(
        f"{_ROLES}/roleDefinitions/{{unifiedRoleDefinition-id}}",
        get_role_definition,
        READ_ROLES,
        options=SELECTS,
    ),
    _get(
        "/oauth2PermissionGrants",
        list_grants,
        READ_DIRECTORY | perms("DelegatedPermissionGrant.ReadWrite.All"),
        options=_LIST,
    ),
    _get(
        "/oauth2PermissionGrants/{oAuth2PermissionGrant-id}",
        get_grant,
        READ_DIRECTORY | perms("DelegatedPermissionGrant.ReadWrite.All"),
        options=SELECTS,
    ),
    _get(
        "/servicePrincipals/{servicePrincipal-id}/appRoleAssignments/{appRoleAssignment-id}",
        principal_app_role,
        READ_APPS,
        options=SELECTS,
    ),
    _get("/servicePrincipals", list_service_principals, READ_APPS, options=_LIST),
    _get("/servicePrincipals/{servicePrincipal-id}", get_service_principal, READ_APPS, options=SELECTS),
    _get("/servicePrincipals(appId='{appId}')", get_service_principal, READ_APPS, options=SELECTS),
    _get(
        "/servicePrincipals/{servicePrincipal-id}/appRoleAssignments",
        principal_app_roles,
        READ_APPS,
        options=frozenset({"$top", "$select"}),
    ),
)
"""Directory endpoints. Both versions serve them unless a route names one."""

assert all(set(route.versions) <= set(BOTH) for route in ROUTES)
