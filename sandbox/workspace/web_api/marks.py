"""What is put on messages and channels: reactions, pins, bookmarks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.workspace.errors import RefusedError
from sandbox.workspace.state import WorkspaceState
from sandbox.workspace.web_api.common import Arguments, Run, postable, visible


def _reactions_add(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    channel = postable(state, args["channel"])
    message = state.find_message(channel.id, str(args["timestamp"]))
    if message is None:
        raise RefusedError("message_not_found")
    name = str(args["name"]).strip(":")
    if not name.replace("_", "").replace("-", "").replace("+", "").isalnum():
        raise RefusedError("invalid_name")
    if name in message.reactions:
        raise RefusedError("already_reacted")
    state.messages[channel.id][message.ts] = replace(message, reactions=(*message.reactions, name))
    state.touch()
    return {}


def _pins_add(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    channel = postable(state, args["channel"])
    if not args.get("timestamp"):
        raise RefusedError("no_item_specified")
    message = state.find_message(channel.id, str(args["timestamp"]))
    if message is None:
        raise RefusedError("message_not_found")
    if (channel.id, message.ts) in state.pins:
        raise RefusedError("already_pinned")
    state.pins.add((channel.id, message.ts))
    state.touch()
    return {}


def _bookmarks_add(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    channel = visible(state, args.get("channel_id"))
    if args["type"] != "link":
        raise RefusedError("invalid_bookmark_type")
    link = str(args.get("link") or "")
    if not link.startswith(("http://", "https://")):
        raise RefusedError("invalid_link")
    bookmark = {
        "id": state.next_id("Bk"),
        "channel_id": channel.id,
        "title": args["title"],
        "link": link,
        "type": "link",
    }
    state.bookmarks.append(bookmark)
    state.touch()
    return {"bookmark": bookmark}


RUNS: dict[str, Run] = {
    "reactions.add": _reactions_add,
    "pins.add": _pins_add,
    "bookmarks.add": _bookmarks_add,
}
