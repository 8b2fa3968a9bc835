"""What the methods have in common: which channel is meant, what a message holds, pages."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.workspace.errors import RefusedError
from sandbox.workspace.state import WorkspaceState
from sandbox.workspace.values import Channel

Arguments = Mapping[str, Any]
Run = Callable[[WorkspaceState, Arguments], dict[str, Any]]

TEXT_KEPT = 40_000
"""A posted text longer than this loses its end."""
TEXT_EDITED = 4_000
"""An edited or ephemeral text longer than this is refused."""


def yes(value: Any) -> bool:
    """Say whether an argument is true in one of the forms that clients send."""
    return value in (True, 1, "1", "true", "True")


def visible(state: WorkspaceState, key: Any) -> Channel:
    """Return the channel with this id, if the bot can know of it."""
    found = state.channel(str(key)) if key else None
    if found is None or found.id != key or (found.is_private and state.bot.id not in found.members):
        raise RefusedError("channel_not_found")
    return found


def postable(state: WorkspaceState, key: Any) -> Channel:
    """Return the channel to post to: an id, a name, or a user's id for a direct message."""
    name = str(key or "")
    if name.startswith("U") and state.person(name):
        try:
            return direct(state, [name])
        except RefusedError as refusal:
            # What conversations.open says of a person is no error of posting on Slack's pages.
            raise RefusedError("channel_not_found") from refusal
    found = state.channel(name)
    if found is None or (found.is_private and state.bot.id not in found.members):
        raise RefusedError("channel_not_found")
    if found.is_archived:
        raise RefusedError("is_archived")
    if state.bot.id not in found.members and "chat:write.public" not in state.manifest.scopes:
        raise RefusedError("not_in_channel")
    return found


def direct(state: WorkspaceState, users: Sequence[str]) -> Channel:
    """Give the direct messages with these people, opened where there were none."""
    for user_id in users:
        person = state.person(user_id)
        if person is None or person.id != user_id:
            raise RefusedError("user_not_found")
        if person.deleted:
            raise RefusedError("user_disabled")
        if person.is_bot:
            raise RefusedError("user_not_visible")
    return state.direct_channel(users)


def _metadata(args: Arguments) -> Mapping[str, Any] | None:
    found = args.get("metadata")
    if found in (None, ""):
        return None
    if not isinstance(found, Mapping):
        raise RefusedError("invalid_metadata_format")
    if not isinstance(found.get("event_type"), str) or not isinstance(found.get("event_payload"), Mapping):
        raise RefusedError("invalid_metadata_schema")
    return found


def content_of(state: WorkspaceState, args: Arguments, *, limit: int | None) -> dict[str, Any]:
    """Return text, blocks, attachments and metadata of a message about to be written."""
    text = str(args.get("text") or "")
    if args.get("markdown_text"):
        if text or args.get("blocks"):
            raise RefusedError("markdown_text_conflict")
        blocks: Any = [{"type": "markdown", "text": str(args["markdown_text"])}]
    else:
        blocks = args.get("blocks")
    attachments = args.get("attachments") or []
    if not isinstance(attachments, list):
        raise RefusedError("invalid_attachments")
    if len(attachments) > 100:
        raise RefusedError("too_many_attachments")
    if limit is not None and len(text) > limit:
        raise RefusedError("msg_too_long")
    checked = state.checked_blocks(blocks)
    done = [{**a, "blocks": state.checked_blocks(a["blocks"])} if a.get("blocks") else a for a in attachments]
    if not text and not checked and not done:
        raise RefusedError("no_text")
    return {"text": text[:TEXT_KEPT], "blocks": checked, "attachments": done, "metadata": _metadata(args)}


def thread_of(state: WorkspaceState, channel: Channel, thread_ts: Any) -> str | None:
    """Return the ts of the thread's first message, whichever of its messages was named.

    None where that message was deleted: Slack then puts the reply into the channel and says nothing.
    Source: github.com/slack-go/slack/issues/1571.
    """
    parent = state.find_message(channel.id, str(thread_ts)) if thread_ts else None
    return (parent.thread_ts or parent.ts) if parent else None


def page_of(items: Sequence[Any], args: Arguments, default: int = 100) -> tuple[list[Any], dict[str, str]]:
    """Return one page of the items and the metadata with the next cursor."""
    try:
        limit = int(args.get("limit") or default)
    except ValueError as error:
        raise RefusedError("invalid_limit") from error
    try:
        start = int(base64.b64decode(str(args["cursor"])).decode()) if args.get("cursor") else 0
    except (ValueError, binascii.Error) as error:
        raise RefusedError("invalid_cursor") from error
    end = start + max(1, min(limit, 1000))
    cursor = base64.b64encode(str(end).encode()).decode() if end < len(items) else ""
    return list(items[start:end]), {"next_cursor": cursor}
