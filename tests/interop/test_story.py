"""The whole story through a Slack that we did not write, and what it says about our scopes.

The emulator refuses each call whose scope the token lacks, as Slack does with `missing_scope`. What it does
not know is named here: it has no user groups, and a slash command needs no call.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import requests

from sandbox.workspace.methods import METHODS
from tests.interop.conftest import LACKING, SCOPES
from tests.interop.emulator import PATIENCE
from tests.interop.recorder import Call
from tests.interop.room import Json, Room, words

ROOT = Path(__file__).resolve().parents[2]

UNSEEN_SCOPES = {
    "commands": "lets Slack send the slash command and the shortcuts; no Web API method asks for it",
    "usergroups:read": "usergroups.users.list; the emulator has no user groups",
}
"""Scopes of the manifest that this story cannot show the need of, and why."""

EXERCISED = {
    "auth.test",
    "chat.getPermalink",
    "chat.postEphemeral",
    "chat.postMessage",
    "chat.update",
    "conversations.info",
    "conversations.members",
    "conversations.open",
    "files.completeUploadExternal",
    "files.getUploadURLExternal",
    "users.info",
    "users.lookupByEmail",
    "views.open",
    "views.publish",
    "views.update",
}
"""The Web API methods that the story calls."""

UNSEEN_METHODS = {
    "apps.connections.open": "Socket Mode, which the emulator does not have",
    "conversations.list": "setting up, which finds channels by name",
    "usergroups.list": "setting up, which finds user groups by name",
    "usergroups.users.list": "user groups, which the emulator does not have",
    "views.push": "the window for single changes, which this story does not open",
}
"""The other methods that the bot calls."""


@pytest.fixture(scope="module")
def told(room: Room) -> Room:
    """Tell the story once; each test looks at what became of it."""
    room.type("megan", f"check <@{room.ids['adele']}|adele>")
    card = room.card("Files in the thread")
    room.press("megan", card, "contain")
    view = room.window()
    assert room.submit("megan", view, {"reason": "The mailbox was taken over"}) == {
        "response_action": "clear"
    }

    paper = room.card("Waiting for approval")
    approve(room, "alex", paper)
    told_by_call(room, "still needs one person")
    copy = room.wait(lambda: next((m for m in room.direct("lidia") if "approved by" in words(m)), None))
    approve(room, "lidia", copy)
    told_by_call(room, ". It has all approvals and is being carried out now.")
    paper = room.card("The mailbox was taken over", "Carried out")
    room.press("megan", paper, "show_password")

    case = re.search(r"C-[A-Z0-9]{5}", words(card))
    assert case
    room.type("megan", f"restore {case[0]} 1 because It was a false alarm")
    for who in ("alex", "lidia"):
        approve(room, who, room.card("It was a false alarm", "Waiting for approval"))
    room.card("It was a false alarm", "Carried out")

    room.type("megan", "check miriam.graham@contoso.example", channel="security-alerts")
    room.card("Files in the thread", channel="security-alerts")
    for who in ("megan", "alex"):
        room.open_home(who)
    room.wait(lambda: len({call.arguments["user_id"] for call in calls(room, "views.publish")}) == 2)
    return room


def approve(room: Room, who: str, paper: Json) -> None:
    """Press Approve and send the window that it opens."""
    before = len(calls(room, "views.open"))
    room.press(who, paper, "approve")
    room.wait(lambda: len(calls(room, "views.open")) > before)
    room.submit(who, room.window(), {})


def told_by_call(room: Room, says: str) -> None:
    """See that somebody was told; what answers a window goes to a channel or a person, not to an address."""
    room.wait(
        lambda: any(
            call.method in ("chat.postEphemeral", "chat.postMessage") and says in json.dumps(call.arguments)
            for call in room.recorder.calls
        )
    )


def calls(room: Room, method: str) -> list[Call]:
    return [call for call in room.recorder.calls if call.method == method]


def test_every_call_is_answered_ok(told):
    refused = [
        (call.method, call.said.get("error"), call.said.get("needed"), call.arguments)
        for call in told.recorder.calls
        # Whether an address is anybody's in Slack is a question, and "nobody's" one of its answers.
        if call.method and not call.said["ok"] and call.said.get("error") != "users_not_found"
    ]
    assert refused == []
    assert [call.path for call in told.recorder.calls if call.status != 200] == []


def test_it_is_told_which_methods_the_story_called(told):
    assert told.recorder.methods() == EXERCISED


@pytest.mark.parametrize("scope", [scope for scope in SCOPES if scope not in UNSEEN_SCOPES])
def test_each_scope_of_the_manifest_is_needed_by_a_call(told, scope):
    needing: set[str] = set()
    asking = [call for call in told.recorder.calls if call.method and scope in METHODS[call.method].scopes]
    for call in asking:
        headers = {
            "authorization": f"Bearer {LACKING[scope]}",
            "content-type": call.headers["content-type"],
        }
        url = f"{told.emulator}{call.path}"
        again = requests.post(url, data=call.body, headers=headers, timeout=PATIENCE).json()
        if again.get("error") == "missing_scope":
            needing.add(again["needed"])
    assert needing == {scope}


def test_nothing_else_is_asked_for_than_what_is_shown_or_named_here():
    needed = {scope for name in EXERCISED for scope in METHODS[name].scopes}
    assert set(SCOPES) <= needed | set(UNSEEN_SCOPES)


def test_every_method_that_the_bot_calls_was_called_or_is_named_here():
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot").rglob("*.py"))
    families = "|".join(sorted({name.split(".")[0] for name in METHODS}))
    named = set(re.findall(rf"(?:client|hasty)\.((?:{families})_\w+)", source))
    called = {name.replace("_", ".") for name in named - {"files_upload_v2"}}
    assert "files_upload_v2" in named  # which is the two methods of an upload
    files = {"files.getUploadURLExternal", "files.completeUploadExternal"}
    assert called | files | {"apps.connections.open"} == EXERCISED | set(UNSEEN_METHODS)
