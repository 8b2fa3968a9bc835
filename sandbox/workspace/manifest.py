"""What the workspace takes from an app's manifest: scopes, commands, shortcuts, events, switches.

Source: Slack's app manifest, schema version 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Command:
    """One slash command; with `should_escape` Slack turns mentions into ids before it hands the text on.

    `description` and `hint` are what people see while they type.
    """

    name: str
    should_escape: bool
    description: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Shortcut:
    """One shortcut; `type` is global or message, `name` stands in the menu."""

    callback_id: str
    type: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest's part that decides what the workspace allows."""

    name: str
    bot_name: str
    scopes: frozenset[str]
    commands: Mapping[str, Command]
    shortcuts: Mapping[str, Shortcut]
    events: frozenset[str]
    home_enabled: bool
    direct_read_only: bool
    interactivity: bool
    socket_mode: bool


def read(source: Path | str) -> Manifest:
    """Read a manifest from a file (YAML or JSON), or from the text itself when it has more than one line.

    Raises:
        OSError: there is no such file.
        yaml.YAMLError: the text is not YAML.
        KeyError: the manifest lacks a part that Slack requires.
    """
    inline = isinstance(source, str) and "\n" in source
    text = str(source) if inline else Path(source).read_text(encoding="utf-8")
    return _read(text)


@cache
def _read(text: str) -> Manifest:
    raw: dict[str, Any] = yaml.safe_load(text)
    features: dict[str, Any] = raw.get("features", {})
    settings: dict[str, Any] = raw.get("settings", {})
    commands = {
        c["command"]: Command(
            c["command"],
            bool(c.get("should_escape", False)),
            str(c.get("description", "")),
            str(c.get("usage_hint", "")),
        )
        for c in features.get("slash_commands", ())
    }
    shortcuts = {
        s["callback_id"]: Shortcut(s["callback_id"], s["type"], str(s.get("name", "")))
        for s in features.get("shortcuts", ())
    }
    return Manifest(
        name=raw["display_information"]["name"],
        bot_name=features.get("bot_user", {}).get("display_name", raw["display_information"]["name"]),
        scopes=frozenset(raw.get("oauth_config", {}).get("scopes", {}).get("bot", ())),
        commands=MappingProxyType(commands),
        shortcuts=MappingProxyType(shortcuts),
        events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", ())),
        home_enabled=bool(features.get("app_home", {}).get("home_tab_enabled", False)),
        direct_read_only=bool(features.get("app_home", {}).get("messages_tab_read_only_enabled", False)),
        interactivity=bool(settings.get("interactivity", {}).get("is_enabled", False)),
        socket_mode=bool(settings.get("socket_mode_enabled", False)),
    )
