"""The log: one line an event, and no secret in it, whoever logs it."""

import io
import json
import logging
from typing import Any

import pytest
import structlog

from bot import log as logs
from bot.settings import LogSettings


@pytest.fixture
def stream():
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield io.StringIO()
    root.handlers[:], level = before
    root.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_a_phrase_with_its_facts_and_its_action(stream):
    logs.configure(LogSettings(format="json"), stream)
    structlog.get_logger("bot.test").info("A check is done.", action="check.done", case="C-2ABCD")
    (line,) = lines(stream)
    assert (line["event"], line["action"], line["case"]) == ("A check is done.", "check.done", "C-2ABCD")
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    "secret",
    [
        "xoxb-1234-invented",
        "xapp-1-invented",
        "Bearer abcdefgh",
        "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2ln",
        "https://hooks.slack.com/commands/T1/2/abc",
    ],
)
def test_what_looks_like_a_secret_is_starred_out_in_our_lines_and_in_those_of_libraries(stream, secret):
    logs.configure(LogSettings(format="json", level="debug"), stream)
    structlog.get_logger("bot.test").info("Something.", fact=f"before {secret} after")
    logging.getLogger("elsewhere").warning("Sent %s", secret)
    try:
        raise ValueError(secret)
    except ValueError:
        structlog.get_logger("bot.test").exception("It failed.")
    assert len(lines(stream)) == 3
    assert secret not in stream.getvalue()


@pytest.mark.parametrize("name", ["client_secret", "bot_token", "password", "response_url", "trigger_id"])
def test_a_fact_with_a_secret_name_is_starred_out(stream, name):
    logs.configure(LogSettings(format="json"), stream)
    structlog.get_logger("bot.test").info("Something.", **{name: "tell nobody"})
    assert lines(stream)[0][name] == "***"


def test_what_is_below_the_level_is_dropped_and_libraries_are_kept_quiet(stream):
    logs.configure(LogSettings(level="warning"), stream)
    structlog.get_logger("bot.test").info("Something.")
    logs.configure(LogSettings(level="debug"), stream)
    logging.getLogger("slack_sdk.web").info("chatter")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("name", ["slack_bolt", "slack_bolt.App", "app.py:failed", "new.library", "botocore"])
def test_no_library_tells_more_than_its_warnings_whatever_level_it_has(stream, name):
    logs.configure(LogSettings(level="debug", format="json"), stream)
    library = logging.getLogger(name)
    library.setLevel(logging.DEBUG)  # as Bolt does with each of its own
    library.debug("body: %s", {"code": "271828"})
    library.info("body: %s", {"code": "271828"})
    library.warning("It goes on.")
    assert [line["event"] for line in lines(stream)] == ["It goes on."]


@pytest.mark.parametrize(
    "text",
    [
        "body: {'trigger_id': 'tell-nobody', 'type': 'view'}",
        'body: {"response_url": "http://x.example/tell-nobody"}',
        "state: {'code': {'code': {'type': 'plain_text_input', 'value': 'tell-nobody'}}}",
        "POST /x?grant=1&client_secret=tell-nobody&scope=y",
    ],
)
def test_what_a_warning_quotes_under_a_telling_name_is_starred_out(stream, text):
    logs.configure(LogSettings(format="json"), stream)
    logging.getLogger("slack_bolt.App").warning("Unhandled request (%s)", text)
    (line,) = lines(stream)
    assert "tell-nobody" not in line["event"]
    assert "***" in line["event"]


@pytest.mark.parametrize("kind", ["text", "json"])
def test_no_value_steers_the_terminal_or_passes_for_another_line(stream, kind):
    logs.configure(LogSettings(format=kind), stream)
    nasty = "\x1b[2J\x9b\u202e\r\nFAKE line"
    structlog.get_logger("bot.test").info("It happened.", action="x", value=nasty, short="\x1b[2J")
    logging.getLogger("foreign").warning("said %s", nasty)
    try:
        raise ValueError(nasty)
    except ValueError:
        structlog.get_logger("bot.test").exception("It failed.", action="y")
    written = stream.getvalue()
    assert not any(sign in written for sign in "\x1b\x9b\u202e\r")
    assert not any(line.startswith("FAKE") for line in written.splitlines())


def test_secrets_are_found_in_lists_and_tables_too(stream):
    logs.configure(LogSettings(format="json"), stream)
    structlog.get_logger("bot.test").info(
        "It happened.",
        action="x",
        several=["xoxb-1-invented"],
        table={"client_secret": "hush", "a": ("xapp-1-b",)},
    )
    assert not any(secret in stream.getvalue() for secret in ("xoxb", "hush", "xapp"))
