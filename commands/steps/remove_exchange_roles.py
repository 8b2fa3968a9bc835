"""Take the account out of the role groups of Exchange.

Source: Microsoft's document, step 6; Exchange PowerShell, "Remove-RoleGroupMember". A member that is a group
in its turn is not opened: who is in a role group through another group stays there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from commands.plans.plan import Phase, Planned
from commands.plans.planning_input import PlanningInput
from commands.steps.mailbox_parts import leave_role_group, with_gaps
from commands.steps.parts import refusals
from graph.request import Cmdlet, Request

TITLE = "Remove administrative roles: Exchange"
SOURCE = "step 6"
PHASE = Phase.CONTAIN
PLANS = "one change for each role group of Exchange"
UNDO = "the membership is restored"
PEOPLE = "two"
NEEDS: Final = ("exchange_role_groups",)
WRITES: tuple[Request | Cmdlet, ...] = (Cmdlet("Remove-RoleGroupMember"),)

_ID: Final = "remove_exchange_roles"


def plan(planning: PlanningInput) -> Iterator[Planned]:
    """Plan to leave each role group; those with a finding are suggested."""
    if refused := refusals(planning, _ID):
        yield from refused
        return
    changes = [
        leave_role_group(_ID, planning, group, "Exchange", compliance=False)
        for group in planning.evidence.exchange_role_groups.seen(())
    ]
    yield from with_gaps(_ID, planning, changes, "The account is in no Exchange role groups.", *NEEDS)
