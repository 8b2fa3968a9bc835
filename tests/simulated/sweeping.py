"""A sweep of a simulated tenant, and the least time that the limits allow for it.

The ideal is computed from the published limits and the shape of the tenant, by nothing that the sweep does:
each of the three stages takes as long as what binds it most, and the next cannot begin before it, for nobody
knows yet who is in doubt.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from commands.hunts.hunt import Found
from commands.hunts.sweep import AT_ONCE, sweep
from graph.connection import Connection
from graph.limits import EXCHANGE_AT_ONCE
from graph.question import Window
from graph.settings import TenantSettings
from graph.sweeping import CHUNK
from tests.graph.test_collect import Memory
from tests.simulated.clock import Simulated
from tests.simulated.tenant import (
    PAGE,
    RECORDS_PAGE,
    RISK_PAGE,
    Shape,
    Tenant,
    pages,
    records_of,
    sign_ins_of,
)

END = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
DAY = 86_400.0
CMDLETS = 8
"""Cmdlets that the delegates of one mailbox take."""


@dataclass(frozen=True, slots=True)
class Swept:
    """How a sweep of a simulated tenant went: simulated seconds, and how often what was asked."""

    seconds: float
    calls: Counter[str]
    refused: Counter[str]
    found: Found


def swept(shape: Shape, days: float, at_once: int = AT_ONCE) -> Swept:
    """Sweep such a tenant to the end."""
    clock = Simulated()
    tenant = Tenant(shape, clock)
    settings = TenantSettings(tenant_id="t", client_id="c", client_secret="s")
    window = Window(END - timedelta(days=days), END)
    last: list[Any] = []

    def run() -> float:
        with Connection(settings, clock=clock, wire=tenant) as connection:
            for progress in sweep(window, connection, Memory(), patience=12 * 3600, at_once=at_once):
                last[:] = [progress]
        return clock.now()

    seconds = float(clock.run(run))
    return Swept(seconds, tenant.calls, tenant.refused, last[0].found)


def expected(shape: Shape, days: int, doubted: int) -> dict[str, int]:
    """How often everything must be asked for, whole days long."""
    return {
        "sign-ins": days * 2 * pages(sign_ins_of(shape, DAY), PAGE),
        "risk": 2 * pages(shape.attacked, RISK_PAGE),
        "audit search": days,
        "audit records": days * pages(records_of(shape, DAY), RECORDS_PAGE),
        # For each day, once for everybody, and for those in doubt whenever a part of them is looked at.
        "domains": days + 1 + 2 * pages(doubted, CHUNK),
        "of a mailbox": doubted * 2,
        "cmdlet": pages(shape.forwarding, PAGE) + shape.forwarding + doubted * CMDLETS,
        "hidden rules": doubted,
    }


def ideal(shape: Shape, days: int, doubted: int) -> float:
    """The least seconds that a sweep can take, by the published limits and by how long the tenant takes.

    Of the first stage what binds most: 5 report requests in 10 seconds, 1 risk request a second, the audit
    search and its pages, or the lookups of whom mailboxes forward to. Exchange publishes no limit: of its
    cmdlets as many side by side as we allow.
    """
    asked = expected(shape, days, doubted)
    reports = (asked["sign-ins"] - 1) // 5 * 10.0 + shape.page
    risk = (asked["risk"] - 1) * 1.0 + shape.page
    search = shape.search + pages(records_of(shape, DAY), RECORDS_PAGE) * shape.page
    forwarding = (pages(shape.forwarding, PAGE) + shape.forwarding / EXCHANGE_AT_ONCE) * shape.cmdlet
    delegates = doubted * CMDLETS * shape.cmdlet / EXCHANGE_AT_ONCE
    hidden = doubted * shape.hidden / EXCHANGE_AT_ONCE
    return max(reports, risk, search, forwarding) + delegates + hidden
