"""A message arrives in the form that the workspace takes, once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from bot.errors import SlackFailed
from bot.messages import Message, parts, tables
from bot.messages.tables import Ranked, Table
from bot.settings import SlackSettings
from bot.slack.client import make_client
from bot.slack.posting import Posting
from sandbox import workspace
from sandbox.workspace.faults import api_error
from tests.scenarios.conftest import MANIFEST

ROOM = "incident-room"
TABLE = Table("One finding", ("Severity", "Finding"), ((Ranked(5, "high"), "A rule"),), names=1)
LIST = Message("t", (parts.section("high: A rule"),))
OLDER = Message("t", (tables.older_table(TABLE),), simpler=LIST)
NEWEST = Message("t", (tables.data_table(TABLE, 10),), simpler=OLDER)


@pytest.fixture
def slack() -> Iterator[workspace.RunningWorkspace]:
    with workspace.start(MANIFEST) as started:
        yield started


@pytest.fixture
def posting(slack: workspace.RunningWorkspace) -> Posting:
    settings = SlackSettings(
        bot_token=SecretStr(slack.bot_token), app_token=SecretStr(slack.app_token), api_url=slack.api_url
    )
    return Posting(make_client(settings, waits=False))


def kinds(slack: workspace.RunningWorkspace) -> list[list[str]]:
    return [[str(block["type"]) for block in one.blocks] for one in slack.messages(ROOM)]


def posts(slack: workspace.RunningWorkspace) -> int:
    return sum(call.method == "chat.postMessage" for call in slack.calls)


def room(slack: workspace.RunningWorkspace) -> str:
    return slack.channels[ROOM].id


@pytest.mark.parametrize(
    ("unknown", "taken"),
    [
        (set(), ["data_table"]),
        ({"data_table"}, ["table"]),
        ({"data_table", "table"}, ["section"]),
    ],
)
def test_a_table_is_posted_in_the_newest_form_that_the_workspace_knows(slack, posting, unknown, taken):
    slack.state.unknown_blocks = unknown
    posting.post(room(slack), NEWEST)
    assert kinds(slack) == [taken]


def test_what_was_refused_once_is_not_tried_again(slack, posting):
    slack.state.unknown_blocks = {"data_table"}
    posting.post(room(slack), NEWEST)
    asked = posts(slack)
    posting.post(room(slack), NEWEST)
    assert posts(slack) == asked + 1
    assert kinds(slack) == [["table"], ["table"]]


def test_a_message_that_is_wrong_in_every_form_teaches_nothing(slack, posting):
    wrong = Message("t", ({"type": "data_table", "caption": "", "rows": []},), simpler=Message("t", ({},)))
    with pytest.raises((SlackFailed, KeyError)):
        posting.post(room(slack), wrong)
    posting.post(room(slack), NEWEST)
    assert kinds(slack) == [["data_table"]]


def test_a_message_that_is_refused_as_too_long_is_split_and_loses_nothing(slack, posting):
    said = [f"{n} " + "x" * 300 for n in range(8)]
    slack.faults.add("chat.postMessage", api_error("msg_blocks_too_long"), times=1)
    answer = posting.post(room(slack), Message("t", tuple(map(parts.section, said))))
    shown = slack.messages(ROOM)
    assert [block["text"]["text"] for one in shown for block in one.blocks] == said
    assert [len(one.blocks) for one in shown] == [4, 4]
    assert answer["ts"] == shown[0].ts


def test_a_card_that_is_refused_as_too_long_is_cut_and_keeps_its_buttons(slack, posting):
    button = parts.actions([parts.button("Go", "go", "1")])
    card = Message("t", (*[parts.section("x" * 900) for _ in range(8)], button))
    slack.faults.add("chat.postMessage", api_error("msg_blocks_too_long"), times=2)
    posting.post(room(slack), card)
    (shown,) = slack.messages(ROOM)
    assert shown.blocks[-1]["type"] == "actions"
    assert str(shown.blocks).count("more, see the file in the thread") == 1
    kept = sum(block["type"] == "section" for block in shown.blocks)
    assert f"… {8 - kept} more, see" in str(shown.blocks)


def test_an_edit_that_is_refused_as_too_long_stays_one_message(slack, posting):
    posted = posting.post(room(slack), LIST)
    slack.faults.add("chat.update", api_error("msg_blocks_too_long"), times=1)
    long = Message("t", tuple(parts.section("x" * 900) for _ in range(8)))
    posting.edit(room(slack), posted["ts"], long)
    (shown,) = slack.messages(ROOM)
    assert 1 < len(shown.blocks) < 8


def test_what_cannot_become_shorter_is_told(slack, posting):
    slack.faults.add("chat.postMessage", api_error("msg_blocks_too_long"), times=1)
    with pytest.raises(SlackFailed, match="msg_blocks_too_long"):
        posting.post(room(slack), LIST)
