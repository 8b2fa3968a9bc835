"""`compromise sweep`: who in the tenant may be taken over, judged by what can be asked for everybody."""

from __future__ import annotations

from typing import Final

from bot.cli.hunt import Since, Tenant, hunt_through
from bot.cli.options import Config, Json, Scenario

DAY: Final = "24h"


def sweep(
    *,
    since: Since = DAY,
    tenant: Tenant = None,
    as_json: Json = False,
    sandbox: Scenario = None,
    config: Config = None,
) -> None:
    """Rank a tenant's accounts that may be compromised."""
    hunt_through((), since or DAY, tenant, as_json=as_json, sandbox=sandbox, config=config)
