"""Whatever is built, what is sent fits into Slack's limits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.messages import Message, limits, parts
from sandbox.workspace import blocks as slack

BUTTONS = {
    "type": "actions",
    "elements": [
        {"type": "button", "action_id": "go", "value": "1", "text": {"type": "plain_text", "text": "Go" * 90}}
    ],
}


@pytest.mark.parametrize(
    "blocks",
    [
        [parts.section("a & b " * 2_000)],
        [parts.section(f"block {n}") for n in range(200)],
        [parts.section("ü" * 2_900) for _ in range(20)],
        [parts.header("h" * 400), BUTTONS, *[parts.section("x" * 2_500) for _ in range(9)]],
        [parts.preformatted("y" * 200 for _ in range(500))],
        [{"type": "section", "fields": [parts.mrkdwn_text("f" * 2_500) for _ in range(30)]}],
        [{"type": "context", "elements": [parts.mrkdwn_text("c" * 3_500) for _ in range(30)]}],
        [{"type": "actions", "elements": []}, parts.section("")],
    ],
)
def test_a_message_that_is_too_long_is_made_to_fit(blocks):
    fitted = limits.fit(Message("t" * 9_000, tuple(blocks)))
    assert slack.problems(list(fitted.blocks)) == []
    assert not slack.too_long(list(fitted.blocks))
    assert len(fitted.text) <= limits.MESSAGE_TEXT


def test_what_went_is_counted_and_the_file_is_named():
    fitted = limits.fit(Message("t", tuple(parts.section(f"block {n}") for n in range(200))))
    last = fitted.blocks[-1]["elements"][0]["text"]
    assert last == "… 151 more, see the file in the thread"
    assert len(fitted.blocks) == limits.BLOCKS


def test_buttons_are_never_dropped():
    fitted = limits.fit(Message("t", (*[parts.section("x" * 2_900) for _ in range(30)], BUTTONS)))
    assert fitted.blocks[-1]["type"] == "actions"


def test_a_message_that_fits_is_left_alone():
    message = Message("t", (parts.header("h"), parts.section("s"), parts.divider()))
    assert limits.fit(message) == message


@settings(deadline=None)
@given(st.text(alphabet="ab&;<>!^|", max_size=80), st.integers(2, 40))
def test_a_cut_never_leaves_half_a_token(text, limit):
    whole = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") + "<!date^1^{date}|x>"
    short = limits.cut_mrkdwn(whole, limit)
    assert len(short) <= max(limit, min(len(whole), limit))
    assert short.count("<") == short.count(">")
    assert not any(
        short.removesuffix("…").endswith(half) for half in ("&", "&a", "&am", "&amp", "&l", "&lt", "&g")
    )


def test_blocks_are_spread_over_as_few_messages_as_fit():
    pages = limits.pack([parts.section("x" * 2_500) for _ in range(12)], "t")
    assert [len(page.blocks) for page in pages] == [4, 4, 4]
    assert all(slack.problems(list(page.blocks)) == [] for page in pages)


def test_the_small_print_at_the_end_is_never_dropped():
    body = [parts.section("漢" * 900) for _ in range(12)]
    fitted = limits.fit(Message("t", (parts.header("h"), *body, parts.context("Case C-1"))))
    assert fitted.blocks[-1]["elements"][0]["text"] == "Case C-1"
    assert "more, see the file" in fitted.blocks[-2]["elements"][0]["text"]
    assert slack.problems(list(fitted.blocks)) == []
