"""The directory roles of the user: direct, through groups, switched on in PIM, and eligible in PIM.

Source: Microsoft Graph v1.0, "List unifiedRoleAssignments", "List roleAssignmentScheduleInstances" and "List
roleEligibilityScheduleInstances", "List a user's memberships (direct and transitive)"; beta, "List
transitiveRoleAssignments".
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from typing import Any

from graph.asking import Asking, Effect, Item, try_each
from graph.errors import GraphError, NoPermission
from graph.evidence import DirectoryRole, Known
from graph.parts.reading import lacking, literal, needing, read_each, segment
from graph.question import Question
from graph.request import EVENTUAL, Request

PERMISSIONS = ("RoleManagement.Read.Directory",)
LICENCE = ""

_ROLES = "/roleManagement/directory"
_MOST = "999"
"""Groups on one page, at most, so that one page is nearly always all."""


def ask(question: Question) -> Asking[tuple[DirectoryRole, ...]]:
    """Ask for all four lists together; only the direct assignments are indispensable.

    The names of groups are asked for only where a role is held through one.
    """
    user = question.subject.id
    mine = f"principalId eq '{literal(user)}'"
    query: Mapping[str, str] = {"$filter": mine, "$expand": "roleDefinition"}
    direct, transitive, active, eligible = yield from try_each(
        [
            Request("GET", f"{_ROLES}/roleAssignments", query),
            Request(
                "GET",
                f"{_ROLES}/transitiveRoleAssignments",
                {"$count": "true", "$filter": mine},
                version="beta",
                headers=EVENTUAL,
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
    switched_on = {_what(item) for item in activated}
    plain = [item for item in direct if _what(item) not in switched_on]
    given = [item for item in through_groups if str(item.get("id")) not in known]
    names, unnamed = (yield from _names_of_groups(user)) if given else ({}, ())
    definitions, nameless = yield from _definitions({_id(item) for item in given})
    spans = _spans(_items(active))
    items = (
        *(_role({**item, **spans.get(_what(item), {})}, "direct") for item in plain),
        *(_role({**item, "roleDefinition": definitions[_id(item)]}, "group", names) for item in given),
        *(_role(item, "active") for item in activated),
        *(_role(item, "eligible") for item in _items(eligible)),
    )
    roles, unreadable = read_each(DirectoryRole, items)
    return Known(roles, missing=missing + unnamed + nameless + unreadable)


def _items(answer: list[Item] | GraphError) -> Iterable[Item]:
    return () if isinstance(answer, GraphError) else answer


def _names_of_groups(user: str) -> Generator[Effect, Any, tuple[Mapping[str, Any], tuple[str, ...]]]:
    """The display names of all groups of the user by id, in one request, and what is missing.

    An application that may not read groups gets no names, and that is no gap: the roles are known all the
    same, and a group without a name is told by its id.
    """
    path = f"/users/{segment(user)}/transitiveMemberOf/microsoft.graph.group"
    query = {"$count": "true", "$select": "id,displayName", "$top": _MOST}
    (groups,) = yield from try_each([Request("GET", path, query, headers=EVENTUAL)])
    missing: tuple[str, ...] = ()
    if isinstance(groups, GraphError) and not isinstance(groups, NoPermission):
        missing = (lacking("the names of the groups that give roles", groups),)
    return {str(group.get("id")): group.get("displayName") for group in _items(groups)}, missing


def _definitions(ids: Iterable[str]) -> Generator[Effect, Any, tuple[Mapping[str, Item], tuple[str, ...]]]:
    """The roles by id, since the list of roles through groups cannot be expanded, and what is missing."""
    wanted = sorted(ids)
    answers = yield from try_each(
        [Request("GET", f"{_ROLES}/roleDefinitions/{segment(id_)}") for id_ in wanted]
    )
    found = dict(zip(wanted, answers, strict=True))
    missing = tuple(
        lacking(f"the name of the role {id_}", needing(answer, PERMISSIONS[0]))
        for id_, answer in found.items()
        if isinstance(answer, GraphError)
    )
    return {id_: next(iter(_items(answer)), {}) for id_, answer in found.items()}, missing


def _id(item: Item) -> str:
    return str(item.get("roleDefinitionId"))


def _what(item: Item) -> tuple[str, str]:
    """Which role is given, and where."""
    return str(item.get("roleDefinitionId")), str(item.get("directoryScopeId") or "/")


def _spans(active: Iterable[Item]) -> dict[tuple[str, str], dict[str, Any]]:
    """From when until when each role is assigned to the user himself: the plain assignment does not tell."""
    return {
        _what(item): {name: item.get(name) for name in ("startDateTime", "endDateTime")}
        for item in active
        if item.get("assignmentType") == "Assigned" and item.get("memberType") in (None, "Direct")
    }


def _role(item: Item, how: str, groups: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Bring the items of the four lists into one form."""
    definition = item.get("roleDefinition")
    name = definition.get("displayName") if isinstance(definition, dict) else ""
    through = str(item.get("principalId") or "") if how == "group" else ""
    return {
        "assignmentId": item.get("id"),
        "roleDefinitionId": item.get("roleDefinitionId"),
        "name": name,
        "how": how,
        "through": through,
        "throughName": (groups or {}).get(through),
        "directoryScopeId": item.get("directoryScopeId") or "/",
        "startDateTime": item.get("startDateTime"),
        "endDateTime": item.get("endDateTime"),
    }
