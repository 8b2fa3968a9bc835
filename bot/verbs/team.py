"""Tells the team something: in the channel of the settings, or each approver alone where none is set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import structlog

from bot.errors import BotError, SlackFailed
from bot.messages import Message, answers
from bot.verbs.shape import Tools

log = structlog.get_logger(__name__)


def tell(message: Message, user: str, tools: Tools, *, beside: str = "") -> None:
    """Tell something about a person to everyone else in the tenants that name this person.

    `beside` is a channel that hears it as well where a tenant has none, unless it is another tenant's.

    Raises:
        BotError: Slack did not let it be told somewhere.
    """
    named = sorted(tools.people.sees(user))
    rooms = {channel: tenant for tenant in named if (channel := tools.tenancy.of(tenant).channel)}
    silent = [tenant for tenant in named if not tools.tenancy.of(tenant).channel]
    if silent or not named:
        # Where it was asked may be seen by no one else, so the others are told one by one.
        rooms |= dict.fromkeys(_direct_rooms(user, silent, tools), "")
        owner = tools.tenancy.owners.get(beside, "")
        rooms |= {beside: owner} if beside and (not owner or owner in named) else {}
    failed: BotError | None = None
    for room, tenant in rooms.items():
        try:
            tools.rooms.say(room, message, tenant=tenant)
        except BotError as error:
            failed = error
    if failed:
        raise failed


def tell_change(user: str, tools: Tools) -> None:
    """Tell that someone is not as they were named, and may do nothing."""
    try:
        tell(answers.changed(user), user, tools)
    except BotError as error:
        log.warning("A change was not announced.", action="people.not_announced", error=str(error))


def _direct_rooms(but: str, tenants: Iterable[str], tools: Tools) -> Iterator[str]:
    """Give the rooms in which each approver of these tenants but one is told something alone."""
    for user in sorted({one for tenant in tenants for one in tools.people.approvers(tenant)} - {but}):
        try:
            yield tools.rooms.direct(user)
        except SlackFailed as error:
            log.info("An approver was not told.", action="approver.not_told", error=str(error))
