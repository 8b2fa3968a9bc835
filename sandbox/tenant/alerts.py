"""Alerts of Microsoft's products, as they are served."""

from __future__ import annotations

from sandbox.scenarios.state import graph_time
from sandbox.tenant.core import Answer, Ask, Route


def _alerts(ask: Ask) -> Answer:
    """The alerts, newest first."""
    now = graph_time(ask.state.clock())
    items = sorted(
        (item for item in ask.state.alerts if str(item["createdDateTime"]) <= now),
        key=lambda item: str(item["createdDateTime"]),
        reverse=True,
    )
    return ask.page(ask.filtered(items)[int(ask.options.get("$skip") or 0) :])


ROUTES: tuple[Route, ...] = (Route("GET", "/security/alerts_v2", _alerts),)
"""The endpoints of alerts."""
