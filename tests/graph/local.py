"""The local tenant, ready to be asked."""

from __future__ import annotations

from typing import Any

from graph.connection import Connection
from graph.settings import TenantSettings
from sandbox.tenant import RunningTenant
from tests.graph.service import QUICK


def settings_of(running: RunningTenant, **more: Any) -> TenantSettings:
    """The settings of the application that the local tenant knows."""
    values: dict[str, Any] = {
        "name": "contoso",
        "tenant_id": running.tenant_id,
        "client_id": running.client_id,
        "client_secret": running.client_secret,
        "domains": ("contoso.example",),
        "login_url": running.login_url,
        "graph_url": running.graph_url,
        "exchange_url": running.exchange_url,
        "compliance_url": running.compliance_url,
    }
    return TenantSettings(**{**values, **more})


def connect_to(running: RunningTenant, **more: Any) -> Connection:
    """A connection to the local tenant that does not wait long for anything."""
    return Connection(settings_of(running, **more), pacing=QUICK)
