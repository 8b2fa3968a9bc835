"""Take the account out of every directory role: direct, through groups, switched on and eligible in PIM.

Source: Microsoft's document, step 6; Microsoft Graph v1.0, "Delete unifiedRoleAssignment", "Create
roleAssignmentScheduleRequests", "Create roleEligibilityScheduleRequests" and "Remove member". What is taken
is remembered with role and scope, so that it can be given back. A place in a group that may be switched on in
PIM for Groups is left to people.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from commands.clues.records import one_line
from commands.plans.plan import Change, Demand, Look, ManualTask, Nothing, Phase, Planned, Undo
from commands.plans.planning_input import PlanningInput
from commands.report import Finding
from commands.steps.demands import GLOBAL_ADMINISTRATOR, another_global_administrator
from commands.steps.mailbox_parts import unseen, with_gaps
from commands.steps.parts import because, day, first_line, is_compromised, name_of, refusals, user_path
from graph.parts.reading import graph_time, literal, segment
from graph.request import Cmdlet, Request
from graph.resources.directory import DirectoryRole

TITLE = "Remove administrative roles: directory"
SOURCE = "step 6"
PHASE = Phase.CONTAIN
PLANS = (
    "one change for each directory role: direct, through a group, eligible and activated in "
    "Privileged Identity Management; a manual task for an eligible group membership"
)
UNDO = "the same role in the same scope, with a new ID"
PEOPLE = "two"
NEEDS: Final = ("directory_roles",)
WRITES: tuple[Request | Cmdlet, ...] = (
    Request("DELETE", "/roleManagement/directory/roleAssignments/{assignment}"),
    Request("POST", "/roleManagement/directory/roleAssignments"),
    Request("POST", "/roleManagement/directory/roleAssignmentScheduleRequests"),
    Request("POST", "/roleManagement/directory/roleEligibilityScheduleRequests"),
    Request("DELETE", "/groups/{group}/members/{id}/$ref"),
    Request("POST", "/groups/{group}/members/$ref"),
)

_ID: Final = "remove_admin_roles"
_ROLES: Final = "/roleManagement/directory"
_INSTANCES: Final = {
    "active": "roleAssignmentScheduleInstances",
    "eligible": "roleEligibilityScheduleInstances",
}
_REQUESTS: Final = {
    "active": "roleAssignmentScheduleRequests",
    "eligible": "roleEligibilityScheduleRequests",
}
_MOST: Final = "999"
"""Groups on one page, at most."""
_BY_AN_ADMINISTRATOR: Final = (
    "Microsoft documents this for assigned roles, not for activated ones; the result is "
    "verified. If the role stays, remove it in the Entra admin center under Privileged Identity "
    "Management"
)
_STANDS: Final = "The account has it; no evidence that this is recent."


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Plan to take each role away; a group that gives several is left once.

    What is eligible goes before what is switched on, for an eligible role can be switched on again at once.
    """
    if refused := refusals(planning, _ID):
        yield from refused
        return
    roles = _unique(planning.evidence.directory_roles.seen(()))
    groups: dict[str, list[DirectoryRole]] = {}
    for role in roles:
        if role.how in ("group", "eligible_group") and role.through:
            groups.setdefault(role.through, []).append(role)
    places: dict[str, list[DirectoryRole]] = {}
    for role in roles:
        if role.how == "eligible_place":
            places.setdefault(role.through, []).append(role)
    yield from (_place(planning, group, given) for group, given in places.items())
    changes = [
        *(_scheduled(planning, role, roles) for role in roles if role.how == "eligible"),
        *(_scheduled(planning, role, roles) for role in roles if role.how == "active"),
        *(_direct(planning, role) for role in roles if role.how == "direct"),
        *(_through_group(planning, group, given) for group, given in groups.items()),
    ]
    unnamed = [role for role in roles if role.how == "group" and not role.through]
    for role in unnamed:
        why = (
            f"{_name(role)} is held through a group that Microsoft does not name; find it in the Entra admin "
        )
        yield Nothing(_ID, f"{why}center.", refused=True)
    if changes or not (unnamed or places):
        yield from with_gaps(_ID, planning, changes, "The account has no directory roles.", *NEEDS)
    else:
        yield from unseen(_ID, planning, *NEEDS)


def _unique(roles: Sequence[DirectoryRole]) -> list[DirectoryRole]:
    """Each role once; PIM lists one that was given for several spans of time more than once."""
    known = {
        (role.how, role.through, role.role_definition_id.casefold(), role.directory_scope_id): role
        for role in reversed(roles)
    }
    return list(reversed(known.values()))


def _name(role: DirectoryRole) -> str:
    scope = "" if role.directory_scope_id == "/" else f" (only within {one_line(role.directory_scope_id)})"
    return f"{first_line(role.name, role.role_definition_id)}{scope}"


def _finding(planning: PlanningInput, roles: Sequence[DirectoryRole]) -> Finding | None:
    """The gravest finding on one of the roles, by its assignment or by its name."""
    ids = {role.assignment_id for role in roles}
    names = {(role.name or role.role_definition_id).casefold() for role in roles}
    for one in planning.findings("admin_roles"):
        if ids & set(one.records) or one.after.casefold() in names:
            return one
    return None


def _parts(planning: PlanningInput, roles: Sequence[DirectoryRole], what: str) -> dict[str, Any]:
    """What every change has; one that takes the highest role away demands that somebody else holds it."""
    finding = _finding(planning, roles)
    highest = any(role.role_definition_id.casefold() == GLOBAL_ADMINISTRATOR for role in roles)
    demands: tuple[Demand, ...] = ()
    if highest:
        demands = (another_global_administrator(planning.subject.id),)
    return {
        "id": f"{_ID}:{what}",
        "step": _ID,
        "why": because(finding, _STANDS),
        "suggested": finding is not None and is_compromised(planning),
        "demands": demands,
    }


def _assignment(planning: PlanningInput, role: DirectoryRole) -> dict[str, str]:
    return {
        "principalId": planning.subject.id,
        "roleDefinitionId": role.role_definition_id,
        "directoryScopeId": role.directory_scope_id,
    }


def _look(planning: PlanningInput, role: DirectoryRole, where: str) -> Look:
    """Whether the account holds the role there, by role and scope: given back, it has another id."""
    query = {"$filter": f"principalId eq '{literal(planning.subject.id)}'"}
    return Look(Request("GET", f"{_ROLES}/{where}", query), where=_assignment(planning, role))


def _direct(planning: PlanningInput, role: DirectoryRole) -> Change:
    look, owner = _look(planning, role, "roleAssignments"), name_of(planning)
    do = Request("DELETE", f"{_ROLES}/roleAssignments/{segment(role.assignment_id)}")
    back = Request(
        "POST",
        f"{_ROLES}/roleAssignments",
        body={"@odata.type": "#microsoft.graph.unifiedRoleAssignment", **_assignment(planning, role)},
    )
    note = "The restored assignment may have a new ID."
    if role.end_date_time is not None:
        # PIM gave it for a time: PIM takes it away, lest it give it back, and given back the plain way it
        # would never end.
        do = _removal(planning, role)
        back, note = _giving(planning, role), f"It ends at {day(role.end_date_time)}, as before."
    return Change(
        says=f"Remove the role {_name(role)} from {owner}",
        do=do,
        look=look,
        expects={},
        wants=None,
        undo=Undo(
            says=f"Assign the role {_name(role)} to {owner} again",
            do=back,
            look=look,
            wants={},
            note=note,
        ),
        **_parts(planning, [role], f"direct:{role.role_definition_id}:{role.directory_scope_id}"),
    )


def _giving(planning: PlanningInput, role: DirectoryRole) -> Request:
    """The request that gives a role back for as long as it was given."""
    body = {
        "action": "adminAssign",
        **_assignment(planning, role),
        "justification": "The account was recovered",
        "scheduleInfo": _schedule(role.start_date_time, role.end_date_time),
    }
    return Request("POST", f"{_ROLES}/{_REQUESTS.get(role.how, _REQUESTS['active'])}", body=body)


def _removal(planning: PlanningInput, role: DirectoryRole) -> Request:
    """The request by which PIM takes a role away."""
    body = {
        "action": "adminRemove",
        **_assignment(planning, role),
        "justification": "The account was compromised",
    }
    return Request("POST", f"{_ROLES}/{_REQUESTS.get(role.how, _REQUESTS['active'])}", body=body)


def _scheduled(planning: PlanningInput, role: DirectoryRole, roles: Sequence[DirectoryRole]) -> Change:
    """A role of PIM; it goes, and comes back, through a request."""
    look, owner = _look(planning, role, _INSTANCES[role.how]), name_of(planning)
    name = _name(role)
    if role.how == "active":
        says = f"Deactivate the role {name}, which {owner} activated"
        back = f"Assign the role {name} to {owner} again for the remaining time"
        note = "It is restored as assigned, not as activated; once its time is over, it cannot be restored."
        can_return = any(
            one.how == "eligible"
            and one.role_definition_id == role.role_definition_id
            and one.directory_scope_id == role.directory_scope_id
            for one in roles
        )
        again = (
            "The account can activate it again unless the eligible role of the same name is removed as well"
        )
        warns = (*([again] if can_return else []), _BY_AN_ADMINISTRATOR)
    else:
        says = f"Remove the eligible role {name} from {owner}"
        back = f"Make {owner} eligible for the role {name} again"
        note = "The restored eligible role has a new ID."
        if role.end_date_time is not None:
            note = f"It can be restored, with a new ID, until {day(role.end_date_time)} only."
        warns = ()
    return Change(
        says=says,
        do=_removal(planning, role),
        look=look,
        expects={},
        wants=None,
        undo=Undo(says=back, do=_giving(planning, role), look=look, wants={}, note=note),
        warns=warns,
        **_parts(planning, [role], f"{role.how}:{role.role_definition_id}:{role.directory_scope_id}"),
    )


def _schedule(start: datetime | None, end: datetime | None) -> dict[str, Any]:
    expiration: dict[str, str] = {"type": "noExpiration"}
    if end is not None:
        expiration = {"type": "afterDateTime", "endDateTime": graph_time(end)}
    begins = {} if start is None else {"startDateTime": graph_time(start)}
    return {**begins, "expiration": expiration}


def _place(planning: PlanningInput, group: str, roles: Sequence[DirectoryRole]) -> ManualTask:
    """A place in a group that the account may switch on; people take it away."""
    owner, called = name_of(planning), first_line(*(role.through_name for role in roles), group)
    names = ", ".join(dict.fromkeys(_name(role) for role in roles))
    finding = _finding(planning, roles)
    return ManualTask(
        id=f"{_ID}:place:{group}",
        step=_ID,
        says=(
            f"Remove the eligible membership of {owner} in the group {called}, which grants the role {names}"
        ),
        how=(
            "Open the Entra admin center: ID Governance, Privileged Identity Management, Groups",
            f"Choose the group {called}, then Assignments, Eligible assignments",
            f"Remove {owner} as member and as owner; note the end date",
            "Check Active assignments too: the membership may already be activated",
        ),
        suggested=finding is not None and is_compromised(planning),
    )


def _through_group(planning: PlanningInput, group: str, roles: Sequence[DirectoryRole]) -> Change:
    owner, subject = name_of(planning), planning.subject
    called = first_line(*(role.through_name for role in roles), group)
    names = ", ".join(dict.fromkeys(_name(role) for role in roles))
    gives = "is eligible for" if all(role.at_rest for role in roles) else "grants"
    members = f"/groups/{segment(group)}/members"
    # Through another group counts as well: the role is gone only when no way into this group is left. A cast
    # would make it an advanced query, which reads an index that lags behind.
    held = Request("GET", user_path(planning, "transitiveMemberOf"), {"$select": "id", "$top": _MOST})
    look = Look(held, where={"id": group})
    # The worldwide service's name, as Graph's page has it; it is sent with the name that the cloud has.
    return Change(
        says=f"Remove {owner} from the group {called}, which {gives} the role {names}",
        do=Request("DELETE", f"{members}/{segment(subject.id)}/$ref"),
        look=look,
        expects={},
        wants=None,
        undo=Undo(
            says=f"Add {owner} to the group {called} again, which {gives} the role {names}",
            do=Request(
                "POST",
                f"{members}/$ref",
                body={"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{subject.id}"},
            ),
            look=look,
            wants={},
        ),
        warns=(
            "The group may grant more than this role, such as access to files and applications",
            (
                "Microsoft refuses this for dynamic or synced groups; then change the membership "
                "rule or the source"
            ),
            "If the account is a member through a nested group, remove it from that group manually",
        ),
        **_parts(planning, roles, f"group:{group}"),
    )
