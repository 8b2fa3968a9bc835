"""Killed between any two entries, before or after a write: nothing is lost, and nothing happens twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.containment.proposals import DONE
from commands.ledger.verify import verify_ledger
from commands.plans.approval import ProposalState
from graph.connection import Connection
from sandbox.tenant import RunningTenant
from tests.commands.carrying import outcomes
from tests.commands.killed import Victims
from tests.commands.killing import Before, once_each, staged, task
from tests.commands.kills import kill_twice, opened

POINTS = 50
"""There are more on the way through six changes; fewer would mean that some were lost."""


@pytest.fixture(scope="module")
def both() -> Iterator[tuple[RunningTenant, Connection]]:
    with opened() as made:
        yield made


@pytest.fixture(scope="module")
def connection(both: tuple[RunningTenant, Connection]) -> Connection:
    return both[1]


@pytest.fixture(scope="module")
def before(both: tuple[RunningTenant, Connection]) -> Before:
    return Before(both[0])


@pytest.fixture(scope="module")
def victims(
    before: Before, connection: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Victims]:
    with Victims() as running:
        scene, proposal_id = staged(before, connection, tmp_path_factory.mktemp("kill") / "practice", 0)
        running.practice(task(scene, proposal_id, 0))
        scene.ledger.close()
        yield running


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


@pytest.mark.slow
def test_killed_twice_a_sample_of_all_pairs_of_points(
    before: Before, connection: Connection, victims: Victims, tmp_path: Path
):
    """`make kills` takes every pair."""
    pairs = ((7, 3), (22, 9))
    assert [kill_twice(before, connection, victims, tmp_path, pair) for pair in pairs] == [2, 2]
