"""A running workspace: what people do in it, and what they see.

Longer than other files because it is a list: one method for each thing that a person can do.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from . import directory, forms, text, wire
from .delivering import Delivering
from .errors import NotOnScreenError, RefusedError
from .faults import Faults
from .limits import Limits
from .server import Server, answer
from .state import SLACKBOT, WorkspaceState
from .values import ApiCall, Channel, Delivery, File, Message, Person, View

T = TypeVar("T")

PATIENCE: Final = 300.0
"""Seconds that anything which must come is waited for, however busy the machine is."""

BREATH: Final = 0.02
"""Seconds between two looks of whoever waits for something on the screen."""


class RunningWorkspace(Delivering):
    """A Slack workspace on this machine, with one app installed.

    People are named by the part they play (`responder`, `approver` …), by user name or by id; channels by
    name or id. What people do returns a `Delivery`: what the app answered, after how long, or the error
    that Slack shows.

    Attributes:
        mail_links: let typed mail addresses arrive as `<mailto:…>`.
        event_retries: after how many seconds a failed event is sent again; Slack's own are (0, 60, 300).
    """

    def __init__(self, state: WorkspaceState, server: Server) -> None:
        super().__init__(state, server)
        self.mail_links = False
        self.event_retries: tuple[float, ...] = (0.0,)
        self.url = state.url
        self.api_url = f"{state.url}/api/"
        self.team_id = directory.TEAM_ID
        self.app_id = directory.APP_ID
        self.bot_id = directory.BOT_ID
        self.bot_user_id = directory.BOT_USER_ID
        self.bot_token = state.bot_token
        self.app_token = state.app_token

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop the server; close the app's Socket Mode handler first, else it tries to come back."""
        self._server.stop()

    # what is there

    @property
    def state(self) -> WorkspaceState:
        """Everything the workspace knows; hold its `lock` while you read more than one thing."""
        return self._state

    @property
    def people(self) -> dict[str, Person]:
        """Everyone, by the part they play."""
        return self._state.people

    @property
    def channels(self) -> dict[str, Channel]:
        """All channels, by name."""
        return self._state.channels

    @property
    def transcript(self) -> list[dict[str, Any]]:
        """Everything that was shown, in order, as facts fit for JSON."""
        return self._state.transcript

    @property
    def calls(self) -> list[ApiCall]:
        """Every Web API call, in order."""
        return self._state.calls

    @property
    def faults(self) -> Faults:
        """The troubles that can be turned on."""
        return self._server.faults

    @property
    def limits(self) -> Limits:
        """The rate limits; `limits.enabled = False` switches them off."""
        return self._state.limits

    @property
    def connections(self) -> int:
        """How many Socket Mode connections take payloads now."""
        return self._server.hub.connections

    def wait_connected(self, timeout: float = PATIENCE) -> None:
        """Wait for the app's Socket Mode connection.

        Raises:
            AssertionError: there is none in time.
        """
        if not self._server.hub.wait_connected(timeout):
            raise NotOnScreenError(f"The app did not connect within {timeout} seconds.")

    def wait_disconnected(self, timeout: float = PATIENCE) -> None:
        """Wait until no Socket Mode connection is left; what is sent on one that is dying is never acked.

        Raises:
            AssertionError: there is one still.
        """
        if not self._server.hub.wait_disconnected(timeout):
            raise NotOnScreenError(f"The app is still connected after {timeout} seconds.")

    # changing the workspace

    def change_person(self, person: str, **flags: Any) -> Person:
        """Change someone's flags, for example `deleted=True`; return the person as they are now."""
        with self._state.lock:
            old = self._person(person)
            key = next(k for k, p in self._state.people.items() if p.id == old.id)
            self._state.people[key] = replace(old, **flags)
            self._state.touch()
            return self._state.people[key]

    def invite(self, person: str, channel: str) -> None:
        """Add someone (or the bot, as `bot`) to a channel."""
        self._change_members(person, channel, add=True)

    def remove(self, person: str, channel: str) -> None:
        """Take someone (or the bot, as `bot`) out of a channel."""
        self._change_members(person, channel, add=False)

    def _change_members(self, person: str, channel: str, *, add: bool) -> None:
        with self._state.lock:
            found = self._channel(channel)
            who = {self._state.bot.id if person == "bot" else self._person(person).id}
            members = found.members | who if add else found.members - who
            self._state.channels[found.name] = replace(found, members=members)
            self._state.touch()

    def share(self, channel: str) -> None:
        """Share a channel with another company, as Slack Connect does."""
        with self._state.lock:
            found = self._channel(channel)
            self._state.channels[found.name] = replace(found, is_shared=True)
            self._state.touch()

    def archive(self, channel: str) -> None:
        """Archive a channel."""
        with self._state.lock:
            found = self._channel(channel)
            self._state.channels[found.name] = replace(found, is_archived=True)
            self._state.touch()

    def set_group(self, handle: str, people: list[str]) -> None:
        """Replace the members of a user group."""
        with self._state.lock:
            group = self._state.user_groups[handle]
            users = tuple(self._person(p).id for p in people)
            self._state.user_groups[handle] = replace(group, users=users)
            self._state.touch()

    def advance(self, seconds: float) -> None:
        """Let the workspace's clock jump ahead, so that triggers and response URLs run out."""
        with self._state.lock:
            self._state.ahead += timedelta(seconds=seconds)

    def reload(self, person: str | None = None) -> None:
        """Reload someone's Slack (or everyone's): ephemeral messages and open modals are gone."""
        with self._state.lock:
            who = {self._person(person).id} if person else {p.id for p in self._state.people.values()}
            self._state.ephemerals = [m for m in self._state.ephemerals if m.ephemeral_for not in who]
            for user in who:
                self._state.close_modals(user)
            self._state.touch()

    def say(self, person: str, channel: str, words: str, thread_ts: str | None = None) -> Message:
        """Let a person write a message."""
        with self._state.lock:
            who, where = self._person(person), self._channel(channel)
            message = Message(
                ts=self._state.next_ts(),
                channel=where.id,
                user=who.id,
                text=words,
                thread_ts=thread_ts,
                bot_id="B0OTHERBOT" if who.is_bot else None,
            )
            return self._state.post(message)

    # acting as a person

    def slash(
        self, person: str, channel: str, command: str, text: str = "", thread_ts: str | None = None
    ) -> Delivery:
        """Type a slash command; the text is what the person types, Slack escapes it."""
        with self._state.lock:
            who, where = self._person(person), self._channel(channel)
            known = self._state.manifest.commands.get(command)
            if known is None:
                raise NotOnScreenError(f"{command} is not a command of this app.")
            if thread_ts is not None:
                self._slackbot(who, where, f"{command} is not supported in threads. Sorry!")
                return Delivery("slash_commands", {"payload": {}}, None, 0.0, "not_supported_in_threads")
            payload = {
                "token": "sandbox",
                "team_id": who.team_id,
                "team_domain": directory.TEAM_DOMAIN,
                "channel_id": where.id,
                "channel_name": self._slash_channel_name(where),
                "user_id": who.id,
                "user_name": who.name,
                "command": command,
                "text": self._escaped(text) if known.should_escape else text,
                "api_app_id": directory.APP_ID,
                "is_enterprise_install": "false",
                "response_url": self._state.new_response_url(who.id, where.id, None),
                "trigger_id": self._state.new_trigger(who.id),
            }
        delivery = self._deliver("slash_commands", payload, form=payload)
        with self._state.lock:
            if delivery.error:
                self._slackbot(who, where, f"{command} failed with the error “{delivery.error}”")
                return delivery
            return self._ack_message(delivery, who, where)

    def click(
        self,
        person: str,
        message: Message | View,
        action_id: str,
        value: Any = None,
        *,
        values: Mapping[str, Any] | None = None,
        block_id: str | None = None,
    ) -> Delivery:
        """Use a button or menu of a message or view.

        `value` chooses an option (several in checkboxes), or among buttons of one action id, which
        `block_id` does as well; `values` are what the person has put into the fields around it before.
        """
        with self._state.lock:
            who = self._person(person)
            if isinstance(message, Message) and message.ephemeral_for not in {None, who.id}:
                raise NotOnScreenError(f"{who.real_name} does not see this ephemeral message.")
            block, element = self._element(message, action_id, value, block_id)
            state = {"type": element["type"], "value": element.get("value")}
            if element["type"] != "button":
                state = forms.chosen(element, value, self._id)
            action = {
                **{
                    k: v for k, v in element.items() if k in {"type", "action_id", "text", "style", "confirm"}
                },
                **{k: v for k, v in state.items() if v is not None},
                "block_id": block["block_id"],
                "action_ts": self._state.next_ts(),
            }
            typed, _ = forms.filled(message.blocks, values or {}, self._id)
            payload = self._interaction("block_actions", who) | {"actions": [action]}
            if isinstance(message, View):
                current = self._state.find_view(message.id) or message
                payload |= {
                    "container": {"type": "view", "view_id": message.id},
                    "view": wire.view(current, typed),
                    "trigger_id": self._state.new_trigger(who.id, message.id),
                }
            else:
                payload |= self._message_part(message, who) | {"state": {"values": typed}}
        return self._deliver("interactive", payload, form={"payload": json.dumps(payload)})

    def submit(self, person: str, view: View, values: Mapping[str, Any]) -> Delivery:
        """Fill in a modal and submit it; what the app answers happens to the modal.

        With `required_fields_missing` Slack itself has kept the form back; `ack_payload` then holds its
        objections.
        """
        with self._state.lock:
            who = self._person(person)
            if view.user != who.id:
                raise NotOnScreenError(f"{who.real_name} does not see this modal.")
            state, objections = forms.filled(view.blocks, values, self._id)
            if objections:
                errors = {"errors": objections}
                return Delivery("interactive", {"payload": {}}, errors, 0.0, "required_fields_missing")
            payload = self._interaction("view_submission", who) | {
                "view": wire.view(view, state),
                "response_urls": [],
                "trigger_id": self._state.new_trigger(who.id, view.id),
            }
        delivery = self._deliver("interactive", payload, form={"payload": json.dumps(payload)})
        with self._state.lock:
            return self._ack_view(delivery, view)

    def close(self, person: str, view: View) -> Delivery | None:
        """Close a modal; the app is told if it asked for that, else nothing is delivered."""
        with self._state.lock:
            who = self._person(person)
            everything = bool(view.body.get("clear_on_close"))
            self._state.close_modals(who.id, None if everything else view)
            if not view.body.get("notify_on_close"):
                return None
            payload = self._interaction("view_closed", who) | {
                "view": wire.view(view),
                "is_cleared": everything,
            }
        return self._deliver("interactive", payload, form={"payload": json.dumps(payload)})

    def shortcut(self, person: str, callback_id: str, message: Message | None = None) -> Delivery:
        """Use a global shortcut, or a message shortcut on a message."""
        with self._state.lock:
            who = self._person(person)
            known = self._state.manifest.shortcuts.get(callback_id)
            wanted = "global" if message is None else "message"
            if known is None or known.type != wanted:
                raise NotOnScreenError(f"The app has no {wanted} shortcut {callback_id!r}.")
            kind = "shortcut" if message is None else "message_action"
            payload = self._interaction(kind, who) | {
                "callback_id": callback_id,
                "action_ts": self._state.next_ts(),
            }
            if message is not None:
                part = self._message_part(message, who)
                payload |= {k: part[k] for k in ("channel", "message", "response_url") if k in part}
                payload["message_ts"] = message.ts
        return self._deliver("interactive", payload, form={"payload": json.dumps(payload)})

    def open_home(self, person: str) -> Delivery:
        """Open the app's Home tab."""
        with self._state.lock:
            who = self._person(person)
            home = self._state.homes.get(who.id)
            event: dict[str, Any] = {
                "type": "app_home_opened",
                "user": who.id,
                "channel": self._state.direct_channel([who.id]).id,
                "tab": "home",
                "event_ts": self._state.next_ts(),
            }
            if home:
                event["view"] = wire.view(home)
        return self.event(event)

    def event(self, event: Mapping[str, Any]) -> Delivery:
        """Deliver an event that the manifest subscribes to.

        A failed one comes again, as `event_retries` says.
        """
        if event["type"] not in self._state.manifest.events:
            raise NotOnScreenError(f"The manifest does not subscribe to {event['type']}.")
        with self._state.lock:
            payload = {
                "token": "sandbox",
                "team_id": directory.TEAM_ID,
                "context_team_id": directory.TEAM_ID,
                "api_app_id": directory.APP_ID,
                "event": dict(event),
                "type": "event_callback",
                "event_id": self._state.next_id("Ev"),
                "event_time": int(self._state.seconds()),
                "authorizations": [
                    {
                        "enterprise_id": None,
                        "team_id": directory.TEAM_ID,
                        "user_id": directory.BOT_USER_ID,
                        "is_bot": True,
                        "is_enterprise_install": False,
                    }
                ],
                "is_ext_shared_channel": False,
            }
        failed: list[Delivery] = []
        delivery = self._deliver("events_api", payload)
        for number, pause in enumerate(self.event_retries, start=1):
            if delivery.error is None or delivery.http_headers.get("x-slack-no-retry") == "1":
                break
            failed.append(delivery)
            time.sleep(pause)
            delivery = self._deliver("events_api", payload, retry=(number, self._retry_reason(delivery)))
        return replace(delivery, retries=tuple(failed))

    def replay(self, delivery: Delivery) -> Delivery:
        """Hand the very same envelope (or the very same signed request) to the app again."""
        if delivery.http_body:
            return self._post(
                delivery.kind, delivery.envelope, delivery.http_body, delivery.envelope["headers"]
            )
        return self._send(delivery.kind, delivery.envelope)

    # what people see

    def messages(self, channel: str, viewer: str | None = None) -> list[Message]:
        """Return the messages of a channel as they stand, top level, oldest first.

        For a `viewer` the ephemeral messages for this person are among them, and there is nothing to see in a
        private channel of others.
        """
        with self._state.lock:
            where = self._channel(channel)
            who = self._person(viewer) if viewer else None
            if who and where.is_private and who.id not in where.members:
                return []
            found = [m for m in self._state.messages.get(where.id, {}).values() if not m.is_reply]
            if who:
                found += [
                    m for m in self._state.ephemerals if m.channel == where.id and m.ephemeral_for == who.id
                ]
            return sorted(found, key=lambda m: m.ts)

    def current(self, message: Message) -> Message:
        """Return the message as it stands now.

        Raises:
            AssertionError: it was deleted.
        """
        with self._state.lock:
            found = self._state.find_any(message.channel, message.ts)
        if found is None:
            raise NotOnScreenError(f"The message {message.ts} is not there any more.")
        return found

    def replies(self, message: Message) -> list[Message]:
        """Return the answers in a message's thread, oldest first."""
        with self._state.lock:
            root = message.thread_ts or message.ts
            thread = self._state.messages.get(message.channel, {}).values()
            return sorted((m for m in thread if m.is_reply and m.thread_ts == root), key=lambda m: m.ts)

    def ephemerals(self, person: str, channel: str | None = None) -> list[Message]:
        """Return the messages that only this person sees, oldest first."""
        with self._state.lock:
            who = self._person(person)
            where = self._channel(channel).id if channel else None
            return [
                m for m in self._state.ephemerals if m.ephemeral_for == who.id and where in {None, m.channel}
            ]

    def direct(self, person: str) -> list[Message]:
        """Return the direct messages between the bot and a person, oldest first."""
        with self._state.lock:
            return self.messages(self._state.direct_channel([self._person(person).id]).id)

    def modals(self, person: str) -> list[View]:
        """Return the person's open modals, the lowest first."""
        with self._state.lock:
            return list(self._state.modals.get(self._person(person).id, []))

    def home(self, person: str) -> View | None:
        """Return the person's Home tab, if the app has drawn one."""
        with self._state.lock:
            return self._state.homes.get(self._person(person).id)

    def files(self) -> list[File]:
        """Return all uploaded files."""
        with self._state.lock:
            return list(self._state.files.values())

    def as_text(self, message: Message | View) -> str:
        """Return what a person reads: names instead of ids, buttons in brackets, files by name."""
        with self._state.lock:
            name = self._state.name
            if isinstance(message, View):
                return "\n".join([message.title, *text.lines(message.blocks, name)]).strip()
            body = list(text.lines(message.blocks, name)) or [text.shown(message.text, name)]
            for attachment in message.attachments:
                body += text.lines(attachment.get("blocks", []), name)
                body += [text.shown(str(attachment[k]), name) for k in ("title", "text") if attachment.get(k)]
            return "\n".join([*body, *(f"[file: {f.name}]" for f in message.files)]).strip()

    def wait_for(self, probe: Callable[[], T | None], timeout: float = PATIENCE, what: str = "") -> T:
        """Return the probe's first true answer; it is asked again whenever something changes.

        A probe may raise AssertionError or LookupError to say "not yet".

        Raises:
            AssertionError: it was never true within `timeout` seconds; the sentence says what was seen last.
        """
        end = time.monotonic() + timeout
        last: object = None
        while True:
            with self._state.lock:
                seen = self._state.version
            try:
                found = probe()
            except (AssertionError, LookupError) as error:
                found, last = None, error
            else:
                if found:
                    return found
                last = found
            left = end - time.monotonic()
            if left <= 0:
                raise NotOnScreenError(self._never(what, timeout, last))
            # Each call changes something; whoever was woken by every one would mostly look in vain.
            time.sleep(min(left, BREATH))
            with self._state.lock:
                # Waking now and then as well lets a probe look at things outside Slack.
                self._state.changed.wait_for(lambda v=seen: self._state.version != v, min(left, 0.25))  # type: ignore[misc]

    def _never(self, what: str, timeout: float, last: object) -> str:
        with self._state.lock:
            tail = [
                f"  {e['kind']} {e.get('channel_name') or e.get('channel') or ''} {e['text'][:160]!r}"
                for e in self._state.transcript[-5:]
            ]
        head = (
            f"{what or 'What was waited for'} did not come within {timeout} seconds; the probe said {last!r}."
        )
        return "\n".join([head, "Last seen:", *(tail or ["  nothing"])])

    # inside

    def _person(self, key: str) -> Person:
        found = self._state.person(key)
        if found is None:
            raise NotOnScreenError(
                f"There is no one called {key!r}; there are {', '.join(self._state.people)}."
            )
        return found

    def _channel(self, key: str) -> Channel:
        found = self._state.channel(key)
        if found is None:
            raise NotOnScreenError(
                f"There is no channel {key!r}; there are {', '.join(self._state.channels)}."
            )
        return found

    def _id(self, key: str) -> str:
        found = self._state.person(key) or self._state.channel(key)
        if found is None:
            raise NotOnScreenError(f"There is neither a person nor a channel called {key!r}.")
        return found.id

    def _escaped(self, typed: str) -> str:
        users = {p.name: p.id for p in (*self._state.people.values(), self._state.bot)}
        channels = {c.name: c.id for c in self._state.channels.values() if not (c.is_im or c.is_mpim)}
        return text.escape_typed(typed, users, channels, mail_links=self.mail_links)

    @staticmethod
    def _slash_channel_name(channel: Channel) -> str:
        if channel.is_im:
            return "directmessage"
        return "privategroup" if channel.is_private else channel.name

    def _slackbot(self, who: Person, where: Channel, words: str) -> None:
        self._state.post(
            Message(
                ts=self._state.next_ts(), channel=where.id, user=SLACKBOT, text=words, ephemeral_for=who.id
            )
        )

    def _interaction(self, kind: str, who: Person) -> dict[str, Any]:
        return {
            "type": kind,
            "token": "sandbox",
            "api_app_id": directory.APP_ID,
            "team": {"id": directory.TEAM_ID, "domain": directory.TEAM_DOMAIN},
            "user": {"id": who.id, "username": who.name, "name": who.name, "team_id": who.team_id},
            "enterprise": None,
            "is_enterprise_install": False,
            "trigger_id": self._state.new_trigger(who.id),
        }

    def _message_part(self, message: Message, who: Person) -> dict[str, Any]:
        where = self._channel(message.channel)
        part: dict[str, Any] = {
            "container": {
                "type": "message",
                "message_ts": message.ts,
                "channel_id": where.id,
                "is_ephemeral": message.ephemeral_for is not None,
            },
            "channel": {"id": where.id, "name": self._slash_channel_name(where)},
            "response_url": self._state.new_response_url(who.id, where.id, message),
        }
        if message.thread_ts:
            part["container"]["thread_ts"] = message.thread_ts
        if message.ephemeral_for is None:
            standing = self._state.find_message(message.channel, message.ts) or message
            part["message"] = wire.message(self._state, standing)
        return part

    def _element(
        self, place: Message | View, action_id: str, value: Any, block_id: str | None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the block and its element with this action id (and, for a button, this value)."""
        seen: list[str] = []
        for block in place.blocks:
            if block_id not in {None, block["block_id"]}:
                continue
            parts = (*block.get("elements", ()), block.get("accessory"), block.get("element"))
            for part in parts:
                if not isinstance(part, dict) or "action_id" not in part:
                    continue
                seen.append(str(part["action_id"]))
                if part["action_id"] != action_id:
                    continue
                if part["type"] == "button" and value is not None and part.get("value") != value:
                    continue
                return block, part
        raise NotOnScreenError(
            f"There is nothing called {action_id!r} to use here (value {value!r}); there are {seen}."
        )

    # acks

    def _ack_message(self, delivery: Delivery, who: Person, where: Channel) -> Delivery:
        if not delivery.ack_payload:
            return delivery
        try:
            answer(self._state, delivery.ack_payload, who.id, where.id)
        except RefusedError:
            self._slackbot(who, where, "The app's answer could not be shown.")
            return replace(delivery, error="invalid_ack")
        return delivery

    def _ack_view(self, delivery: Delivery, view: View) -> Delivery:
        standing = self._state.find_view(view.id)
        if standing is None:
            return delivery
        if delivery.error:
            self._state.update_view(standing, errors={"": "We had some trouble connecting. Try again?"})
            return delivery
        ack = delivery.ack_payload or {}
        try:
            match ack.get("response_action"):
                case None if not ack:
                    self._state.close_modals(view.user, standing)
                case "errors":
                    errors = {str(k): str(v) for k, v in ack["errors"].items()}
                    inputs = {str(b["block_id"]) for b in standing.blocks if b["type"] == "input"}
                    if not errors or not errors.keys() <= inputs:
                        return replace(delivery, error="invalid_ack")
                    self._state.update_view(standing, errors=errors)
                case "update":
                    body = self._state.checked_view(ack["view"], "modal")
                    self._state.update_view(standing, body)
                case "push":
                    body = self._state.checked_view(ack["view"], "modal")
                    self._state.push_modal(view.user, body)
                case "clear":
                    self._state.close_modals(view.user)
                case _:
                    return replace(delivery, error="invalid_ack")
        except (RefusedError, KeyError) as error:
            trouble = error.extra if isinstance(error, RefusedError) else {}
            return replace(delivery, error="invalid_ack", http_headers={"reason": f"{error} {trouble}"})
        return delivery
