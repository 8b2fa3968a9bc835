"""The writes over Graph, by the object that they change; each leaves records in both logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.tenant.graph_writes import (
    applications,
    devices,
    groups,
    mailboxes,
    risky_users,
    roles,
    sign_in_methods,
    users,
)

if TYPE_CHECKING:
    from sandbox.tenant.core import Route

ROUTES: tuple[Route, ...] = (
    *users.ROUTES,
    *mailboxes.ROUTES,
    *applications.ROUTES,
    *roles.ROUTES,
    *groups.ROUTES,
    *sign_in_methods.ROUTES,
    *devices.ROUTES,
    *risky_users.ROUTES,
)
"""The writing endpoints of Graph."""
