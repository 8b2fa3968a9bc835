"""The wired bot: how fast it acknowledges, both ways of hearing Slack, and what a failing listener says."""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from threading import Event

import pytest
import requests
from structlog.testing import capture_logs

from bot.errors import CannotStart
from bot.running import Hellos
from bot.slack.http_server import REMEMBERED, Seen
from bot.wiring import create_app
from sandbox.tenant import Fault
from tests.scenarios.conftest import ADELE


def test_over_signed_http_the_same_story_ends_in_the_same_card(stage):
    story = stage("clean", start=False)
    over_http = story.slack_settings.model_copy(update={"mode": "http"})
    story.settings = story.settings.model_copy(update={"slack": over_http})
    bot = story.start()
    story.slack.http_url = bot.http_url
    delivery = story.type(f"check {ADELE}")
    assert delivery.error is None
    story.shown()

    again = story.slack.replay(delivery)
    assert again.http_status == HTTPStatus.CONFLICT
    assert len(story.cards()) == 1
    assert story.kinds().count("asked") == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-slack-signature": "v0=0", "x-slack-request-timestamp": "1"},
        {"x-slack-signature": "v0=" + "0" * 64, "x-slack-request-timestamp": str(int(time.time()))},
    ],
)
def test_a_request_that_slack_did_not_sign_is_refused(stage, headers):
    story = stage("clean", start=False)
    over_http = story.slack_settings.model_copy(update={"mode": "http"})
    story.settings = story.settings.model_copy(update={"slack": over_http})
    url = story.start().http_url
    body = {"command": "/compromise", "text": f"check {ADELE}", "user_id": "U0MEGANBOW", "trigger_id": "1"}
    assert requests.post(url, data=body, headers=headers, timeout=60).status_code == HTTPStatus.UNAUTHORIZED
    assert requests.get(url.replace("/slack/events", "/health"), timeout=60).text == "ok"
    assert story.kinds() == []


def test_a_signature_is_good_once_until_its_age_rules_it_out():
    at = [0.0]
    seen = Seen(lambda: at[0])
    assert seen.is_new("v0=a")
    assert not seen.is_new("v0=a")
    at[0] = REMEMBERED
    assert not seen.is_new("v0=a")
    at[0] = REMEMBERED + 1
    assert seen.is_new("v0=a")


def test_a_listener_that_fails_tells_a_reference_and_slack_sees_no_error(stage):
    story = stage("clean")

    def broken(_asked):
        raise ZeroDivisionError

    story.bot.desk.take = broken
    delivery = story.type(f"check {ADELE}")
    assert delivery.error is None
    story.told(holding="✖ Internal error. Nothing was done. Reference: `")


def test_a_question_that_cannot_be_written_down_tells_a_reference_that_the_log_has(stage):
    story = stage("clean")

    def broken():
        raise ZeroDivisionError

    story.bot.ledger.writing = broken
    with capture_logs() as lines:
        story.type(f"check {ADELE}")
        said = story.slack.as_text(story.told(holding="✖ Internal error. Nothing was done. Reference: `"))
    (line,) = [line for line in lines if line.get("action") == "asked.unwritten"]
    assert f"Reference: `{line['reference']}`" in said
    del story.bot.ledger.writing


def test_many_commands_at_once_are_acknowledged_quickly(stage):
    """No answer waits for Slack, Microsoft or the ledger; Slack itself gives up after three seconds."""
    story = stage("clean")
    story.slack.limits.enabled = False
    held = Event()
    story.microsoft.faults.add("Get-Mailbox", Fault(held=held))
    with ThreadPoolExecutor(40) as pool:
        deliveries = list(pool.map(lambda _: story.type(f"check {ADELE}"), range(40)))
    assert [delivery.error for delivery in deliveries] == [None] * 40
    # The check is under way until every one of them has its answer.
    story.slack.wait_for(lambda: not story.bot.ledger.unanswered_requests(), what="forty answers")
    story.microsoft.faults.clear()
    held.set()
    story.shown()
    assert len(story.cards()) == 1


def test_without_slack_the_bot_says_that_it_cannot_start(stage):
    story = stage("clean", start=False)
    story.slack.stop()
    with pytest.raises(CannotStart, match=r"Slack could not be reached: no connection to 127\.0\.0\.1"):
        create_app(story.settings)
    with pytest.raises(CannotStart, match="The settings have no"):
        create_app(story.settings.model_copy(update={"slack": None}))


def test_a_bot_that_stops_while_a_session_begins_stops(stage):
    """Slack's library sets its own mark back at the beginning of a session, and then waits for its end."""
    story = stage("clean")
    client = story.bot._socket.client
    begins = Event()

    class HeldUp(logging.Handler):
        def emit(self, record):
            if "Starting to receive" in record.getMessage():
                begins.set()
                while client.is_connected():
                    time.sleep(0.01)

    held_up, level = HeldUp(), client.logger.level
    client.logger.addHandler(held_up)
    client.logger.setLevel(logging.INFO)
    try:
        client.current_session_state.terminated = True  # so that the session begins once more
        assert begins.wait(600)
        story.stop()
    finally:
        client.logger.removeHandler(held_up)
        client.logger.setLevel(level)
    assert client.closed


def test_it_is_told_when_slack_knows_of_more_connections_than_are_ours():
    hellos = Hellos()

    def told(**message: object) -> bool:
        with capture_logs() as logs:
            hellos.hear(None, message)
        return bool(logs)

    assert not told(type="disconnect", num_connections=7)
    assert not told(type="hello", num_connections=1)
    # Slack replaces a connection: for a moment there are two of ours.
    assert not told(type="hello", num_connections=2)
    assert told(type="hello", num_connections=3)
    assert not told(type="hello")
    hellos = Hellos()
    assert told(type="hello", num_connections=2)
