"""The writes over Graph; each leaves its own directory audit and unified audit record.

Sensitive properties of a privileged account (one that holds an administrator role, or is in a group that
can) need Privileged Authentication Administrator or Global Administrator on the app. Accounts mastered
on-premises refuse.

Longer than other files because it is a list: one function for each path that can be written.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from typing import Any

from sandbox.scenarios.state import InboxRule, Json, graph_time, ident
from sandbox.tenant import mail
from sandbox.tenant.core import P2, Answer, Ask, Route
from sandbox.tenant.directory import METHOD_SEGMENTS, group_ids, service_principal
from sandbox.tenant.problems import GraphError, bad_request, forbidden, not_found
from sandbox.tenant.traces import directory_trace, exchange_trace

PLAIN_ROLES = {
    "Directory Readers",
    "Groups Administrator",
    "Guest Inviter",
    "Helpdesk Administrator",
    "Message Center Reader",
    "Password Administrator",
    "Reports Reader",
    "User Administrator",
    "Usage Summary Reports Reader",
}
"""Roles whose holders a User Administrator may still act on."""
_DEFAULT_KINDS = {
    "push": "microsoftAuthenticatorAuthenticationMethod",
    "oath": "softwareOathAuthenticationMethod",
    "sms": "phoneAuthenticationMethod",
    "voiceMobile": "phoneAuthenticationMethod",
    "voiceAlternateMobile": "phoneAuthenticationMethod",
    "voiceOffice": "phoneAuthenticationMethod",
}
_REGISTERED = {
    "microsoftAuthenticatorAuthenticationMethod": "microsoftAuthenticatorPush",
    "emailAuthenticationMethod": "email",
    "fido2AuthenticationMethod": "passKeyDeviceBound",
    "softwareOathAuthenticationMethod": "softwareOneTimePasscode",
    "temporaryAccessPassAuthenticationMethod": "temporaryAccessPass",
    "windowsHelloForBusinessAuthenticationMethod": "windowsHelloForBusiness",
}
"""What the registration report calls each kind of method."""
_PHONE_NAMES = {"mobile": "mobilePhone", "alternateMobile": "alternateMobilePhone", "office": "officePhone"}
_PHONE_IDS = {
    "mobile": "3179e48a-750b-4051-897c-87b9720928f7",
    "alternateMobile": "b6332ec1-7057-4abe-9331-3d72feddfe41",
    "office": "e37fc753-ff3b-4958-9484-eaa9425c82bc",
}


def _target(user: Json) -> Json:
    return {
        "id": user["id"],
        "displayName": None,
        "type": "User",
        "userPrincipalName": user["userPrincipalName"],
        "groupType": None,
    }


def _thing(thing_id: object, name: str | None, kind: str) -> Json:
    return {"id": thing_id, "displayName": name, "type": kind, "userPrincipalName": None, "groupType": None}


def privileged(ask: Ask, user_id: str) -> bool:
    """Whether only the highest roles may act on this account."""
    groups = group_ids(ask, user_id)
    if any(ask.state.groups[item].get("isAssignableToRole") for item in groups):
        return True
    held = {
        ask.state.role_definitions[item["roleDefinitionId"]]["displayName"]
        for item in ask.state.role_assignments
        if item["principalId"] in {user_id, *groups}
    }
    return bool(held - PLAIN_ROLES)


def _may_act_on(ask: Ask, user: Json) -> None:
    """Refuse when the app's directory roles do not reach this account."""
    row = ask.row
    needs = [
        row.properties[name].roles_over_administrators for name in ask.body or () if name in row.properties
    ]
    needs.append(row.roles_over_administrators)
    short = [need for need in needs if need and not set(need) & ask.core.directory_roles]
    if short and privileged(ask, str(user["id"])):
        raise forbidden()


def _mastered_elsewhere(user: Json) -> None:
    if user.get("onPremisesSyncEnabled"):
        message = (
            "Unable to update the specified properties for on-premises mastered Directory Sync objects or "
            "objects currently undergoing migration."
        )
        raise bad_request(message, "Request_BadRequest")


def _check_password(ask: Ask, user: Json, profile: Any) -> None:
    domain = str(user["userPrincipalName"]).rpartition("@")[2]
    if any(item["id"] == domain and item["authenticationType"] == "Federated" for item in ask.state.domains):
        raise bad_request("The password of a federated user cannot be set here.", "Request_BadRequest")
    password = str(profile.get("password") or "") if isinstance(profile, dict) else ""
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
    classes = sum(any(letter in kind for letter in password) for kind in kinds)
    classes += any(not letter.isalnum() for letter in password)
    if not 8 <= len(password) <= 256 or classes < 3:
        message = "The specified password does not comply with password complexity requirements."
        raise bad_request(message, "Request_BadRequest")


def patch_user(ask: Ask) -> Answer:
    """Change a user: password, sign-in, contact data."""
    user = ask.core.user(ask.values[0])
    body = {name: value for name, value in ask.json.items() if not name.startswith("@")}
    if not body:
        raise bad_request("Invalid property ''.", "Request_BadRequest")
    _may_act_on(ask, user)
    _mastered_elsewhere(user)
    if "passwordProfile" in body:
        _check_password(ask, user, body["passwordProfile"])
    plain = {name: value for name, value in body.items() if name != "passwordProfile"}

    def apply() -> None:
        before = {name: user.get(name) for name in plain}
        user.update(plain)
        if "passwordProfile" in body:
            _password_was_reset(ask, user, body["passwordProfile"])
        if "accountEnabled" in plain and before["accountEnabled"] != plain["accountEnabled"]:
            activity = "Enable account" if plain["accountEnabled"] else "Disable account"
            change = {"AccountEnabled": ([before["accountEnabled"]], [plain["accountEnabled"]])}
            directory_trace(ask.state, activity, [_target(user)], changes=change)
        changes = {
            name[0].upper() + name[1:]: ([before[name]], [value])
            for name, value in plain.items()
            if before[name] != value
        }
        if changes:
            directory_trace(ask.state, "Update user", [_target(user)], changes=changes)
            mailbox = ask.state.mailboxes.get(str(user["userPrincipalName"]).lower())
            if mailbox is not None:
                mailbox.properties["DisplayName"] = user["displayName"]

    ask.change(apply)
    return Answer(204)


def _password_was_reset(ask: Ask, user: Json, profile: Json) -> None:
    now = graph_time(ask.state.clock())
    user["lastPasswordChangeDateTime"] = now
    user["signInSessionsValidFromDateTime"] = now
    for method in ask.state.authentication_methods.get(str(user["id"]), []):
        if method["@odata.type"].endswith("passwordAuthenticationMethod"):
            method["createdDateTime"] = now
    directory_trace(ask.state, "Reset user password", [_target(user)])
    if profile.get("forceChangePasswordNextSignIn"):
        directory_trace(ask.state, "Set force change user password", [_target(user)])


def revoke_sessions(ask: Ask) -> Answer:
    """Make every refresh token of the user invalid."""
    user = ask.core.user(ask.values[0])

    def apply() -> None:
        now = graph_time(ask.state.clock())
        change = {"StsRefreshTokensValidFrom": ([user["signInSessionsValidFromDateTime"]], [now])}
        user["signInSessionsValidFromDateTime"] = now
        activity = "Update StsRefreshTokenValidFrom Timestamp"
        directory_trace(ask.state, activity, [_target(user)], changes=change)

    ask.change(apply)
    return Answer(200, {"@odata.context": f"{ask.core.url}/graph/$metadata#Edm.Boolean", "value": True})


# Inbox rules and mailbox settings.


def patch_rule(ask: Ask) -> Answer:
    """Change a visible inbox rule; one that is read-only can only be changed through Exchange."""
    rule = mail.find_rule(ask)
    if rule.read_only:
        raise bad_request("The rule is read-only.", "ErrorInvalidRequest")
    names = {
        "isEnabled": "enabled",
        "displayName": "name",
        "sequence": "sequence",
        "conditions": "conditions",
        "actions": "actions",
        "exceptions": "exceptions",
    }
    body = ask.json
    if not body or set(body) - set(names):
        raise bad_request("A property of the rule is not known or cannot be changed.", "ErrorInvalidRequest")

    def apply() -> None:
        for name, value in body.items():
            setattr(rule, names[name], value)
        exchange_trace(
            ask.state, "Set-InboxRule", _rule_path(ask, rule), {"Identity": str(rule.number), **body}
        )

    ask.change(apply)
    view = {**mail.rule_view(rule), **body}
    return Answer(200, view)


def _rule_path(ask: Ask, rule: InboxRule) -> str:
    return f"{ask.core.mailbox(ask.values[0]).properties['Alias']}\\{rule.name}"


def delete_rule(ask: Ask) -> Answer:
    """Remove a visible inbox rule."""
    rule, mailbox = mail.find_rule(ask), ask.core.mailbox(ask.values[0])

    def apply() -> None:
        if rule in mailbox.rules:
            mailbox.rules.remove(rule)
            exchange_trace(
                ask.state, "Remove-InboxRule", _rule_path(ask, rule), {"Identity": str(rule.number)}
            )

    ask.change(apply)
    return Answer(204)


def create_rule(ask: Ask) -> Answer:
    """Make an inbox rule again from what was stored of it."""
    mailbox, body = ask.core.mailbox(ask.values[0]), ask.json
    known = {"displayName", "sequence", "isEnabled", "conditions", "actions", "exceptions"}
    if set(body) - known or "actions" not in body:
        raise bad_request("The rule needs actions and may hold nothing read-only.", "ErrorInvalidRequest")
    key = ask.state.next_id("rule").replace("-", "")
    rule = InboxRule(
        "AQAAA" + key[:8].upper() + "=",
        10**18 + int(key[:12], 16),
        str(body.get("displayName", "")),
        int(body.get("sequence", len(mailbox.rules) + 1)),
        enabled=bool(body.get("isEnabled", True)),
        conditions=body.get("conditions") or {},
        exceptions=body.get("exceptions") or {},
        actions=body["actions"],
    )

    def apply() -> None:
        mailbox.rules.append(rule)
        exchange_trace(ask.state, "New-InboxRule", _rule_path(ask, rule), {"Name": rule.name, **rule.actions})

    ask.change(apply)
    return Answer(201, mail.rule_view(rule))


def patch_settings(ask: Ask) -> Answer:
    """Change mailbox settings, such as the auto-reply."""
    mailbox, body = ask.core.mailbox(ask.values[0]), ask.json
    names = {"automaticRepliesSetting", "timeZone", "language", "dateFormat", "timeFormat", "workingHours"}
    if not body or set(body) - names - {"@odata.context"}:
        raise bad_request("A mailbox setting is not known or cannot be changed.", "ErrorInvalidRequest")

    reply = body.get("automaticRepliesSetting") or {}
    if reply.get("status", "disabled") not in {"disabled", "alwaysEnabled", "scheduled"}:
        raise bad_request("The status of the automatic reply is not known.", "ErrorInvalidRequest")

    def merged() -> Json:
        result = dict(mailbox.settings)
        for name, value in body.items():
            old = result.get(name)
            result[name] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
        return result

    def apply() -> None:
        mailbox.settings = merged()
        if "automaticRepliesSetting" in body:
            state = mailbox.settings["automaticRepliesSetting"]["status"]
            exchange_trace(
                ask.state,
                "Set-MailboxAutoReplyConfiguration",
                str(mailbox.properties["Alias"]),
                {"Identity": mailbox.upn, "AutoReplyState": state},
            )

    answer = merged()
    ask.change(apply)
    return Answer(200, answer)


# Grants, assignments, roles, groups.


def _remove(ask: Ask, items: list[Json], item_id: str, done: Callable[[Json], None]) -> Answer:
    found = next((item for item in items if item["id"] == item_id), None)
    if found is None:
        raise not_found(item_id)

    def apply() -> None:
        if found in items:
            items.remove(found)
            done(found)

    ask.change(apply)
    return Answer(204)


def _fields(ask: Ask, required: Sequence[str]) -> Json:
    body = {name: value for name, value in ask.json.items() if not name.startswith("@")}
    missing = [name for name in required if body.get(name) in {None, ""}]
    if missing:
        raise bad_request(f"The property '{missing[0]}' must be given.", "Request_BadRequest")
    return body


def _principal_target(ask: Ask, principal_id: str) -> Json:
    user = ask.state.users.get(principal_id)
    return _target(user) if user else _thing(principal_id, None, "ServicePrincipal")


def delete_grant(ask: Ask) -> Answer:
    """Remove a delegated permission grant."""

    def done(grant: Json) -> None:
        client = _thing(grant["clientId"], None, "ServicePrincipal")
        changes = {"DelegatedPermissionGrant.Scope": (grant["scope"], None)}
        directory_trace(
            ask.state,
            "Remove delegated permission grant",
            [client],
            category="ApplicationManagement",
            operation="Delete",
            changes=changes,
        )

    return _remove(ask, ask.state.oauth_grants, ask.values[0], done)


def create_grant(ask: Ask) -> Answer:
    """Make a delegated permission grant; 409 where the same stands already."""
    body = _fields(ask, ("clientId", "consentType", "resourceId", "scope"))
    keys = ("clientId", "consentType", "principalId", "resourceId")
    if any(all(item[key] == body.get(key) for key in keys) for item in ask.state.oauth_grants):
        raise GraphError(409, "Request_MultipleObjectsWithSameKeyValue", "Permission entry already exists.")
    grant = {
        "id": ask.state.next_id("grant").replace("-", ""),
        **{key: body.get(key) for key in (*keys, "scope")},
    }

    def apply() -> None:
        ask.state.oauth_grants.append(grant)
        client = _thing(grant["clientId"], None, "ServicePrincipal")
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
        targets = [_thing(item["resourceId"], item.get("resourceDisplayName"), "ServicePrincipal")]
        targets.append(_principal_target(ask, item["principalId"]))
        directory_trace(ask.state, activity, targets, category="ApplicationManagement", operation="Unassign")

    return _remove(ask, ask.state.app_role_assignments, ask.values[1], done)


def _holder(ask: Ask) -> Json:
    """The user or the app that the path names. Raises GraphError 404."""
    return (
        service_principal(ask) if ask.path.startswith("/servicePrincipals") else ask.core.user(ask.values[0])
    )


def create_app_role(ask: Ask) -> Answer:
    """Assign an app to a user, or an application permission to an app, again; not twice."""
    keys = ("principalId", "resourceId", "appRoleId")
    body, holder = _fields(ask, keys), _holder(ask)
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
        target = _thing(resource["id"], resource["displayName"], "ServicePrincipal")
        activity = (
            "Add app role assignment grant to user"
            if is_user
            else "Add app role assignment to service principal"
        )
        targets = [target, _principal_target(ask, holder["id"])]
        directory_trace(ask.state, activity, targets, category="ApplicationManagement", operation="Assign")

    ask.change(apply)
    return Answer(201, item)


def _role_trace(ask: Ask, activity: str, item: Json, *, added: bool) -> None:
    role = ask.state.role_definitions[item["roleDefinitionId"]]
    name = role["displayName"]
    directory_trace(
        ask.state,
        activity,
        [_principal_target(ask, item["principalId"]), _thing(role["id"], name, "Role")],
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

    return _remove(ask, items, found["id"], done)


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
    body, keys = _fields(ask, _ROLE_KEYS), _ROLE_KEYS
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
    body, keys = _fields(ask, ("action", *_ROLE_KEYS)), _ROLE_KEYS
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


def _group(ask: Ask) -> tuple[Json, list[str]]:
    group = ask.state.groups.get(ask.values[0])
    if group is None:
        raise not_found(ask.values[0])
    _mastered_elsewhere(group)
    if group.get("membershipRule"):
        message = "Members cannot be added to or removed from a group with a dynamic membership rule."
        raise bad_request(message, "Request_BadRequest")
    if group.get("isAssignableToRole") and not ask.holds("RoleManagement.ReadWrite.Directory"):
        raise forbidden()
    return group, ask.state.memberships.setdefault(str(group["id"]), [])


def delete_member(ask: Ask) -> Answer:
    """Take a member out of a group."""
    (group, members), user_id = _group(ask), ask.values[1]
    if user_id not in members:
        raise not_found(user_id)

    def apply() -> None:
        if user_id in members:
            members.remove(user_id)
            _member_trace(ask, "Remove member from group", group, user_id, "Unassign")

    ask.change(apply)
    return Answer(204)


def add_member(ask: Ask) -> Answer:
    """Put a member into a group."""
    group, members = _group(ask)
    user_id = str(ask.json.get("@odata.id", "")).rpartition("/")[2]
    if user_id not in ask.state.users:
        raise not_found(user_id)
    if user_id in members:
        message = "One or more added object references already exist for the property 'members'."
        raise bad_request(message, "Request_BadRequest")

    def apply() -> None:
        members.append(user_id)
        _member_trace(ask, "Add member to group", group, user_id, "Assign")

    ask.change(apply)
    return Answer(204)


def _member_trace(ask: Ask, activity: str, group: Json, user_id: str, operation: str) -> None:
    name = group["displayName"]
    change = {"Group.DisplayName": (None, name) if operation == "Assign" else (name, None)}
    targets = [_target(ask.state.users[user_id]), _thing(group["id"], name, "Group")]
    directory_trace(
        ask.state, activity, targets, category="GroupManagement", operation=operation, changes=change
    )


# Authentication methods.


def delete_method(ask: Ask) -> Answer:
    """Remove one authentication method; the default one goes last."""
    user = ask.core.user(ask.values[0])
    _may_act_on(ask, user)
    user_id, segment = str(user["id"]), ask.path.rstrip("/").split("/")[-2]
    kind = METHOD_SEGMENTS[segment]
    held = ask.state.authentication_methods.get(user_id, [])
    found = next(
        (item for item in held if item["id"] == ask.values[1] and item["@odata.type"].endswith("." + kind)),
        None,
    )
    if found is None:
        raise not_found(ask.values[1])
    default = _DEFAULT_KINDS.get(ask.state.sign_in_preferences.get(user_id, ""))
    second = [item for item in held if not item["@odata.type"].endswith(".passwordAuthenticationMethod")]
    same = [item for item in second if item["@odata.type"].endswith("." + kind)]
    if kind == default and len(same) == 1 and len(second) > 1:
        message = (
            f"The requested authentication method ID [{found['id']}] matches the user's current default "
            "authentication method, and cannot be deleted until the default authentication method is changed."
            if kind == "phoneAuthenticationMethod"
            else "Cannot delete default method with other methods configured. "
            "Please change default method before deletion."
        )
        raise bad_request(message, "badRequest")

    def apply() -> None:
        if found in held:
            held.remove(found)
            _note_registration(ask, user_id)
            directory_trace(ask.state, "Admin deleted security info", [_target(user)], operation="Delete")

    ask.change(apply)
    return Answer(204)


def _note_registration(ask: Ask, user_id: str) -> None:
    """Bring what the report says is registered in line with what is registered."""
    details = ask.state.registration_details.get(user_id)
    if details is None:
        return
    held = ask.state.authentication_methods.get(user_id, [])
    names = [
        _PHONE_NAMES[method["phoneType"]]
        if "phoneType" in method
        else _REGISTERED.get(method["@odata.type"].rpartition(".")[2], "")
        for method in held
    ]
    strong = [name for name in dict.fromkeys(names) if name]
    factors = [name for name in strong if name != "email"]
    details.update(methodsRegistered=strong, isMfaRegistered=bool(factors), isMfaCapable=bool(factors))


def _add_method(ask: Ask, method: Json, secret: Json | None = None) -> Answer:
    """Register a method; ``secret`` is shown in this answer and never again."""
    user = ask.core.user(ask.values[0])
    _may_act_on(ask, user)
    held = ask.state.authentication_methods.setdefault(str(user["id"]), [])
    if any(item["id"] == method["id"] for item in held):
        raise bad_request("A method of this type is registered already.", "invalidRequest")
    full = {**method, "createdDateTime": graph_time(ask.state.clock())}

    def apply() -> None:
        held.append(full)
        _note_registration(ask, str(user["id"]))
        directory_trace(ask.state, "Admin registered security info", [_target(user)], operation="Add")

    ask.change(apply)
    return Answer(201, {**full, **(secret or {})})


def add_phone(ask: Ask) -> Answer:
    """Register a phone for a user."""
    body = _fields(ask, ("phoneNumber", "phoneType"))
    if body["phoneType"] not in _PHONE_IDS:
        raise bad_request(f"The phone type '{body['phoneType']}' is not known.", "invalidRequest")
    return _add_method(
        ask,
        {
            "@odata.type": "#microsoft.graph.phoneAuthenticationMethod",
            "id": _PHONE_IDS[body["phoneType"]],
            "phoneNumber": body["phoneNumber"],
            "phoneType": body["phoneType"],
            "smsSignInState": "notAllowedByPolicy",
        },
    )


def add_email(ask: Ask) -> Answer:
    """Register an e-mail address for password reset."""
    body = _fields(ask, ("emailAddress",))
    return _add_method(
        ask,
        {
            "@odata.type": "#microsoft.graph.emailAuthenticationMethod",
            "id": "3ddfcfc8-9383-446f-83cc-3ab9be4be18f",
            "emailAddress": body["emailAddress"],
        },
    )


def add_access_pass(ask: Ask) -> Answer:
    """Issue a temporary access pass."""
    body = ask.json
    return _add_method(
        ask,
        {
            "@odata.type": "#microsoft.graph.temporaryAccessPassAuthenticationMethod",
            "id": ident("access-pass", ask.values[0]),
            "temporaryAccessPass": None,
            "isUsableOnce": bool(body.get("isUsableOnce", False)),
            "isUsable": True,
            "lifetimeInMinutes": int(body.get("lifetimeInMinutes", 60)),
            "startDateTime": graph_time(ask.state.clock()),
        },
        {"temporaryAccessPass": ask.state.next_id("access-pass")[:8]},
    )


def patch_preferences(ask: Ask) -> Answer:
    """Change the default second factor."""
    user_id = str(ask.core.user(ask.values[0])["id"])
    body = _fields(ask, ("userPreferredMethodForSecondaryAuthentication",))
    value = str(body["userPreferredMethodForSecondaryAuthentication"])
    kinds = {
        method["@odata.type"].rpartition(".")[2]
        for method in ask.state.authentication_methods.get(user_id, [])
    }
    if _DEFAULT_KINDS.get(value) not in kinds:
        raise bad_request(f"The user has no method for '{value}' registered.", "badRequest")
    ask.change(lambda: ask.state.sign_in_preferences.__setitem__(user_id, value))
    return Answer(200, body)


def patch_requirements(ask: Ask) -> Answer:
    """Change the per-user state of multi-factor authentication."""
    user = ask.core.user(ask.values[0])
    value = str(_fields(ask, ("perUserMfaState",))["perUserMfaState"])
    if value not in {"disabled", "enabled", "enforced"}:
        raise bad_request(f"The state '{value}' is not known.", "Request_BadRequest")

    def apply() -> None:
        old = ask.state.authentication_requirements.get(user["id"], "disabled")
        ask.state.authentication_requirements[user["id"]] = value
        change = {"StrongAuthenticationRequirement": (old, value)}
        directory_trace(ask.state, "Update user", [_target(user)], changes=change)

    ask.change(apply)
    return Answer(204)


# Apps, devices, risk.


def patch_service_principal(ask: Ask) -> Answer:
    """Turn an application off or on for everyone."""
    principal, body = service_principal(ask), ask.json
    if set(body) - {"accountEnabled", "tags", "appRoleAssignmentRequired"} or not body:
        raise bad_request("A property of the application cannot be changed here.", "Request_BadRequest")

    def apply() -> None:
        changes = {name[0].upper() + name[1:]: (principal.get(name), value) for name, value in body.items()}
        principal.update(body)
        target = _thing(principal["id"], principal["displayName"], "ServicePrincipal")
        category = "ApplicationManagement"
        directory_trace(ask.state, "Update service principal", [target], category=category, changes=changes)

    ask.change(apply)
    return Answer(204)


def patch_device(ask: Ask) -> Answer:
    """Switch a device off or on."""
    device = next((item for item in ask.state.devices if item["id"] == ask.values[0]), None)
    if device is None:
        raise not_found(ask.values[0])
    body = ask.json
    if set(body) != {"accountEnabled"}:
        raise bad_request("The tenant knows only to switch devices off and on.", "Request_BadRequest")

    def apply() -> None:
        change = {"AccountEnabled": ([device["accountEnabled"]], [body["accountEnabled"]])}
        device["accountEnabled"] = body["accountEnabled"]
        target = _thing(device["id"], device["displayName"], "Device")
        directory_trace(ask.state, "Update device", [target], category="Device", changes=change)

    ask.change(apply)
    return Answer(204)


def _risk_change(ask: Ask, level: str, state: str, detail: str, activity: str) -> Answer:
    if P2 not in ask.state.licenses:
        raise forbidden("Your tenant is not licensed for this feature.", "Forbidden")
    user_ids = ask.json.get("userIds")
    if not isinstance(user_ids, list) or not 1 <= len(user_ids) <= 60:
        raise bad_request("userIds must hold 1 to 60 ids.")
    users = [ask.core.user(str(item)) for item in user_ids]

    def apply() -> None:
        now = graph_time(ask.state.clock())
        for user in users:
            base = {"id": user["id"], "isDeleted": False, "isProcessing": False, "history": []}
            names = {"userDisplayName": user["displayName"], "userPrincipalName": user["userPrincipalName"]}
            risky = ask.state.risky_users.setdefault(user["id"], {**base, **names})
            past = {name: value for name, value in risky.items() if name != "history"}
            if "riskState" in past:
                risky["history"].append({**past, "userId": user["id"], "initiatedBy": ask.state.app_name})
            risky.update(riskLevel=level, riskState=state, riskDetail=detail, riskLastUpdatedDateTime=now)
            directory_trace(ask.state, activity, [_target(user)], category="Other")

    ask.change(apply)
    return Answer(204)


def confirm_compromised(ask: Ask) -> Answer:
    """Tell Identity Protection that the account is compromised."""
    return _risk_change(
        ask, "high", "confirmedCompromised", "adminConfirmedUserCompromised", "ConfirmAccountCompromised"
    )


def dismiss(ask: Ask) -> Answer:
    """Tell Identity Protection that the risk is over."""
    return _risk_change(ask, "none", "dismissed", "adminDismissedAllRiskForUser", "DismissUser")


_USER = "/users/{user-id}"
_RULES = _USER + "/mailFolders/{mailFolder-id}/messageRules"
_RULE = _RULES + "/{messageRule-id}"
_ROLES = "/roleManagement/directory"
_DELETABLE = tuple(segment for segment in METHOD_SEGMENTS if segment != "passwordMethods")
_BEHIND = {"externalAuthenticationMethods": "/$ref"}
"""What stands behind the id where a method is deleted."""

ROUTES: tuple[Route, ...] = (
    Route("PATCH", _USER, patch_user),
    Route("POST", _USER + "/revokeSignInSessions", revoke_sessions),
    Route("POST", _RULES, create_rule),
    Route("PATCH", _RULE, patch_rule),
    Route("DELETE", _RULE, delete_rule),
    Route("PATCH", _USER + "/mailboxSettings", patch_settings),
    Route("POST", "/oauth2PermissionGrants", create_grant),
    Route("DELETE", "/oauth2PermissionGrants/{oAuth2PermissionGrant-id}", delete_grant),
    Route("POST", _USER + "/appRoleAssignments", create_app_role),
    Route("DELETE", _USER + "/appRoleAssignments/{appRoleAssignment-id}", delete_app_role),
    Route("POST", "/servicePrincipals/{servicePrincipal-id}/appRoleAssignments", create_app_role),
    Route(
        "DELETE",
        "/servicePrincipals/{servicePrincipal-id}/appRoleAssignments/{appRoleAssignment-id}",
        delete_app_role,
    ),
    Route("POST", _ROLES + "/roleAssignments", create_role),
    Route("DELETE", _ROLES + "/roleAssignments/{unifiedRoleAssignment-id}", delete_role),
    Route("POST", _ROLES + "/roleAssignmentScheduleRequests", request_active),
    Route("POST", _ROLES + "/roleEligibilityScheduleRequests", request_eligible),
    Route("POST", "/groups/{group-id}/members/$ref", add_member),
    Route("DELETE", "/groups/{group-id}/members/{directoryObject-id}/$ref", delete_member),
    *(
        Route(
            "DELETE",
            f"{_USER}/authentication/{segment}/{{{METHOD_SEGMENTS[segment]}-id}}{_BEHIND.get(segment, '')}",
            delete_method,
        )
        for segment in _DELETABLE
    ),
    Route("POST", _USER + "/authentication/phoneMethods", add_phone),
    Route("POST", _USER + "/authentication/emailMethods", add_email),
    Route("POST", _USER + "/authentication/temporaryAccessPassMethods", add_access_pass),
    Route("PATCH", _USER + "/authentication/signInPreferences", patch_preferences),
    Route("PATCH", _USER + "/authentication/requirements", patch_requirements),
    Route("PATCH", "/servicePrincipals/{servicePrincipal-id}", patch_service_principal),
    Route("PATCH", "/devices/{device-id}", patch_device),
    Route("POST", "/identityProtection/riskyUsers/confirmCompromised", confirm_compromised),
    Route("POST", "/identityProtection/riskyUsers/dismiss", dismiss),
)
"""The writing endpoints of Graph."""
