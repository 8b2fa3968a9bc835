"""Taken-over accounts whose master is elsewhere: in the directory on-premises, or at another sign-in service.

Graph refuses to change the one and to set the password of the other, so part of the work is left to people.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sandbox.scenarios import attack
from sandbox.scenarios.history import ordinary
from sandbox.scenarios.people import HENRIETTA, MIRIAM, Person
from sandbox.scenarios.state import TenantState
from sandbox.scenarios.world import World


def build_synced(now: datetime) -> TenantState:
    """The tenant at ``now``; Miriam Graham's account is mastered on-premises."""
    return _takeover(World("synced-user", now), MIRIAM)


def build_federated(now: datetime) -> TenantState:
    """The tenant at ``now``; Henrietta Mueller signs in at the sign-in service of Fabrikam."""
    return _takeover(World("federated-user", now), HENRIETTA)


def _takeover(world: World, who: Person) -> TenantState:
    start = world.now - timedelta(hours=20)
    session = attack.session_of(who)
    ordinary(world, until=start - timedelta(minutes=90), also=[who])
    attack.break_in(world, start, who)
    attack.second_factor(world, start + timedelta(minutes=6), who)
    attack.hiding_rule(world, start + timedelta(minutes=12), who, session)
    attack.forward(world, start + timedelta(minutes=15), who, session)
    attack.sign_in(world, start + timedelta(minutes=700), who, session)
    return world.finish()
