"""A full mailbox that a worker checks for a keeper: the most memory that each of the two processes takes.

Both are as `compromise run` and `compromise worker` start them, beside a PostgreSQL, until the card is shown
with all of its files.
"""

from __future__ import annotations

import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from sandbox import workspace
from tests import postgres
from tests.benchmarks.ack import MANIFEST, ROOM, environment
from tests.benchmarks.check import USER
from tests.benchmarks.processes import tenant_process
from tests.benchmarks.row import Row

MEMORY: Final = 600
"""The goal for the peak of any process, in MB."""

PATIENCE: Final = 1_800
"""Seconds until the card has its files, on a machine that others use."""

_PEAK = re.compile(r"^VmHWM:\s*(\d+) kB$", re.MULTILINE)


@contextmanager
def _process(verb: str, settings: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "bot", verb]
    with subprocess.Popen(command, env=settings, cwd=MANIFEST.parent) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(120)


def _peak(process: subprocess.Popen[bytes]) -> int:
    found = _PEAK.search(Path(f"/proc/{process.pid}/status").read_text())
    assert found is not None
    return int(found[1]) // 1000


def _is_shown(ledger: Path) -> bool:
    with closing(sqlite3.connect(ledger)) as db:
        return bool(db.execute("SELECT 1 FROM ledger WHERE kind = 'case_shown'").fetchone())


def peaks(*tenant: str, scenario: str = "large-mailbox") -> dict[str, int]:
    """Give the most memory of keeper and worker, in MB."""
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres.running() as database,
        tenant_process(*tenant, scenario=scenario) as told,
        workspace.start(MANIFEST) as slack,
    ):
        both = {
            **environment(told, slack, folder),
            "COMPROMISE_ENGINE": database.job_database(),
            "COMPROMISE_CHECKS_HERE": "false",
            "COMPROMISE_WORKER_KEY": "0123456789abcdef0123456789abcdef",
        }
        ledger = Path(both["COMPROMISE_LEDGER"])
        alone = {name: value for name, value in both.items() if not name.startswith("COMPROMISE_SLACK")}
        with _process("run", both) as keeper:
            slack.wait_connected(60)
            with _process("worker", alone) as worker:
                slack.slash("responder", ROOM, "/compromise", f"check {USER}")
                slack.wait_for(lambda: _is_shown(ledger), PATIENCE, "the files of the case")
                return {"keeper": _peak(keeper), "worker": _peak(worker)}


def measure() -> list[Row]:
    """Measure, and give the rows."""
    return [
        Row(
            f"full mailbox of a worker: peak memory of the {who}", f"{most} MB", "under 600 MB", most < MEMORY
        )
        for who, most in peaks("--no-limits").items()
    ]
