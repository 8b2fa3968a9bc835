"""Role groups of Exchange and of Purview, their members, and roles of applications."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.scenarios.state import Json
from sandbox.tenant.cmdlets.common import alias, append, drop, person
from sandbox.tenant.exchange import Invocation
from sandbox.tenant.problems import CmdletError, object_not_found


def role_group(groups: list[Json], name: str) -> Json:
    """A role group by name or identity. Raises CmdletError 404."""
    for group in groups:
        if name.lower() in {str(group["Name"]).lower(), str(group["Identity"]).lower()}:
            return group
    raise object_not_found(name)


def role_groups(pick: str) -> Callable[[Invocation], list[Json]]:
    """Make a cmdlet that gives role groups."""

    def run(call: Invocation) -> list[Json]:
        groups: list[Json] = getattr(call.state, pick)
        shown = [role_group(groups, call.text("Identity"))] if call.text("Identity") else groups
        return [{**group, "Members": [member["Name"] for member in group["Members"]]} for group in shown]

    return run


def role_group_members(pick: str) -> Callable[[Invocation], list[Json]]:
    """Make a cmdlet that gives the members of a role group."""

    def run(call: Invocation) -> list[Json]:
        return list(role_group(getattr(call.state, pick), call.required("Identity"))["Members"])

    return run


def purview_groups(call: Invocation) -> list[Json]:
    """Role groups of Security & Compliance; that Members tells anything there stands in no source."""
    return [{**group, "Members": []} for group in role_groups("purview_role_groups")(call)]


def purview_members(call: Invocation) -> list[Json]:
    """Members as an app-only session of Security & Compliance may show them: an id, and hardly a name.

    Source: issue 401 of a public reconciler of Purview role groups.
    """
    return [
        {
            **item,
            "Identity": item["ExternalDirectoryObjectId"],
            "Name": item["ExternalDirectoryObjectId"],
            "PrimarySmtpAddress": "",
            "ExternalDirectoryObjectId": None,
            "RecipientType": "MailUser",
        }
        for item in role_group_members("purview_role_groups")(call)
    ]


def get_role_assignment(call: Invocation) -> list[Json]:
    """Management role assignments, also those that reach a user through a role group."""
    rows = list(call.state.management_role_assignments)
    for group in call.state.exchange_role_groups:
        for role in group["Roles"]:
            for member in group["Members"]:
                rows.append(
                    {
                        "Identity": f"{role}-{group['Name']}",
                        "Name": f"{role}-{group['Name']}",
                        "Role": role,
                        "RoleAssigneeName": group["Name"],
                        "RoleAssigneeType": "RoleGroup",
                        "EffectiveUserName": member["Name"],
                        "AssignmentMethod": "RoleGroup",
                        "Enabled": True,
                    }
                )
    assignee, role = call.text("RoleAssignee"), call.text("Role")
    mailbox = call.state.mailbox(assignee) if assignee else None
    names = {assignee.lower()} | ({alias(mailbox).lower()} if mailbox else set())
    return [
        row
        for row in rows
        if (not assignee or names & {row["RoleAssigneeName"].lower(), row["EffectiveUserName"].lower()})
        and (not role or row["Role"] == role)
    ]


def remove_member(pick: str) -> Callable[[Invocation], list[Json]]:
    """Make a cmdlet that removes a member from a role group."""

    def run(call: Invocation) -> list[Json]:
        group = role_group(getattr(call.state, pick), call.required("Identity"))
        who = call.required("Member")
        for item in group["Members"]:
            if who.lower() == str(item["ExternalDirectoryObjectId"]) or (
                person(call.state, who) == str(item["Name"]).lower()
            ):
                return drop(call, group["Members"], item, str(group["Name"]))
        message = f"The user '{who}' isn't a member of the group '{group['Name']}'."
        raise CmdletError(404, "NotFound", "Configuration.Tasks.MemberNotFoundException", message)

    return run


def add_member(pick: str) -> Callable[[Invocation], list[Json]]:
    """Make a cmdlet that adds a member to a role group."""

    def run(call: Invocation) -> list[Json]:
        group = role_group(getattr(call.state, pick), call.required("Identity"))
        principal = _service_principal(call, pick)
        if principal is not None:
            return append(call, group["Members"], principal, str(group["Name"]))
        mailbox = call.mailbox("Member")
        if any(item["Name"] == alias(mailbox) for item in group["Members"]):
            message = f"The recipient '{alias(mailbox)}' is already a member of the group '{group['Name']}'."
            raise CmdletError(
                400, "BadRequest", "Management.RecipientTasks.MemberAlreadyExistsException", message
            )
        item = {
            "Identity": alias(mailbox),
            "Name": alias(mailbox),
            "DisplayName": mailbox.properties["DisplayName"],
            "PrimarySmtpAddress": mailbox.upn,
            "ExternalDirectoryObjectId": mailbox.properties["ExternalDirectoryObjectId"],
            "RecipientType": "UserMailbox",
        }
        return append(call, group["Members"], item, str(group["Name"]))

    return run


def _service_principal(call: Invocation, pick: str) -> Json | None:
    """The member that a service principal becomes, None where somebody else is meant."""
    known = (
        call.state.exchange_principals if pick == "exchange_role_groups" else call.state.purview_principals
    )
    who = call.required("Member").lower()
    for one in known:
        if who in {one["ObjectId"], one["AppId"]}:
            return {
                "Identity": one["ObjectId"],
                "Name": one["ObjectId"],
                "DisplayName": one["DisplayName"],
                "PrimarySmtpAddress": "",
                "ExternalDirectoryObjectId": one["ObjectId"],
                "RecipientType": "MailUser",
            }
    return None


def remove_role_assignment(call: Invocation) -> list[Json]:
    """Remove a direct management role assignment."""
    identity = call.required("Identity")
    for item in call.state.management_role_assignments:
        if identity in {item["Identity"], item["Name"]}:
            return drop(call, call.state.management_role_assignments, item, identity)
    raise object_not_found(identity)


def add_role_assignment(call: Invocation) -> list[Json]:
    """Assign a management role to one user directly."""
    mailbox, role = call.mailbox("User"), call.required("Role")
    name = call.text("Name") or f"{role}-{alias(mailbox)}"
    items = call.state.management_role_assignments
    if any(item["Name"] == name for item in items):
        message = f"The role assignment '{name}' already exists."
        raise CmdletError(400, "BadRequest", "Data.Directory.ADObjectAlreadyExistsException", message)
    item = {
        "Identity": name,
        "Name": name,
        "Role": role,
        "RoleAssigneeName": alias(mailbox),
        "RoleAssigneeType": "User",
        "EffectiveUserName": alias(mailbox),
        "AssignmentMethod": "Direct",
        "Enabled": True,
    }
    return append(call, items, item, name)
