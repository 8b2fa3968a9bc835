"""The directory roles of the user: direct, through groups, switched on in PIM, and eligible in PIM.

Source: Microsoft Graph v1.0, "List unifiedRoleAssignments", "List roleAssignmentScheduleInstances" and "List
roleEligibilityScheduleInstances"; beta, "List transitiveRoleAssignments".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from graph.asking import Asking, Item, try_each
from graph.errors import GraphError
from graph.evidence import DirectoryRole, Known
from graph.parts.reading import lacking, literal, needing, read_each
from graph.question import Question
from graph.request import Request

PERMISSIONS = ("RoleManagement.Read.Directory",)
LICENCE = ""

_ROLES = "/roleManagement/directory"


def ask(question: Question) -> Asking[tuple[DirectoryRole, ...]]:
    """Ask for all four lists together; only the direct assignments are indispensable."""
    user = question.subject.id
    mine = f"principalId eq '{literal(user)}'"
    query: Mapping[str, str] = {"$filter": mine, "$expand": "roleDefinition"}
    direct, transitive, active, eligible = yield from try_each(
        [
            Request("GET", f"{_ROLES}/roleAssignments", query),
            Request(
                "GET",
                f"{_ROLES}/transitiveRoleAssignments",
                {"$count": "true", "$filter": mine, "$expand": "roleDefinition"},
                version="beta",
                headers={"ConsistencyLevel": "eventual"},
            ),
            Request("GET", f"{_ROLES}/roleAssignmentScheduleInstances", query),
            Request("GET", f"{_ROLES}/roleEligibilityScheduleInstances", query),
        ]
    )
    if isinstance(direct, GraphError):
        raise direct
    missing = tuple(
        lacking(what, needing(answer, PERMISSIONS[0]))
        for what, answer in (
            ("roles through groups", transitive),
            ("roles switched on in PIM", active),
            ("roles that may be switched on in PIM", eligible),
        )
        if isinstance(answer, GraphError)
    )
    known = {str(item.get("id")) for item in direct}
    through_groups = [item for item in _items(transitive) if item.get("principalId") != user]
    activated = [item for item in _items(active) if item.get("assignmentType") == "Activated"]
    # A role switched on in PIM is listed among the direct assignments too; it is told once, as what it is.
    switched_on = {(item.get("roleDefinitionId"), item.get("directoryScopeId")) for item in activated}
    plain = [
        item
        for item in direct
        if (item.get("roleDefinitionId"), item.get("directoryScopeId")) not in switched_on
    ]
    items = (
        *(_role(item, "direct") for item in plain),
        *(_role(item, "group") for item in through_groups if str(item.get("id")) not in known),
        *(_role(item, "active") for item in activated),
        *(_role(item, "eligible") for item in _items(eligible)),
    )
    roles, unreadable = read_each(DirectoryRole, items)
    return Known(roles, missing=missing + unreadable)


def _items(answer: list[Item] | GraphError) -> Iterable[Item]:
    return () if isinstance(answer, GraphError) else answer


def _role(item: Item, how: str) -> dict[str, Any]:
    """Bring the items of the four lists into one form."""
    definition = item.get("roleDefinition")
    name = definition.get("displayName") if isinstance(definition, dict) else ""
    return {
        "assignmentId": item.get("id"),
        "roleDefinitionId": item.get("roleDefinitionId"),
        "name": name,
        "how": how,
        "through": str(item.get("principalId") or "") if how == "group" else "",
        "directoryScopeId": item.get("directoryScopeId") or "/",
        "startDateTime": item.get("startDateTime"),
        "endDateTime": item.get("endDateTime"),
    }
