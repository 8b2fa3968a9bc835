"""The slash command `/compromise`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from slack_bolt import Ack, App

from bot.desk import Desk, question_id
from bot.errors import NotUnderstood
from bot.messages import Message, answers
from bot.slack.intake import Asked
from bot.verbs import help as helping
from bot.verbs import report
from bot.verbs.registry import SAID_AT_ONCE, WITHOUT_WINDOW, read, without_code


def register(app: App, desk: Desk) -> None:
    """Listen to the command."""

    @app.command("/compromise")
    def compromise(ack: Ack, body: dict[str, Any]) -> None:
        message = _taken(desk, asked(body, str(body.get("text") or "")))
        if message is None:
            ack()
        else:
            ack(**message.arguments)


def _taken(desk: Desk, question: Asked) -> Message | None:
    """Hand the question over, and say so; answer on the spot what needs no work.

    Only the words are kept: the desk reads them once more, after a restart as well.
    """
    try:
        verb, wish = read(question.words)
    except NotUnderstood as error:
        return answers.no(desk.note(question, str(error)) or str(error), desk.ours)
    if verb is helping:
        return helping.text(wish)
    if verb in WITHOUT_WINDOW:
        # What opens no window has no use for a trigger, and waits until everyone is acknowledged.
        question = replace(question, trigger="")
    why_not = desk.take(question)
    if why_not:
        return answers.no(why_not, desk.ours)
    return answers.noted(of_report=verb is report) if verb in SAID_AT_ONCE else None


def asked(body: Mapping[str, Any], words: str) -> Asked:
    """Read the question out of a command's payload."""
    user, team = str(body["user_id"]), str(body.get("team_id") or "")
    return Asked(
        id=question_id(team, user, str(body["trigger_id"])),
        user=user,
        team=team,
        channel=str(body.get("channel_id") or ""),
        words=without_code(words),
        response_url=str(body.get("response_url") or ""),
        trigger=str(body["trigger_id"]),
    )
