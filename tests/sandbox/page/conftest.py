"""The page between a workspace with a small app and a tenant, and a browser that speaks only HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import requests
from slack_bolt import App

from sandbox import page, tenant, workspace
from sandbox.page import RunningPage
from sandbox.tenant import RunningTenant
from sandbox.workspace import PATIENCE, RunningWorkspace
from tests.made import made
from tests.sandbox.workspace.bolt import (
    MANIFEST,
    actions,
    button,
    client,
    connected,
    modal,
    reason,
    section,
)

ROOM = "C0INCIDENT"


@dataclass
class Shown:
    """The page, and what stands behind it."""

    slack: RunningWorkspace
    microsoft: RunningTenant
    page: RunningPage
    passed: list[timedelta]
    cookie: dict[str, str]
    """The header that a browser sends once it was at the address that is printed."""

    @property
    def origin(self) -> str:
        """Where the page's own requests say they come from."""
        return f"http://127.0.0.1:{self.page.port}"

    def get(self, path: str, **headers: str) -> requests.Response:
        return requests.get(self.origin + path, headers={**self.cookie, **headers}, timeout=60)

    def post(self, path: str, asked: Any, **headers: str) -> requests.Response:
        given = {"Origin": self.origin, **self.cookie, **headers}
        return requests.post(self.origin + path, json=asked, headers=given, timeout=60)

    def seen(self, part: str) -> dict[str, Any]:
        """Everything that somebody sees."""
        answer = self.get(f"/api/seen?as={part}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def do(self, part: str, act: str, **asked: Any) -> dict[str, Any]:
        """Let somebody act; it must be taken as an act, whatever comes of it."""
        answer = self.post(f"/api/do?as={part}", {"act": act, **asked})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        assert found.keys() == {"error", "says", "errors"}
        return found

    def pull(self, act: str, **asked: Any) -> str:
        """Pull a lever of the panel."""
        answer = self.post("/api/tenant/do", {"act": act, **asked})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["says"])

    def panel(self, user: str = "") -> dict[str, Any]:
        """What the panel shows."""
        found: dict[str, Any] = self.get(f"/api/tenant?user={user}").json()
        return found

    def texts(self, part: str) -> str:
        """All words in all messages of somebody."""
        return str(self.seen(part)["messages"])

    def card(self, part: str = "responder") -> dict[str, Any]:
        """The newest message with a button in the room."""
        found: list[dict[str, Any]] = [one for one in self.seen(part)["messages"][ROOM] if one["blocks"]]
        return found[-1]


@pytest.fixture(scope="module")
def shown() -> Iterator[Shown]:
    passed: list[timedelta] = []
    with (
        workspace.start(MANIFEST, answers_within=PATIENCE) as slack,
        tenant.start(made("mailbox-takeover")) as played,
    ):
        slack.limits.enabled = False

        def let_pass(span: timedelta) -> None:
            passed.append(span)
            played.let_pass(span)
            slack.advance(span.total_seconds())

        with connected(slack) as app, page.start(slack, played, let_pass=let_pass) as served:
            listen(app)
            let_in = requests.get(served.url, allow_redirects=False, timeout=60)
            yield Shown(slack, played, served, passed, {"Cookie": let_in.headers["Set-Cookie"].split(";")[0]})


def listen(app: App) -> None:
    """What the small app does: cards, private answers, windows with errors, a Home tab."""

    @app.command("/compromise")
    def command(ack, body, client):
        ack(f"only for you: {body['text']}")
        if body["text"] == "card":
            field = {"type": "plain_text_input", "action_id": "note"}
            note = {"type": "input", "block_id": "noted", "label": _plain("Note"), "element": field}
            blocks = [
                section("*the card*"),
                note,
                actions(button("go", "1"), button("open", "1")),
                {**actions(button("go", "2")), "block_id": "second"},
            ]
            client.chat_postMessage(channel=body["channel_id"], text="the card", blocks=blocks)

    @app.action("go")
    def go(ack, body, respond):
        ack()
        typed = body["state"]["values"]["noted"]["note"]["value"]
        respond(f"{body['actions'][0]['value']} with {typed}", replace_original=False)

    @app.action("open")
    def opening(ack, body, client):
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=modal(reason(), actions(button("deeper"))))

    @app.action("deeper")
    def deeper(ack, body, client):
        ack()
        client.views_push(trigger_id=body["trigger_id"], view=modal(reason()))

    @app.action("on_home")
    def on_home(ack, body, client):
        ack()
        client.views_publish(user_id=body["user"]["id"], view=home("pressed"))

    @app.view("ask")
    def ask(ack, view):
        words = view["state"]["values"]["why"]["reason"]["value"]
        if words == "wrong":
            ack(response_action="errors", errors={"why": "That is not a reason."})
        else:
            ack()

    @app.event("app_home_opened")
    def opened(event, client):
        client.views_publish(user_id=event["user"], view=home(event["user"]))

    @app.shortcut("report_account")
    def report(ack, body, client):
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=modal())

    @app.shortcut("check_message")
    def check(ack, body, respond):
        ack()
        respond(f"about {body['message']['text']}", replace_original=False)


def home(words: str) -> dict[str, Any]:
    return {"type": "home", "blocks": [section(words), actions(button("on_home"))]}


def _plain(words: str) -> dict[str, str]:
    return {"type": "plain_text", "text": words}


@pytest.fixture(scope="module")
def web(shown):
    """Slack's Web API as the app has it."""
    return client(shown.slack)
