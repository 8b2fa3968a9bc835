"""What one person sees of the workspace, as JSON: their channels, messages, modals, Home tab and files.

Everything else is left out here and not in the browser, so that a person's page cannot show what Slack would
not show to that person.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from sandbox.workspace import Channel, File, Message, NotOnScreenError, Person, RunningWorkspace, View
from sandbox.workspace.directory import TEAM_ID
from sandbox.workspace.state import SLACKBOT, WorkspaceState

Json = dict[str, Any]

PARTS = {
    "responder": "responder",
    "approver": "approver",
    "second_approver": "second approver",
    "subject": "subject",
    "bystander": "colleague",
    "guest": "guest",
    "external": "from another workspace",
}
"""Whom the page lets one be, with the word that explains it."""

_IMAGES = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))
_PLAIN = (".txt", ".csv", ".json", ".jsonl", ".log", ".md")


def people(slack: RunningWorkspace) -> Json:
    """Whom one can be, and what the app offers to type and to press."""
    manifest = slack.state.manifest
    commands = [
        {"command": one.name, "hint": one.hint, "description": one.description}
        for one in manifest.commands.values()
    ]
    hints = [hint.strip() for one in manifest.commands.values() for hint in one.hint.split("|")]
    return {
        "people": [
            {"part": part, "id": one.id, "name": one.real_name, "handle": one.name, "note": note}
            for part, note in PARTS.items()
            for one in (slack.people[part],)
        ],
        "app": {"id": slack.app_id, "name": slack.state.bot.real_name, "bot_user_id": slack.bot_user_id},
        "commands": commands,
        "shortcuts": [
            {"type": one.type, "callback_id": one.callback_id, "name": one.name or one.callback_id}
            for one in manifest.shortcuts.values()
        ],
        "verbs": [{"text": hint.split()[0], "hint": hint} for hint in hints if hint],
    }


def seen(slack: RunningWorkspace, part: str) -> Json:
    """Everything that the person who plays this part sees now."""
    state = slack.state
    with state.lock:
        me = state.people[part]
        channels = visible_channels(state, me)
        messages = {channel.id: _messages(state, channel, me) for channel in channels}
        home = state.homes.get(me.id)
        shown = [_channel(state, channel, me, messages[channel.id]) for channel in channels]
        return {
            "version": state.visible_version,
            "me": {"part": part, "id": me.id, "name": me.real_name},
            "names": {**_names(state), **{one["id"]: one["name"] for one in shown}},
            "channels": shown,
            "messages": messages,
            "modals": [_modal(view) for view in state.modals.get(me.id, ())],
            "home": {"id": home.id, "blocks": home.blocks} if home else None,
        }


def visible_channels(state: WorkspaceState, me: Person) -> list[Channel]:
    """The conversations that someone can open; the one with the app comes last.

    Public ones are open to the workspace's own people, all others to their members only.
    """
    # Everyone has a conversation with the app, whether or not a word was said in it.
    direct = state.direct_channel([me.id])
    inside = me.team_id == TEAM_ID and not (me.is_restricted or me.is_ultra_restricted or me.deleted)
    found = [
        channel
        for channel in state.channels.values()
        if me.id in channel.members or (inside and not (channel.is_private or channel.is_shared))
    ]
    return [*(one for one in found if one.id != direct.id), direct]


def message_of(slack: RunningWorkspace, part: str, channel: str, ts: str) -> Message:
    """The message that this person sees there.

    Raises:
        NotOnScreenError: this person sees no such message.
    """
    state = slack.state
    with state.lock:
        me = state.people[part]
        known = any(one.id == channel for one in visible_channels(state, me))
        found = state.find_any(channel, ts) if known else None
        if found is None or found.ephemeral_for not in {None, me.id}:
            raise NotOnScreenError("This message is not there any more.")
        return found


def view_of(slack: RunningWorkspace, part: str, view_id: str) -> View:
    """The Home tab or the uppermost modal of this person.

    Raises:
        NotOnScreenError: this person has no such view open, or another modal lies on it.
    """
    state = slack.state
    with state.lock:
        me = state.people[part]
        home = state.homes.get(me.id)
        usable: list[View] = [*state.modals.get(me.id, ())[-1:], *([home] if home else [])]
        for view in usable:
            if view.id == view_id:
                return view
    raise NotOnScreenError("This window is not open any more.")


def file_of(slack: RunningWorkspace, part: str, file_id: str) -> File | None:
    """The file, if this person sees it in a message."""
    state = slack.state
    with state.lock:
        me = state.people[part]
        file = state.files.get(file_id)
        if file is None:
            return None
        for channel in visible_channels(state, me):
            for message in _all_messages(state, channel, me):
                shown = any(one.id == file_id for one in message.files)
                if shown or file_id in _slack_files(message.blocks):
                    return file
        views = [*state.modals.get(me.id, ()), *(v for v in (state.homes.get(me.id),) if v)]
        return file if any(file_id in _slack_files(view.blocks) for view in views) else None


@lru_cache(maxsize=1024)
def kind_of(file: File) -> str:
    """Whether a file can be looked at as an `image`, as `text`, or only be kept (`other`)."""
    if media_type(file):
        return "image"
    if not file.name.lower().endswith(_PLAIN):
        return "other"
    try:
        file.content.decode("utf-8")
    except UnicodeDecodeError:
        return "other"
    return "text"


def media_type(file: File) -> str:
    """The type of a picture by its first bytes, "" for anything else; names are not to be trusted."""
    return next((kind for start, kind in _IMAGES if file.content.startswith(start)), "")


def _names(state: WorkspaceState) -> dict[str, str]:
    everybody = (*state.people.values(), state.bot)
    return {
        SLACKBOT: "Slackbot",
        **{one.id: one.real_name for one in everybody},
        **{one.id: one.handle for one in state.user_groups.values()},
    }


def _channel(state: WorkspaceState, channel: Channel, me: Person, messages: list[Json]) -> Json:
    direct = channel.is_im or channel.is_mpim
    others = sorted(state.name(who) for who in channel.members - {me.id})
    stamps = [one["ts"] for top in messages for one in (top, *top["replies"])]
    return {
        "id": channel.id,
        "name": ", ".join(others) if direct else channel.name,
        "private": channel.is_private,
        "shared": channel.is_shared,
        "archived": channel.is_archived,
        "direct": direct,
        "read_only": channel.is_archived or (channel.is_im and state.manifest.direct_read_only),
        "unread_ts": max(stamps, default=""),
    }


def _all_messages(state: WorkspaceState, channel: Channel, me: Person) -> list[Message]:
    mine = [one for one in state.ephemerals if one.channel == channel.id and one.ephemeral_for == me.id]
    return sorted([*state.messages.get(channel.id, {}).values(), *mine], key=lambda one: one.ts)


def _messages(state: WorkspaceState, channel: Channel, me: Person) -> list[Json]:
    found = _all_messages(state, channel, me)
    tops = {one.ts for one in found if not one.is_reply}
    threads: dict[str, list[Json]] = {}
    for one in found:
        if one.is_reply and one.thread_ts in tops:
            threads.setdefault(one.thread_ts, []).append(_message(one, []))
    # A private answer below a message that is gone has no thread to stand in.
    return [
        _message(one, threads.get(one.ts, []))
        for one in found
        if one.ts in tops or (one.ephemeral_for and one.thread_ts not in tops)
    ]


def _message(message: Message, replies: list[Json]) -> Json:
    return {
        "ts": message.ts,
        "channel": message.channel,
        "user": message.user,
        "text": message.text,
        "blocks": message.blocks,
        "attachments": message.attachments,
        "edited": message.edited is not None,
        "ephemeral": message.ephemeral_for is not None,
        "thread_ts": message.thread_ts,
        "replies": replies,
        "files": [
            {
                "id": one.id,
                "name": one.name,
                "title": one.title,
                "size": len(one.content),
                "kind": kind_of(one),
            }
            for one in message.files
        ],
    }


def _modal(view: View) -> Json:
    def words(name: str) -> str:
        return str((view.body.get(name) or {}).get("text", ""))

    return {
        "id": view.id,
        "callback_id": view.callback_id,
        "title": view.title,
        "submit": words("submit"),
        "close": words("close"),
        "blocks": view.blocks,
        "errors": dict(view.errors),
    }


def _slack_files(blocks: Iterable[Any]) -> set[str]:
    """The ids of the files that blocks show as pictures."""
    return {str(one["id"]) for one in _inside(list(blocks)) if "id" in one}


def _inside(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        if isinstance(value.get("slack_file"), dict):
            yield value["slack_file"]
        for inner in value.values():
            yield from _inside(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _inside(inner)
