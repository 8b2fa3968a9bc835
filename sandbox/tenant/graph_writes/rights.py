"""Who may act on which account, and what all writes leave in the logs.

Sensitive properties of a privileged account (one that holds an administrator role, or is in a group that
can) need Privileged Authentication Administrator or Global Administrator on the app. Accounts mastered
on-premises refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sandbox.scenarios.state import Json
from sandbox.tenant.core import Answer, Ask
from sandbox.tenant.directory import group_ids
from sandbox.tenant.problems import bad_request, forbidden, not_found

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


def target(user: Json) -> Json:
    """Name a user as a target in the directory audit."""
    return {
        "id": user["id"],
        "displayName": None,
        "type": "User",
        "userPrincipalName": user["userPrincipalName"],
        "groupType": None,
    }


def thing(thing_id: object, name: str | None, kind: str) -> Json:
    """Name anything else as a target there."""
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


def may_act_on(ask: Ask, user: Json) -> None:
    """Refuse when the app's directory roles do not reach this account."""
    row = ask.row
    needs = [
        row.properties[name].roles_over_administrators for name in ask.body or () if name in row.properties
    ]
    needs.append(row.roles_over_administrators)
    short = [need for need in needs if need and not set(need) & ask.core.directory_roles]
    if short and privileged(ask, str(user["id"])):
        raise forbidden()


def mastered_elsewhere(user: Json) -> None:
    """Refuse where the account is mastered on-premises."""
    if user.get("onPremisesSyncEnabled"):
        message = (
            "Unable to update the specified properties for on-premises mastered Directory Sync objects or "
            "objects currently undergoing migration."
        )
        raise bad_request(message, "Request_BadRequest")


# Grants, assignments, roles, groups.


def remove(ask: Ask, items: list[Json], item_id: str, done: Callable[[Json], None]) -> Answer:
    """Remove an item by its id, and say so to `done`."""
    found = next((item for item in items if item["id"] == item_id), None)
    if found is None:
        raise not_found(item_id)

    def apply() -> None:
        if found in items:
            items.remove(found)
            done(found)

    ask.change(apply)
    return Answer(204)


def fields(ask: Ask, required: Sequence[str]) -> Json:
    """Give the properties of the body; refuse where a required one is missing."""
    body = {name: value for name, value in ask.json.items() if not name.startswith("@")}
    missing = [name for name in required if body.get(name) in {None, ""}]
    if missing:
        raise bad_request(f"The property '{missing[0]}' must be given.", "Request_BadRequest")
    return body


def principal_target(ask: Ask, principal_id: str) -> Json:
    """Name whoever holds something as a target, a user or a service principal."""
    user = ask.state.users.get(principal_id)
    return target(user) if user else thing(principal_id, None, "ServicePrincipal")


USER = "/users/{user-id}"
