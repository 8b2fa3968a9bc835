"""Run a local tenant as its own process; its addresses are printed as one line of JSON."""

from __future__ import annotations

import argparse
import signal
import socket
import sys
from pathlib import Path

import orjson

from sandbox.scenarios import SCENARIOS
from sandbox.tenant import start


def main() -> int:
    """Start, print the addresses, wait for SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.tenant", description=__doc__)
    parser.add_argument("--scenario", default="mailbox-takeover", choices=SCENARIOS)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds added to each call")
    parser.add_argument("--audit-query-seconds", type=float, default=0.5)
    parser.add_argument("--read-delay", type=float, default=0.0, help="seconds until a write is seen")
    parser.add_argument("--audit-log", type=Path, default=None, help="a real export to add")
    parser.add_argument("--no-limits", action="store_true", help="switch the rate limits off")
    given = parser.parse_args()
    # A thread that waits for a lock may sleep over a signal; what reads a socket is woken by it.
    reading, writing = socket.socketpair()
    writing.setblocking(False)
    signal.set_wakeup_fd(writing.fileno())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    with start(
        given.scenario,
        latency=given.latency,
        limits=not given.no_limits,
        audit_query_seconds=given.audit_query_seconds,
        read_delay=given.read_delay,
        audit_log=given.audit_log,
        port=given.port,
    ) as tenant:
        told = {
            "url": tenant.url,
            "login_url": tenant.login_url,
            "graph_url": tenant.graph_url,
            "exchange_url": tenant.exchange_url,
            "compliance_url": tenant.compliance_url,
            "tenant_id": tenant.tenant_id,
            "client_id": tenant.client_id,
            "client_secret": tenant.client_secret,
            "domains": list(tenant.domains),
        }
        sys.stdout.write(orjson.dumps(told).decode() + "\n")
        sys.stdout.flush()
        reading.recv(1)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
