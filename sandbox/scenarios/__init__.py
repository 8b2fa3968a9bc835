"""The tenants that can be played: data and one seeded generator; every time is relative to ``now``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sandbox.scenarios import (
    admin_takeover,
    clean,
    elsewhere,
    large_mailbox,
    mailbox_takeover,
    no_premium_license,
    traveler,
)
from sandbox.scenarios.state import TenantState

_BUILDERS: dict[str, Callable[[datetime], TenantState]] = {
    "mailbox-takeover": mailbox_takeover.build,
    "clean": clean.build,
    "traveler": traveler.build,
    "no-premium-license": no_premium_license.build,
    "admin-takeover": admin_takeover.build,
    "last-administrator": admin_takeover.build_alone,
    "synced-user": elsewhere.build_synced,
    "federated-user": elsewhere.build_federated,
    "large-mailbox": large_mailbox.build,
}

SCENARIOS = {
    "mailbox-takeover": "a mailbox that was taken over: every symptom, all licenses",
    "clean": "ordinary work, and nothing is wrong",
    "traveler": "a user at a conference abroad, and nothing is wrong",
    "no-premium-license": "the takeover in a tenant without Entra ID P1 or P2",
    "admin-takeover": "an administrator's account that was taken over, with roles and groups",
    "last-administrator": "the same, and no one else is Global Administrator",
    "synced-user": "a taken-over account that is mastered in on-premises Active Directory",
    "federated-user": "a taken-over account that signs in at another identity provider",
    "large-mailbox": "the takeover in a mailbox with 50,000 messages and 100,000 audit records",
}
"""The scenarios' names, each with what it is about."""


def load(name: str, now: datetime) -> TenantState:
    """The state of a scenario at a moment (aware). Raises ValueError for an unknown name."""
    if name not in _BUILDERS:
        raise ValueError(f"There is no scenario {name!r}; there are {', '.join(SCENARIOS)}.")
    return _BUILDERS[name](now.astimezone(UTC))
