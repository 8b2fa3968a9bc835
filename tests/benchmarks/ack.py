"""How fast the slash command is acknowledged while checks run, and how soon a card shows its first finding.

Tenant and bot are processes of their own; the workspace, which measures from sending the payload to the app's
ack, runs here. All of it shares this machine's cores. The baselines are the same commands at the same bot at
rest, and Slack's own limit of three seconds.
"""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from sandbox import workspace
from sandbox.workspace import RunningWorkspace
from tests.benchmarks.processes import tenant_process
from tests.benchmarks.row import Row

SUBJECTS = (
    "adele.vance grady.archie isaiah.langer pradeep.gupta diego.siciliani lidia.holloway "
    "alex.wilber nestor.wilke"
)
AT_ONCE = 200
ROOM = "incident-room"
FIRST_FINDING, ACK = 1.5, 0.05
"""The goals, in seconds."""

MANIFEST = Path(__file__).resolve().parents[2] / "manifest.yml"


def slack_environment(slack: RunningWorkspace) -> dict[str, str]:
    """How a workspace is reached, as variables."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("COMPROMISE_")},
        "COMPROMISE_SLACK_BOT_TOKEN": slack.bot_token,
        "COMPROMISE_SLACK_APP_TOKEN": slack.app_token,
        "COMPROMISE_SLACK_API_URL": slack.api_url,
    }


def environment(told: Mapping[str, Any], slack: RunningWorkspace, folder: str) -> dict[str, str]:
    """The bot's settings as variables."""
    names = ("login_url", "graph_url", "exchange_url", "compliance_url", "client_id", "client_secret")
    return {
        **slack_environment(slack),
        **{f"COMPROMISE_TENANT_{name.upper()}": told[name] for name in names},
        "COMPROMISE_TENANT_ID": told["tenant_id"],
        "COMPROMISE_TENANT_DOMAINS": ",".join(told["domains"]),
        "COMPROMISE_RESPONDERS_USERS": slack.people["responder"].id,
        "COMPROMISE_LEDGER": f"{folder}/ledger.db",
        "COMPROMISE_ENGINE": f"sqlite:///{folder}/jobs.db",
        "COMPROMISE_WORKERS": "8",
        "COMPROMISE_LOG_LEVEL": "error",
        "COMPROMISE_SANDBOX": "true",
    }


@contextmanager
def everything(*tenant_arguments: str, scenario: str = "mailbox-takeover") -> Iterator[RunningWorkspace]:
    """Tenant, workspace and bot, connected."""
    with (
        tempfile.TemporaryDirectory() as folder,
        tenant_process("--latency", "0.12", *tenant_arguments, scenario=scenario) as told,
        workspace.start(MANIFEST) as slack,
    ):
        command = [sys.executable, "-m", "bot", "run"]
        with subprocess.Popen(command, env=environment(told, slack, folder), cwd=MANIFEST.parent) as bot:
            try:
                slack.wait_connected(30)
                yield slack
            finally:
                bot.send_signal(signal.SIGTERM)
                bot.wait(120)  # a full mailbox is let go of first


def first_finding() -> float:
    """Seconds from the slash command to the first edit of the card that names a finding."""
    with everything() as slack:
        start = monotonic()
        slack.slash("responder", ROOM, "/compromise", "check adele.vance@contoso.example")

        def shown() -> float | None:
            cards = slack.messages(ROOM)
            text = slack.as_text(cards[-1]) if cards else ""
            # A check that ends before the first edit shows its findings as the verdict's reasons.
            return monotonic() - start if "First findings" in text or "*Symptoms*" in text else None

        return slack.wait_for(shown, 30, "a finding on the card")


def acks() -> tuple[list[float], list[float]]:
    """Seconds until the ack of each of many commands sent at once, at rest and while eight checks run."""
    with everything("--audit-query-seconds", "60", "--no-limits") as slack:
        slack.limits.enabled = False
        _burst(slack, "warm")  # what is imported and compiled on the way is so once
        rested = _burst(slack, "rested")
        for subject in SUBJECTS.split():
            slack.slash("responder", ROOM, "/compromise", f"check {subject}@contoso.example")
        slack.wait_for(lambda: len(slack.messages(ROOM)) >= 8, 120, "eight cards")
        return rested, _burst(slack, "busy")


def floor() -> list[float]:
    """The same at an app that only acknowledges: nothing can be faster, for the rest is what measures."""
    with workspace.start(MANIFEST) as slack:
        command = [sys.executable, "-m", "tests.benchmarks.bare_app"]
        with subprocess.Popen(command, env=slack_environment(slack), cwd=MANIFEST.parent) as app:
            try:
                slack.wait_connected(30)
                slack.limits.enabled = False
                _at_once(slack, "warm")
                return _at_once(slack, "bare")
            finally:
                app.terminate()
                app.wait(30)


def _burst(slack: RunningWorkspace, name: str) -> list[float]:
    """Ask about as many accounts at once, none of which is there; wait until the bot has answered all."""
    answered = len(slack.ephemerals("responder", ROOM))
    seconds = _at_once(slack, name)
    slack.wait_for(
        lambda: len(slack.ephemerals("responder", ROOM)) >= answered + AT_ONCE, 120, "an answer to each"
    )
    return seconds


def _at_once(slack: RunningWorkspace, name: str) -> list[float]:
    deliveries = []
    gate = threading.Barrier(AT_ONCE)

    def ask(number: int) -> None:
        gate.wait()
        words = f"check {name}{number}@contoso.example"
        deliveries.append(slack.slash("responder", ROOM, "/compromise", words))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    failed = [delivery.error for delivery in deliveries if delivery.error]
    assert not failed, failed
    return sorted(delivery.seconds for delivery in deliveries)


def _p99(seconds: list[float]) -> float:
    return seconds[int(len(seconds) * 0.99) - 1]


def measure() -> list[Row]:
    """Measure, and give the rows."""
    findings = statistics.median(first_finding() for _ in range(3))
    rested, busy = acks()
    bare = floor()
    return [
        Row(
            "check: time until the first finding is on the card",
            f"{findings:.2f} s",
            "under 1.5 s",
            findings < FIRST_FINDING,
        ),
        Row(
            f"ack of {AT_ONCE} slash commands at once at a bot at rest, p99",
            f"{_p99(rested) * 1000:.0f} ms (median {statistics.median(rested) * 1000:.0f} ms)",
            "",
            reached=True,
        ),
        Row(
            "the same while eight checks run, p99",
            f"{_p99(busy) * 1000:.0f} ms (median {statistics.median(busy) * 1000:.0f} ms), "
            f"{_p99(busy) / _p99(rested):.1f} times",
            "under 50 ms",
            _p99(busy) < ACK,
        ),
        Row(
            "the same at an app that only acknowledges, which is what measuring takes, p99",
            f"{_p99(bare) * 1000:.0f} ms (median {statistics.median(bare) * 1000:.0f} ms)",
            "",
            reached=True,
        ),
        Row(
            "the slowest of them over Slack's three seconds",
            f"{busy[-1] / 3:.3f}",
            "none over 1",
            busy[-1] < 3,
        ),
    ]
