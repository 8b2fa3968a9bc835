"""Tenants to play, made once in a process and copied for every test that wants one: a copy costs a third."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from functools import cache
from time import monotonic

from sandbox.scenarios import load
from sandbox.scenarios.state import TenantState


@cache
def _packed(scenario: str, now: datetime | None) -> bytes:
    return pickle.dumps(load(scenario, now or datetime.now(UTC)), pickle.HIGHEST_PROTOCOL)


def made(scenario: str, now: datetime | None = None) -> TenantState:
    """Give a scenario's state that nobody else has.

    Args:
        scenario: its name.
        now: the moment at which its clock begins. Without one it shows the machine's time: the tenant has
            then been there since this process made it, and its clock has run on.
    """
    state: TenantState = pickle.loads(_packed(scenario, now))  # noqa: S301 - packed by this process
    if now is not None:
        state._started = monotonic()
    return state
