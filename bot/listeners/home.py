"""The app's Home tab and its shortcuts. Each is handed to the desk, and drawn or opened from there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_bolt import Ack, App

from bot.desk import Desk, question_id
from bot.slack.intake import Asked


def register(app: App, desk: Desk) -> None:
    """Listen to the Home tab and to the shortcuts."""

    @app.event("app_home_opened")
    def opened(event: dict[str, Any]) -> None:
        if event.get("tab") == "home":
            desk.show_home(str(event["user"]))

    @app.shortcut("report_account")
    def report_account(ack: Ack, body: dict[str, Any]) -> None:
        question = used(body)
        why_not = desk.take(question)  # no words at all, like the bare command
        if why_not:
            desk.say_no(question, why_not)
        ack()

    @app.shortcut("check_message")
    def check_message(ack: Ack, body: dict[str, Any]) -> None:
        desk.open_check(used(body), body.get("message") or {})
        ack()


def used(body: Mapping[str, Any]) -> Asked:
    """Read who used a shortcut, and where."""
    user = body["user"]
    name = str(user["id"])
    team = str(user.get("team_id") or (body.get("team") or {}).get("id") or "")
    return Asked(
        id=question_id(team, name, str(body["callback_id"]), str(body["trigger_id"])),
        user=name,
        team=team,
        channel=str((body.get("channel") or {}).get("id") or ""),
        words="",
        response_url=str(body.get("response_url") or ""),
        trigger=str(body["trigger_id"]),
    )
