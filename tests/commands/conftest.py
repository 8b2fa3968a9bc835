"""What the tests of carrying out and of looking again stand on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.tenant import RunningTenant, start
from tests.commands.carrying import Scene
from tests.commands.plans import NOW
from tests.graph.local import connect_to
from tests.made import made


@pytest.fixture
def tenant() -> Iterator[RunningTenant]:
    with start(made("mailbox-takeover", NOW), limits=False) as running:
        running.stop_clock()
        running.directory_roles = running.directory_roles | {"Privileged Authentication Administrator"}
        yield running


@pytest.fixture
def scene(tenant: RunningTenant, tmp_path: Path) -> Iterator[Scene]:
    with connect_to(tenant) as connection:
        made = Scene(tenant, connection, tmp_path)
        yield made
        made.ledger.close()
