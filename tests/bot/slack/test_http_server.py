"""The signed way in: only Slack gets through, only once, and nobody fills our memory."""

import hashlib
import hmac
import time
from urllib.parse import quote

import pytest
import requests
from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult

from bot.slack.http_server import LARGEST, HttpServer, Seen, make_site

SECRET = "invented-signing-secret"
BODY = b"command=/compromise&text=help&user_id=U1&team_id=T1&trigger_id=1"


@pytest.fixture(scope="module")
def app():
    authorized = AuthorizeResult(
        enterprise_id=None, team_id="T1", bot_user_id="U0", bot_token="xoxb-invented"
    )
    made = App(authorize=lambda **_: authorized, signing_secret=SECRET, process_before_response=True)
    made.command("/compromise")(lambda ack: ack("heard"))
    return made


@pytest.fixture(scope="module")
def server(app):
    running = HttpServer(app, "127.0.0.1", 0, SECRET)
    running.start()
    yield running
    running.stop()


def sign(body: bytes, at: str, secret: str = SECRET) -> str:
    return "v0=" + hmac.new(secret.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()


def post(server: HttpServer, body: bytes, at: str, signature: str) -> int:
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": at,
        "X-Slack-Signature": signature,
    }
    return requests.post(server.url, data=body, headers=headers, timeout=60).status_code


def ago(seconds: int) -> str:
    return str(int(time.time()) - seconds)


def test_a_signed_request_is_heard_once(server):
    at = ago(3)
    assert [post(server, BODY, at, sign(BODY, at)) for _ in range(3)] == [200, 409, 409]


@pytest.mark.parametrize("at", [1_000, -1_000, "abc", "-1", "", "1e9", "9" * 30])
def test_another_time_is_refused(server, at):
    at = ago(at) if isinstance(at, int) else at
    assert post(server, BODY, at, sign(BODY, at)) == 401


@pytest.mark.parametrize(
    "body", [BODY, b"ssl_check=1&" + BODY, b"\xff\xfe", b"payload=" + quote("{").encode()]
)
@pytest.mark.parametrize("secret", ["another", ""])
def test_whatever_slack_did_not_sign_is_refused_unread(server, body, secret):
    at = ago(0)
    assert post(server, body, at, sign(body, at, secret) if secret else "") == 401


def test_a_body_that_is_too_large_is_not_kept(server):
    assert post(server, b"a" * (LARGEST + 1), ago(0), "v0=x") == 413


def test_wrong_signatures_are_not_remembered(app):
    remembered = []

    class Noting(Seen):
        def is_new(self, signature: str) -> bool:
            remembered.append(signature)
            return super().is_new(signature)

    site = make_site(app, Noting(time.monotonic), SECRET)
    running = HttpServer(app, "127.0.0.1", 0, SECRET)
    running._server.config.app = site
    running.start()
    for number in range(20):
        post(running, BODY, ago(0), f"v0={number:064x}")
    running.stop()
    assert remembered == []
