"""What is killed and played again: six changes of one account, on a tenant that is put back each time."""

from __future__ import annotations

import copy
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from commands.plans.plan import Change
from graph.connection import Connection
from sandbox.tenant import RunningTenant
from tests.commands.carrying import (
    ID,
    NAME,
    Scene,
    block_sign_in,
    disable_protocols,
    disable_rule,
    remove_forwarding,
    reset_password,
    revoke_grant,
)


@dataclass
class Before:
    """How the tenant was, to play the same again and again."""

    tenant: RunningTenant

    def __post_init__(self) -> None:
        self.user = copy.deepcopy(self.tenant.state.users[ID])
        self.properties = copy.deepcopy(self.mailbox.properties)
        self.protocols = copy.deepcopy(self.mailbox.protocols)
        self.rules = copy.deepcopy(self.mailbox.rules)
        self.grants = copy.deepcopy(self.tenant.state.oauth_grants)

    @property
    def mailbox(self) -> Any:
        return self.tenant.state.mailbox(NAME)

    def again(self, read_delay: float) -> None:
        self.tenant.let_pass(timedelta(hours=1))
        self.tenant.state.settle()
        self.tenant.state.users[ID].update(copy.deepcopy(self.user))
        self.mailbox.properties.update(copy.deepcopy(self.properties))
        self.mailbox.protocols.update(copy.deepcopy(self.protocols))
        self.mailbox.rules[:] = copy.deepcopy(self.rules)
        self.tenant.state.oauth_grants[:] = copy.deepcopy(self.grants)
        self.tenant.state.read_delay = read_delay
        self.tenant.calls.clear()


def six(tenant: RunningTenant) -> list[Change]:
    return [
        block_sign_in(),
        reset_password(),
        revoke_grant(tenant),
        remove_forwarding(),
        disable_rule(tenant),
        disable_protocols(),
    ]


def once_each(tenant: RunningTenant) -> Counter[str]:
    """What the tenant's own log holds when each of the six was made once; two of them patch the user."""
    grant, rule = (change.id.rpartition(":")[2] for change in (revoke_grant(tenant), disable_rule(tenant)))
    exchange = ("Set-Mailbox InvokeCommand", "Set-CASMailbox InvokeCommand")
    return Counter({f"PATCH {ID}": 2, f"DELETE {grant}": 1, f"PATCH {rule}": 1, **dict.fromkeys(exchange, 1)})


def task(scene: Scene, proposal_id: str, point: int) -> dict[str, Any]:
    """What a victim needs to know."""
    settings = scene.connection.settings
    return {
        "point": point,
        "proposal": proposal_id,
        "ledger": str(scene.folder / "ledger.db"),
        "key": str(scene.folder / "compromise.key"),
        "tenant": {
            "name": "contoso",
            "tenant_id": scene.tenant.tenant_id,
            "client_id": scene.tenant.client_id,
            "client_secret": scene.tenant.client_secret,
            "domains": list(settings.domains),
            "login_url": scene.tenant.login_url,
            "graph_url": scene.tenant.graph_url,
            "exchange_url": scene.tenant.exchange_url,
            "compliance_url": scene.tenant.compliance_url,
        },
    }


def staged(before: Before, connection: Connection, folder: Path, read_delay: float) -> tuple[Scene, str]:
    before.again(read_delay)
    folder.mkdir()
    scene = Scene(before.tenant, connection, folder)
    return scene, scene.approved(*six(before.tenant))
