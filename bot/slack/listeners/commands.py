"""The slash command `/compromise`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import structlog
from slack_bolt import Ack, App

from bot.desk import Desk, question_id
from bot.errors import NotUnderstood
from bot.messages import Message, answers
from bot.slack.intake import Asked
from bot.verbs import check, report, suspect
from bot.verbs import help as helping
from bot.verbs.registry import read, without_code
from commands.errors import LedgerError

log = structlog.get_logger(__name__)


def register(app: App, desk: Desk) -> None:
    """Listen to the command."""

    @app.command("/compromise")
    def compromise(ack: Ack, body: dict[str, Any]) -> None:
        message: Message | None
        try:
            message = _taken(desk, asked(body, str(body.get("text") or "")))
        except LedgerError as error:
            log.error("The ledger refused.", action="ledger.refused", error=str(error))  # noqa: TRY400
            message = answers.no(str(error), desk.ours)
        if message is None:
            ack()
        else:
            ack(**message.arguments)


def _taken(desk: Desk, question: Asked) -> Message | None:
    """Hand the question over, and say so; answer on the spot what needs no work.

    What takes no time, or opens a window, is acknowledged without words.
    """
    try:
        verb, wish = read(question.words)
    except NotUnderstood as error:
        desk.note(question, str(error))
        return answers.no(str(error), desk.ours)
    if verb is helping:
        return helping.text(wish)
    if verb in (check, report, suspect):
        # What opens no window has no use for a trigger, and waits until everyone is acknowledged.
        desk.take(replace(question, trigger=""))
        return None if verb is suspect else answers.noted()
    desk.take(question)
    return None


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
