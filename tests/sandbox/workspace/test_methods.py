"""The Web API methods check token, scope and arguments, and answer with Slack's error names."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import requests
from slack_sdk.errors import SlackApiError

from sandbox import workspace
from sandbox.workspace import methods
from sandbox.workspace.errors import RefusedError, WorkspaceError
from tests.examples import REFERENCE

from .bolt import MANIFEST, actions, button, client, section

ROOM = "incident-room"


@pytest.fixture
def room(shared):
    return shared.channels[ROOM].id


def test_the_table_says_where_and_when_its_facts_were_read():
    text = Path(methods.__file__).with_name("methods.toml").read_text(encoding="utf-8")
    assert re.search(r"docs\.slack\.dev/reference/methods/<method>.*as of \d{4}-\d\d-\d\d", text)


def test_a_refusal_that_slack_does_not_name_for_the_method_is_a_fault_of_the_workspace():
    methods.check_refusal("users.info", RefusedError("user_not_found"))
    with pytest.raises(WorkspaceError, match=r"users\.info knows no error users_not_found"):
        methods.check_refusal("users.info", RefusedError("users_not_found"))


if REFERENCE.is_dir():  # what others read from Slack's pages; it checks our table where it is at hand
    THEIRS = json.loads((REFERENCE / "slack_methods.json").read_text(encoding="utf-8"))

    @pytest.mark.parametrize("name", sorted(methods.METHODS))
    def test_each_method_has_slacks_scopes_tier_arguments_and_refusals(name):
        theirs, ours = THEIRS[name], methods.METHODS[name]
        assert set(ours.scopes) == set(theirs["scope_bot"] or [])
        assert ours.tier == theirs["tier"]
        assert ours.arguments - {"token"} <= set(theirs["args"])
        # chat.postMessage also knows an argument for drafts, which we leave out
        assert set(theirs["args"]) - ours.arguments <= {"current_draft_last_updated_ts"}
        assert set(ours.required) == set(theirs["required"])
        assert ours.refusals <= set(theirs["errors"])


def test_auth_test_says_who_the_bot_is_and_which_scopes_it_has(shared, web):
    answer = web.auth_test()
    assert (answer["user_id"], answer["team_id"]) == (shared.bot_user_id, shared.team_id)
    assert answer.headers["x-oauth-scopes"].split(",") == sorted(shared._state.manifest.scopes)


def test_a_token_must_be_there_and_right(shared, refusal):
    assert refusal(client(shared, "xoxb-wrong").auth_test) == "invalid_auth"
    assert refusal(client(shared, shared.app_token).auth_test) == "not_allowed_token_type"
    assert (
        refusal(client(shared).apps_connections_open, app_token=shared.bot_token) == "not_allowed_token_type"
    )


def test_a_missing_scope_is_named():
    with workspace.start(
        MANIFEST.read_text(encoding="utf-8").replace("- users:read ", "- pins:write ")
    ) as slack:
        answer = client(slack).api_call  # the client raises, the answer is in the exception
        with pytest.raises(SlackApiError, match="missing_scope") as caught:
            answer("users.info", params={"user": "U1"})
        assert caught.value.response["needed"] == "users:read"
        assert "chat:write" in caught.value.response["provided"].split(",")


def test_addresses_are_hidden_without_their_scope():
    with workspace.start(
        MANIFEST.read_text(encoding="utf-8").replace("- users:read.email", "- pins:write")
    ) as slack:
        user = client(slack).users_info(user=slack.people["subject"].id)["user"]
        assert "email" not in user["profile"]


def test_unknown_methods_and_arguments_are_refused(web, refusal):
    assert refusal(web.api_call, api_method="chat.shout") == "unknown_method"
    assert (
        refusal(web.api_call, api_method="users.info", params={"user": "U1", "uesr": "U1"})
        == "invalid_arguments"
    )
    assert refusal(web.api_call, api_method="users.info", params={}) == "invalid_arguments"


@pytest.mark.parametrize("header", [{"Host": "evil.example"}, {"Origin": "http://evil.example"}])
def test_a_foreign_host_or_origin_is_turned_away(shared, header):
    assert requests.post(f"{shared.api_url}auth.test", headers=header, timeout=60).status_code == 403


def test_arguments_may_come_as_query_form_or_json(shared):
    url, token = f"{shared.api_url}users.info", shared.bot_token
    wanted = {"user": shared.people["subject"].id}
    head = {"Authorization": f"Bearer {token}"}
    answers = [
        requests.get(url, params=wanted, headers=head, timeout=60),
        requests.post(url, data=wanted | {"token": token}, timeout=60),
        requests.post(url, json=wanted, headers=head, timeout=60),
        requests.post(url, files={"user": (None, wanted["user"])}, headers=head, timeout=60),
    ]
    assert [a.json()["user"]["name"] for a in answers] == ["adele.vance"] * 4
    assert requests.post(url, data=wanted, timeout=60).json()["error"] == "not_authed"
    broken = requests.post(url, data="{", headers={**head, "Content-Type": "application/json"}, timeout=60)
    assert broken.json()["error"] == "invalid_json"


def test_a_message_is_posted_edited_and_keeps_its_history(shared, web, room):
    posted = web.chat_postMessage(channel=room, text="looking", blocks=[section("looking <@U0ADELEVAN>")])
    web.chat_update(channel=room, ts=posted["ts"], text="found", blocks=[section("found")])
    message = shared.current(shared.messages(room)[-1])
    assert (message.text, shared.as_text(message)) == ("found", "found")
    assert message.edited
    assert [m.text for m in message.history] == ["looking"]
    assert message.history[0].pings == ("U0ADELEVAN",)
    assert message.pings == ()


def test_an_edit_with_text_alone_drops_the_blocks(shared, web, room):
    posted = web.chat_postMessage(channel=room, text="a", blocks=[actions(button("go"))])
    web.chat_update(channel=room, ts=posted["ts"], text="b")
    assert shared.messages(room)[-1].blocks == []


def test_only_own_messages_can_be_edited_or_deleted(shared, web, room, refusal):
    theirs = shared.say("responder", ROOM, "mine")
    assert refusal(web.chat_update, channel=room, ts=theirs.ts, text="x") == "cant_update_message"
    assert refusal(web.chat_delete, channel=room, ts=theirs.ts) == "cant_delete_message"
    assert refusal(web.chat_update, channel=room, ts="1.000001", text="x") == "message_not_found"


def test_an_ephemeral_message_cannot_be_edited(shared, web, room, refusal):
    ts = web.chat_postEphemeral(channel=room, user=shared.people["responder"].id, text="psst")["message_ts"]
    assert refusal(web.chat_update, channel=room, ts=ts, text="x") == "message_not_found"


def test_channels_are_closed_to_those_outside(shared, web, refusal):
    assert refusal(web.chat_postMessage, channel="general", text="x") == "not_in_channel"
    assert refusal(web.chat_postMessage, channel="board", text="x") == "channel_not_found"
    assert refusal(web.chat_postMessage, channel="C0NOWHERE", text="x") == "channel_not_found"
    assert refusal(web.chat_postMessage, channel="old-incidents", text="x") == "is_archived"
    assert refusal(web.conversations_info, channel=shared.channels["board"].id) == "channel_not_found"
    assert shared.messages("incident-room", viewer="bystander") == []


def test_wrong_blocks_are_refused_with_the_place(web, room, refusal):
    with pytest.raises(SlackApiError, match="invalid_blocks") as caught:
        web.chat_postMessage(channel=room, text="x", blocks=[section("y" * 3001)])
    assert caught.value.response["response_metadata"]["messages"] == [
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    ]
    assert refusal(web.chat_postMessage, channel=room, text="x", blocks="{") == "invalid_blocks_format"
    assert (
        refusal(web.api_call, api_method="chat.postMessage", json={"channel": room, "text": ""}) == "no_text"
    )


def test_all_blocks_together_have_a_limit(web, room, refusal):
    assert (
        refusal(web.chat_postMessage, channel=room, text="x", blocks=[section("y" * 2700)] * 5)
        == "msg_blocks_too_long"
    )
    web.chat_postMessage(channel=room, text="x", blocks=[section("y" * 2200)] * 5)


def test_long_text_is_cut_when_posted_and_refused_when_edited(shared, web, room, refusal):
    ts = web.chat_postMessage(channel=room, text="x" * 40_001)["ts"]
    assert len(shared.messages(room)[-1].text) == 40_000
    # Slack's page names no number; this one was measured in August 2026: github.com/pymc-labs/daimon/pull/106
    web.chat_update(channel=room, ts=ts, text="x" * 4_000)
    assert refusal(web.chat_update, channel=room, ts=ts, text="x" * 4_001) == "msg_too_long"


def test_a_reply_goes_to_its_thread_and_not_to_the_channel(shared, web, room):
    parent = web.chat_postMessage(channel=room, text="card")["ts"]
    child = web.chat_postMessage(channel=room, text="detail", thread_ts=parent)["ts"]
    web.chat_postMessage(channel=room, text="more", thread_ts=child)
    card = shared.messages(room)[-1]
    assert card.ts == parent
    assert [m.text for m in shared.replies(card)] == ["detail", "more"]


def test_a_reply_to_a_message_that_was_deleted_stands_in_the_channel(shared, web, room):
    """So it was seen in July 2026: github.com/slack-go/slack/issues/1571."""
    parent = web.chat_postMessage(channel=room, text="card")["ts"]
    web.chat_delete(channel=room, ts=parent)
    posted = web.chat_postMessage(channel=room, text="detail", thread_ts=parent)
    assert "thread_ts" not in posted["message"]
    assert shared.messages(room)[-1].text == "detail"


def test_an_ephemeral_message_is_for_one_person_until_the_next_reload(fresh, refusal):
    web = client(fresh)
    room = fresh.channels[ROOM].id
    web.chat_postEphemeral(channel=room, user=fresh.people["responder"].id, text="psst")
    assert [m.text for m in fresh.messages(room, viewer="responder")] == ["psst"]
    assert fresh.messages(room, viewer="approver") == []
    assert fresh.ephemerals("approver") == []
    fresh.reload("responder")
    assert fresh.ephemerals("responder") == []
    outsider = fresh.people["bystander"].id
    assert refusal(web.chat_postEphemeral, channel=room, user=outsider, text="x") == "user_not_in_channel"


def test_the_people_have_the_flags_by_which_they_are_refused(shared, web):
    def info(part: str) -> Any:
        return web.users_info(user=shared.people[part].id)["user"]

    assert info("guest")["is_restricted"]
    assert info("deactivated")["deleted"]
    assert info("another_bot")["is_bot"]
    assert info("external")["team_id"] != shared.team_id
    assert info("subject")["profile"]["email"] == "adele.vance@contoso.example"
    assert not any(info("responder").get(k) for k in ("deleted", "is_bot", "is_restricted", "is_stranger"))


def test_people_are_found_by_address_in_any_case(shared, web, refusal):
    found = web.users_lookupByEmail(email="Adele.Vance@Contoso.example")["user"]
    assert found["id"] == shared.people["subject"].id
    for address in ("nobody@contoso.example", "joni.sherman@contoso.example", "jordan.frey@fabrikam.example"):
        assert refusal(web.users_lookupByEmail, email=address) == "users_not_found"


def test_the_list_of_people_comes_in_pages(shared, web):
    seen = [user["id"] for page in web.users_list(limit=4) for user in page["members"]]
    assert len(seen) == len(set(seen)) == len(shared.people) + 1


def test_the_user_group_answers_its_members(shared, web, refusal):
    (group,) = web.usergroups_list(include_users=True)["usergroups"]
    assert group["handle"] == "incident-responders"
    assert web.usergroups_users_list(usergroup=group["id"])["users"] == group["users"]
    assert shared.people["responder"].id in group["users"]
    assert refusal(web.usergroups_users_list, usergroup="S0NONE") == "no_such_subteam"


def test_a_direct_message_is_opened_once(shared, web, refusal):
    who = shared.people["approver"].id
    first = web.conversations_open(users=who)["channel"]["id"]
    assert web.conversations_open(users=[who])["channel"]["id"] == first
    web.chat_postMessage(channel=first, text="please decide")
    web.chat_postMessage(channel=who, text="again")
    assert [m.text for m in shared.direct("approver")] == ["please decide", "again"]
    gone = shared.people["deactivated"].id
    assert refusal(web.conversations_open, users=gone) == "user_disabled"
    assert refusal(web.chat_postMessage, channel=gone, text="x") == "channel_not_found"
    assert refusal(web.conversations_open, users=f"{who},{shared.people['responder'].id}") == "missing_scope"


def test_the_members_of_a_room_can_be_read(shared, web, room):
    assert shared.bot_user_id in web.conversations_members(channel=room)["members"]
    assert web.conversations_info(channel=room)["channel"]["is_private"]
    names = {c["name"] for c in web.conversations_list(types="public_channel,private_channel")["channels"]}
    assert ROOM in names
    assert "board" not in names


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("conversations.join", {"channel": "C0GENERAL1"}),
        ("conversations.replies", {"channel": "C0INCIDENT", "ts": "1.1"}),
        ("reactions.add", {"channel": "C0INCIDENT", "name": "eyes", "timestamp": "1.1"}),
        ("pins.add", {"channel": "C0INCIDENT", "timestamp": "1.1"}),
        (
            "bookmarks.add",
            {"channel_id": "C0INCIDENT", "title": "t", "type": "link", "link": "http://a.example"},
        ),
        ("conversations.list", {"types": "im"}),
    ],
)
def test_what_the_manifest_does_not_ask_for_is_refused(web, refusal, method, arguments):
    assert refusal(web.api_call, api_method=method, params=arguments) == "missing_scope"


def test_with_their_scopes_the_other_methods_work(refusal):
    names = ("channels:join", "groups:history", "reactions:write", "pins:write", "bookmarks:write")
    more = "\n      - ".join(names)
    text = MANIFEST.read_text(encoding="utf-8").replace("- commands ", f"- {more}\n      - commands ")
    with workspace.start(text) as slack:
        web = client(slack)
        web.conversations_join(channel=slack.channels["general"].id)
        web.chat_postMessage(channel="general", text="hello")
        room = slack.channels[ROOM].id
        ts = web.chat_postMessage(channel=room, text="card")["ts"]
        web.chat_postMessage(channel=room, text="detail", thread_ts=ts)
        web.reactions_add(channel=room, name="eyes", timestamp=ts)
        web.pins_add(channel=room, timestamp=ts)
        web.bookmarks_add(channel_id=room, title="Docs", type="link", link="http://127.0.0.1/docs")
        assert refusal(web.reactions_add, channel=room, name="eyes", timestamp=ts) == "already_reacted"
        assert refusal(web.pins_add, channel=room, timestamp=ts) == "already_pinned"
        assert [m["text"] for m in web.conversations_replies(channel=room, ts=ts)["messages"]] == [
            "card",
            "detail",
        ]
        assert slack.messages(room)[0].reactions == ("eyes",)


def test_a_permalink_leads_to_this_machine(shared, web, room):
    ts = web.chat_postMessage(channel=room, text="card")["ts"]
    link = web.chat_getPermalink(channel=room, message_ts=ts)["permalink"]
    assert link == f"{shared.url}/archives/{room}/p{ts.replace('.', '')}"


def test_metadata_must_have_slacks_form(web, room, refusal):
    web.chat_postMessage(
        channel=room, text="x", metadata={"event_type": "case", "event_payload": {"id": "1"}}
    )
    assert (
        refusal(web.chat_postMessage, channel=room, text="x", metadata={"event_type": "case"})
        == "invalid_metadata_schema"
    )


def test_every_call_and_every_message_is_on_record(fresh):
    web = client(fresh)
    ts = web.chat_postMessage(channel=ROOM, text="one", blocks=[section("one")])["ts"]
    web.chat_update(channel=fresh.channels[ROOM].id, ts=ts, text="two")
    web.chat_delete(channel=fresh.channels[ROOM].id, ts=ts)
    assert [(e["kind"], e["text"]) for e in fresh.transcript] == [
        ("posted", "one"),
        ("updated", "two"),
        ("deleted", "two"),
    ]
    assert [(c.method, c.ok) for c in fresh.calls] == [
        ("chat.postMessage", True),
        ("chat.update", True),
        ("chat.delete", True),
    ]
    assert "xoxb" not in json.dumps([asdict(c) for c in fresh.calls], default=str)
    json.dumps(fresh.transcript)
