"""Bolt's app as this bot wants it: it hands requests over where they arrive, and asks Slack nothing first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bot.settings import SlackSettings
from bot.slack.client import TIMEOUT


def make_bolt(slack: SlackSettings, client: WebClient, me: Any) -> App:
    """Make Bolt's app, which knows from the start whose the token is."""
    authorized = AuthorizeResult(
        enterprise_id=me.get("enterprise_id"),
        team_id=str(me["team_id"]),
        bot_user_id=str(me["user_id"]),
        bot_id=str(me.get("bot_id") or ""),
        bot_token=slack.bot_token.get_secret_value(),
    )
    return App(
        name="compromise",  # else Bolt reads the sources of the whole call stack to find one
        client=WebClient(
            base_url=slack.api_url, timeout=TIMEOUT, ssl=client.ssl, retry_handlers=client.retry_handlers
        ),
        # Known from the start, so that no listener waits for Slack before it acknowledges.
        authorize=lambda **_: authorized,
        # Socket Mode has no signatures; Bolt wants a text all the same.
        signing_secret=slack.signing_secret.get_secret_value() if slack.signing_secret else "unused",
        # Listeners only hand over, so they run where the request arrived: no thread to wait for, and no
        # polling for the acknowledgement, which costs Bolt's other way ten milliseconds each.
        process_before_response=True,
        listener_executor=ThreadPoolExecutor(16, thread_name_prefix="bolt"),
    )
