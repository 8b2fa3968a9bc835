"""The takeover in a tenant without Entra ID P1 or P2: no sign-in log, no risk, no PIM, short audits."""

from __future__ import annotations

from datetime import datetime

from sandbox.scenarios.mailbox_takeover import takeover
from sandbox.scenarios.state import TenantState
from sandbox.scenarios.world import World


def build(now: datetime) -> TenantState:
    """The tenant at ``now``."""
    state = takeover(World("no-premium-license", now))
    state.licenses -= {"AAD_PREMIUM", "AAD_PREMIUM_P2"}
    # Without P2 no one is eligible for a role: the role was given at once, and only that is on record.
    state.directory_audits = [item for item in state.directory_audits if item["loggedByService"] != "PIM"]
    state.role_eligibility_schedules.clear()
    state.role_assignment_schedules.clear()
    state.risky_users.clear()
    state.risk_detections.clear()
    return state
