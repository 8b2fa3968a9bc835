"""Take the account out of the role groups of Purview and Defender.

Source: Microsoft's document, step 6; Security & Compliance PowerShell, "Remove-RoleGroupMember". A member
that is a group in its turn is not opened: who is in a role group through another group stays there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.plans.plan import Phase, Planned
from commands.plans.planning_input import PlanningInput
from commands.steps.mailbox_parts import leave_role_group, with_gaps
from commands.steps.parts import refusals
from graph.request import Cmdlet, Request

TITLE = "Remove administrative roles: Purview and Defender"
SOURCE = "step 6"
PHASE = Phase.CONTAIN
PLANS = "one change for each role group of Purview and Defender"
UNDO = "the membership is restored"
PEOPLE = "two"
NEEDS: Final = ("purview_role_groups",)
WRITES: tuple[Request | Cmdlet, ...] = (Cmdlet("Remove-RoleGroupMember", compliance=True),)

_ID: Final = "remove_purview_roles"


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Plan to leave each role group; those with a finding are suggested."""
    if refused := refusals(planning, _ID):
        yield from refused
        return
    changes = [
        leave_role_group(_ID, planning, group, "Purview", compliance=True)
        for group in planning.evidence.purview_role_groups.seen(())
    ]
    yield from with_gaps(_ID, planning, changes, "The account is in no Purview role groups.", *NEEDS)
