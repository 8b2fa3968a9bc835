"""Tells the team something: in the channel of the settings, or each approver alone where none is set."""

from __future__ import annotations

from collections.abc import Iterator

import structlog

from bot.errors import BotError, SlackFailed
from bot.messages import Message, answers
from bot.slack.client import call
from bot.verbs.shape import Tools

log = structlog.get_logger(__name__)


def tell(message: Message, but: str, tools: Tools, *, beside: str = "") -> None:
    """Tell everyone but one; `beside` is a channel that hears it as well where none is set.

    Raises:
        BotError: Slack did not let it be told.
    """
    rooms = [tools.channel or beside]
    if not tools.channel:
        # Where it was asked may be seen by no one else, so the others are told one by one.
        rooms += _direct_rooms(but, tools)
    for room in filter(None, rooms):
        tools.cards.say(room, message)


def tell_change(user: str, tools: Tools) -> None:
    """Tell that someone is not as they were named, and may do nothing."""
    try:
        tell(answers.changed(user), user, tools)
    except BotError as error:
        log.warning("A change was not announced.", action="people.not_announced", error=str(error))


def _direct_rooms(but: str, tools: Tools) -> Iterator[str]:
    """Give the rooms in which each approver but one is told something alone."""
    for user in tools.people.approvers():
        if user == but:
            continue
        try:
            yield str(call(tools.client.conversations_open, users=user)["channel"]["id"])
        except SlackFailed as error:
            log.info("An approver was not told.", action="approver.not_told", error=str(error))
