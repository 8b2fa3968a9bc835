"""The conversations.* methods."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.workspace import wire
from sandbox.workspace.errors import RefusedError
from sandbox.workspace.state import WorkspaceState
from sandbox.workspace.values import Channel
from sandbox.workspace.web_api.common import Arguments, Run, direct, page_of, visible, yes

_READ = {
    "public_channel": "channels:read",
    "private_channel": "groups:read",
    "im": "im:read",
    "mpim": "mpim:read",
}
_HISTORY = {
    "public_channel": "channels:history",
    "private_channel": "groups:history",
    "im": "im:history",
    "mpim": "mpim:history",
}


def _kind(channel: Channel) -> str:
    if channel.is_im:
        return "im"
    if channel.is_mpim:
        return "mpim"
    return "private_channel" if channel.is_private else "public_channel"


def _need_scope(state: WorkspaceState, scope: str) -> None:
    if scope not in state.manifest.scopes:
        raise RefusedError("missing_scope", needed=scope, provided=",".join(sorted(state.manifest.scopes)))


def _conversations_list(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    types = [t.strip() for t in str(args.get("types") or "public_channel").split(",")]
    for name in types:
        if name not in _READ:
            raise RefusedError("invalid_types")
        _need_scope(state, _READ[name])
    found = [
        c
        for c in state.channels.values()
        if _kind(c) in types
        and (not c.is_private or state.bot.id in c.members)
        and not (c.is_archived and yes(args.get("exclude_archived")))
    ]
    page, metadata = page_of(found, args)
    return {"channels": [wire.channel(state, c) for c in page], "response_metadata": metadata}


def _conversations_info(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    channel = visible(state, args["channel"])
    _need_scope(state, _READ[_kind(channel)])
    found = wire.channel(state, channel)
    if not yes(args.get("include_num_members")):
        found.pop("num_members", None)
    return {"channel": found}


def _conversations_members(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    channel = visible(state, args["channel"])
    _need_scope(state, _READ[_kind(channel)])
    page, metadata = page_of(sorted(channel.members), args)
    return {"members": page, "response_metadata": metadata}


def _conversations_join(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    channel = visible(state, args["channel"])
    if channel.is_archived:
        raise RefusedError("is_archived")
    if channel.is_private:
        raise RefusedError("method_not_supported_for_channel_type")
    joined = replace(channel, members=channel.members | {state.bot.id})
    state.channels[channel.name] = joined
    state.touch()
    return {"channel": wire.channel(state, joined)}


def _conversations_open(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    if args.get("channel"):
        channel = visible(state, args["channel"])
    else:
        users = [u for u in str(args.get("users") or "").split(",") if u]
        if not users:
            raise RefusedError("users_list_not_supplied")
        if len(users) > 8:
            raise RefusedError("too_many_users")
        _need_scope(state, "im:write" if len(users) == 1 else "mpim:write")
        channel = direct(state, users)
    full = yes(args.get("return_im"))
    return {"channel": wire.channel(state, channel) if full else {"id": channel.id}}


def _conversations_replies(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    channel = visible(state, args["channel"])
    _need_scope(state, _HISTORY[_kind(channel)])
    parent = state.find_message(channel.id, str(args["ts"]))
    if parent is None:
        raise RefusedError("thread_not_found")
    thread = [m for m in state.messages[channel.id].values() if parent.ts in {m.ts, m.thread_ts}]
    page, metadata = page_of(thread, args, default=1000)
    return {
        "messages": [wire.message(state, m) for m in page],
        "has_more": bool(metadata["next_cursor"]),
        "response_metadata": metadata,
    }


RUNS: dict[str, Run] = {
    "conversations.list": _conversations_list,
    "conversations.info": _conversations_info,
    "conversations.members": _conversations_members,
    "conversations.join": _conversations_join,
    "conversations.open": _conversations_open,
    "conversations.replies": _conversations_replies,
}
