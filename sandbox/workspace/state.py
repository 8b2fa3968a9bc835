"""Everything the workspace knows: messages, views, files, triggers, and the record of what happened.

One lock guards it all and one condition tells waiters that something changed. Messages and views are
frozen values; a change puts a new value in the place of the old one.

Longer than other files because one lock guards all of it.
"""

from __future__ import annotations

import copy
import json
import secrets
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from . import directory, text
from .blocks import VIEW_CHARACTERS, characters, problems, too_long, view_problems
from .errors import RefusedError
from .limits import Limits
from .manifest import Manifest
from .values import ApiCall, Block, Channel, File, Message, Person, UserGroup, View

Clock = Callable[[], datetime]

ANSWERS_WITHIN = 3.0
"""Seconds in which an app must acknowledge, and in which it can open a window."""

RESPONSE_URL_USES = 5
RESPONSE_URL_SECONDS = 30 * 60.0
MODAL_STACK = 3
SLACKBOT = "USLACKBOT"


@dataclass(slots=True)
class Trigger:
    """A trigger id: whose, since when, from which view, and whether it was used."""

    user: str
    at: float
    view_id: str | None
    used: bool = False


@dataclass(slots=True)
class ResponseUrl:
    """A response URL: whose, where, since when, below which message, and how often it was used."""

    user: str
    channel: str
    at: float
    message_ts: str | None
    thread_ts: str | None = None
    uses: int = 0


@dataclass(slots=True)
class Upload:
    """A file that was announced; `content` comes with the upload itself."""

    id: str
    name: str
    length: int
    content: bytes | None = None


class WorkspaceState:
    """The state of one workspace; every method expects to be called under `lock` unless it says otherwise."""

    def __init__(self, manifest: Manifest, clock: Clock, answers_within: float = ANSWERS_WITHIN) -> None:
        self.manifest = manifest
        self.clock = clock
        self.ahead = timedelta()
        self.url = ""
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.version = 0
        self.visible_version = 0
        self.trigger_seconds = answers_within
        self.limits = Limits()
        self.people: dict[str, Person] = directory.people()
        self.channels: dict[str, Channel] = directory.channels(self.people)
        self.user_groups: dict[str, UserGroup] = directory.user_groups(self.people)
        self.bot = Person(
            directory.BOT_USER_ID,
            manifest.bot_name,
            manifest.name,
            "",
            directory.TEAM_ID,
            is_bot=True,
            is_email_confirmed=False,
        )
        self.bot_token = f"xoxb-sandbox-{secrets.token_hex(8)}"
        self.app_token = f"xapp-1-{directory.APP_ID}-1-{secrets.token_hex(8)}"
        self.signing_secret = secrets.token_hex(16)
        self.messages: dict[str, dict[str, Message]] = {}
        self.ephemerals: list[Message] = []
        self.modals: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}
        self.unknown_blocks: set[str] = set()
        """Kinds of block that this workspace refuses, as one does that a newer kind has not reached."""
        self.uploads: dict[str, Upload] = {}
        self.files: dict[str, File] = {}
        self.pins: set[tuple[str, str]] = set()
        self.bookmarks: list[dict[str, Any]] = []
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.transcript: list[dict[str, Any]] = []
        self.calls: list[ApiCall] = []
        self._last_ts = 0
        self._count = 0

    # time and names

    def now(self) -> datetime:
        """Return the workspace's time, an aware UTC datetime."""
        return self.clock() + self.ahead

    def seconds(self) -> float:
        """Return the workspace's time in seconds since 1970."""
        return self.now().timestamp()

    def next_ts(self) -> str:
        """Return the next message timestamp; each is given once and they grow."""
        self._last_ts = max(self._last_ts + 1, round(self.seconds() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def next_id(self, prefix: str) -> str:
        """Return an id that was not given before."""
        self._count += 1
        return f"{prefix}0{self._count:09d}"

    def person(self, key: str) -> Person | None:
        """Return a person by part, id or name."""
        if key in self.people:
            return self.people[key]
        for person in (*self.people.values(), self.bot):
            if key in {person.id, person.name}:
                return person
        return None

    def channel(self, key: str) -> Channel | None:
        """Return a channel by id or name (with or without #)."""
        name = key.removeprefix("#")
        if name in self.channels:
            return self.channels[name]
        return next((c for c in self.channels.values() if c.id == key), None)

    def name(self, id_: str) -> str:
        """Return the name that people read for the id of a user, channel or group.

        The id if there is none.
        """
        person = self.person(id_)
        if person:
            return person.real_name
        for group in self.user_groups.values():
            if group.id == id_:
                return group.handle
        channel = self.channel(id_)
        return channel.name if channel else id_

    def direct_channel(self, users: Iterable[str]) -> Channel:
        """Return the direct conversation between the bot and these user ids, made if need be."""
        members = frozenset({*users, self.bot.id})
        for channel in self.channels.values():
            if (channel.is_im or channel.is_mpim) and channel.members == members:
                return channel
        several = len(members) > 2
        others = sorted(self.name(u) for u in members - {self.bot.id})
        channel = Channel(
            self.next_id("G" if several else "D"),
            "@" + ",".join(others),
            members,
            is_private=True,
            is_im=not several,
            is_mpim=several,
        )
        self.channels[channel.name] = channel
        return channel

    # recording

    def touch(self, *, visible: bool = True) -> None:
        """Tell everyone who waits that something changed, whether or not people can see it."""
        self.version += 1
        self.visible_version += visible
        self.changed.notify_all()

    def record(self, kind: str, **facts: Any) -> None:
        """Write one line of the transcript and wake those who wait."""
        self.transcript.append({"at": self.now().isoformat(), "kind": kind, **facts})
        self.touch()

    def _record_message(self, kind: str, message: Message) -> None:
        facts: dict[str, Any] = {
            "channel": message.channel,
            "channel_name": self.name(message.channel),
            "ts": message.ts,
            "thread_ts": message.thread_ts,
            "user": message.user,
            "text": message.text,
            "blocks": message.blocks,
            "pings": list(message.pings),
            "links": list(message.links),
        }
        if message.ephemeral_for:
            facts["ephemeral_for"] = message.ephemeral_for
        if message.attachments:
            facts["attachments"] = message.attachments
        if message.files:
            facts["files"] = [{"id": f.id, "name": f.name, "title": f.title} for f in message.files]
        self.record(kind, **facts)

    # messages

    def with_ids(self, blocks: list[Block]) -> list[Block]:
        """Return a copy of the blocks in which Slack has filled in the missing block and action ids."""
        filled = copy.deepcopy(blocks)
        for block in filled:
            block.setdefault("block_id", self.next_id("b"))
            for element in (*block.get("elements", ()), block.get("accessory"), block.get("element")):
                if isinstance(element, dict) and element.get("type") not in {
                    None,
                    "image",
                    "mrkdwn",
                    "plain_text",
                }:
                    if str(element["type"]).startswith("rich_text_") and element["type"] != "rich_text_input":
                        continue
                    element.setdefault("action_id", self.next_id("a"))
        return filled

    def checked_blocks(self, blocks: Any) -> list[Block]:
        """Return the blocks of a message with ids.

        Raises:
            RefusedError: invalid_blocks_format, invalid_blocks or msg_blocks_too_long.
        """
        if blocks in (None, ""):
            return []
        if not isinstance(blocks, list):
            raise RefusedError("invalid_blocks_format")
        wrong = problems(blocks)
        wrong += [
            f"[ERROR] unsupported type: {block['type']} [json-pointer:/blocks/{n}/type]"
            for n, block in enumerate(blocks)
            if isinstance(block, dict) and block.get("type") in self.unknown_blocks
        ]
        for n, block in enumerate(blocks if not wrong else ()):
            shown = block.get("slack_file")
            if block["type"] == "image" and shown and shown.get("id") not in self.files:
                wrong.append(f"[ERROR] invalid slack file [json-pointer:/blocks/{n}/slack_file]")
        if wrong:
            raise RefusedError("invalid_blocks", response_metadata={"messages": wrong}, errors=wrong)
        if too_long(blocks):
            raise RefusedError("msg_blocks_too_long")
        return self.with_ids(blocks)

    def compose(self, message: Message) -> Message:
        """Return the message with what it pings and where it links to."""
        return replace(
            message,
            pings=text.pings(message.text, message.blocks, message.attachments),
            links=text.links(message.text, message.blocks, message.attachments),
        )

    def post(self, message: Message) -> Message:
        """Add a message, ephemeral or not."""
        message = self.compose(message)
        if message.ephemeral_for:
            self.ephemerals.append(message)
            self._record_message("ephemeral", message)
        else:
            self.messages.setdefault(message.channel, {})[message.ts] = message
            self._record_message("posted", message)
        return message

    def change(self, old: Message, **changes: Any) -> Message:
        """Put a new version in the place of a message; the old one goes to its history."""
        version = replace(old, history=())
        new = self.compose(replace(old, **changes, history=(*old.history, version)))
        if old.ephemeral_for:
            self.ephemerals = [new if m.ts == old.ts else m for m in self.ephemerals]
        else:
            self.messages[old.channel][old.ts] = new
        self._record_message("updated", new)
        return new

    def remove(self, message: Message) -> None:
        """Delete a message."""
        if message.ephemeral_for:
            self.ephemerals = [m for m in self.ephemerals if m.ts != message.ts]
        else:
            self.messages[message.channel].pop(message.ts, None)
        self._record_message("deleted", replace(message, deleted=True))

    def find_message(self, channel: str, ts: str) -> Message | None:
        """Return a message that stands in a channel, or None."""
        return self.messages.get(channel, {}).get(ts)

    def find_any(self, channel: str, ts: str) -> Message | None:
        """Return a message or an ephemeral one, or None."""
        hidden = (m for m in self.ephemerals if m.channel == channel and m.ts == ts)
        return self.find_message(channel, ts) or next(hidden, None)

    # triggers, response URLs

    def new_trigger(self, user: str, view_id: str | None = None) -> str:
        """Return a fresh trigger id for this user."""
        trigger = f"{self.next_id('')}.{secrets.token_hex(12)}"
        self.triggers[trigger] = Trigger(user, self.seconds(), view_id)
        return trigger

    def use_trigger(self, trigger_id: str) -> Trigger:
        """Use up a trigger id.

        Raises:
            RefusedError: invalid_trigger_id, exchanged_trigger_id or expired_trigger_id.
        """
        trigger = self.triggers.get(trigger_id)
        if trigger is None:
            raise RefusedError("invalid_trigger_id")
        if trigger.used:
            raise RefusedError("exchanged_trigger_id")
        if self.seconds() - trigger.at > self.trigger_seconds:
            raise RefusedError("expired_trigger_id")
        trigger.used = True
        return trigger

    def new_response_url(self, user: str, channel: str, message: Message | None) -> str:
        """Return a fresh response URL for this user, below a message if there is one."""
        key = secrets.token_urlsafe(18)
        self.response_urls[key] = ResponseUrl(
            user,
            channel,
            self.seconds(),
            message.ts if message else None,
            message.thread_ts if message else None,
        )
        return f"{self.url}/response/{key}"

    # views

    def checked_view(self, view: Any, surface: str) -> dict[str, Any]:
        """Return a modal's or Home tab's body with ids.

        Raises:
            RefusedError: invalid_arguments or view_too_large.
        """
        if isinstance(view, str):
            try:
                view = json.loads(view)
            except ValueError as error:
                raise RefusedError.because(
                    "invalid_arguments", "[ERROR] must be valid JSON [json-pointer:/view]"
                ) from error
        wrong = view_problems(view, surface)
        if wrong:
            raise RefusedError.because("invalid_arguments", *wrong)
        if characters(view) > VIEW_CHARACTERS:
            raise RefusedError("view_too_large")
        return {**view, "blocks": self.with_ids(view["blocks"])}

    def _check_external_id(self, body: dict[str, Any], but: str = "") -> None:
        name = body.get("external_id")
        if name and any(v.body.get("external_id") == name and v.id != but for v in self.all_views()):
            raise RefusedError("duplicate_external_id")

    def all_views(self) -> list[View]:
        """Return all modals that are open and all Home tabs."""
        return [*(v for stack in self.modals.values() for v in stack), *self.homes.values()]

    def find_view(self, view_id: str) -> View | None:
        """Return an open view by its id, or None."""
        return next((v for v in self.all_views() if v.id == view_id), None)

    def open_modal(self, user: str, body: dict[str, Any]) -> View:
        """Show a modal instead of whatever was open for this person."""
        self._check_external_id(body)
        view_id = self.next_id("V")
        view = View(view_id, "modal", user, secrets.token_hex(6), body, view_id)
        self.modals[user] = [view]
        self._record_view("opened", view)
        return view

    def push_modal(self, user: str, body: dict[str, Any]) -> View:
        """Lay a modal on the person's stack.

        Raises:
            RefusedError: not_found with no modal below, push_limit_reached with three.
        """
        stack = self.modals.get(user, [])
        if not stack:
            raise RefusedError("not_found")
        if len(stack) >= MODAL_STACK:
            raise RefusedError("push_limit_reached")
        self._check_external_id(body)
        view = View(
            self.next_id("V"),
            "modal",
            user,
            secrets.token_hex(6),
            body,
            stack[0].id,
            previous_view_id=stack[-1].id,
        )
        self.modals[user] = [*stack, view]
        self._record_view("pushed", view)
        return view

    def update_view(
        self, view: View, body: dict[str, Any] | None = None, errors: dict[str, str] | None = None
    ) -> View:
        """Put a new body or new error texts into an open view."""
        if body is not None:
            self._check_external_id(body, but=view.id)
        new = replace(
            view,
            body=view.body if body is None else body,
            hash=secrets.token_hex(6) if body is not None else view.hash,
            errors=errors or {},
        )
        if view.type == "home":
            self.homes[view.user] = new
        else:
            self.modals[view.user] = [new if v.id == view.id else v for v in self.modals.get(view.user, [])]
        self._record_view("refused" if errors else "updated", new)
        return new

    def close_modals(self, user: str, view: View | None = None) -> list[View]:
        """Close one modal (and those above it), or all of them; return what was closed, top first."""
        stack = self.modals.get(user, [])
        at = 0 if view is None else next((n for n, v in enumerate(stack) if v.id == view.id), len(stack))
        closed = stack[at:][::-1]
        self.modals[user] = stack[:at]
        for gone in closed:
            self._record_view("closed", gone)
        return closed

    def publish_home(self, user: str, body: dict[str, Any]) -> View:
        """Draw someone's Home tab."""
        old = self.homes.get(user)
        view_id = old.id if old else self.next_id("V")
        self._check_external_id(body, but=view_id)
        view = View(view_id, "home", user, secrets.token_hex(6), body, view_id)
        self.homes[user] = view
        self.record(
            "home",
            channel=None,
            ts=None,
            thread_ts=None,
            user=user,
            text="",
            blocks=view.blocks,
            view_id=view.id,
        )
        return view

    def _record_view(self, what: str, view: View) -> None:
        self.record(
            "view",
            channel=None,
            ts=None,
            thread_ts=None,
            user=view.user,
            text=view.title,
            blocks=view.blocks,
            view_id=view.id,
            what=what,
            **({"errors": dict(view.errors)} if view.errors else {}),
        )
