"""The values that people see and tests compare.

People, channels, messages, views, files, deliveries, calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Block = dict[str, Any]
"""One Block Kit block, as Slack keeps it."""


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with a Slack account; the flags are those of `users.info`."""

    id: str
    name: str
    real_name: str
    email: str
    team_id: str
    deleted: bool = False
    is_bot: bool = False
    is_admin: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    is_email_confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Channel:
    """A conversation; `members` are user ids, the bot's among them where it was invited."""

    id: str
    name: str
    members: frozenset[str]
    is_private: bool = False
    is_im: bool = False
    is_mpim: bool = False
    is_archived: bool = False
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class UserGroup:
    """A user group; its handle is what people type after the @."""

    id: str
    handle: str
    name: str
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class File:
    """An uploaded file; `channel` is None while it was shared nowhere."""

    id: str
    name: str
    title: str
    content: bytes
    user: str
    channel: str | None = None
    thread_ts: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it stands now; `history` holds its earlier versions, oldest first.

    `pings` are the user ids, user group ids and `!channel`, `!here`, `!everyone` that the text really calls;
    `links` are the addresses that one can click.
    """

    ts: str
    channel: str
    user: str
    text: str = ""
    blocks: list[Block] = field(default_factory=list)
    thread_ts: str | None = None
    edited: str | None = None
    files: tuple[File, ...] = ()
    attachments: list[dict[str, Any]] = field(default_factory=list)
    metadata: Mapping[str, Any] | None = None
    reactions: tuple[str, ...] = ()
    history: tuple[Message, ...] = ()
    ephemeral_for: str | None = None
    pings: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    bot_id: str | None = None
    deleted: bool = False

    @property
    def is_reply(self) -> bool:
        """Say whether the message lies in a thread below another one."""
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(frozen=True, slots=True)
class View:
    """A modal or a Home tab.

    `body` is everything the app sent, `errors` what the last submission was told.
    """

    id: str
    type: str
    user: str
    hash: str
    body: Mapping[str, Any]
    root_view_id: str
    previous_view_id: str | None = None
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The title that the person reads."""
        return str(self.body.get("title", {}).get("text", ""))

    @property
    def callback_id(self) -> str:
        """The name that the app gave to this kind of view."""
        return str(self.body.get("callback_id", ""))

    @property
    def private_metadata(self) -> str:
        """What the app hid in the view."""
        return str(self.body.get("private_metadata", ""))

    @property
    def blocks(self) -> list[Block]:
        """The view's blocks."""
        found: list[Block] = self.body["blocks"]
        return found


@dataclass(frozen=True, slots=True)
class Delivery:
    """One payload handed to the app, and what came back.

    `error` is None, `operation_timeout` (no ack in time), `dispatch_failed` (no connection, or an HTTP
    error), `not_supported_in_threads`, or `invalid_ack` (an answer that Slack would not take;
    `ack_payload` holds it). `seconds` runs from handing over to the ack. `retries` are the earlier failed
    tries of an event.
    """

    kind: str
    envelope: Mapping[str, Any]
    ack_payload: Mapping[str, Any] | None
    seconds: float
    error: str | None = None
    http_status: int | None = None
    http_body: bytes = b""
    http_headers: Mapping[str, str] = field(default_factory=dict)
    retries: tuple[Delivery, ...] = ()

    @property
    def payload(self) -> Mapping[str, Any]:
        """What the app was told."""
        found: Mapping[str, Any] = self.envelope["payload"]
        return found


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One Web API call as it arrived, and its answer; tokens are left out of the arguments."""

    method: str
    arguments: Mapping[str, Any]
    at: datetime
    ok: bool
    error: str | None = None
    status: int = 200
