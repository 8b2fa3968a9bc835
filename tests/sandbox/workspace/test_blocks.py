"""Blocks are refused where Slack refuses them, and the refusal names the place."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.workspace import blocks as rules
from sandbox.workspace.blocks import characters, problems, too_long, view_problems

from .bolt import actions, button, modal, reason, section


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def option(text: str = "Yes", value: str = "yes") -> dict[str, Any]:
    return {"text": plain(text), "value": value}


def select(**more: Any) -> dict[str, Any]:
    return {
        "type": "static_select",
        "action_id": "s",
        "placeholder": plain("Pick"),
        "options": [option()],
    } | more


KINDS = sorted({*rules._BLOCKS, *rules._ELEMENTS})


def raw(text: str) -> dict[str, Any]:
    return {"type": "raw_text", "text": text}


def data_table(rows: list[Any], **more: Any) -> dict[str, Any]:
    return {"type": "data_table", "caption": "What was found", "rows": rows, **more}


FINE: list[dict[str, Any]] = [
    section("x" * 3000),
    {"type": "section", "fields": [{"type": "mrkdwn", "text": "y" * 2000}] * 10},
    {"type": "section", "text": plain("with a button"), "accessory": button("a")},
    {"type": "header", "text": plain("h" * 150)},
    {"type": "divider"},
    {"type": "context", "elements": [{"type": "mrkdwn", "text": "c"}] * 10},
    actions(*(button(f"b{n}", "v" * 2000) for n in range(25))),
    actions(select(), {"type": "users_select", "action_id": "u"}, {"type": "datepicker", "action_id": "d"}),
    actions({"type": "overflow", "action_id": "o", "options": [option()] * 5}),
    {"type": "image", "image_url": "http://127.0.0.1/a.png", "alt_text": "a picture"},
    {"type": "markdown", "text": "**bold**"},
    {"type": "table", "rows": [[{"type": "raw_text", "text": "a"}] * 20] * 100},
    data_table([[raw("a")] * 20] * 101, page_size=100, row_header_column_index=19),
    data_table([[raw("How many")], [{"type": "raw_number", "value": 2.5, "text": "2.5 of 3"}]]),
    {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "t"}]}],
    },
]


@pytest.mark.parametrize("block", FINE, ids=lambda b: b["type"])
def test_what_slack_takes_is_taken(block):
    assert problems([block]) == []


CONFIRM = {"title": plain("t" * 101), "text": plain("x"), "confirm": plain("y"), "deny": plain("n")}
MANY = [option(value=str(n)) for n in range(101)]
LONG = [option("t" * 76)]
DEEP = [option("t", "v" * 151)]
WIDE = [[{"type": "raw_text", "text": "a"}] * 21]

WRONG: list[tuple[Any, str, str]] = [
    (section("x" * 3001), "/blocks/0/text/text", "less than 3001"),
    (section(""), "/blocks/0/text/text", "more than 0"),
    ({"type": "section"}, "/blocks/0", "missing required field: text"),
    ({"type": "section", "fields": [plain("y")] * 11}, "/blocks/0/fields", "no more than 10"),
    ({"type": "section", "fields": [plain("y" * 2001)]}, "/blocks/0/fields/0/text", "less than 2001"),
    ({"type": "header", "text": plain("h" * 151)}, "/blocks/0/text/text", "less than 151"),
    ({"type": "header", "text": {"type": "mrkdwn", "text": "h"}}, "/blocks/0/text/type", "enum"),
    ({"type": "context", "elements": [plain("c")] * 11}, "/blocks/0/elements", "no more than 10"),
    (actions(*(button(f"b{n}") for n in range(26))), "/blocks/0/elements", "no more than 25"),
    (actions(button("b", text=plain("t" * 76))), "/blocks/0/elements/0/text/text", "less than 76"),
    (actions(button("b", "v" * 2001)), "/blocks/0/elements/0/value", "less than 2001"),
    (actions(button("b" * 256)), "/blocks/0/elements/0/action_id", "less than 256"),
    (actions(button("b", url="h" * 3001)), "/blocks/0/elements/0/url", "less than 3001"),
    (actions(button("b", style="loud")), "/blocks/0/elements/0/style", "enum"),
    (actions(button("b"), button("b")), "/blocks/0/elements/1/action_id", "already exists"),
    (actions(select(options=MANY)), "/blocks/0/elements/0/options", "100"),
    (actions(select(options=LONG)), "/blocks/0/elements/0/options/0/text/text", "less than 76"),
    (actions(select(options=DEEP)), "/blocks/0/elements/0/options/0/value", "less than 151"),
    (actions(select(initial_option=option("No", "no"))), "/blocks/0/elements/0", "initial option"),
    (actions(button("b", confirm=CONFIRM)), "/blocks/0/elements/0/confirm/title/text", "less than 101"),
    (actions(button("b", colour="red")), "/blocks/0/elements/0", "additional property: colour"),
    ({"type": "carrousel"}, "/blocks/0/type", "unsupported type: carrousel"),
    ({"type": "alert", "text": plain("only in modals")}, "/blocks/0/type", "unsupported type: alert"),
    ({"type": "table", "rows": WIDE}, "/blocks/0/rows/0", "no more than 20"),
    (data_table([[raw("a")]]), "/blocks/0/rows", "at least 2"),
    (data_table([[raw("a")]] * 102), "/blocks/0/rows", "no more than 101"),
    (data_table([[raw("a")] * 21] * 2), "/blocks/0/rows/0", "no more than 20"),
    (data_table([[raw("a")], [raw("a"), raw("b")]]), "/blocks/0/rows", "same number of cells"),
    (data_table([[{"type": "rich_text", "elements": []}], [raw("a")]]), "/blocks/0/rows/0", "header"),
    (data_table([[raw("a")], [raw("")]]), "/blocks/0/rows/1/0", "failed to match"),
    (
        data_table([[raw("a")], [{"type": "raw_number", "value": "2", "text": "2"}]]),
        "/blocks/0/rows/1/0",
        "f",
    ),
    (data_table([[raw("a")], [{"type": "raw_number", "value": 2}]]), "/blocks/0/rows/1/0", "failed"),
    (data_table([[raw("a")]] * 2, page_size=0), "/blocks/0/page_size", "from 1 to 100"),
    (data_table([[raw("a")]] * 2, row_header_column_index=1), "/blocks/0/row_header_column_index", "0"),
    (data_table([[raw("a")]] * 2, caption=""), "/blocks/0/caption", "more than 0"),
    (data_table([[raw("a")]] * 2, sortable=True), "/blocks/0", "additional property: sortable"),
    (data_table([[raw("a" * 5_001)]] * 2), "/blocks", "less than 10001 characters in all table cells"),
    ("a string", "/blocks/0", "must be an object"),
]


@pytest.mark.parametrize(("block", "place", "words"), WRONG)
def test_a_breach_is_named_with_its_place(block, place, words):
    (found, *_) = problems([block])
    assert found.endswith(f"[json-pointer:{place}]")
    assert words in found


def test_a_message_takes_fifty_blocks_and_not_one_more():
    assert problems([{"type": "divider"}] * 50) == []
    assert problems([{"type": "divider"}] * 51) == [
        "[ERROR] no more than 50 items allowed [json-pointer:/blocks]"
    ]


def test_a_home_tab_takes_a_hundred_blocks():
    assert problems([{"type": "divider"}] * 100, "home") == []
    assert problems([{"type": "divider"}] * 101, "home")


def test_two_blocks_may_not_share_an_id():
    (found,) = problems([section("a") | {"block_id": "same"}, section("b") | {"block_id": "same"}])
    assert found == "[ERROR] `block_id` `same` already exists [json-pointer:/blocks/1/block_id]"


def test_the_same_action_id_may_stand_in_two_blocks():
    assert problems([actions(button("b")), actions(button("b"))]) == []


def test_a_message_holds_one_table():
    table = {"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]]}
    assert problems([table, dict(table)]) == ["[ERROR] only one table is allowed [json-pointer:/blocks]"]


def test_tables_of_one_message_share_their_characters():
    half = data_table([[raw("a" * 2_501)]] * 2)
    assert problems([half]) == []
    assert "in all table cells" in problems([half, {**half, "caption": "again"}])[0]


def test_a_data_table_stands_in_messages_only():
    assert problems([data_table([[raw("a")]] * 2)], "modal")
    assert problems([data_table([[raw("a")]] * 2)], "home")


@pytest.mark.parametrize(
    ("blocks", "refused"),
    [
        ([section("x" * 2_800)] * 4 + [section("y" * 140)], False),
        ([section("x" * 2_800)] * 4 + [section("y" * 141)], True),
        ([section("x" * 30)] * 300, True),
        ([{"type": "markdown", "text": "m" * 12_000}], False),
        ([data_table([[raw("a" * 40)] * 5] * 50)], False),
    ],
)
def test_a_message_is_too_long_by_its_texts_or_by_its_json(blocks, refused):
    """11,341 characters of text were refused, and 13,200 of JSON; a table counts with its cells' texts."""
    assert too_long(blocks) is refused


def test_the_length_is_that_of_compact_json():
    assert characters([{"a": "ü"}]) == len('[{"a":"ü"}]')


VIEWS: list[tuple[dict[str, Any], str, str]] = [
    (modal(title=plain("t" * 25)), "/view/title/text", "less than 25"),
    (modal(submit=plain("t" * 25)), "/view/submit/text", "less than 25"),
    (modal(private_metadata="m" * 3001), "/view/private_metadata", "less than 3001"),
    (modal(callback_id="c" * 256), "/view/callback_id", "less than 256"),
    (modal(submit=None), "/view", "missing required field: submit"),
    (modal(*[{"type": "divider"}] * 101), "/view/blocks", "no more than 100"),
    (modal({"type": "markdown", "text": "only in messages"}), "/view/blocks/0/type", "unsupported type"),
    (modal(reason(label=plain("l" * 2001))), "/view/blocks/0/label/text", "less than 2001"),
    (modal(colour="red"), "/view", "additional property: colour"),
    ({"type": "home", "blocks": []}, "/view/type", "modal"),
]


@pytest.mark.parametrize(("view", "place", "words"), VIEWS)
def test_a_modal_that_breaks_a_limit_is_named_with_its_place(view, place, words):
    found = view_problems(view, "modal")
    assert any(f.endswith(f"[json-pointer:{place}]") and words in f for f in found)


KEYS = [
    "text",
    "fields",
    "elements",
    "accessory",
    "rows",
    "options",
    "option_groups",
    "element",
    "label",
    "confirm",
    "initial_options",
    "initial_option",
    "value",
    "style",
    "block_id",
    "action_id",
    "alt_text",
    "image_url",
    "placeholder",
    "title",
]


def thing(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Lists, and objects that look like blocks or elements with anything inside."""
    looks_right = st.fixed_dictionaries({"type": st.sampled_from(KINDS)}, optional=dict.fromkeys(KEYS, inner))
    return (
        st.lists(inner, max_size=3) | looks_right | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)
    )


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "x"]), thing, max_leaves=12
)


@given(st.lists(JUNK, max_size=3))
@settings(deadline=None)
def test_whatever_is_sent_as_blocks_is_answered_and_never_breaks_the_check(junk):
    for surface in ("message", "modal", "home"):
        assert all("[json-pointer:" in p for p in problems(junk, surface))
    assert isinstance(view_problems({"type": "modal", "blocks": junk}, "modal"), list)


def test_a_modal_within_the_limits_is_taken():
    assert view_problems(modal(private_metadata="m" * 3000, title=plain("t" * 24)), "modal") == []
