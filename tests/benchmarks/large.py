"""A check of a full mailbox: 50,000 messages, 20,000 sign-ins, 100,000 audit records.

The check runs in a process of its own, as the bot's do, and tells its own peak of memory. Baselines, from the
same run: the slowest of the long sources asked alone, and the acks of a bot at rest, whose commands come one
after the other before and while it checks that mailbox.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from time import perf_counter, process_time
from typing import Any

import orjson

from bot import log
from bot.artefacts.answers import Answers
from bot.memory import share_what_is_freed
from bot.settings import LogSettings
from bot.work.checks.finish import Finished, Planned, finish, plan
from bot.work.checks.maker import collect_seldom
from bot.work.checks.task import CheckFound, pack
from commands.check import judge, look
from commands.plans.planning_input import Guard
from graph.accounts import find_subject
from graph.connection import Connection
from graph.question import Question, Window
from sandbox.workspace import RunningWorkspace
from tests.benchmarks.ack import ROOM, everything
from tests.benchmarks.check import USER, Forgetful, timed
from tests.benchmarks.processes import settings_for, tenant_process
from tests.benchmarks.row import Row

SCENARIO = "large-mailbox"
LATENCY = ("--latency", "0.04", "--no-limits")
LONG = ("audit_log", "audit_log_on_mailbox", "deleted_items", "sent_items", "sign_ins_non_interactive")
"""The sources of which one is the slowest alone."""

SHARE, MORE = 1.2, 10.0
"""The goal for the whole check: this share of the longest chain, and so many seconds more."""

MEMORY = 600.0
"""The goal for the peak, in MB."""

PATIENCE = 1_800
COMMANDS = 100


def check(told: Mapping[str, Any]) -> dict[str, Any]:
    """Check the mailbox as the bot does; how long, how much memory by stage, and what came of it."""
    now = datetime.now(UTC)
    stages: dict[str, tuple[float, float, float]] = {}
    share_what_is_freed()
    collect_seldom()
    start, busy = perf_counter(), process_time()

    def stage(name: str) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        stages[name] = (perf_counter() - start, process_time() - busy, peak)

    def planned() -> Planned:
        recorder = Answers()
        with Connection(settings_for(told)) as connection:
            question = Question(find_subject(USER, connection), Window(now - timedelta(days=14), now))
            evidence = look(
                question, connection, Forgetful(), lambda _: None, patience=PATIENCE, recorder=recorder
            )
        stage("collected")
        report = judge(evidence, now)
        stage("judged")
        found = CheckFound(evidence, report, recorder.packed(report.sources))
        stage("packed")
        pack(found)
        stage("written for the keeper")
        return plan(found, Guard(), "C-LARGE")

    ready = planned()
    done = finish(ready, lambda _: False, "C-LARGE")
    assert isinstance(done, Finished), done
    stage("finished")
    return {"stages": stages, "verdict": done.verdict, "impact": ready.report.verdict.impact}


def apart(told: Mapping[str, Any]) -> dict[str, Any]:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.large"]
    done = subprocess.run(command, input=orjson.dumps(told), stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = orjson.loads(done.stdout)
    return found


def beside() -> tuple[list[float], list[float]]:
    """Seconds until the ack of commands, one after the other, at rest and while the mailbox is checked."""
    with everything(*LATENCY, scenario=SCENARIO) as slack:
        slack.limits.enabled = False
        _one_by_one(slack, "warm")
        rested = _one_by_one(slack, "rested")
        slack.slash("responder", ROOM, "/compromise", f"check {USER}")
        slack.wait_for(lambda: "sources" in _card(slack), 120, "answers of some sources")
        busy = _one_by_one(slack, "busy")
        assert "sources" in _card(slack), "the check ended too early to be measured beside"
        return rested, busy


def _one_by_one(slack: RunningWorkspace, name: str) -> list[float]:
    found = []
    for number in range(COMMANDS):
        words = f"check {name}{number}@contoso.example"
        delivery = slack.slash("responder", ROOM, "/compromise", words)
        assert not delivery.error, delivery.error
        found.append(delivery.seconds)
    return sorted(found)


def _card(slack: RunningWorkspace) -> str:
    cards = slack.messages(ROOM)
    return slack.as_text(cards[-1]) if cards else ""


def measure() -> list[Row]:
    """Measure, and give the rows."""
    with tenant_process("--no-limits") as told:
        small = apart(told)
    with tenant_process(*LATENCY, scenario=SCENARIO) as told:
        alone = {source: timed(told, (source,), PATIENCE) for source in LONG}
        large = apart(told)
    slowest = max(alone, key=lambda source: alone[source])
    chain, stages = alone[slowest], large["stages"]
    # Only a worker on another machine writes for the keeper what was collected.
    before, crossed, end = (stages[name] for name in ("packed", "written for the keeper", "finished"))
    whole, spent = (end[part] - crossed[part] + before[part] for part in (0, 1))
    rested, busy = beside()
    return [
        Row(
            f"large mailbox: the whole check over the longest chain ({slowest}, {chain:.1f} s)",
            f"{whole / chain:.2f} ({whole:.1f} s; {spent:.1f} CPU s, of which collecting takes "
            f"{stages['collected'][1]:.1f})",
            "at most 1.2 and 10 s",
            whole <= SHARE * chain + MORE,
        ),
        *(
            Row(
                f"large mailbox: peak memory once it is {name}",
                f"{stages[name][2]:.0f} MB",
                "under 600 MB",
                stages[name][2] < MEMORY,
            )
            for name in stages
        ),
        Row(
            "large mailbox: verdict and impact",
            f"{large['verdict']}, {large['impact']}",
            "those of the small one",
            (large["verdict"], large["impact"]) == (small["verdict"], small["impact"]),
        ),
        Row(
            f"ack of {COMMANDS} commands, one after the other, while it is checked: median over that at rest",
            f"{statistics.median(busy) / statistics.median(rested):.1f} "
            f"({statistics.median(busy) * 1000:.1f} ms; the slowest {busy[-1] * 1000:.0f} ms)",
            "none over 3 s",
            busy[-1] < 3,
        ),
    ]


if __name__ == "__main__":
    log.configure(LogSettings(level="error"))
    sys.stdout.buffer.write(orjson.dumps(check(orjson.loads(sys.stdin.buffer.read()))))
