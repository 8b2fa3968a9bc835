"""A small real Bolt app for the tests of the workspace, connected and closed properly."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.response import BoltResponse
from slack_sdk import WebClient

from sandbox.workspace import RunningWorkspace

MANIFEST = Path(__file__).resolve().parents[3] / "manifest.yml"


def client(slack: RunningWorkspace, token: str | None = None) -> WebClient:
    return WebClient(token=token or slack.bot_token, base_url=slack.api_url)


def app(slack: RunningWorkspace, pool: ThreadPoolExecutor) -> App:
    made = App(client=client(slack), signing_secret=slack.signing_secret, listener_executor=pool)

    @made.error
    def failed(error: Exception) -> BoltResponse:
        return BoltResponse(status=200, body="")

    return made


def close(handler: SocketModeHandler) -> None:
    """Close the handler without waiting a second for the client's empty queue."""
    handler.client.closed = True
    handler.client.message_queue.put(None)
    handler.close()  # type: ignore[no-untyped-call]


@contextmanager
def connected(slack: RunningWorkspace) -> Iterator[App]:
    """Yield a Bolt app that is connected by Socket Mode; listeners may still be added."""
    with ThreadPoolExecutor(8) as pool:
        made = app(slack, pool)
        # The client notices a connection that the server closed only at its next look, every `ping_interval`.
        handler = SocketModeHandler(made, slack.app_token, ping_interval=0.5)
        handler.connect()  # type: ignore[no-untyped-call]
        slack.wait_connected()
        try:
            yield made
        finally:
            close(handler)


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(action_id: str, value: str = "1", **more: Any) -> dict[str, Any]:
    return {
        "type": "button",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": "Go"},
        "value": value,
    } | more


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": "ask",
        "title": {"type": "plain_text", "text": "Ask"},
        "submit": {"type": "plain_text", "text": "Send"},
        "blocks": list(blocks) or [reason()],
    } | more


def reason(**more: Any) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": "why",
        "label": {"type": "plain_text", "text": "Reason"},
        "element": {"type": "plain_text_input", "action_id": "reason"},
    } | more
