"""Directory roles are taken away the way they are held, and remembered so that they can be given back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from commands.plans.plan import Change, Nothing, state_of
from commands.report import VerdictCode
from commands.steps import remove_admin_roles
from commands.steps.demands import GLOBAL_ADMINISTRATOR
from graph.evidence import Known
from graph.request import Request
from graph.resources.directory import DirectoryRole
from tests.commands.evidence import ADELE
from tests.commands.steps.planning_inputs import (
    UNSEEN,
    changes,
    finding,
    guarded,
    nothing,
    only_change,
    planning,
    tasks,
)

ROLES = "/roleManagement/directory"
USER_ADMIN = "fe930be7-5e62-47db-91af-98c3a49a38b1"
EXCHANGE_ADMIN = "29232cdf-9323-42fd-ade2-1d097af3e4de"
UNIT = "/administrativeUnits/4f5c2d10"
START, END = datetime(2026, 9, 9, 8, 0, tzinfo=UTC), datetime(2026, 9, 12, 8, 0, tzinfo=UTC)


def role(how: str = "direct", **fields: Any) -> DirectoryRole:
    plain = {"assignment_id": "assigned-1", "role_definition_id": USER_ADMIN, "name": "User Administrator"}
    return DirectoryRole(**{**plain, "how": how, **fields})


def held(scope: str = "/", definition: str = USER_ADMIN) -> dict[str, str]:
    return {"principalId": ADELE.id, "roleDefinitionId": definition, "directoryScopeId": scope}


def test_a_role_held_directly_is_deleted_and_given_back_with_its_very_scope() -> None:
    change = only_change(
        remove_admin_roles, planning(found=[], directory_roles=[role(directory_scope_id=UNIT)])
    )
    assert change.id == f"remove_admin_roles:direct:{USER_ADMIN}:{UNIT}"
    assert change.do == Request("DELETE", f"{ROLES}/roleAssignments/assigned-1")
    mine = {"$filter": f"principalId eq '{ADELE.id}'"}
    assert change.look.ask == Request("GET", f"{ROLES}/roleAssignments", mine)
    assert (change.expects, change.wants) == ({}, None)
    assert change.undo is not None
    assert change.undo.do == Request(
        "POST",
        f"{ROLES}/roleAssignments",
        body={"@odata.type": "#microsoft.graph.unifiedRoleAssignment", **held(UNIT)},
    )
    assert change.undo.wants == {}
    assert UNIT in change.says


def test_a_role_that_came_back_with_a_new_id_is_still_seen_and_one_of_another_scope_is_not_it() -> None:
    look = only_change(remove_admin_roles, planning(found=[], directory_roles=[role()])).look
    assert state_of(look, [{"id": "assigned-2", **held()}]) == {}
    assert state_of(look, [{"id": "assigned-1", **held(UNIT)}]) is None


@pytest.mark.parametrize(
    ("how", "kind"), [("eligible", "roleEligibilitySchedule"), ("active", "roleAssignmentSchedule")]
)
def test_a_role_of_pim_goes_by_a_request_and_comes_back_with_its_schedule(how: str, kind: str) -> None:
    one = role(how, start_date_time=START, end_date_time=END)
    change = only_change(remove_admin_roles, planning(found=[], directory_roles=[one]))
    assert change.look.ask.path == f"{ROLES}/{kind}Instances"  # type: ignore[union-attr]
    assert isinstance(change.do, Request)
    assert (change.do.method, change.do.path) == ("POST", f"{ROLES}/{kind}Requests")
    assert change.do.body == {
        "action": "adminRemove",
        **held(),
        "justification": "The account was compromised",
    }
    assert change.undo is not None
    assert isinstance(change.undo.do, Request)
    assert change.undo.do.body == {
        "action": "adminAssign",
        **held(),
        "justification": "The account was recovered",
        "scheduleInfo": {
            "startDateTime": "2026-09-09T08:00:00Z",
            "expiration": {"type": "afterDateTime", "endDateTime": "2026-09-12T08:00:00Z"},
        },
    }


def test_a_role_without_an_end_comes_back_without_one() -> None:
    change = only_change(remove_admin_roles, planning(found=[], directory_roles=[role("eligible")]))
    assert change.undo is not None
    assert isinstance(change.undo.do, Request)
    assert change.undo.do.body is not None
    assert change.undo.do.body["scheduleInfo"] == {"expiration": {"type": "noExpiration"}}


def test_an_active_role_that_may_be_switched_on_again_says_so_and_goes_after_the_eligible_one() -> None:
    both = [role("active"), role("eligible")]
    eligible, active = changes(remove_admin_roles, planning(found=[], directory_roles=both))
    assert eligible.id == f"remove_admin_roles:eligible:{USER_ADMIN}:/"
    assert eligible.warns == ()
    assert "activate it again" in active.warns[0]
    assert "not for activated ones" in active.warns[-1]
    alone = only_change(remove_admin_roles, planning(found=[], directory_roles=[role("active")]))
    assert not any("activate it again" in one for one in alone.warns)


def test_a_group_that_gives_several_roles_is_left_once() -> None:
    roles = [
        role("group", through="group-1"),
        role("group", through="group-1", role_definition_id=EXCHANGE_ADMIN, name="Exchange Administrator"),
    ]
    change = only_change(remove_admin_roles, planning(found=[], directory_roles=roles))
    assert change.id == "remove_admin_roles:group:group-1"
    assert "User Administrator, Exchange Administrator" in change.says
    assert change.do == Request("DELETE", f"/groups/group-1/members/{ADELE.id}/$ref")
    assert change.undo is not None
    assert change.undo.do == Request(
        "POST",
        "/groups/group-1/members/$ref",
        body={"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{ADELE.id}"},
    )
    everything = {"$select": "id", "$top": "999"}
    assert change.look.ask == Request("GET", f"/users/{ADELE.id}/transitiveMemberOf", everything)
    assert change.look.where == {"id": "group-1"}
    assert any("dynamic or synced" in one for one in change.warns)


def test_a_group_that_may_switch_a_role_on_is_left_too() -> None:
    one = role("eligible_group", through="group-1", through_name="Tier 1 administrators")
    change = only_change(remove_admin_roles, planning(found=[], directory_roles=[one]))
    assert "Tier 1 administrators, which is eligible for the role User Administrator" in change.says
    assert change.do == Request("DELETE", f"/groups/group-1/members/{ADELE.id}/$ref")


def test_a_place_in_a_group_that_may_be_switched_on_is_left_to_people() -> None:
    on = planning(
        found=[], directory_roles=[role("eligible_place", through="group-1", through_name="Tier 0")]
    )
    assert not changes(remove_admin_roles, on)
    (task,) = tasks(remove_admin_roles, on)
    assert "in the group Tier 0, which grants the role User Administrator" in task.says
    assert any("Eligible assignments" in line for line in task.how)


def test_what_pim_gave_for_a_time_pim_takes_away() -> None:
    one = role("direct", start_date_time=START, end_date_time=END)
    change = only_change(remove_admin_roles, planning(found=[], directory_roles=[one]))
    assert isinstance(change.do, Request)
    assert (change.do.method, change.do.path) == ("POST", f"{ROLES}/roleAssignmentScheduleRequests")
    assert change.do.body is not None
    assert change.do.body["action"] == "adminRemove"
    assert isinstance(change.look.ask, Request)
    assert change.look.ask.path == f"{ROLES}/roleAssignments"


@pytest.mark.parametrize(
    ("name", "shown"),
    [("Help\nDesk", "Help Desk"), ("", "group-1"), ("\u200b\u2060", "group-1")],
)
def test_a_group_is_called_by_its_name_and_by_its_id_where_no_name_can_be_seen(name: str, shown: str) -> None:
    one = role("group", through="group-1", through_name=name)
    change = only_change(remove_admin_roles, planning(found=[], directory_roles=[one]))
    assert change.undo is not None
    for says in (change.says, change.undo.says):
        assert f"the group {shown}" in says
    assert change.id == "remove_admin_roles:group:group-1"


def test_a_role_through_a_group_that_is_not_named_is_said_and_not_planned() -> None:
    answer = nothing(remove_admin_roles, planning(found=[], directory_roles=[role("group")]))
    assert answer.refused
    assert "User Administrator is held through a group" in answer.why


@pytest.mark.parametrize("how", ["direct", "active", "eligible", "group"])
def test_the_last_global_administrator_is_not_removed(how: str) -> None:
    one = role(how, role_definition_id=GLOBAL_ADMINISTRATOR.upper(), through="group-1")
    (demand,) = only_change(remove_admin_roles, planning(found=[], directory_roles=[one])).demands
    assert "No other Global Administrator" in demand.says
    other = only_change(remove_admin_roles, planning(found=[], directory_roles=[role(how, through="g")]))
    assert other.demands == ()


def test_another_global_administrator_is_an_enabled_member_other_than_the_subject() -> None:
    one = role(role_definition_id=GLOBAL_ADMINISTRATOR)
    (demand,) = only_change(remove_admin_roles, planning(found=[], directory_roles=[one])).demands
    ask = demand.look.ask
    assert isinstance(ask, Request)
    assert ask.query["$filter"] == f"roleDefinitionId eq '{GLOBAL_ADMINISTRATOR}'"

    def assigned(to: str, **principal: Any) -> dict[str, Any]:
        plain = {"accountEnabled": True, "userType": "Member"}
        return {"principalId": to, "directoryScopeId": "/", "principal": {**plain, **principal}}

    nobody = [
        assigned(ADELE.id),
        assigned("disabled", accountEnabled=False),
        assigned("guest", userType="Guest"),
        assigned("application", userType=None),
        {"principalId": "group", "directoryScopeId": "/", "principal": {"displayName": "Admins"}},
    ]
    assert state_of(demand.look, nobody) is None
    assert state_of(demand.look, [*nobody, assigned("nestor")]) == {}


def test_a_role_is_suggested_where_it_was_found_and_the_account_is_compromised() -> None:
    by_name = finding("admin_roles", "record-1", after="user administrator")
    by_id = finding("admin_roles", "assigned-1", after="something")
    other = finding("admin_roles", "record-1", after="Global Reader")
    for found, answer, expected in (
        ([by_name], VerdictCode.COMPROMISED, True),
        ([by_id], VerdictCode.COMPROMISED, True),
        ([other], VerdictCode.COMPROMISED, False),
        ([by_name], VerdictCode.SUSPICIOUS, False),
    ):
        seen = planning(found=found, answer=answer, directory_roles=[role()])
        assert only_change(remove_admin_roles, seen).suggested is expected


def test_a_role_that_is_listed_twice_is_planned_once() -> None:
    twice = [role("eligible"), role("eligible", assignment_id="assigned-2")]
    assert len(changes(remove_admin_roles, planning(found=[], directory_roles=twice))) == 1


def test_an_account_without_roles_needs_nothing() -> None:
    assert not nothing(remove_admin_roles, planning(found=[], directory_roles=[])).refused


def test_roles_that_were_not_seen_are_not_called_none() -> None:
    assert nothing(remove_admin_roles, planning(found=[], directory_roles=UNSEEN)).refused
    part = Known((role(),), missing=("roles through groups (needs a permission)",))
    change, gap = remove_admin_roles.plan(planning(found=[], directory_roles=part))
    assert isinstance(change, Change)
    assert isinstance(gap, Nothing)
    assert gap.refused
    assert "roles through groups" in gap.why


def test_a_protected_account_keeps_its_roles() -> None:
    seen = planning(found=[], guard=guarded(), directory_roles=[role()])
    assert nothing(remove_admin_roles, seen).refused


def test_a_direct_role_that_ends_some_day_does_not_come_back_for_ever() -> None:
    held = role("direct", start_date_time=START, end_date_time=END)
    undo = only_change(remove_admin_roles, planning(found=[], directory_roles=[held])).undo
    assert undo is not None
    assert isinstance(undo.do, Request)
    assert undo.do.path == "/roleManagement/directory/roleAssignmentScheduleRequests"
    assert undo.do.body is not None
    assert undo.do.body["action"] == "adminAssign"
    assert undo.do.body["scheduleInfo"]["expiration"]["type"] == "afterDateTime"
