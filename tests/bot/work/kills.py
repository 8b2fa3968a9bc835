"""The second half of `make kills`: kill checks, hunts and rechecks at every point, and what goes on again.

    python -m tests.bot.work.kills [SECONDS]

First each kind of work is killed at every point once, and then, for as long as SECONDS say, at a second
point of the run that goes on. Ends with a status of 1 at the first that does not hold; says at its end how
many kills there were.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from bot import log
from bot.clock import now
from bot.wiring import create_app
from bot.work.rechecks.task import recheck_name
from commands.ledger import CaseState, Ledger
from commands.ledger import entries as e
from commands.ledger.hunts import hunt
from commands.ledger.ids import new_hunt_id
from commands.ledger.tasks import alarms
from commands.ledger.verify import verify_ledger
from graph.hunting import TermKind
from graph.question import Window
from sandbox import tenant, workspace
from sandbox.scenarios.people import LAGOS
from tests.bot.work.killed import is_killed
from tests.commands import carrying
from tests.made import made
from tests.scenarios.conftest import FREELY, MANIFEST, Stage, settings_for
from tests.scenarios.rechecks import taken_back


@dataclass
class Scene:
    """A tenant and a workspace, and a bot that only begins things: what it begins, victims do.

    Attributes:
        kills: How many kills there were of each kind of work.
        points: How many points each kind has.
    """

    stage: Stage
    kills: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def ledger(self) -> Ledger:
        return self.stage.bot.ledger

    def begin(self, kind: str) -> str:
        """Begin something as a person would, up to where its work starts; give its name."""
        span = Window(now() - timedelta(days=1), now())
        room = self.stage.slack.channels["incident-room"].id
        if kind == "hunt":
            name = new_hunt_id()
            terms = (f"{TermKind.ADDRESS.value} {LAGOS.ip}",)
            event = e.HuntStarted(name, "pivot", "Contoso", terms, span.start, span.end, room, "r" + name)
            self.ledger.append(event, "U0MEGANBOW")
            self.stage.bot.jobs._hunts.post(name)
            return name
        case_id = f"C-{next(self._numbers):05d}"
        if kind == "recheck":
            taken_back(self.stage, carrying.remove_forwarding(), case_id=case_id)
            return recheck_name(case_id, 1)
        with self.ledger.writing() as writing:
            writing.open_case(
                case_id,
                tenant="Contoso",
                subject=carrying.ADELE,
                window=span,
                channel=room,
                asked_by="U0MEGANBOW",
            )
        self.stage.bot.desk._cards.post(self.ledger.case(case_id))
        return case_id

    def kill(self, kind: str, *points: int) -> int:
        """Kill one piece of work at a point, and what goes on at the next, and let it end.

        Gives how many of these points were reached.

        Raises:
            AssertionError: it is lost, noted twice, or not shown.
        """
        name, reached = self.begin(kind), 0
        for point in points:
            if not is_killed(self.stage.settings, kind, name, point):
                break
            reached += 1
            self.kills[kind] += 1
        assert not is_killed(self.stage.settings, kind, name, 0)
        {"check": self.checked, "hunt": self.hunted, "recheck": self.rechecked}[kind](name)
        return reached

    def count(self, case_id: str, *kinds: str) -> list[int]:
        entries = Counter(one.kind for one in self.ledger.entries(case_id=case_id))
        return [entries[kind] for kind in kinds]

    def text(self, channel: str, ts: str) -> str:
        """What a message says now."""
        kept = self.stage.slack.state.messages[channel][ts]
        return self.stage.slack.as_text(kept)

    def checked(self, name: str) -> None:
        case = self.ledger.case(name)
        assert (case.state, case.shown) == (CaseState.DONE, True)
        assert self.count(name, "check_finished", "case_shown") == [1, 1]
        assert "Files in the thread" in self.text(case.channel, case.card)

    def hunted(self, name: str) -> None:
        one = hunt(self.ledger, name)
        assert (one.state, one.shown) == ("done", True)
        noted = [entry.kind for entry in self.ledger.entries() if entry.facts.get("hunt") == name]
        assert (noted.count("hunt_finished"), noted.count("hunt_shown")) == (1, 1)
        assert "Who else was touched" in self.text(one.channel, one.card)

    def rechecked(self, name: str) -> None:
        case_id = name.partition(".")[0]
        (seen,) = [one.event for one in self.ledger.entries(case_id=case_id, kinds=("rechecked",))]
        assert isinstance(seen, e.Rechecked)
        assert seen.came_back == (carrying.remove_forwarding().id,)
        assert alarms(self.ledger) == ()
        assert self.count(case_id, "message_posted") == [1]
        case = self.ledger.case(case_id)
        assert "Persistence reappeared" in self.text(case.channel, case.card)

    def every_point(self, kind: str, stride: int = 1) -> None:
        """Kill one kind of work once at each of its points, or at each n-th; see that the ledger is sound."""
        for point in itertools.count(1, stride):
            if not self.kill(kind, point):
                break
            self.points[kind] = point
        verify_ledger(self.ledger.path)


@contextmanager
def opened(folder: Path) -> Iterator[Scene]:
    """Give the tenant and the workspace in which all of it is played."""
    with workspace.start(MANIFEST) as slack, tenant.start(made("mailbox-takeover"), limits=False) as played:
        slack.limits.enabled = False
        stage = Stage(slack, played, settings_for(slack, played, folder), pace=FREELY)
        # Only wired: were it started, it would take up what the victims leave.
        stage.running = create_app(stage.settings, **FREELY)
        yield Scene(stage)
        stage.bot.ledger.close()


KINDS = ("recheck", "hunt", "check")


def main() -> int:
    """Kill for as long as was asked; give the exit status."""
    log.quiet()
    ends = time.monotonic() + (float(sys.argv[1]) if len(sys.argv) > 1 else 600.0)
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder)) as scene:
        for kind in KINDS:
            scene.every_point(kind)
        twice = (
            (kind, first, second)
            for first in range(1, max(scene.points.values()) + 1)
            for kind in KINDS
            for second in range(1, scene.points[kind] + 1)
            if first <= scene.points[kind]
        )
        for kind, first, second in twice:
            if time.monotonic() > ends:
                break
            scene.kill(kind, first, second)
        verify_ledger(scene.ledger.path)
    told = ", ".join(f"{scene.kills[kind]} of a {kind} at {scene.points[kind]} points" for kind in KINDS)
    print(f"{scene.kills.total()} kills: {told}. Nothing was lost, and nothing was noted twice.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
