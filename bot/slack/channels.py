"""Whether the bot may post in a channel, and what to tell people when it may not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from slack_sdk import WebClient

from bot.errors import CannotPost, RoomShared, SlackFailed
from bot.slack.client import call

_ARCHIVED = "That channel is archived. Choose another, such as: in #incident-room."
_REASONS = {
    "not_in_channel": "I am not in that channel. Invite me with /invite @compromise-bot and try again.",
    "channel_not_found": (
        "I cannot see that channel. If it is private, invite me with /invite @compromise-bot and try again."
    ),
    "is_archived": _ARCHIVED,
    # What editing in such a channel is refused with. Source: Slack, "chat.update", errors.
    "is_inactive": _ARCHIVED,
    "restricted_action": "A workspace policy does not allow me to post in that channel.",
    "restricted_action_read_only_channel": (
        "Posting in that channel is restricted, and I am not allowed to."
    ),
}
"""Slack's reasons not to post, in words that say what to do."""


@dataclass(frozen=True, slots=True)
class Room:
    """A channel that the bot may post in."""

    id: str
    name: str


def cannot_post(code: str) -> str:
    """Say in one sentence why the bot cannot post; "" when Slack's error is about something else."""
    return _REASONS.get(code, "")


def why_not_here(channel: Any) -> str:
    """Say why a case must not be posted in a channel as `conversations.info` describes it; "" when it may."""
    name = f"#{channel.get('name', 'that channel')}"
    if channel.get("is_im") or channel.get("is_mpim"):
        return "A case belongs where the team sees it. Choose a channel, such as: in #incident-room."
    if channel.get("is_archived"):
        return f"{name} is archived. Choose another channel, such as: in #incident-room."
    if is_shared(channel):
        return (
            f"{name} is shared with another organization, so I do not post cases there. Choose "
            "another channel."
        )
    if not channel.get("is_member"):
        return f"I am not in {name}. Invite me with /invite @compromise-bot and try again."
    return ""


def is_shared(channel: Any) -> bool:
    """Say whether another company reads along, or is invited to."""
    return bool(channel.get("is_ext_shared") or channel.get("is_pending_ext_shared"))


def demand_unshared(client: WebClient, channel: str) -> None:
    """Look once more who reads along, before anything of a case goes into a channel.

    A channel can be shared with another company at any time, also while a check runs in it.

    Raises:
        RoomShared: another company reads along.
        SlackFailed: Slack did not answer, so no one knows.
    """
    if channel.startswith("D"):
        return  # a conversation with one person is never shared
    found: Any = call(client.conversations_info, channel=channel)["channel"]
    if is_shared(found):
        raise RoomShared(why_not_here(found))


def room(client: WebClient, channel: str) -> Room:
    """Look whether a case may be posted in a channel.

    Raises:
        CannotPost: it may not; says why and what to do.
        SlackFailed: Slack did not answer.
    """
    try:
        found: Any = call(client.conversations_info, channel=channel)["channel"]
    except SlackFailed as error:
        reason = cannot_post(error.code)
        if error.code == "missing_scope":
            # A direct message: reading about those would need a scope that nothing else here needs.
            reason = why_not_here({"is_im": True})
        if reason:
            raise CannotPost(reason) from error
        raise
    reason = why_not_here(found)
    if reason:
        raise CannotPost(reason)
    return Room(str(found["id"]), str(found.get("name", "")))


def members(client: WebClient, channel: str) -> frozenset[str]:
    """Give the user ids of everyone who reads along in a channel.

    Raises:
        SlackFailed: Slack did not answer.
    """
    found: set[str] = set()
    cursor = ""
    while True:
        answer = call(client.conversations_members, channel=channel, limit=200, cursor=cursor)
        found.update(str(user) for user in answer["members"])
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return frozenset(found)
