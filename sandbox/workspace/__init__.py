"""A Slack workspace on this machine, headless: the real Bolt app talks to it over HTTP and WebSocket.

    with workspace.start("manifest.yml") as slack:
        app = App(token=slack.bot_token, client=WebClient(token=slack.bot_token, base_url=slack.api_url))
        …
        slack.slash("responder", "incident-room", "/compromise", "help")

It enforces what Slack enforces: scopes from the manifest, limits with Slack's error names, triggers that
work once and for three seconds, response URLs, the ack within three seconds, rate limits.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from . import manifest as _manifest
from .errors import NotOnScreenError, RefusedError, WorkspaceError
from .faults import Fault, Faults, api_error, rate_limited, reset, server_error, slow
from .limits import Limits
from .running import PATIENCE, RunningWorkspace
from .server import Server
from .state import ANSWERS_WITHIN, Clock, WorkspaceState
from .values import ApiCall, Block, Channel, Delivery, File, Message, Person, UserGroup, View

__all__ = [
    "PATIENCE",
    "ApiCall",
    "Block",
    "Channel",
    "Delivery",
    "Fault",
    "Faults",
    "File",
    "Limits",
    "Message",
    "NotOnScreenError",
    "Person",
    "RefusedError",
    "RunningWorkspace",
    "UserGroup",
    "View",
    "WorkspaceError",
    "api_error",
    "rate_limited",
    "reset",
    "server_error",
    "slow",
    "start",
]


def _utc_now() -> datetime:
    return datetime.now(UTC)


def start(
    manifest: Path | str,
    *,
    port: int = 0,
    latency: float = 0.0,
    answers_within: float = ANSWERS_WITHIN,
    clock: Clock = _utc_now,
) -> RunningWorkspace:
    """Start a workspace in which the app of this manifest is installed.

    Args:
        manifest: the manifest's file, or its text.
        port: the port on 127.0.0.1; 0 takes a free one.
        latency: how many seconds every answer takes longer.
        answers_within: how many seconds the app has to acknowledge what it is sent, and to open a window
            after it; Slack's own number unless given, and more where a slow machine must not matter.
        clock: where the time comes from, an aware UTC datetime.

    Raises:
        OSError: there is no such file, or the port is taken.
        TimeoutError: the server does not start.
    """
    state = WorkspaceState(_manifest.read(manifest), clock, answers_within)
    server = Server(state, port=port, latency=latency)
    server.start()
    return RunningWorkspace(state, server)
