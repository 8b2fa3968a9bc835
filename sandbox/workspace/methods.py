"""The Web API methods that the workspace serves: their scopes, tiers, arguments, and what they do.

Each method is a function from the state and the arguments to the answer's fields; it raises
`RefusedError` with Slack's error name. `METHODS` is the table of `methods.toml`, where the facts stand with
their source; `call` checks token, scope and arguments before it runs one, and the name of a refusal after it.

Longer than other files because it is a list: one function for each method of the Web API.
"""

from __future__ import annotations

import base64
import binascii
import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from . import directory, wire
from .errors import RefusedError, WorkspaceError
from .state import Upload, WorkspaceState
from .values import Channel, File, Message, View

Arguments = Mapping[str, Any]
Run = Callable[[WorkspaceState, Arguments], dict[str, Any]]

TEXT_KEPT = 40_000
"""A posted text longer than this loses its end."""
TEXT_EDITED = 4_000
"""An edited or ephemeral text longer than this is refused."""


@dataclass(frozen=True, slots=True)
class Method:
    """One method: any one of `scopes` is enough; `arguments` are all it knows, `required` those it needs.

    `refusals` are the errors of its own that it may be answered with.
    """

    run: Run
    tier: str
    scopes: tuple[str, ...]
    required: tuple[str, ...]
    arguments: frozenset[str]
    refusals: frozenset[str]
    caller: str = "bot"


# helpers


def _yes(value: Any) -> bool:
    return value in (True, 1, "1", "true", "True")


def _visible(state: WorkspaceState, key: Any) -> Channel:
    """Return the channel with this id, if the bot can know of it."""
    found = state.channel(str(key)) if key else None
    if found is None or found.id != key or (found.is_private and state.bot.id not in found.members):
        raise RefusedError("channel_not_found")
    return found


def _postable(state: WorkspaceState, key: Any) -> Channel:
    """Return the channel to post to: an id, a name, or a user's id for a direct message."""
    name = str(key or "")
    if name.startswith("U") and state.person(name):
        try:
            return _direct(state, [name])
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


def _direct(state: WorkspaceState, users: Sequence[str]) -> Channel:
    for user_id in users:
        person = state.person(user_id)
        if person is None or person.id != user_id:
            raise RefusedError("user_not_found")
        if person.deleted:
            raise RefusedError("user_disabled")
        if person.is_bot:
            raise RefusedError("user_not_visible")
    return state.direct_channel(users)


def _own_message(state: WorkspaceState, args: Arguments, refusal: str) -> Message:
    channel = _visible(state, args["channel"])
    found = state.find_message(channel.id, str(args["ts"]))
    if found is None:
        raise RefusedError("message_not_found")
    if found.user != state.bot.id:
        raise RefusedError(refusal)
    return found


def _metadata(args: Arguments) -> Mapping[str, Any] | None:
    found = args.get("metadata")
    if found in (None, ""):
        return None
    if not isinstance(found, Mapping):
        raise RefusedError("invalid_metadata_format")
    if not isinstance(found.get("event_type"), str) or not isinstance(found.get("event_payload"), Mapping):
        raise RefusedError("invalid_metadata_schema")
    return found


def _content(state: WorkspaceState, args: Arguments, *, limit: int | None) -> dict[str, Any]:
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


def _thread(state: WorkspaceState, channel: Channel, thread_ts: Any) -> str | None:
    """Return the ts of the thread's first message, whichever of its messages was named.

    None where that message was deleted: Slack then puts the reply into the channel and says nothing.
    Source: github.com/slack-go/slack/issues/1571.
    """
    parent = state.find_message(channel.id, str(thread_ts)) if thread_ts else None
    return (parent.thread_ts or parent.ts) if parent else None


def _page(items: Sequence[Any], args: Arguments, default: int = 100) -> tuple[list[Any], dict[str, str]]:
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


# auth, apps


def _auth_test(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    return {
        "url": f"{state.url}/",
        "team": directory.TEAM_NAME,
        "user": state.bot.name,
        "team_id": directory.TEAM_ID,
        "user_id": state.bot.id,
        "bot_id": directory.BOT_ID,
        "is_enterprise_install": False,
    }


def _connections_open(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    if not state.manifest.socket_mode:
        raise RefusedError("not_allowed_token_type")
    return {"url": "the server puts its own address here"}


# chat


def _post_message(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    channel = _postable(state, args["channel"])
    content = _content(state, args, limit=None)
    message = state.post(
        Message(
            ts=state.next_ts(),
            channel=channel.id,
            user=state.bot.id,
            bot_id=directory.BOT_ID,
            thread_ts=_thread(state, channel, args.get("thread_ts")),
            **content,
        )
    )
    return {"channel": channel.id, "ts": message.ts, "message": wire.message(state, message)}


def _post_ephemeral(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    channel = _postable(state, args["channel"])
    person = state.person(str(args["user"]))
    if person is None or person.id not in channel.members:
        raise RefusedError("user_not_in_channel")
    content = _content(state, args, limit=TEXT_EDITED)
    message = state.post(
        Message(
            ts=state.next_ts(),
            channel=channel.id,
            user=state.bot.id,
            bot_id=directory.BOT_ID,
            thread_ts=_thread(state, channel, args.get("thread_ts")),
            ephemeral_for=person.id,
            **content,
        )
    )
    return {"message_ts": message.ts}


def _update(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    old = _own_message(state, args, "cant_update_message")
    content = _content(state, args, limit=TEXT_EDITED)
    if content["metadata"] is None:
        content["metadata"] = old.metadata
    new = state.change(old, **content, edited=state.next_ts())
    return {"channel": new.channel, "ts": new.ts, "text": new.text, "message": wire.message(state, new)}


def _delete(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    message = _own_message(state, args, "cant_delete_message")
    state.remove(message)
    return {"channel": message.channel, "ts": message.ts}


def _permalink(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    channel = _visible(state, args["channel"])
    message = state.find_message(channel.id, str(args["message_ts"]))
    if message is None:
        raise RefusedError("message_not_found")
    link = f"{state.url}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


# views


def _trigger(args: Arguments) -> str:
    found = args.get("trigger_id") or args.get("interactivity_pointer")
    if not found:
        raise RefusedError.because("invalid_arguments", "[ERROR] missing required field: trigger_id")
    return str(found)


def _views_open(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    body = state.checked_view(args["view"], "modal")
    trigger = state.use_trigger(_trigger(args))
    return {"view": wire.view(state.open_modal(trigger.user, body))}


def _views_push(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    body = state.checked_view(args["view"], "modal")
    trigger = state.use_trigger(_trigger(args))
    if trigger.view_id is None:
        raise RefusedError("not_found")
    return {"view": wire.view(state.push_modal(trigger.user, body))}


def _known_view(state: WorkspaceState, args: Arguments) -> View:
    for view in state.all_views():
        if args.get("view_id") == view.id or (
            args.get("external_id") and args["external_id"] == view.body.get("external_id")
        ):
            return view
    raise RefusedError("not_found")


def _views_update(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    old = _known_view(state, args)
    if args.get("hash") and args["hash"] != old.hash:
        raise RefusedError("hash_conflict")
    body = state.checked_view(args["view"], old.type)
    return {"view": wire.view(state.update_view(old, body))}


def _views_publish(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    if not state.manifest.home_enabled:
        raise RefusedError("not_enabled")
    person = state.person(str(args["user_id"]))
    if person is None or person.id != args["user_id"] or person.is_bot:
        raise RefusedError.because("invalid_arguments", "[ERROR] user_not_found [json-pointer:/user_id]")
    body = state.checked_view(args["view"], "home")
    old = state.homes.get(person.id)
    if args.get("hash") and old and args["hash"] != old.hash:
        raise RefusedError("hash_conflict")
    return {"view": wire.view(state.publish_home(person.id, body))}


# users, user groups


def _reads_mail(state: WorkspaceState) -> bool:
    return "users:read.email" in state.manifest.scopes


def _users_info(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    person = state.person(str(args["user"]))
    if person is None or person.id != args["user"]:
        raise RefusedError("user_not_found")
    return {"user": wire.user(person, with_email=_reads_mail(state))}


def _users_lookup(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    wanted = str(args["email"]).lower()
    for person in state.people.values():
        if person.email.lower() == wanted and not person.deleted and person.team_id == directory.TEAM_ID:
            return {"user": wire.user(person, with_email=True)}
    raise RefusedError("users_not_found")


def _users_list(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    everybody = [p for p in (*state.people.values(), state.bot) if not p.is_stranger]
    members, metadata = _page(everybody, args)
    return {
        "members": [wire.user(p, with_email=_reads_mail(state)) for p in members],
        "cache_ts": int(state.seconds()),
        "response_metadata": metadata,
    }


def _groups_list(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    with_users = _yes(args.get("include_users"))
    return {"usergroups": [wire.user_group(g, with_users=with_users) for g in state.user_groups.values()]}


def _groups_users(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    for group in state.user_groups.values():
        if group.id == args["usergroup"]:
            return {"users": list(group.users)}
    raise RefusedError("no_such_subteam")


# files


def _upload_url(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    try:
        length = int(args["length"])
    except ValueError as error:
        raise RefusedError.because(
            "invalid_arguments", "[ERROR] must be an integer [json-pointer:/length]"
        ) from error
    if length <= 0:
        raise RefusedError.because("invalid_arguments", "[ERROR] must be more than 0 [json-pointer:/length]")
    upload = Upload(state.next_id("F"), str(args["filename"]), length)
    state.uploads[upload.id] = upload
    return {"upload_url": f"{state.url}/upload/v1/{upload.id}", "file_id": upload.id}


def _complete_upload(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    wanted = args["files"]
    if not isinstance(wanted, list) or not wanted:
        raise RefusedError.because(
            "invalid_arguments", "[ERROR] must have at least 1 item [json-pointer:/files]"
        )
    names = [n for n in (args.get("channel_id"), *str(args.get("channels") or "").split(",")) if n]
    channels: list[Channel] = []
    for name in names:
        if str(name)[0] not in "CGDU":
            raise RefusedError("invalid_channel")
        channels.append(_postable(state, name))
    files: list[File] = []
    for item in wanted:
        upload = state.uploads.get(str(item.get("id")))
        if upload is None or upload.content is None:
            raise RefusedError("file_not_found")
        title = str(item.get("title") or upload.name)
        files.append(File(upload.id, upload.name, title, upload.content, state.bot.id))
    blocks = state.checked_blocks(args.get("blocks"))
    shares: list[tuple[Channel, str | None]] = [
        (c, _thread(state, c, args.get("thread_ts"))) for c in channels
    ]
    for upload_id in [f.id for f in files]:
        del state.uploads[upload_id]
    if not shares:
        state.files.update({f.id: f for f in files})
        state.touch()
    for channel, thread_ts in shares:
        ts = state.next_ts()
        files = [replace(f, channel=channel.id, thread_ts=thread_ts) for f in files]
        state.files.update({f.id: f for f in files})
        for shared in files:
            state.record(
                "file",
                channel=channel.id,
                channel_name=channel.name,
                ts=ts,
                thread_ts=thread_ts,
                user=state.bot.id,
                text=shared.title,
                blocks=[],
                file_id=shared.id,
                name=shared.name,
                size=len(shared.content),
            )
        state.post(
            Message(
                ts=ts,
                channel=channel.id,
                user=state.bot.id,
                bot_id=directory.BOT_ID,
                text=str(args.get("initial_comment") or ""),
                blocks=blocks,
                thread_ts=thread_ts,
                files=tuple(files),
            )
        )
    return {"files": [wire.file(state, f) for f in files]}


# conversations

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
        and not (c.is_archived and _yes(args.get("exclude_archived")))
    ]
    page, metadata = _page(found, args)
    return {"channels": [wire.channel(state, c) for c in page], "response_metadata": metadata}


def _conversations_info(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    channel = _visible(state, args["channel"])
    _need_scope(state, _READ[_kind(channel)])
    found = wire.channel(state, channel)
    if not _yes(args.get("include_num_members")):
        found.pop("num_members", None)
    return {"channel": found}


def _conversations_members(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    channel = _visible(state, args["channel"])
    _need_scope(state, _READ[_kind(channel)])
    page, metadata = _page(sorted(channel.members), args)
    return {"members": page, "response_metadata": metadata}


def _conversations_join(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    channel = _visible(state, args["channel"])
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
        channel = _visible(state, args["channel"])
    else:
        users = [u for u in str(args.get("users") or "").split(",") if u]
        if not users:
            raise RefusedError("users_list_not_supplied")
        if len(users) > 8:
            raise RefusedError("too_many_users")
        _need_scope(state, "im:write" if len(users) == 1 else "mpim:write")
        channel = _direct(state, users)
    full = _yes(args.get("return_im"))
    return {"channel": wire.channel(state, channel) if full else {"id": channel.id}}


def _conversations_replies(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    channel = _visible(state, args["channel"])
    _need_scope(state, _HISTORY[_kind(channel)])
    parent = state.find_message(channel.id, str(args["ts"]))
    if parent is None:
        raise RefusedError("thread_not_found")
    thread = [m for m in state.messages[channel.id].values() if parent.ts in {m.ts, m.thread_ts}]
    page, metadata = _page(thread, args, default=1000)
    return {
        "messages": [wire.message(state, m) for m in page],
        "has_more": bool(metadata["next_cursor"]),
        "response_metadata": metadata,
    }


# reactions, pins, bookmarks


def _reactions_add(state: WorkspaceState, args: Arguments) -> dict[str, Any]:
    channel = _postable(state, args["channel"])
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
    channel = _postable(state, args["channel"])
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
    channel = _visible(state, args.get("channel_id"))
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


_RUNS: dict[str, Run] = {
    "auth.test": _auth_test,
    "apps.connections.open": _connections_open,
    "chat.postMessage": _post_message,
    "chat.postEphemeral": _post_ephemeral,
    "chat.update": _update,
    "chat.delete": _delete,
    "chat.getPermalink": _permalink,
    "views.open": _views_open,
    "views.push": _views_push,
    "views.update": _views_update,
    "views.publish": _views_publish,
    "users.info": _users_info,
    "users.lookupByEmail": _users_lookup,
    "users.list": _users_list,
    "usergroups.list": _groups_list,
    "usergroups.users.list": _groups_users,
    "files.getUploadURLExternal": _upload_url,
    "files.completeUploadExternal": _complete_upload,
    "conversations.list": _conversations_list,
    "conversations.info": _conversations_info,
    "conversations.members": _conversations_members,
    "conversations.join": _conversations_join,
    "conversations.open": _conversations_open,
    "conversations.replies": _conversations_replies,
    "reactions.add": _reactions_add,
    "pins.add": _pins_add,
    "bookmarks.add": _bookmarks_add,
}


def _table() -> tuple[dict[str, Method], frozenset[str]]:
    """Read the table of facts, and tie each method to what it does here."""
    raw = tomllib.loads(Path(__file__).with_name("methods.toml").read_text(encoding="utf-8"))
    everywhere = frozenset(raw.pop("everywhere")["refusals"])
    if raw.keys() != _RUNS.keys():
        raise WorkspaceError(f"methods.toml and methods.py differ: {sorted(raw.keys() ^ _RUNS.keys())}.")
    made = {
        name: Method(
            run=_RUNS[name],
            tier=row["tier"],
            scopes=tuple(row.get("scopes", ())),
            required=tuple(row.get("required", ())),
            arguments=frozenset((*row.get("required", ()), *row.get("optional", ()), "token")),
            refusals=frozenset(row.get("refusals", ())),
            caller=row.get("caller", "bot"),
        )
        for name, row in raw.items()
    }
    return made, everywhere


METHODS, EVERYWHERE = _table()

_ALWAYS = frozenset({"team_id"})
"""What slack_sdk adds to every call of an installed app, and Slack takes everywhere."""

_NESTED = ("blocks", "attachments", "metadata", "view", "files")
_FORMAT_ERRORS = {"blocks": "invalid_blocks_format", "metadata": "invalid_metadata_format"}


def arguments(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments with nested JSON read, whichever way the client wrote it.

    Raises:
        RefusedError: a nested argument is not JSON.
    """
    found = dict(raw)
    for name in _NESTED:
        if isinstance(found.get(name), str) and found[name]:
            try:
                found[name] = json.loads(found[name])
            except ValueError as error:
                raise RefusedError(_FORMAT_ERRORS.get(name, "invalid_arguments")) from error
    return found


def _check_token(state: WorkspaceState, method: Method, token: str | None) -> None:
    if not token:
        raise RefusedError("not_authed")
    wanted, other = state.bot_token, state.app_token
    if method.caller == "app":
        wanted, other = other, wanted
    if token == other:
        raise RefusedError("not_allowed_token_type")
    if token != wanted:
        raise RefusedError("invalid_auth")


def check_refusal(name: str, refusal: RefusedError) -> None:
    """See that a method refuses in Slack's words.

    Raises:
        WorkspaceError: the table does not know this error of the method.
    """
    if refusal.code not in METHODS[name].refusals | EVERYWHERE:
        raise WorkspaceError(f"Slack's page on {name} knows no error {refusal.code}.") from refusal


def call(state: WorkspaceState, name: str, raw: Mapping[str, Any], token: str | None) -> dict[str, Any]:
    """Run one Web API method under the state's lock and return the fields of its answer.

    Raises:
        RefusedError: with Slack's error name.
    """
    method = METHODS.get(name)
    if method is None:
        raise RefusedError("unknown_method", req_method=name)
    with state.lock:
        _check_token(state, method, token)
        if method.scopes and not state.manifest.scopes.intersection(method.scopes):
            raise RefusedError(
                "missing_scope",
                needed=",".join(method.scopes),
                provided=",".join(sorted(state.manifest.scopes)),
            )
        args = arguments(raw)
        unknown = sorted(set(args) - method.arguments - _ALWAYS)
        if unknown:
            raise RefusedError.because(
                "invalid_arguments", *(f"[ERROR] unknown argument: {n}" for n in unknown)
            )
        missing = [n for n in method.required if args.get(n) in (None, "")]
        if missing:
            raise RefusedError.because(
                "invalid_arguments", *(f"[ERROR] missing required field: {n}" for n in missing)
            )
        try:
            return method.run(state, args)
        except RefusedError as refusal:
            check_refusal(name, refusal)
            raise
