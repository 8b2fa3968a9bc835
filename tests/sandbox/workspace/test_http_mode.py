"""The same app over signed HTTP: the signature is real, a forged or stale one is turned away."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import uvicorn
from slack_bolt.adapter.starlette import SlackRequestHandler
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from sandbox import workspace
from sandbox.workspace import PATIENCE

from .bolt import MANIFEST, actions, app, button, client

ROOM = "incident-room"


RETRIES: list[str | None] = []
GIVEN_UP = threading.Event()


@pytest.fixture(scope="module")
def story():
    with workspace.start(MANIFEST, answers_within=PATIENCE) as slack, ThreadPoolExecutor(4) as pool:
        bolt = app(slack, pool)

        @bolt.command("/compromise")
        def command(ack, body):
            if body["text"] == "late":
                GIVEN_UP.wait(600)
            ack("got it")

        @bolt.action("go")
        def go(ack, respond):
            ack()
            respond("decided", replace_original=True)

        @bolt.event("app_home_opened")
        def home(request):
            RETRIES.append(request.headers.get("x-slack-retry-num", [None])[0])

        handler = SlackRequestHandler(bolt)

        async def slow_once(request):
            return Response("busy", 503, {"X-Slack-No-Retry": request.path_params["stop"]})

        routes = [
            Route("/slack/events", handler.handle, methods=["POST"]),
            Route("/busy/{stop}", slow_once, methods=["POST"]),
        ]
        listening = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(Starlette(routes=routes), lifespan="off", log_config=None, ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        slack.http_url = f"http://127.0.0.1:{listening.getsockname()[1]}/slack/events"
        yield slack
        server.should_exit = True
        thread.join()
        listening.close()


def test_a_signed_command_is_answered(story):
    delivery = story.slash("responder", ROOM, "/compromise", "help")
    assert (delivery.error, delivery.http_status, delivery.ack_payload) == (None, 200, {"text": "got it"})
    assert story.ephemerals("responder")[-1].text == "got it"


def test_a_button_works_the_same(story):
    client(story).chat_postMessage(channel=ROOM, text="card", blocks=[actions(button("go"))])
    card = story.messages(ROOM)[-1]
    assert story.click("approver", card, "go").error is None
    assert story.wait_for(lambda: (m := story.current(card)).edited and m).text == "decided"


def test_the_same_signed_request_can_be_sent_again(story):
    delivery = story.slash("responder", ROOM, "/compromise", "help")
    assert story.replay(delivery).error is None


def test_a_wrong_signature_is_turned_away(story):
    right, story.signing_secret = story.signing_secret, "0" * 32
    try:
        delivery = story.slash("responder", ROOM, "/compromise", "help")
    finally:
        story.signing_secret = right
    assert (delivery.error, delivery.http_status) == ("dispatch_failed", 401)


def test_a_request_from_ten_minutes_ago_is_turned_away(story):
    story.advance(-600)
    try:
        delivery = story.slash("responder", ROOM, "/compromise", "help")
    finally:
        story.advance(600)
    assert (delivery.error, delivery.http_status) == ("dispatch_failed", 401)


def test_a_failed_event_is_sent_again_unless_the_app_forbids_it(story):
    right = story.http_url
    story.http_url = right.replace("/slack/events", "/busy/0")
    again = story.open_home("approver")
    story.http_url = right.replace("/slack/events", "/busy/1")
    once = story.open_home("approver")
    story.http_url = right
    assert [d.http_status for d in again.retries] == [503]
    assert again.envelope["headers"]["X-Slack-Retry-Num"] == "1"
    assert again.envelope["headers"]["X-Slack-Retry-Reason"] == "http_error"
    assert once.retries == ()
    assert story.open_home("approver").error is None
    story.wait_for(lambda: RETRIES == [None])


def test_nobody_listening_is_a_failure(story):
    right, story.http_url = story.http_url, "http://127.0.0.1:9/slack/events"
    try:
        assert story.slash("responder", ROOM, "/compromise", "help").error == "dispatch_failed"
    finally:
        story.http_url = right


def test_a_late_answer_is_a_timeout(story):
    story.ack_seconds = 0.2
    try:
        assert story.slash("responder", ROOM, "/compromise", "late").error == "operation_timeout"
    finally:
        story.ack_seconds = PATIENCE
        GIVEN_UP.set()
