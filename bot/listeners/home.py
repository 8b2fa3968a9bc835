"""The app's Home tab: for now, what can be asked. The shortcuts show the same."""

from __future__ import annotations

import re
from typing import Any

import structlog
from slack_bolt import Ack, App
from slack_sdk import WebClient

from bot.errors import SlackFailed
from bot.messages.help import help_message
from bot.slack_client import call

log = structlog.get_logger(__name__)


def register(app: App) -> None:
    """Listen to the Home tab and to the shortcuts."""

    @app.event("app_home_opened")
    def opened(event: dict[str, Any], client: WebClient) -> None:
        if event.get("tab") != "home":
            return
        view = {"type": "home", "blocks": help_message().arguments["blocks"]}
        try:
            call(client.views_publish, user_id=event["user"], view=view)
        except SlackFailed as error:
            log.warning("The Home tab could not be drawn.", action="home.not_drawn", error=str(error))

    @app.shortcut(re.compile(r"report_account|check_message"))
    def shortcut(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        ack()
        view = {
            "type": "modal",
            "title": {"type": "plain_text", "text": "Check an account"},
            "close": {"type": "plain_text", "text": "Close"},
            "blocks": help_message().arguments["blocks"],
        }
        try:
            call(client.views_open, trigger_id=body["trigger_id"], view=view)
        except SlackFailed as error:
            log.warning("A window could not be opened.", action="modal.not_opened", error=str(error))
