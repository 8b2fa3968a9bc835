"""Writes to the members of groups."""

from __future__ import annotations

from sandbox.scenarios.state import Json
from sandbox.tenant.core import Answer, Ask, Route
from sandbox.tenant.graph_writes.rights import mastered_elsewhere, target, thing
from sandbox.tenant.problems import bad_request, forbidden, not_found
from sandbox.tenant.traces import directory_trace


def _group(ask: Ask) -> tuple[Json, list[str]]:
    group = ask.state.groups.get(ask.values[0])
    if group is None:
        raise not_found(ask.values[0])
    mastered_elsewhere(group)
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
    targets = [target(ask.state.users[user_id]), thing(group["id"], name, "Group")]
    directory_trace(
        ask.state, activity, targets, category="GroupManagement", operation=operation, changes=change
    )


ROUTES: tuple[Route, ...] = (
    Route("POST", "/groups/{group-id}/members/$ref", add_member),
    Route("DELETE", "/groups/{group-id}/members/{directoryObject-id}/$ref", delete_member),
)
"""Its endpoints."""
