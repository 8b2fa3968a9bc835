"""Start the local tenant as a process of its own, so that it does not share our interpreter's lock."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import orjson
import requests

from graph.settings import TenantSettings

ENDING: Final = 60.0
"""Seconds in which the tenant ends by itself; that of a full mailbox lets go of a lot."""


@contextmanager
def tenant_process(*arguments: str, scenario: str = "mailbox-takeover") -> Iterator[dict[str, Any]]:
    """A running tenant; gives the addresses that it printed."""
    command = [sys.executable, "-m", "sandbox.tenant", "--scenario", scenario, *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield orjson.loads(process.stdout.readline())
        finally:
            process.terminate()
            try:
                process.wait(ENDING)
            except subprocess.TimeoutExpired:
                process.kill()  # nothing of it is needed any more, and what was measured is


def settings_for(told: Mapping[str, Any]) -> TenantSettings:
    """The bot's settings for that tenant."""
    names = (
        "login_url",
        "graph_url",
        "exchange_url",
        "compliance_url",
        "tenant_id",
        "client_id",
        "client_secret",
    )
    return TenantSettings(name="sandbox", **{name: told[name] for name in names})


def calls(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every call that the tenant has answered so far."""
    answer = requests.get(f"{told['url']}/sandbox/calls", timeout=10)
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()
    return found
