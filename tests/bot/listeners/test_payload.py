"""The check of payloads: every field of every kind, whatever stands there."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.listeners.payload import Command, forms_of, whom, wrong_in

USER = {"id": "U0ALEXWILB", "team_id": "T0HOME"}
VIEW = {"id": "V1", "type": "modal", "hash": "1.a", "private_metadata": "P-22222 C-22222"}
FIELD = {
    "value": "text",
    "selected_option": {"value": "a"},
    "selected_options": [{"value": "b"}],
    "selected_user": "U0MEGANBOW",
}
WHOLE: dict[str, dict[str, Any]] = {
    "command": {
        "command": "/compromise",
        "user_id": "U0ALEXWILB",
        "trigger_id": "1.2.a",
        "team_id": "T0HOME",
        "channel_id": "C0INCIDENT",
        "text": "help",
        "response_url": "https://hooks.slack.com/1",
    },
    "block_actions": {
        "type": "block_actions",
        "user": USER,
        "actions": [{"action_id": "approve", "action_ts": "1.2", "value": "P-22222"}],
        "container": {"channel_id": "C0INCIDENT", "message_ts": "1.1", "view_id": "V1"},
        "channel": {"id": "C0INCIDENT"},
        "view": VIEW,
        "trigger_id": "1.2.a",
        "response_url": "https://hooks.slack.com/1",
    },
    "view_submission": {
        "type": "view_submission",
        "user": USER,
        "view": {
            **VIEW,
            "state": {"values": {"account": {"input": FIELD}}},
            "blocks": [{"block_id": "account", "element": {"type": "plain_text_input"}}],
        },
    },
    "shortcut": {
        "type": "shortcut",
        "user": USER,
        "callback_id": "report_account",
        "trigger_id": "1.2.a",
        "team": {"id": "T0HOME"},
    },
    "message_action": {
        "type": "message_action",
        "user": USER,
        "callback_id": "check_message",
        "trigger_id": "1.2.a",
        "team": {"id": "T0HOME"},
        "channel": {"id": "C0INCIDENT"},
        "message": {"text": "look"},
        "response_url": "https://hooks.slack.com/1",
    },
    "event_callback": {
        "type": "event_callback",
        "event": {"type": "app_home_opened", "user": "U0ALEXWILB", "tab": "home"},
    },
}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        yield (*path, key)
        yield from places(part, (*path, key))


def at(body: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        body = body[key]
    return body


PLACES = [(kind, path) for kind, body in WHOLE.items() for path in places(body)]
TEXTS = [
    (kind, path)
    for kind, path in PLACES
    if isinstance(at(WHOLE[kind], path), str) and path not in {("type",), ("command",), ("event", "type")}
]
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NO_TEXT = ANY.filter(lambda value: value is not None and not isinstance(value, str))


@pytest.mark.parametrize("kind", WHOLE)
def test_what_slack_sends_is_whole(kind):
    assert wrong_in(WHOLE[kind]) == ()
    assert len(forms_of(WHOLE[kind])) == 1


@given(st.sampled_from(TEXTS), NO_TEXT, st.sampled_from([None, "shortcut", "odd", 7, ["command"]]))
def test_no_field_that_listeners_read_as_text_is_anything_else(place, value, added):
    """Neither does a type that is no command's, or a command beside another type, keep it from being seen."""
    kind, path = place
    body = deepcopy(WHOLE[kind])
    at(body, path[:-1])[path[-1]] = value
    if added is not None:
        body |= {"type": added} if kind == "command" else {"command": added}
    assert wrong_in(body)


@given(st.sampled_from(PLACES), ANY)
def test_whatever_stands_in_a_field_is_judged_and_who_is_told_is_an_id_or_nobody(place, value):
    kind, path = place
    body = deepcopy(WHOLE[kind])
    at(body, path[:-1])[path[-1]] = value
    wrong_in(body)
    told = whom(body, lambda _: "")
    assert told is None or (told.user.isalnum() and isinstance(told.channel, str))


@given(ANY)
def test_whatever_a_payload_with_a_command_says_of_its_type_it_is_a_command(kind):
    assert Command in forms_of({"command": "/compromise", "type": kind})
    assert wrong_in({"command": "/compromise", "type": kind})
