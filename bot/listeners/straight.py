"""Socket Mode with a short way for the command: from the envelope to the desk, and back with the ack.

Of the time that a command takes before it is acknowledged, Bolt takes two thirds: for each it makes a client,
and gathers thirty arguments three times. What is odd or goes wrong goes Bolt's way, which tells of it.
"""

from __future__ import annotations

from typing import Any

import structlog
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from bot.desk import Desk
from bot.listeners import commands, payload

log = structlog.get_logger(__name__)


class StraightHandler(SocketModeHandler):
    """Hears Slack over a WebSocket.

    Args:
        app: Bolt's app, for all but whole commands.
        token: The app-level token.
        client: What opens the connection.
        concurrency: Threads that read envelopes.
        desk: Where commands are handed over.
    """

    def __init__(self, app: App, token: str, client: WebClient, *, concurrency: int, desk: Desk) -> None:
        super().__init__(app, token, web_client=client, concurrency=concurrency)
        self._desk = desk

    def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        """Acknowledge one envelope."""
        answer = self._answered(req)
        if answer is None:
            super().handle(client, req)
        else:
            client.send_socket_mode_response(SocketModeResponse(req.envelope_id, answer or None))

    def _answered(self, req: SocketModeRequest) -> dict[str, Any] | None:
        """Hand a command over; give what goes with its acknowledgement, None where Bolt has to see it."""
        if req.type != "slash_commands" or req.payload.get("command") != commands.NAME:
            return None
        try:
            return None if payload.wrong_in(req.payload) else commands.answered(self._desk, req.payload)
        except Exception as error:  # noqa: BLE001 - Bolt's way fails as well, and tells; a question counts once
            log.warning("A command goes the long way.", action="command.long_way", error=type(error).__name__)
            return None
