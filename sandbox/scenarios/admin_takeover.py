"""An IT administrator was taken over yesterday, and the attacker took more rights than the account had.

The account was Global Administrator and in Organization Management before. Through groups it had an
application, a role that may be activated, and a membership that may be activated at any time.

What came since: a second factor, an application, forwarding, a rule, a group that makes it Exchange
Administrator, a role activated in PIM, role groups of Exchange and of Purview.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox.scenarios import attack, through_groups
from sandbox.scenarios.history import ordinary
from sandbox.scenarios.people import GRADY, LIDIA, NESTOR
from sandbox.scenarios.state import TenantState, ident
from sandbox.scenarios.world import World


def build(now: datetime) -> TenantState:
    """The tenant at ``now``, where Lidia Holloway is Global Administrator too."""
    world = World("admin-takeover", now)
    world.assign_role(LIDIA, "Global Administrator")
    return takeover(world)


def build_alone(now: datetime) -> TenantState:
    """The same, but no one else is Global Administrator."""
    return takeover(World("last-administrator", now))


def takeover(world: World) -> TenantState:
    """Play the story in a world."""
    start = world.now - timedelta(hours=26)
    session = attack.session_of(NESTOR)

    def at(minute: float) -> datetime:
        return start + timedelta(minutes=minute)

    ordinary(world, until=at(-90))
    world.client_side_rule(NESTOR, "Pager sound")
    attack.eligible_role(world, NESTOR, "Privileged Role Administrator")
    through_groups_before(world)
    attack.break_in(world, at(0), NESTOR)
    attack.second_factor(world, at(6), NESTOR)
    attack.consent(world, at(12), NESTOR)
    attack.forward(world, at(15), NESTOR, session)
    attack.hiding_rule(world, at(18), NESTOR, session)
    attack.join_group(world, at(25), NESTOR, "Messaging Operators", "Exchange Administrator", [GRADY])
    attack.activate_role(world, at(30), NESTOR, "Security Administrator")
    attack.join_exchange_group(world, at(33), NESTOR, "Recipient Management", session)
    attack.join_purview_group(world, at(35), NESTOR, "eDiscovery Manager")
    attack.sign_in(world, at(900), NESTOR, session)
    return world.finish()


def through_groups_before(world: World) -> None:
    """What the account had through groups before anyone broke in."""
    staff = through_groups.group_of(world, "IT Staff", NESTOR, GRADY, holds_roles=False)
    through_groups.application_for_group(world, staff, ident("app", "runbooks"), "Contoso Runbooks")
    desk = through_groups.group_of(world, "Service Desk", NESTOR, LIDIA, holds_roles=True)
    through_groups.eligible_group(world, desk, "Helpdesk Administrator")
    readers = through_groups.group_of(world, "Tenant Readers", LIDIA, holds_roles=True)
    through_groups.eligible_place(world, readers, NESTOR, "Global Reader")
