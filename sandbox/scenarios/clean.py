"""Nothing is wrong: months of ordinary work, harmless rules, a planned password reset long ago."""

from __future__ import annotations

from datetime import datetime

from sandbox.scenarios.history import calm
from sandbox.scenarios.state import TenantState
from sandbox.scenarios.world import World


def build(now: datetime) -> TenantState:
    """The tenant at ``now``."""
    return calm(World("clean", now))
