"""Killed between any two entries, before or after a write: nothing is lost, and nothing happens twice."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from commands.approval import ProposalState
from commands.ledger.verify import verify_ledger
from commands.plan import Change
from commands.proposals import DONE
from graph.connection import Connection
from sandbox.tenant import RunningTenant, start
from tests.commands.carrying import (
    ID,
    NAME,
    NOW,
    Scene,
    block_sign_in,
    disable_protocols,
    disable_rule,
    outcomes,
    remove_forwarding,
    reset_password,
    revoke_grant,
)
from tests.commands.killed import Victims
from tests.graph.local import connect_to

POINTS = 50
"""There are more on the way through six changes; fewer would mean that some were lost."""


@pytest.fixture(scope="module")
def tenant() -> Iterator[RunningTenant]:
    with start("mailbox-takeover", now=NOW, limits=False) as running:
        running.stop_clock()
        running.directory_roles = running.directory_roles | {"Privileged Authentication Administrator"}
        yield running


@pytest.fixture(scope="module")
def connection(tenant: RunningTenant) -> Iterator[Connection]:
    with connect_to(tenant) as made:
        yield made


@pytest.fixture(scope="module")
def victims() -> Iterator[Victims]:
    with Victims() as running:
        yield running


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


@pytest.fixture(scope="module")
def before(tenant: RunningTenant) -> Before:
    return Before(tenant)


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


@pytest.mark.slow
@pytest.mark.parametrize("read_delay", [0, 40], ids=["seen at once", "seen late"])
def test_wherever_it_is_killed_every_change_is_made_exactly_once(
    before: Before, connection: Connection, victims: Victims, tmp_path: Path, read_delay: float
):
    before.again(read_delay)
    expected = once_each(before.tenant)
    point = 0
    killed = True
    while killed:
        point += 1
        scene, proposal_id = staged(before, connection, tmp_path / str(point), read_delay)
        killed = victims.is_killed(task(scene, proposal_id, point))
        proposal = scene.carry_out(proposal_id)

        where = f"killed at point {point}"
        assert proposal.state is ProposalState.DONE, where
        assert set(outcomes(proposal)) <= DONE, f"{where}: {outcomes(proposal)}"
        assert Counter(scene.writes()) == expected, where
        verify_ledger(scene.ledger.path)
        scene.ledger.close()
    assert point > POINTS


@pytest.mark.parametrize("point", [*(pytest.param(one, marks=pytest.mark.slow) for one in (3, 4, 5)), 7])
def test_killed_again_and_again_it_ends_all_the_same_and_sends_nothing_twice(
    before: Before, connection: Connection, victims: Victims, tmp_path: Path, point: int
):
    scene, proposal_id = staged(before, connection, tmp_path / "ledger", 0)
    expected = once_each(before.tenant)
    kills = 0
    while victims.is_killed(task(scene, proposal_id, point)):
        kills += 1
        assert kills < 100
    proposal = scene.proposals.get(proposal_id)
    assert proposal.state is ProposalState.DONE
    assert None not in outcomes(proposal)
    assert Counter(scene.writes()) <= expected
    assert kills > 5
    verify_ledger(scene.ledger.path)
    scene.ledger.close()
