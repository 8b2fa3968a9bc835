"""A whole command goes to the desk without Bolt; everything else, and what goes wrong, goes through Bolt."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from slack_bolt import BoltRequest, BoltResponse
from slack_sdk import WebClient
from slack_sdk.socket_mode.request import SocketModeRequest
from structlog.testing import capture_logs

from bot.listeners import register
from bot.listeners.straight import StraightHandler
from bot.settings import SlackSettings
from bot.slack.bolt import make_bolt
from bot.slack.intake import Asked
from tests.bot.listeners.test_payload import WHOLE

SETTINGS = SlackSettings.model_validate({"bot_token": "xoxb-1", "app_token": "xapp-1"})


class _Desk:
    ours = frozenset[str]()

    def __init__(self, *, broken: bool = False) -> None:
        self.taken: list[Asked] = []
        self._broken = broken

    def take(self, asked: Asked) -> str:
        self.taken.append(asked)
        if self._broken:
            raise ZeroDivisionError
        return ""

    def note(self, asked: Asked, says: str) -> str:
        self.taken.append(asked)
        return ""


class _Line:
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send_socket_mode_response(self, response: Any) -> None:
        self.sent.append(response.to_dict())


class Hearing:
    """A handler that is connected to nothing; `through_bolt` counts what Bolt was given."""

    def __init__(self, desk: _Desk) -> None:
        app = make_bolt(SETTINGS, WebClient("x"), {"team_id": "T0HOME", "user_id": "U0BOT"})
        register(app, desk)  # type: ignore[arg-type]
        self.through_bolt = 0
        dispatch = app.dispatch

        def counted(req: BoltRequest) -> BoltResponse:
            self.through_bolt += 1
            return dispatch(req)

        app.dispatch = counted  # type: ignore[method-assign]
        self._handler = StraightHandler(app, "xapp-1", WebClient("x"), concurrency=1, desk=desk)  # type: ignore[arg-type]

    def answer(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        line: Any = _Line()
        line.logger = SimpleNamespace(level=30, info=lambda _: None)
        self._handler.handle(line, SocketModeRequest(type=kind, envelope_id="E-1", payload=dict(body)))
        (sent,) = line.sent
        assert sent.pop("envelope_id") == "E-1"
        payload: dict[str, Any] = sent.get("payload", {})
        return payload

    def close(self) -> None:
        self._handler.close()  # type: ignore[no-untyped-call]


@pytest.fixture
def hearing(request):
    made = Hearing(request.param)
    yield made
    made.close()


DESK, BROKEN = _Desk(), _Desk(broken=True)
COMMAND = WHOLE["command"]


@pytest.mark.parametrize("hearing", [DESK], indirect=True)
@pytest.mark.parametrize("words", ["check adele.vance@contoso.example", "help", "chekc", "status", ""])
def test_a_whole_command_is_answered_as_bolt_would_and_without_it(hearing, words):
    body = {**COMMAND, "text": words}
    DESK.taken.clear()
    straight = hearing.answer("slash_commands", body)
    taken = list(DESK.taken)
    assert hearing.through_bolt == 0
    # Under another kind of envelope it goes through Bolt, which takes for a command whatever holds one.
    assert hearing.answer("interactive", body) == straight
    assert hearing.through_bolt == 1
    assert DESK.taken == taken * 2


@pytest.mark.parametrize("hearing", [DESK], indirect=True)
def test_what_is_not_whole_and_what_is_no_command_of_ours_goes_through_bolt(hearing):
    odd = hearing.answer("slash_commands", {**COMMAND, "trigger_id": 7})
    assert "in a form that I do not know" in odd["text"]
    with capture_logs():
        hearing.answer("slash_commands", WHOLE["event_callback"])
    assert hearing.through_bolt == 2


@pytest.mark.parametrize("hearing", [BROKEN], indirect=True)
def test_a_command_that_goes_wrong_is_told_of_by_bolt(hearing):
    with capture_logs() as lines:
        body = {name: value for name, value in COMMAND.items() if name != "response_url"}
        assert hearing.answer("slash_commands", {**body, "text": "check a@contoso.example"}) == {}
    assert [one["action"] for one in lines if "action" in one] == ["command.long_way", "listener.failed"]
    first, second = BROKEN.taken
    assert first == second
