"""Take applications away from the user.

Source: Microsoft, "Respond to a compromised email account in Microsoft 365", step 4; Microsoft Graph v1.0,
"List appRoleAssignments granted to a user" and "Delete appRoleAssignment from user". What came with a group
is the group's: taking it away would take it from everybody in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.clues.records import one_line
from commands.plans.plan import Change, Look, ManualTask, Nothing, Phase, Planned, Undo
from commands.plans.planning_input import PlanningInput
from commands.report import Finding
from commands.steps.parts import (
    asks_for,
    because,
    finding_on_app,
    first_line,
    gaps,
    is_own_app,
    name_of,
    not_own_app,
    refusals,
    user_path,
)
from graph.evidence import Unavailable
from graph.parts.reading import segment
from graph.request import Cmdlet, Request
from graph.resources.applications import AppRoleAssignment

TITLE = "Remove the user from applications"
SOURCE = "additional step"
PHASE = Phase.ERADICATE
PLANS = (
    "one change for each application that the user is assigned to; a manual task for assignments "
    "through a group"
)
UNDO = "the same assignment with a new ID"
PEOPLE = "one"
NEEDS: tuple[str, ...] = ("app_role_assignments",)
WRITES: tuple[Request | Cmdlet, ...] = (
    Request("DELETE", "/users/{id}/appRoleAssignments/{assignment}"),
    Request("POST", "/users/{id}/appRoleAssignments"),
)

_ID: Final = "remove_app_assignments"


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Plan to remove each assignment; those that findings rest on are suggested."""
    refused = refusals(planning, _ID, NEEDS)
    if refused or isinstance(planning.evidence.app_role_assignments, Unavailable):
        yield from refused
        return
    assignments = planning.evidence.app_role_assignments.value
    if not assignments:
        yield Nothing(_ID, f"{name_of(planning)} is not assigned to any application.")
    # The assignment names the application by its object id; the grants tell which one that is.
    apps = {grant.client_id: grant.app_id for grant in planning.evidence.oauth_grants.seen(())}
    for assignment in assignments:
        app_id = apps.get(assignment.resource_id, "")
        if is_own_app(planning, app_id):
            yield Nothing(_ID, "The bot's own application is skipped.", refused=True)
        elif assignment.principal_type.casefold() == "user":
            yield _change(planning, assignment, app_id)
        else:
            yield _by_hand(planning, assignment, app_id)


def _called(assignment: AppRoleAssignment) -> str:
    return one_line(assignment.resource_display_name) or f"the application {assignment.resource_id}"


def _finding(planning: PlanningInput, assignment: AppRoleAssignment, app_id: str) -> Finding | None:
    return finding_on_app(
        planning, assignment.id, app_id, assignment.resource_id, name=assignment.resource_display_name
    )


def _by_hand(planning: PlanningInput, assignment: AppRoleAssignment, app_id: str) -> ManualTask:
    """What came with a group, or may have: only people can weigh who else is in it."""
    name, app = name_of(planning), _called(assignment)
    who = first_line(assignment.principal_display_name, assignment.principal_id, "a group")
    through = f"through the group {who}"
    if not assignment.principal_type:
        through = "directly or through a group; Microsoft did not say which"
    return ManualTask(
        id=f"{_ID}:{assignment.id}",
        step=_ID,
        says=f"Decide whether {name} keeps {app}, which is assigned through a group",
        how=(
            f"The application is assigned {through}",
            f"Removing the assignment would remove {app} for everyone in the group",
            f"In the Entra admin center, remove {name} from the group, if the group grants nothing else",
            "Or force a new sign-in to the application: revoke the account's sessions",
        ),
        suggested=asks_for(planning, _finding(planning, assignment, app_id)),
    )


def _change(planning: PlanningInput, assignment: AppRoleAssignment, app_id: str) -> Change:
    app, name, path = _called(assignment), name_of(planning), user_path(planning, "appRoleAssignments")
    finding = _finding(planning, assignment, app_id)
    state = {"appRoleId": assignment.app_role_id, "resourceId": assignment.resource_id}
    ask, fields = Request("GET", path), tuple(state)
    return Change(
        id=f"{_ID}:{assignment.id}",
        step=_ID,
        says=f"Remove {name} from {app}",
        why=because(finding, f"{name} can sign in to it; no finding is about it"),
        do=Request("DELETE", f"{path}/{segment(assignment.id)}"),
        look=Look(ask, where={"id": assignment.id}, fields=fields),
        expects=state,
        wants=None,
        undo=Undo(
            says=f"Assign {name} to {app} again",
            do=Request("POST", path, body={"principalId": planning.subject.id, **state}),
            look=Look(ask, where=state, fields=fields),
            wants=state,
            note="The restored assignment has a new ID.",
        ),
        suggested=asks_for(planning, finding),
        demands=() if app_id else tuple(not_own_app(planning, assignment.resource_id)),
        warns=gaps(planning, *NEEDS),
    )
