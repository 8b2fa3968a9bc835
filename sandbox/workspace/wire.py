"""Values as Slack writes them in JSON: users, channels, messages, files, views."""

from __future__ import annotations

from typing import Any

from . import directory
from .state import WorkspaceState
from .values import Channel, File, Message, Person, UserGroup, View


def user(person: Person, *, with_email: bool) -> dict[str, Any]:
    """Return a `user` object; the address is left out without the scope users:read.email."""
    profile: dict[str, Any] = {
        "real_name": person.real_name,
        "display_name": person.name,
        "real_name_normalized": person.real_name,
        "display_name_normalized": person.name,
        "team": person.team_id,
    }
    if with_email and person.email:
        profile["email"] = person.email
    if person.is_bot:
        own = person.id == directory.BOT_USER_ID
        profile["bot_id"] = directory.BOT_ID if own else "B0OTHERBOT"
        profile["api_app_id"] = directory.APP_ID if own else "A0OTHERAPP"
    found: dict[str, Any] = {
        "id": person.id,
        "team_id": person.team_id,
        "name": person.name,
        "deleted": person.deleted,
        "profile": profile,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "updated": 1_700_000_000,
    }
    if not person.deleted:
        found |= {
            "real_name": person.real_name,
            "tz": "Europe/London",
            "is_admin": person.is_admin,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": person.is_restricted,
            "is_ultra_restricted": person.is_ultra_restricted,
            "is_email_confirmed": person.is_email_confirmed,
        }
    if person.is_stranger or person.team_id != directory.TEAM_ID:
        found["is_stranger"] = person.is_stranger
    return found


def channel(state: WorkspaceState, value: Channel) -> dict[str, Any]:
    """Return a `channel` object as the bot sees it."""
    if value.is_im:
        other = next(iter(value.members - {state.bot.id}))
        return {
            "id": value.id,
            "is_im": True,
            "is_open": True,
            "user": other,
            "is_archived": value.is_archived,
        }
    return {
        "id": value.id,
        "name": value.name,
        "name_normalized": value.name,
        "is_channel": not value.is_private,
        "is_group": value.is_private and not value.is_mpim,
        "is_im": False,
        "is_mpim": value.is_mpim,
        "is_private": value.is_private,
        "is_archived": value.is_archived,
        "is_general": value.name == "general",
        "is_member": state.bot.id in value.members,
        "is_shared": value.is_shared,
        "is_ext_shared": value.is_shared,
        "is_org_shared": False,
        "context_team_id": directory.TEAM_ID,
        "num_members": len(value.members),
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


def file(state: WorkspaceState, value: File) -> dict[str, Any]:
    """Return a `file` object."""
    return {
        "id": value.id,
        "name": value.name,
        "title": value.title,
        "user": value.user,
        "size": len(value.content),
        "mode": "hosted",
        "is_external": False,
        "channels": [value.channel] if value.channel else [],
        "url_private": f"{state.url}/files/{value.id}/{value.name}",
        "permalink": f"{state.url}/files/{value.id}/{value.name}",
    }


def message(state: WorkspaceState, value: Message) -> dict[str, Any]:
    """Return a `message` object."""
    found: dict[str, Any] = {
        "type": "message",
        "user": value.user,
        "ts": value.ts,
        "text": value.text,
        "team": directory.TEAM_ID,
    }
    if value.bot_id:
        found |= {"bot_id": value.bot_id, "app_id": directory.APP_ID}
    if value.blocks:
        found["blocks"] = value.blocks
    if value.attachments:
        found["attachments"] = value.attachments
    if value.thread_ts:
        found["thread_ts"] = value.thread_ts
    if value.edited:
        found["edited"] = {"user": value.user, "ts": value.edited}
    if value.metadata:
        found["metadata"] = dict(value.metadata)
    if value.files:
        found["files"] = [file(state, f) for f in value.files]
    replies = [
        m for m in state.messages.get(value.channel, {}).values() if m.is_reply and m.thread_ts == value.ts
    ]
    if replies:
        found |= {"thread_ts": value.ts, "reply_count": len(replies), "latest_reply": replies[-1].ts}
    return found


def view(value: View, values: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a `view` object with the state of its inputs."""
    return {
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
        "close": None,
        "submit": None,
        **value.body,
        "id": value.id,
        "team_id": directory.TEAM_ID,
        "type": value.type,
        "state": {"values": values or {}},
        "hash": value.hash,
        "root_view_id": value.root_view_id,
        "previous_view_id": value.previous_view_id,
        "app_id": directory.APP_ID,
        "app_installed_team_id": directory.TEAM_ID,
        "bot_id": directory.BOT_ID,
    }


def user_group(value: UserGroup, *, with_users: bool) -> dict[str, Any]:
    """Return a `usergroup` object."""
    found: dict[str, Any] = {
        "id": value.id,
        "team_id": directory.TEAM_ID,
        "is_usergroup": True,
        "name": value.name,
        "handle": value.handle,
        "description": "",
        "date_delete": 0,
        "user_count": len(value.users),
    }
    if with_users:
        found["users"] = list(value.users)
    return found
