"""Roles that come through groups, in the shapes of Microsoft's pages with values of ours."""

from __future__ import annotations

from typing import Any

import pytest

from graph.errors import Broken, NoPermission
from graph.queries import directory_roles
from graph.request import Cmdlet, Request
from tests.graph.play import USER_ID, Answer, Played, a_question, play

GROUP, OTHER, DYNAMIC = (f"{n}5f7a3bc-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
HELPDESK = "729827e3-9c14-49f7-bb1b-9608f156bbb8"

ROLES = "/roleManagement/directory"
ASSIGNMENTS = f"{ROLES}/roleAssignments"
ELIGIBLE = f"{ROLES}/roleEligibilityScheduleInstances"
TRANSITIVE = f"{ROLES}/transitiveRoleAssignments"
GROUPS = f"/users/{USER_ID}/transitiveMemberOf/microsoft.graph.group"
PLACES = "/identityGovernance/privilegedAccess/group/eligibilityScheduleInstances"


def group(id_: str, name: str | None, assignable: bool | None = True) -> dict[str, Any]:
    return {"id": id_, "displayName": name, "isAssignableToRole": assignable}


def eligible(principal: str) -> dict[str, Any]:
    """As in "List roleEligibilityScheduleInstances", with the definition expanded."""
    return {
        "id": "5wuT_mJe20eRr5jDpJo4sXbfd22VX0BOmpL501774kM-1-e",
        "principalId": principal,
        "roleDefinitionId": GLOBAL_ADMINISTRATOR,
        "directoryScopeId": "/",
        "appScopeId": None,
        "startDateTime": "2026-03-04T09:12:11.903Z",
        "endDateTime": None,
        "memberType": "Direct",
        "roleEligibilityScheduleId": "50877283-9d40-433c-bab8-7986dc10458a",
        "roleDefinition": {"id": GLOBAL_ADMINISTRATOR, "displayName": "Global Administrator"},
    }


def assigned(principal: str, definition: str = HELPDESK) -> dict[str, Any]:
    """As in "List transitiveRoleAssignments", which expands nothing."""
    return {
        "id": f"lAPpYvVpN0KRkAEhdxReE-{principal[:4]}",
        "principalId": principal,
        "directoryScopeId": "/",
        "roleDefinitionId": definition,
    }


def place(id_: str, access: str = "member") -> dict[str, Any]:
    """As in "List eligibilityScheduleInstances" of PIM for Groups, with the group expanded."""
    return {
        "id": f"{id_}_{access}_326a4063-93c5-4998-9537-969b8cd50297",
        "startDateTime": "2026-09-10T00:33:48.8Z",
        "endDateTime": "2026-12-10T00:33:48.8Z",
        "accessId": access,
        "principalId": USER_ID,
        "groupId": id_,
        "memberType": "Direct",
        "eligibilityScheduleId": "schedule",
        "group": {"id": id_, "displayName": "Tier 0"},
    }


def tenant(**more: Answer) -> Any:
    """A tenant that filters by principal as Microsoft does; `more` takes the place of an answer."""
    answers: dict[str, Answer] = {
        "assignments": [],
        "eligible": [],
        "transitive": [],
        "groups": [],
        "places": [],
        "definitions": [
            {"id": HELPDESK, "displayName": "Helpdesk Administrator"},
            {"id": GLOBAL_ADMINISTRATOR, "displayName": "Global Administrator"},
        ],
        **more,
    }
    names = {
        ASSIGNMENTS: "assignments",
        ELIGIBLE: "eligible",
        TRANSITIVE: "transitive",
        GROUPS: "groups",
        PLACES: "places",
        f"{ROLES}/roleDefinitions": "definitions",
    }

    def answer(what: Request | Cmdlet) -> Answer:
        assert isinstance(what, Request)
        found = answers[names[what.path]] if what.path in names else []
        if isinstance(found, Exception) or what.path == TRANSITIVE or "$filter" not in what.query:
            return found
        return [item for item in found if f"'{item['principalId']}'" in what.query["$filter"]]

    return answer


def ask(**more: Answer) -> Played:
    return play(directory_roles.ask(a_question()), tenant(**more))


def told(played: Played) -> list[tuple[str, str, str, str]]:
    return [(one.how, one.through, one.through_name, one.name) for one in played.value.value]


def requests(played: Played, path: str) -> list[Request]:
    return [one for one in played.asked if isinstance(one, Request) and one.path == path]


def test_a_role_that_a_group_may_switch_on_is_the_users_too() -> None:
    played = ask(groups=[group(GROUP, "Tier 1")], eligible=[eligible(GROUP)])
    assert told(played) == [("eligible_group", GROUP, "Tier 1", "Global Administrator")]
    assert played.value.value[0].at_rest
    assert played.value.missing == ()


def test_a_place_in_a_group_that_may_be_switched_on_gives_what_the_group_has() -> None:
    held = {**assigned(OTHER), "roleDefinition": {"id": HELPDESK, "displayName": "Helpdesk Administrator"}}
    played = ask(places=[place(OTHER), place(OTHER, "owner")], assignments=[held], eligible=[eligible(OTHER)])
    assert told(played) == [
        ("eligible_place", OTHER, "Tier 0", "Helpdesk Administrator"),
        ("eligible_place", OTHER, "Tier 0", "Global Administrator"),
    ]
    first = played.value.value[0]
    assert f"{first.start_date_time:%Y-%m-%d}" == "2026-09-10"
    assert f"{first.end_date_time:%Y-%m-%d}" == "2026-12-10"


def test_only_groups_that_can_hold_roles_are_asked_about() -> None:
    played = ask(groups=[group(GROUP, "Tier 1"), group(OTHER, "Choir", None), group(DYNAMIC, "All", False)])
    assert [one.query["$filter"] for one in requests(played, ELIGIBLE)] == [
        f"principalId eq '{USER_ID}'",
        f"principalId eq '{GROUP}'",
    ]


def test_what_lists_groups_and_transitive_roles_is_an_advanced_query_without_expand() -> None:
    played = ask()
    for path in (GROUPS, TRANSITIVE):
        (request,) = requests(played, path)
        assert request.headers == {"ConsistencyLevel": "eventual"}
        assert request.query["$count"] == "true"
        assert "$expand" not in request.query


def test_a_role_through_a_group_gets_its_name_from_the_definitions() -> None:
    played = ask(transitive=[assigned(GROUP)], groups=[group(GROUP, "Help Desk")])
    assert told(played) == [("group", GROUP, "Help Desk", "Helpdesk Administrator")]
    assert len(requests(played, f"{ROLES}/roleDefinitions")) == 1


def test_without_roles_through_groups_nobody_asks_for_definitions() -> None:
    played = ask(transitive=[assigned(USER_ID)])
    assert len(played.rounds) == 1
    assert told(played) == []


@pytest.mark.parametrize(
    ("more", "missing"),
    [
        (
            {"groups": NoPermission("No.")},
            "eligible roles through groups (needs GroupMember.Read.All)",
        ),
        (
            {"groups": [group(GROUP, None, None)]},
            "eligible roles through groups without readable names (needs GroupMember.Read.All)",
        ),
        (
            {"places": NoPermission("No.")},
            "eligible group memberships in PIM (needs PrivilegedEligibilitySchedule.Read.AzureADGroup)",
        ),
        (
            {"transitive": [assigned(GROUP)], "definitions": Broken("It failed.")},
            "names of roles through groups (It failed)",
        ),
    ],
)
def test_what_could_not_be_asked_is_named(more: dict[str, Answer], missing: str) -> None:
    assert ask(**more).value.missing == (missing,)
