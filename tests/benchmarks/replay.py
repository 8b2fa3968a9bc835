"""A check beside what public tools ask one after another, on the same tenant, and beside its longest chain.

`others.toml` lists the calls of the tools, read from their code. Each is sent alone, with the same sign-in,
the same limits and the same time a call; what the local tenant does not know it refuses, which takes as long.
The longest chain is the slowest source asked alone, of those whose requests depend on one another.
"""

from __future__ import annotations

import statistics
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import structlog

from graph.accounts import find_subject
from graph.connection import Connection
from graph.errors import GraphError, TooMuch
from graph.evidence import SOURCES
from graph.limits import Deadline
from graph.most import Most, Tally
from graph.parts.reading import graph_time
from graph.request import Cmdlet, Limit, Request
from graph.retry import Pacing
from tests.benchmarks.check import USER, timed
from tests.benchmarks.processes import settings_for, tenant_process
from tests.benchmarks.row import Row

log = structlog.get_logger(__name__)

LATENCIES = (0.0, 0.04, 0.12, 0.4)
REPLAYED = 0.12
RUNS = 3
CHAINS = (
    "audit_log",
    "audit_log_on_mailbox",
    "delegates",
    "exchange_role_groups",
    "mail_folders",
    "mailbox",
    "purview_role_groups",
    "risk_detections",
)
"""The sources of which one is the slowest alone, whatever a call takes."""

RISK = ("risky_user", "risk_detections")
"""What is asked once a second at most, so that the second of them cannot end sooner than this."""

OTHERS: Mapping[str, Any] = tomllib.loads(Path(__file__).with_name("others.toml").read_text())
GOALS = {"cipp": 1.2, "cipp_phases": 5.0, "hawk_user": None, "hawk": 5.0}
_LIMITS = {"reports": Limit.REPORTS, "risk": Limit.RISK}


def calls_of(tool: str, words: Mapping[str, str]) -> Iterator[Request | Cmdlet | list[Request]]:
    """Give the calls of a tool about an account; a list travels as one batch."""
    for one in OTHERS[tool]["calls"]:
        given = _told(one, words)
        if "cmdlet" in given:
            parameters = dict(given.get("parameters", {}))
            if "audit" in given:
                span = {"StartDate": words["start"], "EndDate": words["end"]}
                session = {"SessionCommand": "ReturnLargeSet", "SessionId": "replay", "ResultSize": 5_000}
                parameters = {**span, **session, **given["audit"]}
            yield Cmdlet(given["cmdlet"], parameters, anchor=words["user"])
        elif "batch" in given:
            parts = [path.partition("?") for path in given["batch"]]
            yield [
                Request("GET", path, dict(pair.split("=", 1) for pair in query.split("&") if query))
                for path, _, query in parts
            ]
        else:
            limit = _LIMITS.get(given.get("pages", ""), Limit.DIRECTORY)
            yield Request(
                "GET",
                given["graph"],
                given.get("query", {}),
                version=given.get("version", "beta"),
                limit=limit,
            )


def _told(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _told(one, words) for name, one in value.items()}
    if isinstance(value, list):
        return [_told(one, words) for one in value]
    if isinstance(value, str):
        for name, word in words.items():
            value = value.replace(f"{{{name}}}", word)
    return value


def replayed(told: Mapping[str, Any], *tools: str) -> tuple[float, int, int]:
    """Send the calls of tools one after another; gives seconds, calls, and how many the tenant refused."""
    now = datetime.now(UTC)
    number = refused = 0
    with Connection(settings_for(told), pacing=Pacing(failures=1, throttled=1)) as connection:
        start = perf_counter()
        subject = find_subject(USER, connection)
        words = {
            "user": subject.user_principal_name,
            "id": subject.id,
            "start": graph_time(now - timedelta(days=7)),
            "end": graph_time(now),
        }
        for tool in tools:
            for call in calls_of(tool, words):
                number += 1
                try:
                    if isinstance(call, list):
                        connection.fetch_batch(call, Deadline(60))
                    else:
                        # These tools look at one page of what they order by time; the rest is left, and said.
                        connection.fetch(call, Deadline(60), Tally(Most(pages=1)))
                except TooMuch:
                    continue
                except GraphError as error:
                    refused += 1
                    log.info(
                        "A replayed call was refused.", action="replay.refused", call=call, error=str(error)
                    )
        return perf_counter() - start, number, refused


def measure() -> list[Row]:
    """Measure, and give the rows."""
    return [*_latencies(), *_tools()]


def _latencies() -> Iterator[Row]:
    for latency in LATENCIES:
        with tenant_process("--latency", str(latency), "--no-limits") as told:
            alone = {source: timed(told, (source,)) for source in CHAINS}
        slowest = max(alone, key=lambda source: alone[source])
        walls = []
        for _ in range(RUNS):
            with tenant_process("--latency", str(latency)) as told:
                walls.append(timed(told, SOURCES))
        with tenant_process("--latency", str(latency)) as told:
            apart = timed(told, RISK)
        wall, chain = statistics.median(walls), alone[slowest]
        yield Row(
            f"check at {latency * 1000:.0f} ms a call: wall time over the longest chain ({slowest}, "
            f"{chain:.2f} s)",
            f"{wall / chain:.2f} ({wall:.2f} s); over the two risk questions alone, which the limit keeps a "
            f"second apart ({apart:.2f} s): {wall / apart:.2f}",
            "at most 1.15" if latency else "",
            wall / chain <= 1.15,
        )


def _tools() -> Iterator[Row]:
    walls: dict[str, list[float]] = {}
    counts: dict[str, tuple[int, int]] = {}
    tools = {
        "cipp": ("cipp",),
        "cipp_phases": ("cipp_phases",),
        "hawk_user": ("hawk_user",),
        "hawk": ("hawk_user", "hawk_tenant"),
    }
    for _ in range(RUNS):
        for name, which in tools.items():
            with tenant_process("--latency", str(REPLAYED)) as told:
                seconds, number, refused = replayed(told, *which)
            walls.setdefault(name, []).append(seconds)
            counts[name] = (number, refused)
        with tenant_process("--latency", str(REPLAYED)) as told:
            walls.setdefault("check", []).append(timed(told, SOURCES))
    check = statistics.median(walls["check"])
    for name, which in tools.items():
        title = " and ".join(OTHERS[one]["title"] for one in which)
        seconds, (number, refused) = statistics.median(walls[name]), counts[name]
        goal = GOALS[name]
        yield Row(
            f"{title}: {number} calls of 120 ms one after another ({refused} refused by the local "
            f"tenant), over our check ({check:.2f} s)",
            f"{seconds / check:.2f} ({seconds:.2f} s)",
            f"at least {goal}" if goal else "",
            goal is None or seconds / check >= goal,
        )
