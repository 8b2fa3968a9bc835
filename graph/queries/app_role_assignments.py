"""The applications that the user was assigned to, alone or with a group.

Source: Microsoft Graph v1.0, "List appRoleAssignments granted to a user", which gives those of the groups
that the user is a direct member of as well.
"""

from __future__ import annotations

from graph.effects import Asking, fetch
from graph.evidence import Known
from graph.parts.reading import read_each, segment
from graph.question import Question
from graph.request import Request
from graph.resources.applications import AppRoleAssignment

ASKS = (Request("GET", "/users/{id}/appRoleAssignments"),)
LICENSE = ""


def ask(question: Question) -> Asking[tuple[AppRoleAssignment, ...]]:
    """Ask for the user's assignments; consent creates one for the user."""
    items = yield from fetch(Request("GET", f"/users/{segment(question.subject.id)}/appRoleAssignments"))
    found, missing = read_each(AppRoleAssignment, items)
    if untold := sum(not one.principal_type for one in found):
        missing += (f"whether {untold} of them came with a group (principalType)",)
    return Known(found, missing=missing)
