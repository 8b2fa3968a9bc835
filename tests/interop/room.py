"""The people of the room: they read what the emulator keeps, and what they do is posted as Slack posts it.

The emulator knows neither slash commands nor buttons, so those are signed and sent here.
Source: Slack, "Verifying requests from Slack", "Slash commands", "Interaction payloads", "app_home_opened".
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any, TypeVar

import requests
from slack_sdk import WebClient

from tests.interop.emulator import PATIENCE
from tests.interop.recorder import TO_ONE, TRIGGER, Recorder

Json = dict[str, Any]
T = TypeVar("T")

TEAM = "T000000001"
APP = "A0COMPROM1"
BOT = "B0COMPROM1"
BOT_USER = "U0COMPROM1"
BOT_TOKEN = "xoxb-of-the-bot"
SIGNING_SECRET = "invented-signing-secret"
PEOPLE = {
    "megan": "Megan Bowen",
    "alex": "Alex Wilber",
    "lidia": "Lidia Holloway",
    "adele": "Adele Vance",
    "miriam": "Miriam Graham",
}
READING = ("channels:history", "groups:history", "im:history", "users:read", "channels:read", "groups:read")
INVITING = ("channels:write", "groups:write", "im:read", "im:write")


def seed(scopes: tuple[str, ...], spare: Mapping[str, tuple[str, ...]]) -> Json:
    """What the emulated workspace begins with.

    Args:
        scopes: What the bot's token may do.
        spare: More tokens of the bot with other scopes.
    """
    bot = {"type": "bot", "user_id": BOT_USER, "app_id": APP, "bot_id": BOT, "bot_user_id": BOT_USER}
    return {
        "team": {"name": "Contoso", "domain": "contoso-example"},
        "strict_scopes": True,
        "signing_secret": SIGNING_SECRET,
        "users": [
            {"name": name, "real_name": real, "email": f"{real.lower().replace(' ', '.')}@contoso.example"}
            for name, real in PEOPLE.items()
        ],
        "channels": [
            {"name": "incident-room", "is_private": True},
            {"name": "security-alerts"},
        ],
        "oauth_apps": [
            {
                "app_id": APP,
                "client_id": "1.2",
                "client_secret": "invented",
                "name": "Compromise Bot",
                "redirect_uris": [],
                "scopes": list(scopes),
                "bot_id": BOT,
                "bot_user_id": BOT_USER,
                "bot_name": "compromise-bot",
            }
        ],
        "tokens": [
            {"token": BOT_TOKEN, "scopes": list(scopes), **bot},
            *({"token": token, "scopes": list(held), **bot} for token, held in spare.items()),
            *(
                {"token": f"xoxp-{name}", "type": "user", "user": name, "scopes": [*READING, *INVITING]}
                for name in PEOPLE
            ),
        ],
    }


class Room:
    """People, a private channel with the bot in it, and what they see and do.

    Args:
        recorder: What lies between the bot and the emulator.
        emulator: The emulator's address, which people use past the recorder.

    Attributes:
        events: Where the bot takes Slack's requests.
    """

    def __init__(self, recorder: Recorder, emulator: str) -> None:
        self.recorder = recorder
        self.emulator = emulator
        self.events = ""
        self._numbers = count()
        megan = self.client("megan")
        self.ids = {user["name"]: str(user["id"]) for user in megan.users_list()["members"]}
        kinds = "public_channel,private_channel"
        found = megan.conversations_list(types=kinds)["channels"]
        self.channels = {channel["name"]: str(channel["id"]) for channel in found}
        for name in ("incident-room", "security-alerts"):
            self._invite(name)

    def client(self, who: str = "") -> WebClient:
        """Slack's client for somebody."""
        return WebClient(f"xoxp-{who}" if who else BOT_TOKEN, base_url=f"{self.emulator}/api/")

    def _invite(self, channel: str) -> None:
        self.client("megan").conversations_invite(channel=self.channels[channel], users=[BOT_USER])

    # --- what people see -----------------------------------------------------------------------------------

    def messages(self, channel: str = "incident-room") -> list[Json]:
        """The bot's messages in a channel, newest first."""
        found = self.client("megan").conversations_history(channel=self.channels[channel])
        return [one for one in found["messages"] if one["user"] == BOT_USER]

    def replies(self, message: Json) -> list[Json]:
        """The thread of a message in the incident room."""
        found = self.client("megan").conversations_replies(
            channel=self.channels["incident-room"], ts=message["ts"]
        )
        return list(found["messages"])[1:]

    def direct(self, who: str) -> list[Json]:
        """What the bot wrote to somebody directly, newest first, with the channel in each."""
        opened = self.client(who).conversations_open(users=[BOT_USER])["channel"]["id"]
        found = self.client(who).conversations_history(channel=opened)["messages"]
        return [one | {"channel": opened} for one in found]

    def card(self, *holding: str, channel: str = "incident-room", seconds: float = PATIENCE) -> Json:
        """A message that shows all these words, as soon as it does."""

        def look() -> Json | None:
            shown = self.messages(channel)
            return next((m for m in shown if all(part in words(m) for part in holding)), None)

        return self.wait(look, seconds)

    def private(self, who: str, holding: str) -> Json:
        """What was told to somebody alone, as soon as it holds these words."""
        wanted = self.ids[who]
        return self.wait(
            lambda: next((m for to, m in self.recorder.told if to == wanted and holding in words(m)), None)
        )

    def wait(self, look: Callable[[], T | None], seconds: float = PATIENCE) -> T:
        """Look until there is something to see."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if found := look():
                return found
            time.sleep(0.1)
        told = "\n".join(words(message) for _, message in self.recorder.told)
        shown = "\n".join(words(message) for message in self.messages())
        raise AssertionError(f"Not seen within {seconds} s. Told privately:\n{told}\nShown:\n{shown}")

    # --- what people do ------------------------------------------------------------------------------------

    def type(self, who: str, text: str, channel: str = "incident-room") -> None:
        """Type `/compromise` with these words."""
        self._post(
            {
                "token": "invented",
                "team_id": TEAM,
                "team_domain": "contoso-example",
                "channel_id": self.channels[channel],
                "channel_name": channel,
                "user_id": self.ids[who],
                "user_name": who,
                "command": "/compromise",
                "text": text,
                "api_app_id": APP,
                "is_enterprise_install": "false",
                "response_url": self._response_url(who),
                "trigger_id": self._trigger(who),
            }
        )

    def press(self, who: str, message: Json, action: str) -> None:
        """Press a button of a message."""
        block, button = next((b, e) for b, e in _elements(message) if e.get("action_id") == action)
        channel = message.get("channel", self.channels["incident-room"])
        container = {"type": "message", "message_ts": message["ts"], "channel_id": channel}
        pressed: Json = {key: button[key] for key in ("type", "action_id", "text", "value") if key in button}
        # The block ids that an app leaves out are Slack's to give.
        pressed |= {"block_id": block.get("block_id", "b1"), "action_ts": f"{time.time():.6f}"}
        self._interact(
            who,
            {
                "type": "block_actions",
                "container": container | {"is_ephemeral": False},
                "channel": {"id": channel, "name": "privategroup"},
                "message": {key: value for key, value in message.items() if key != "channel"},
                "state": {"values": {}},
                "response_url": self._response_url(who),
                "actions": [pressed],
            },
        )

    def submit(self, who: str, view: Json, typed: Mapping[str, str]) -> Json:
        """Submit a window: what is ticked stays so, `typed` goes into text fields by block id."""
        state: dict[str, Any] = {}
        for block in view["blocks"]:
            if block["type"] != "input":
                continue
            element = block["element"]
            value: Json = {"type": element["type"]}
            if element["type"] == "checkboxes":
                value["selected_options"] = element.get("initial_options", [])
            else:
                value["value"] = typed.get(block["block_id"])
            state[block["block_id"]] = {element["action_id"]: value}
        return self._interact(
            who,
            {
                "type": "view_submission",
                "view": view | {"state": {"values": state}},
                "response_urls": [],
            },
        )

    def window(self) -> Json:
        """The window that the bot opened last, as soon as its form is in it."""

        def look() -> Json | None:
            shown = [one for one in self.recorder.calls if one.method in ("views.open", "views.update")]
            view: Json = shown[-1].said["view"] if shown else {}
            return view if view.get("submit") else None

        return self.wait(look)

    def open_home(self, who: str) -> None:
        """Open the bot's Home tab."""
        event = {"type": "app_home_opened", "user": self.ids[who], "channel": "D1", "tab": "home"}
        self._send(
            json.dumps(
                {
                    "token": "invented",
                    "team_id": TEAM,
                    "api_app_id": APP,
                    "event": event | {"event_ts": f"{time.time():.6f}"},
                    "type": "event_callback",
                    "event_id": f"Ev{time.monotonic_ns()}",
                    "event_time": int(time.time()),
                    "authorizations": [
                        {"enterprise_id": None, "team_id": TEAM, "user_id": BOT_USER, "is_bot": True}
                    ],
                }
            ),
            "application/json",
        )

    def _interact(self, who: str, payload: Json) -> Json:
        user = {"id": self.ids[who], "username": who, "name": who, "team_id": TEAM}
        whole = {
            "user": user,
            "api_app_id": APP,
            "token": "invented",
            "team": {"id": TEAM, "domain": "contoso-example"},
            "enterprise": None,
            "is_enterprise_install": False,
            "trigger_id": self._trigger(who),
        }
        return self._post({"payload": json.dumps(whole | payload)})

    def _trigger(self, who: str) -> str:
        return f"{TRIGGER}{self.ids[who]}-{next(self._numbers)}"

    def _response_url(self, who: str) -> str:
        return f"{self.recorder.url}{TO_ONE}{self.ids[who]}"

    def _post(self, form: Mapping[str, str]) -> Json:
        return self._send(urllib.parse.urlencode(form), "application/x-www-form-urlencoded")

    def _send(self, body: str, kind: str) -> Json:
        at = str(int(time.time()))
        signed = hmac.new(SIGNING_SECRET.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256)
        headers = {
            "content-type": kind,
            "x-slack-request-timestamp": at,
            "x-slack-signature": f"v0={signed.hexdigest()}",
        }
        answer = requests.post(self.events, data=body.encode(), headers=headers, timeout=PATIENCE)
        assert answer.status_code == 200, answer.text
        found: Json = json.loads(answer.text) if answer.text.startswith("{") else {}
        return found


def _elements(message: Json) -> Iterator[tuple[Json, Json]]:
    for block in message.get("blocks", ()):
        for element in [*block.get("elements", ()), block.get("accessory") or {}]:
            yield block, element


def words(message: Mapping[str, Any]) -> str:
    """Everything that a message or view says."""
    found: list[str] = [str(message.get("text", ""))]

    def walk(value: Any) -> None:
        if isinstance(value, Mapping):
            for key, inner in value.items():
                if key == "text" and isinstance(inner, str):
                    found.append(inner)
                else:
                    walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(message.get("blocks", ()))
    return "\n".join(found)
