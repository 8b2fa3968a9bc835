"""The chat.* methods: post, post for one person, edit, _delete, link."""

from __future__ import annotations

from typing import Any

from sandbox.workspace import directory, wire
from sandbox.workspace.errors import RefusedError
from sandbox.workspace.state import WorkspaceState
from sandbox.workspace.values import Message
from sandbox.workspace.web_api.common import (
    TEXT_EDITED,
    Arguments,
    Run,
    content_of,
    postable,
    thread_of,
    visible,
)


def _own_message(state: WorkspaceState, args: Arguments, refusal: str) -> Message:
    channel = visible(state, args["channel"])
    found = state.find_message(channel.id, str(args["ts"]))
    if found is None:
        raise RefusedError("message_not_found")
    if found.user != state.bot.id:
        raise RefusedError(refusal)
    return found


def _post_message(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    channel = postable(state, args["channel"])
    content = content_of(state, args, limit=None)
    message = state.post(
        Message(
            ts=state.next_ts(),
            channel=channel.id,
            user=state.bot.id,
            bot_id=directory.BOT_ID,
            thread_ts=thread_of(state, channel, args.get("thread_ts")),
            **content,
        )
    )
    return {"channel": channel.id, "ts": message.ts, "message": wire.message(state, message)}


def _post_ephemeral(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    channel = postable(state, args["channel"])
    person = state.person(str(args["user"]))
    if person is None or person.id not in channel.members:
        raise RefusedError("user_not_in_channel")
    content = content_of(state, args, limit=TEXT_EDITED)
    message = state.post(
        Message(
            ts=state.next_ts(),
            channel=channel.id,
            user=state.bot.id,
            bot_id=directory.BOT_ID,
            thread_ts=thread_of(state, channel, args.get("thread_ts")),
            ephemeral_for=person.id,
            **content,
        )
    )
    return {"message_ts": message.ts}


def _update(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    if visible(state, args["channel"]).is_archived:
        raise RefusedError("is_inactive")
    old = _own_message(state, args, "cant_update_message")
    content = content_of(state, args, limit=TEXT_EDITED)
    if content["metadata"] is None:
        content["metadata"] = old.metadata
    new = state.change(old, **content, edited=state.next_ts())
    return {"channel": new.channel, "ts": new.ts, "text": new.text, "message": wire.message(state, new)}


def _delete(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    message = _own_message(state, args, "cant_delete_message")
    state.remove(message)
    return {"channel": message.channel, "ts": message.ts}


def _permalink(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    channel = visible(state, args["channel"])
    message = state.find_message(channel.id, str(args["message_ts"]))
    if message is None:
        raise RefusedError("message_not_found")
    link = f"{state.url}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


RUNS: dict[str, Run] = {
    "chat.postMessage": _post_message,
    "chat.postEphemeral": _post_ephemeral,
    "chat.update": _update,
    "chat.delete": _delete,
    "chat.getPermalink": _permalink,
}
