"""The slash command `/compromise`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slack_bolt import Ack, App

from bot import answers
from bot.desk import Asked, Desk, question_id
from bot.errors import NotUnderstood
from bot.grammar import Help, read
from bot.messages.help import help_message


def register(app: App, desk: Desk) -> None:
    """Listen to the command."""

    @app.command("/compromise")
    def compromise(ack: Ack, body: dict[str, Any]) -> None:
        words = str(body.get("text") or "")
        try:
            wish = read(words)
        except NotUnderstood as error:
            ack(**answers.no(str(error), desk.ours).arguments)
            return
        if isinstance(wish, Help):
            ack(**help_message().arguments)
            return
        desk.take(asked(body, words))
        ack(**answers.noted().arguments)


def asked(body: Mapping[str, Any], words: str) -> Asked:
    """Read the question out of a command's payload."""
    user, team = str(body["user_id"]), str(body.get("team_id") or "")
    return Asked(
        id=question_id(team, user, str(body["trigger_id"])),
        user=user,
        team=team,
        channel=str(body.get("channel_id") or ""),
        words=words,
        response_url=str(body.get("response_url") or ""),
    )
