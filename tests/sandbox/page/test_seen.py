"""Each person sees what Slack would show to that person, and acts as that person."""

from __future__ import annotations

import json
from typing import Any

import pytest
from slack_sdk import WebClient
from websockets.sync.client import connect

from sandbox.page import PARTS
from sandbox.workspace import PATIENCE, reset

from .conftest import ROOM, Shown

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
PAGE = b"<!doctype html><script>alert(document.domain)</script>"


def upload(web: WebClient, name: str, content: bytes, channel: str = ROOM) -> str:
    answer: Any = web.files_upload_v2(channel=channel, filename=name, content=content, title=name)
    return str(answer["files"][0]["id"])


def press(shown: Shown, part: str, action_id: str, **more: Any) -> dict[str, Any]:
    card = shown.card(part)
    return shown.do(part, "click", channel=ROOM, ts=card["ts"], action_id=action_id, **more)


@pytest.fixture(scope="module")
def carded(shown):
    """A card stands in the room."""
    assert shown.do("responder", "say", channel=ROOM, text="/compromise card")["error"] is None
    shown.slack.wait_for(lambda: shown.slack.messages("incident-room"), what="the card")
    return shown


def test_the_page_says_whom_one_can_be_and_what_there_is_to_type(shown):
    told = shown.get("/api/people").json()
    assert [one["part"] for one in told["people"]] == list(PARTS)
    assert told["people"][0]["handle"] == "megan.bowen"
    assert told["commands"][0]["command"] == "/compromise"
    assert {one["text"]: one["hint"] for one in told["verbs"]}["check"] == "check <user>"
    assert {one["type"] for one in told["shortcuts"]} == {"global", "message"}
    assert all(one["name"] for one in told["shortcuts"])


def test_private_channels_are_there_for_their_members_only(shown):
    rooms = {
        part: {one["name"] for one in shown.seen(part)["channels"] if not one["direct"]} for part in PARTS
    }
    for part in ("responder", "approver", "second_approver"):
        assert "incident-room" in rooms[part]
    for part in ("subject", "bystander"):
        assert rooms[part] == {"general", "security-alerts", "old-incidents"}
    for part in ("guest", "external"):
        assert rooms[part] == {"with-fabrikam"}
    assert not any("board" in names for names in rooms.values())


def test_everybody_has_a_conversation_with_the_app_in_which_one_cannot_write(shown):
    for part in PARTS:
        last = shown.seen(part)["channels"][-1]
        assert (last["name"], last["direct"], last["read_only"]) == ("Compromise Bot", True, True)
    told = shown.do("subject", "say", channel=last["id"], text="hello")
    assert told["error"] == "not_on_screen"  # it is the conversation of somebody else
    own = shown.seen("subject")["channels"][-1]["id"]
    told = shown.do("subject", "say", channel=own, text="hello")
    assert told["error"] == "messages_tab_disabled"


def test_words_of_a_private_channel_reach_its_members_only(shown):
    shown.do("responder", "say", channel=ROOM, text="the word is marzipan")
    for part in PARTS:
        assert ("marzipan" in shown.texts(part)) == (part in {"responder", "approver", "second_approver"})


def test_a_private_answer_is_there_for_one_person_only(carded):
    for part in PARTS:
        assert ("only for you: card" in carded.texts(part)) == (part == "responder")


def test_nobody_writes_where_they_are_not(shown):
    for part in ("subject", "guest", "external"):
        for text in ("hello", "/compromise card"):
            told = shown.do(part, "say", channel=ROOM, text=text)
            assert (told["error"], told["says"]) == ("not_on_screen", "You are not in this channel.")
    archived = shown.do("responder", "say", channel="C0OLDCASES", text="hello")
    assert archived["error"] == "is_archived"


def test_commands_that_are_none_and_commands_in_threads_are_refused_as_slack_does(carded):
    told = carded.do("responder", "say", channel=ROOM, text="/giphy cat")
    assert told["says"] == "/giphy is not a valid command."
    ts = carded.card()["ts"]
    told = carded.do("responder", "say", channel=ROOM, text="/compromise help", thread_ts=ts)
    assert told["error"] == "not_supported_in_threads"
    assert "not supported in threads" in carded.texts("responder")


def test_answers_stand_in_the_thread_they_belong_to(carded):
    ts = carded.card()["ts"]
    carded.do("approver", "say", channel=ROOM, text="in the thread", thread_ts=ts)
    card = carded.card()
    assert [one["text"] for one in card["replies"]] == ["in the thread"]
    tops = [one["text"] for one in carded.seen("responder")["messages"][ROOM]]
    assert "in the thread" not in tops


def test_a_button_is_pressed_with_what_was_typed_beside_it(carded):
    told = press(carded, "approver", "go", block_id="second", values={"noted": {"note": "a word"}})
    assert told == {"error": None, "says": "", "errors": {}}
    carded.slack.wait_for(lambda: "2 with a word" in carded.texts("approver"), what="the answer")
    assert "2 with a word" not in carded.texts("responder")


def test_what_somebody_does_not_see_cannot_be_pressed(carded):
    card = carded.card()
    hidden = next(one for one in carded.seen("responder")["messages"][ROOM] if one["ephemeral"])
    for part, ts in (("subject", card["ts"]), ("external", card["ts"]), ("approver", hidden["ts"])):
        told = carded.do(part, "click", channel=ROOM, ts=ts, action_id="go")
        assert told["says"] == "This message is not there any more."
    told = press(carded, "approver", "no_such_button")
    assert told["error"] == "not_on_screen"


def test_a_modal_belongs_to_one_person_and_shows_its_errors(carded):
    press(carded, "responder", "open")
    view = carded.slack.wait_for(lambda: carded.seen("responder")["modals"], what="the window")[0]
    assert (view["title"], view["submit"], view["errors"]) == ("Ask", "Send", {})
    assert carded.seen("approver")["modals"] == []
    stolen = carded.do("approver", "submit", view_id=view["id"], values={"reason": "mine"})
    assert stolen["says"] == "This window is not open any more."

    empty = carded.do("responder", "submit", view_id=view["id"], values={})
    assert empty["errors"] == {"why": "Please complete this required field."}
    wrong = carded.do("responder", "submit", view_id=view["id"], values={"reason": "wrong"})
    assert wrong["errors"] == {"why": "That is not a reason."}
    assert carded.seen("responder")["modals"][0]["errors"] == wrong["errors"]

    carded.do("responder", "click", view_id=view["id"], action_id="deeper")
    stack = carded.slack.wait_for(lambda: carded.seen("responder")["modals"][1:], what="the upper window")
    below = carded.do("responder", "submit", view_id=view["id"], values={"reason": "good"})
    assert below["error"] == "not_on_screen"
    carded.do("responder", "close", view_id=stack[0]["id"])
    assert carded.do("responder", "submit", view_id=view["id"], values={"reason": "good"})["error"] is None
    assert carded.seen("responder")["modals"] == []


def test_shortcuts_work_on_messages_and_without(carded):
    card = carded.card()
    told = carded.do("approver", "shortcut", callback_id="check_message", channel=ROOM, ts=card["ts"])
    assert told["error"] is None
    carded.slack.wait_for(lambda: "about the card" in carded.texts("approver"), what="the answer")
    unseen = carded.do("subject", "shortcut", callback_id="check_message", channel=ROOM, ts=card["ts"])
    assert unseen["error"] == "not_on_screen"
    assert carded.do("subject", "shortcut", callback_id="report_account")["error"] is None
    view = carded.slack.wait_for(lambda: carded.seen("subject")["modals"], what="the window")[0]
    carded.do("subject", "close", view_id=view["id"])


def test_the_home_tab_is_drawn_when_it_is_opened_and_can_be_used(shown):
    assert shown.seen("bystander")["home"] is None
    assert shown.do("bystander", "home")["error"] is None
    home = shown.slack.wait_for(lambda: shown.seen("bystander")["home"], what="the Home tab")
    assert home["blocks"][0]["text"]["text"] == "U0GRADYARC"
    assert shown.seen("subject")["home"] is None
    shown.do("bystander", "click", view_id=home["id"], action_id="on_home")
    shown.slack.wait_for(lambda: "pressed" in str(shown.seen("bystander")["home"]), what="the new Home tab")
    foreign = shown.do("subject", "click", view_id=home["id"], action_id="on_home")
    assert foreign["error"] == "not_on_screen"


def test_a_reload_takes_private_answers_away(shown):
    shown.do("second_approver", "say", channel=ROOM, text="/compromise fleeting")
    assert "fleeting" in shown.texts("second_approver")
    shown.do("second_approver", "reload")
    assert "fleeting" not in shown.texts("second_approver")


def test_files_are_there_for_those_who_see_their_message_only(shown, web):
    file_id = upload(web, "report.txt", b"the report")
    for part in PARTS:
        answer = shown.get(f"/api/file/{file_id}?as={part}")
        assert answer.status_code == (200 if "app" in part or part == "responder" else 404)
    assert shown.get("/api/file/F0NOTHING1?as=responder").json()["says"].endswith(".")
    files = [file for one in shown.seen("responder")["messages"][ROOM] for file in one["files"]]
    found = next(one for one in files if one["id"] == file_id)
    assert (found["name"], found["size"], found["kind"]) == ("report.txt", 10, "text")


@pytest.mark.parametrize(
    ("name", "content", "kind", "preview"),
    [
        ("page.html", PAGE, "other", None),
        ("page.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "other", None),
        ("page.png", PAGE, "other", None),
        ("words.txt", PAGE, "text", "text/plain; charset=utf-8"),
        ("words.csv", b"\xff\xfe", "other", None),
        ("evidence.zip", b"PK\x03\x04", "other", None),
        ("picture.png", PNG, "image", "image/png"),
        ("picture.html", PNG, "image", "image/png"),
    ],
)
def test_a_file_never_becomes_a_page(shown, web, name, content, kind, preview):  # noqa: PLR0917
    file_id = upload(web, name, content)
    files = [file for one in shown.seen("responder")["messages"][ROOM] for file in one["files"]]
    assert next(one["kind"] for one in files if one["id"] == file_id) == kind
    kept = shown.get(f"/api/file/{file_id}?as=responder")
    assert kept.content == content
    assert kept.headers["Content-Type"] == "application/octet-stream"
    assert kept.headers["Content-Disposition"].startswith("attachment;")
    looked = shown.get(f"/api/file/{file_id}?as=responder&preview=1")
    if preview is None:
        assert looked.status_code == 415
        assert looked.headers["Content-Type"] == "application/json"
    else:
        assert looked.headers["Content-Type"] == preview
        assert looked.headers["X-Content-Type-Options"] == "nosniff"


def test_a_name_cannot_break_out_of_the_headers(shown, web):
    file_id = upload(web, 'a"; filename="b.html\r\nX-Evil: 1', b"x")
    headers = shown.get(f"/api/file/{file_id}?as=responder").headers
    assert "X-Evil" not in headers
    assert headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''a%22%3B")


def test_news_come_by_themselves_and_the_last_is_not_lost(shown):
    url = f"ws://127.0.0.1:{shown.page.port}/api/live?as=responder"
    with connect(url, origin=shown.origin, additional_headers=shown.cookie) as socket:
        news = [json.loads(socket.recv(timeout=60)) for _ in range(2)]
        assert {name for one in news for name in one} == {"version", "tenant"}
        for number in range(50):
            shown.slack.say("responder", "incident-room", f"message {number}")
        last = shown.slack.state.visible_version
        while json.loads(socket.recv(timeout=60)).get("version", 0) < last:
            pass
        shown.pull("attack", name="forward_again", user="adele.vance@contoso.example")
        while "tenant" not in json.loads(socket.recv(timeout=60)):
            pass


def test_an_app_that_cannot_be_reached_is_told_in_a_sentence(shown):
    shown.slack.ack_seconds = 0.2
    shown.slack.faults.add("apps.connections.open", reset(), times=100)
    try:
        assert shown.pull("fault", name="socket_cut") == (
            "The Socket Mode connection was cut; the bot connects again by itself."
        )
        told = shown.do("responder", "say", channel=ROOM, text="/compromise help")
        assert told["says"] == "The app cannot be reached. Is the bot running?"
    finally:
        shown.slack.faults.clear()
        shown.slack.ack_seconds = PATIENCE
    shown.slack.wait_connected()
