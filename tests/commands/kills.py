"""`make kills`: kill at every point, and the run that follows at every point again: thousands of kills.

    python -m tests.commands.kills [STRIDE] [SECONDS]

With a stride of n only every n-th point of the second run is taken. Points lie before and after every
transaction of the ledger and every write to the tenant. Ends with a status of 1 at the first that does not
hold; says at its end how many kills there were.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot import log
from commands.containment.proposals import DONE
from commands.ledger.verify import verify_ledger
from commands.plans.approval import ProposalState
from graph.connection import Connection
from sandbox.tenant import RunningTenant, start
from tests.commands.carrying import NOW, outcomes
from tests.commands.killed import Victims
from tests.commands.killing import Before, once_each, staged, task
from tests.graph.local import connect_to


@contextmanager
def opened() -> Iterator[tuple[RunningTenant, Connection]]:
    """Give the tenant in which all of it is played, and a connection to it."""
    with start("mailbox-takeover", now=NOW, limits=False) as running:
        running.stop_clock()
        running.directory_roles = running.directory_roles | {"Privileged Authentication Administrator"}
        with connect_to(running) as made:
            yield running, made


def kill_twice(
    before: Before, connection: Connection, victims: Victims, folder: Path, points: tuple[int, int]
) -> int:
    """Kill a run at one point and the one that goes on at another, then let it end; give how many kills came.

    Raises:
        AssertionError: a change was lost or made twice, or the ledger is not sound.
    """
    where = f"killed at point {points[0]}, and the next run at point {points[1]}"
    scene, proposal_id = staged(before, connection, folder / where, 0)
    expected = once_each(before.tenant)
    kills = 0
    for point in points:
        if not victims.is_killed(task(scene, proposal_id, point)):
            break
        kills += 1
    proposal = scene.carry_out(proposal_id)
    ended = outcomes(proposal)
    assert proposal.state is ProposalState.DONE, where
    assert None not in ended, f"{where}: {ended}"
    made = Counter(scene.writes())
    assert made <= expected, f"{where}: {made - expected} came once more"
    if set(ended) <= DONE:
        assert made == expected, f"{where}: {expected - made} is missing"
    else:
        # People are told to look at each of those that nobody knows of, and at no other.
        unknown = sum(one not in DONE for one in ended)
        assert (expected - made).total() <= unknown, f"{where}: {ended}"
    verify_ledger(scene.ledger.path)
    scene.ledger.close()
    return kills


def main() -> int:
    """Kill at every pair of points; give the exit status."""
    log.quiet()
    stride = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    ends = time.monotonic() + (float(sys.argv[2]) if len(sys.argv) > 2 else float("inf"))
    kills, runs, first = 0, 0, 0
    with opened() as (tenant, connection), Victims() as victims, tempfile.TemporaryDirectory() as folder:
        before = Before(tenant)
        scene, proposal_id = staged(before, connection, Path(folder) / "practice", 0)
        victims.practice(task(scene, proposal_id, 0))
        scene.ledger.close()
        more = True
        while more and time.monotonic() < ends:
            first += 1
            came, second = 2, 1 - stride
            while came == 2 and time.monotonic() < ends:
                second += stride
                came = kill_twice(before, connection, victims, Path(folder), (first, second))
                kills, runs = kills + came, runs + 1
            more = came > 0
    print(f"{kills} kills at {first - 1} points in {runs} runs: nothing was lost, nothing was made twice.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
