"""A message names accounts in its text, in its blocks and in what is attached to it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.people.meant import Address, Mention
from bot.verbs.mentions import LONGEST, named_in

ADELE = Address("adele.vance@contoso.example")
MEGAN = Mention("U0MEGANBOW")


@pytest.mark.parametrize(
    "message",
    [
        {"text": "odd mail from adele.vance@contoso.example, <@U0MEGANBOW> says."},
        {"text": "<mailto:Adele.Vance@contoso.example|adele.vance@contoso.example> <@U0MEGANBOW|megan>"},
        {
            "text": "",
            "blocks": [
                {"type": "section", "text": {"type": "mrkdwn", "text": "*adele.vance@contoso.example*:"}},
                {"type": "section", "fields": [{"type": "mrkdwn", "text": "seen by <@U0MEGANBOW>"}]},
            ],
        },
        {
            "blocks": [
                {
                    "type": "rich_text",
                    "elements": [
                        {
                            "type": "rich_text_section",
                            "elements": [
                                {"type": "link", "url": "mailto:adele.vance@contoso.example", "text": "her"},
                                {"type": "user", "user_id": "U0MEGANBOW"},
                            ],
                        }
                    ],
                }
            ]
        },
        {
            "text": "alert",
            "attachments": [
                {
                    "title": "Risky user adele.vance@contoso.example",
                    "fields": [{"title": "Owner", "value": "<@U0MEGANBOW>"}],
                }
            ],
        },
    ],
)
def test_addresses_and_mentions_are_found_wherever_people_see_them(message):
    assert named_in(message) == (ADELE, MEGAN)


def test_each_is_given_once_and_in_the_order_of_its_first_mention():
    text = "b@contoso.example a@contoso.example B@contoso.example"
    assert named_in({"text": text}) == (Address("b@contoso.example"), Address("a@contoso.example"))


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"text": None},
        {"text": "no @body, a@b, @here <!channel> <#C0INCIDENT|x>"},
        {"blocks": [None, 7, "x"]},
    ],
)
def test_what_names_nobody_gives_nobody(message):
    assert named_in(message) == ()


def test_an_endless_or_endlessly_nested_message_is_read_in_part():
    nested: dict[str, Any] = {"text": "deep@contoso.example"}
    for _ in range(200):
        nested = {"elements": [nested]}
    assert named_in(nested) == ()
    assert named_in({"text": "a" * LONGEST + " late@contoso.example"}) == ()


@given(
    st.recursive(
        st.text(max_size=30), lambda inner: st.dictionaries(st.sampled_from(["text", "blocks"]), inner)
    )
)
def test_no_message_whatever_breaks_the_reader(message):
    named_in({"text": message, "blocks": [message]})
