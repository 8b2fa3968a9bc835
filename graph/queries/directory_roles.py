"""The user's directory roles, direct and through groups: assigned, activated in PIM, eligible in PIM.

Eligible is who may activate the role, who is in a group that may, and who may activate their membership of a
group that has the role (PIM for Groups). Not seen is a group whose membership of another may be activated.

Source: Microsoft Graph v1.0, "List unifiedRoleAssignments", "List roleAssignmentScheduleInstances", "List
roleEligibilityScheduleInstances", "List a user's memberships (direct and transitive)" and, for PIM for
Groups, "List eligibilityScheduleInstances"; beta, "List transitiveRoleAssignments", which takes no `$expand`,
so that names come from the definitions. Only groups with `isAssignableToRole` can hold a role.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from typing import Any, Final, TypeAlias

from graph.effects import Asking, Effect, Item, try_each
from graph.errors import GraphError
from graph.evidence import Known
from graph.needs import to_see_all
from graph.parts.reading import lacking, literal, needing, read_each, segment, untold
from graph.question import Question
from graph.request import EVENTUAL, Request
from graph.resources.directory import DirectoryRole

_GROUPS: Final = Request("GET", "/users/{id}/transitiveMemberOf/graph.group")
ASKS = (
    Request("GET", "/roleManagement/directory/roleAssignments"),
    Request("GET", "/roleManagement/directory/transitiveRoleAssignments", version="beta"),
    Request("GET", "/roleManagement/directory/roleAssignmentScheduleInstances"),
    Request("GET", "/roleManagement/directory/roleEligibilityScheduleInstances"),
    _GROUPS,
    Request("GET", "/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances"),
    Request("GET", "/roleManagement/directory/roleDefinitions"),
)
LICENSE = ""

_Answer: TypeAlias = list[Item] | GraphError

_ROLES: Final = "/roleManagement/directory"
_ELIGIBLE: Final = f"{_ROLES}/roleEligibilityScheduleInstances"
_PIM_FOR_GROUPS: Final = "/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances"
_THROUGH_GROUPS: Final = "eligible roles through groups"
_MOST: Final = "999"
"""Groups on one page, at most, so that one page is nearly always all."""


def ask(question: Question) -> Asking[tuple[DirectoryRole, ...]]:
    """Ask for all lists together, then for what groups give; only direct assignments are indispensable."""
    user = question.subject.id
    direct, transitive, active, eligible, groups, places = yield from try_each(_first(user))
    if isinstance(direct, GraphError):
        raise direct
    missing = [
        lacking(what, answer)
        for what, answer in (
            ("roles through groups", transitive),
            ("activated roles in PIM", active),
            ("eligible roles in PIM", eligible),
            (_THROUGH_GROUPS, groups),
            ("eligible group memberships in PIM", places),
        )
        if isinstance(answer, GraphError)
    ]
    if any(group.get("displayName") is None for group in _items(groups)):
        missing.append(
            needing(f"{_THROUGH_GROUPS} without readable names", " and ".join(to_see_all(_GROUPS)))
        )
    missing += untold(_items(active), "assignmentType")
    known = {str(item.get("id")) for item in direct}
    activated = [item for item in _items(active) if item.get("assignmentType") == "Activated"]
    # A role switched on in PIM is listed among the direct assignments too; it is told once, as what it is.
    switched_on = {_what(item) for item in activated}
    plain = [item for item in direct if _what(item) not in switched_on]
    given = [
        item
        for item in _items(transitive)
        if item.get("principalId") != user and str(item.get("id")) not in known
    ]
    seen = [*direct, *_items(active), *_items(eligible)]
    offered, joinable, definitions, more = yield from _of_groups(groups, eligible, places, given, seen)
    names = _names(_items(groups), _items(places))
    titles = {str(item.get("id")): item.get("displayName") for item in definitions}
    spans = _spans(_items(active))
    until = {str(place.get("groupId")): _span(place) for place in _items(places)}
    items = (
        *(_role({**item, **spans.get(_what(item), {})}, "direct", titles) for item in plain),
        *(_role(item, "group", titles, names) for item in given),
        *(_role(item, "active", titles) for item in activated),
        *(_role(item, "eligible", titles) for item in _items(eligible)),
        *(_role(item, "eligible_group", titles, names) for item in offered),
        *(
            _role({**item, **until.get(str(item.get("principalId")), {})}, "eligible_place", titles, names)
            for item in joinable
        ),
    )
    roles, unreadable = read_each(DirectoryRole, items)
    return Known(roles, missing=(*missing, *more, *unreadable))


def _first(user: str) -> list[Request]:
    """What can be asked at once, knowing nothing but the user."""
    mine = f"principalId eq '{literal(user)}'"
    query: Mapping[str, str] = {"$filter": mine, "$expand": "roleDefinition"}
    groups = {"$count": "true", "$select": "id,displayName,isAssignableToRole", "$top": _MOST}
    return [
        Request("GET", f"{_ROLES}/roleAssignments", query),
        Request(
            "GET",
            f"{_ROLES}/transitiveRoleAssignments",
            {"$count": "true", "$filter": mine},
            version="beta",
            headers=EVENTUAL,
        ),
        Request("GET", f"{_ROLES}/roleAssignmentScheduleInstances", query),
        Request("GET", _ELIGIBLE, query),
        Request(
            "GET",
            f"/users/{segment(user)}/transitiveMemberOf/microsoft.graph.group",
            groups,
            headers=EVENTUAL,
        ),
        Request("GET", _PIM_FOR_GROUPS, {"$filter": mine, "$expand": "group"}),
    ]


def _of_groups(
    groups: _Answer, eligible: _Answer, places: _Answer, given: list[Item], seen: Iterable[Item]
) -> Generator[Effect, Any, tuple[list[Item], list[Item], list[Item], list[str]]]:
    """Ask for what groups give.

    Returns:
        The roles that groups of the user may switch on, those that a place in a group would give, the
        definitions that names are taken from, and what could not be seen.
    """
    assignable = [str(group.get("id")) for group in _items(groups) if group.get("isAssignableToRole")]
    # Without PIM for roles no group has an eligible one, and the reason is told already.
    asking = [] if isinstance(eligible, GraphError) else assignable
    open_places = list(dict.fromkeys(str(place.get("groupId")) for place in _items(places)))
    named = {str(item.get("roleDefinitionId")) for item in seen if item.get("roleDefinition")}
    nameless = any(str(item.get("roleDefinitionId")) not in named for item in given)
    requests = [
        *(_held_by(_ELIGIBLE, group) for group in asking),
        *(_held_by(f"{_ROLES}/roleAssignments", group) for group in open_places),
        *([] if isinstance(eligible, GraphError) else (_held_by(_ELIGIBLE, group) for group in open_places)),
    ]
    if nameless:
        requests.append(Request("GET", f"{_ROLES}/roleDefinitions", {"$select": "id,displayName"}))
    answers = yield from try_each(requests)
    definitions = answers.pop() if nameless else []
    offered, of_places = answers[: len(asking)], answers[len(asking) :]
    missing = []
    for what, some in (
        (_THROUGH_GROUPS, offered),
        ("roles of groups with an eligible membership in PIM", of_places),
    ):
        failed = next((answer for answer in some if isinstance(answer, GraphError)), None)
        if failed is not None:
            missing.append(lacking(what, failed))
    if isinstance(definitions, GraphError):
        missing.append(lacking("names of roles through groups", definitions))
    known = [_definition(item) for item in seen]
    return (
        [item for answer in offered for item in _items(answer)],
        [item for answer in of_places for item in _items(answer)],
        [*known, *_items(definitions)],
        missing,
    )


def _held_by(path: str, group: str) -> Request:
    query = {"$filter": f"principalId eq '{literal(group)}'", "$expand": "roleDefinition"}
    return Request("GET", path, query)


def _items(answer: _Answer) -> Iterable[Item]:
    return () if isinstance(answer, GraphError) else answer


def _names(groups: Iterable[Item], places: Iterable[Item]) -> dict[str, Any]:
    """The display names of groups by id, None where Microsoft leaves them out."""
    of_places = (place.get("group") for place in places)
    every = [*(group for group in of_places if isinstance(group, dict)), *groups]
    return {str(group.get("id")): group.get("displayName") for group in every}


def _definition(item: Item) -> Item:
    definition = item.get("roleDefinition")
    name = definition.get("displayName") if isinstance(definition, dict) else None
    return {"id": item.get("roleDefinitionId"), "displayName": name}


def _what(item: Item) -> tuple[str, str]:
    """Which role is given, and where."""
    return str(item.get("roleDefinitionId")), str(item.get("directoryScopeId") or "/")


def _span(item: Item) -> dict[str, Any]:
    return {name: item.get(name) for name in ("startDateTime", "endDateTime")}


def _spans(active: Iterable[Item]) -> dict[tuple[str, str], dict[str, Any]]:
    """From when until when each role is assigned to the user directly: the plain assignment does not tell."""
    return {
        _what(item): _span(item)
        for item in active
        if item.get("assignmentType") == "Assigned" and item.get("memberType") in (None, "Direct")
    }


def _role(
    item: Item, how: str, titles: Mapping[str, Any], groups: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Bring the items of all lists into one form."""
    through = str(item.get("principalId") or "") if groups is not None else ""
    name = _definition(item)["displayName"] or titles.get(str(item.get("roleDefinitionId")))
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
