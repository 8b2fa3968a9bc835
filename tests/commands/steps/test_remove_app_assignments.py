"""Taking applications away from the user."""

from __future__ import annotations

from typing import Any

from commands.plans.plan import same
from commands.plans.planning_input import Guard, PlanningInput
from commands.steps import remove_app_assignments
from graph.evidence import Known
from graph.request import Request
from graph.resources.applications import AppRoleAssignment, OAuthGrant
from tests.commands.evidence import ADELE, record
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

ASSIGNED = AppRoleAssignment(
    id="assigned-1",
    app_role_id="00000000-0000-0000-0000-000000000000",
    principal_type="User",
    resource_id="principal-1",
    resource_display_name="Mail Export",
)
GRANT = OAuthGrant(id="grant-1", client_id="principal-1", app_id="app-1", app_display_name="Mail Export")
PATH = f"/users/{ADELE.id}/appRoleAssignments"


def about(*assigned: AppRoleAssignment, found: Any = (), **more: Any) -> PlanningInput:
    return planning(found=found, app_role_assignments=list(assigned), **more)


def test_it_plans_to_remove_the_assignment_and_can_give_it_back():
    change = only_change(remove_app_assignments, about(ASSIGNED, oauth_grants=[GRANT]))
    state = {"appRoleId": "00000000-0000-0000-0000-000000000000", "resourceId": "principal-1"}
    assert change.id == "remove_app_assignments:assigned-1"
    assert change.do == Request("DELETE", f"{PATH}/assigned-1")
    assert change.look.ask == Request("GET", PATH)
    assert change.look.where == {"id": "assigned-1"}
    assert (change.expects, change.wants) == (state, None)
    assert change.undo is not None
    assert change.undo.do == Request("POST", PATH, body={"principalId": ADELE.id, **state})
    assert same(change.undo.wants, state)
    assert not change.suggested
    assert change.demands == ()


GROUPS = AppRoleAssignment.model_validate(
    {
        "id": "41W1zT6z1U-kJxf62svfp1HFE8pMZhxDun-ThPczmJE",
        "appRoleId": "00000000-0000-0000-0000-000000000000",
        "createdDateTime": "2026-02-02T04:22:45.9480566Z",
        "principalDisplayName": "Sales department",
        "principalId": "aaaaaaaa-0000-0000-0000-000000000001",
        "principalType": "Group",
        "resourceDisplayName": "CRM",
        "resourceId": "8e881353-1735-45af-af21-ee1344582a4d",
    }
)


def test_an_application_that_came_with_a_group_is_not_taken_from_the_group():
    (task,) = tasks(remove_app_assignments, about(GROUPS))
    assert not changes(remove_app_assignments, about(GROUPS))
    assert "CRM" in task.says
    assert any("Sales department" in line for line in task.how)


def test_where_nobody_says_whose_an_assignment_is_people_decide():
    unsaid = GROUPS.model_copy(update={"principal_type": ""})
    assert not changes(remove_app_assignments, about(unsaid))
    (task,) = tasks(remove_app_assignments, about(unsaid))
    assert any("did not say" in line for line in task.how)


def test_it_is_suggested_where_a_finding_names_the_application():
    consent = record("Add service principal", id="made", object_id="principal-1")
    on = about(ASSIGNED, found=[finding("oauth_apps", "made")], audit_log=[consent])
    assert only_change(remove_app_assignments, on).suggested


def test_findings_on_another_application_suggest_nothing():
    consent = record("Consent to application", id="made", details={"TargetName": "Expenses"})
    on = about(ASSIGNED, found=[finding("oauth_apps", "made")], audit_log=[consent])
    assert not only_change(remove_app_assignments, on).suggested


def test_the_bots_own_application_is_left_alone():
    guard = Guard(own_apps=frozenset({"app-1"}))
    assert nothing(remove_app_assignments, about(ASSIGNED, oauth_grants=[GRANT], guard=guard)).refused


def test_where_nobody_knows_which_application_it_is_that_is_looked_at_first():
    guard = Guard(own_apps=frozenset({"bot-app"}))
    (demand,) = only_change(remove_app_assignments, about(ASSIGNED, guard=guard)).demands
    assert demand.look.unless == {"appId": "bot-app"}


def test_without_assignments_there_is_nothing_to_remove():
    assert not nothing(remove_app_assignments, about()).refused


def test_assignments_that_could_not_be_seen_are_no_clean_slate():
    assert nothing(remove_app_assignments, planning(app_role_assignments=UNSEEN)).refused


def test_what_is_missing_is_said_beside_what_was_seen():
    on = planning(found=[], app_role_assignments=Known((ASSIGNED,), missing=("one entry",)))
    assert any("one entry" in warning for warning in only_change(remove_app_assignments, on).warns)


def test_a_protected_account_keeps_its_applications():
    assert nothing(remove_app_assignments, about(ASSIGNED, guard=guarded())).refused
