"""npm's `emulate` as a process: Slack's Web API or Entra ID's sign-in service, written by others.

Source: emulate 0.11.2 (Apache-2.0), pinned in package-lock.json.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
NODE = Path(sys.prefix, "bin", "node")
PROGRAM = HERE / "node_modules" / "emulate" / "dist" / "index.js"
PATIENCE = 300.0
"""Seconds until it must be listening."""


@contextmanager
def emulate(service: str, seed: Mapping[str, Any], folder: Path, *, base_url: str) -> Iterator[int]:
    """Run one service, and give the port that it listens on.

    Args:
        service: `slack` or `microsoft`.
        seed: What it begins with.
        folder: Where its seed and its log are kept.
        base_url: The address that it calls its own.
    """
    assert NODE.exists(), "node is missing; `make interop` installs it"
    assert PROGRAM.exists(), "emulate is missing; `make interop` installs it"
    sown, log = folder / f"{service}.json", folder / f"{service}.log"
    sown.write_text(json.dumps({service: seed}), encoding="utf-8")
    port = _free_port()
    command = [
        str(NODE),
        str(PROGRAM),
        "start",
        "--service",
        service,
        "--seed",
        str(sown),
        "--port",
        str(port),
    ]
    with log.open("wb") as said:
        process = subprocess.Popen(
            [*command, "--base-url", base_url],
            cwd=folder,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait(process, port, log)
            yield port
        finally:
            # `node` is a program that starts the real one, so both are ended.
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"emulate did not start: {log.read_text(encoding='utf-8', errors='replace')}")
