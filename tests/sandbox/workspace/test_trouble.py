"""Rate limits and faults: what the app meets on a bad day."""

from __future__ import annotations

import time

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry import FixedValueRetryIntervalCalculator
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler, ServerErrorRetryHandler

from sandbox import workspace
from sandbox.workspace import Limits, NotOnScreenError, api_error, rate_limited, reset, server_error, slow

from .bolt import MANIFEST, client

ROOM = "incident-room"


def test_a_channel_takes_a_burst_and_then_one_post_a_second(still):
    web = client(still)
    for n in range(still.limits.posts_at_once):
        web.chat_postMessage(channel=ROOM, text=str(n))
    with pytest.raises(SlackApiError) as caught:
        web.chat_postMessage(channel=still.channels[ROOM].id, text="one too many")
    assert caught.value.response.status_code == 429
    assert caught.value.response["error"] == "ratelimited"
    assert caught.value.response.headers["Retry-After"] == "1"
    web.chat_postMessage(channel="security-alerts", text="another channel")
    still.advance(1.1)
    web.chat_postMessage(channel=ROOM, text="a second later")


def test_the_limits_can_be_switched_off(fresh):
    fresh.limits.enabled = False
    web = client(fresh)
    for n in range(fresh.limits.posts_at_once + 2):
        web.chat_postMessage(channel=ROOM, text=str(n))


def test_the_tiers_count_calls_per_minute_and_method():
    limits = Limits()
    assert [limits.wait("users.list", "t2", None, 0.0) for _ in range(21)] == [0] * 20 + [3]
    assert limits.wait("conversations.list", "t2", None, 0.0) == 0
    assert limits.wait("users.list", "t2", None, 3.0) == 0
    assert limits.wait("auth.test", "t5", None, 0.0) == 0


def test_a_client_with_a_retry_handler_waits_out_a_rate_limit(fresh):
    web = WebClient(
        token=fresh.bot_token,
        base_url=fresh.api_url,
        retry_handlers=[RateLimitErrorRetryHandler(max_retry_count=1)],
    )
    fresh.faults.add("chat.postMessage", rate_limited(retry_after=0))
    web.chat_postMessage(channel=ROOM, text="x")
    assert [(c.status, c.error) for c in fresh.calls] == [(429, "ratelimited"), (200, None)]


def test_a_server_error_does_nothing_unless_it_comes_after_the_work(fresh):
    web = WebClient(
        token=fresh.bot_token,
        base_url=fresh.api_url,
        retry_handlers=[ServerErrorRetryHandler(interval_calculator=FixedValueRetryIntervalCalculator(0.01))],
    )
    fresh.faults.add("chat.postMessage", server_error(500), times=2)
    with pytest.raises(SlackApiError):
        web.chat_postMessage(channel=ROOM, text="lost")
    fresh.faults.add("chat.postMessage", server_error(503, after_effect=True), times=2)
    with pytest.raises(SlackApiError):
        web.chat_postMessage(channel=ROOM, text="there all the same")
    assert [m.text for m in fresh.messages(ROOM)] == ["there all the same"] * 2


def test_a_refusal_can_be_ordered(fresh, refusal):
    fresh.faults.add("usergroups.list", api_error("plan_upgrade_required"))
    assert refusal(client(fresh).usergroups_list) == "plan_upgrade_required"
    assert client(fresh).usergroups_list()["ok"]


def test_a_connection_can_break_with_or_without_effect(fresh):
    web = WebClient(token=fresh.bot_token, base_url=fresh.api_url, retry_handlers=[])
    for after_effect in (False, True):
        fresh.faults.add("chat.postMessage", reset(after_effect=after_effect))
        with pytest.raises(Exception, match=r"IncompleteRead|Connection|closed"):
            web.chat_postMessage(channel=ROOM, text=f"after {after_effect}")
    assert [m.text for m in fresh.messages(ROOM)] == ["after True"]


def test_every_method_and_every_answer_can_be_slow():
    with workspace.start(MANIFEST, latency=0.1) as slack:
        slack.faults.add("*", slow(0.1))
        start = time.perf_counter()
        client(slack).auth_test()
        assert time.perf_counter() - start >= 0.2
        slack.faults.clear()


def test_waiting_ends_when_it_comes_and_says_what_was_seen_when_it_does_not(fresh):
    client(fresh).chat_postMessage(channel=ROOM, text="something else")
    with pytest.raises(NotOnScreenError, match="the card did not come") as caught:
        fresh.wait_for(lambda: fresh.messages(ROOM)[7], timeout=0.1, what="the card")
    assert "something else" in str(caught.value)
    assert fresh.wait_for(lambda: fresh.messages(ROOM))[0].text == "something else"


def test_people_and_rooms_can_change_in_the_middle_of_a_story(fresh, refusal):
    web = client(fresh)
    fresh.change_person("approver", deleted=True)
    assert web.users_info(user=fresh.people["approver"].id)["user"]["deleted"]
    fresh.invite("bystander", ROOM)
    assert (
        fresh.people["bystander"].id in web.conversations_members(channel=fresh.channels[ROOM].id)["members"]
    )
    fresh.set_group("incident-responders", ["subject"])
    assert web.usergroups_list(include_users=True)["usergroups"][0]["users"] == [fresh.people["subject"].id]
    fresh.remove("bot", ROOM)
    assert refusal(web.chat_postMessage, channel=ROOM, text="x") == "channel_not_found"
    fresh.invite("bot", ROOM)
    posted = web.chat_postMessage(channel=ROOM, text="x")["ts"]
    fresh.archive(ROOM)
    assert refusal(web.chat_postMessage, channel=ROOM, text="x") == "is_archived"
    assert refusal(web.chat_update, channel=fresh.channels[ROOM].id, ts=posted, text="y") == "is_inactive"
