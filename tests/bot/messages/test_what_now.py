"""After a plan was carried out, the cards say what is open, what people have to do, and until when."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.messages import Message
from bot.messages.case_card import case_card
from bot.messages.proposal_card import proposal_card
from bot.messages.what_now import WhatNow, line, lines
from commands.containment.approval import ProposalState
from commands.containment.proposals import Outcome
from sandbox.workspace import text as slack_text
from tests.bot.messages import samples

OURS = frozenset({"contoso.example"})
UNTIL = datetime(2027, 3, 2, 9, 30, tzinfo=UTC)
LEFT = WhatNow(
    open=("the sharing of Forecast.xlsx", "the device", "the grant"),
    never=2,
    tasks=9,
    later=4,
    number=3,
    first="Call the user.",
    blocked=True,
    until=UNTIL,
)


def test_each_thing_that_is_left_has_a_line_with_its_button():
    assert list(lines(LEFT, OURS)) == [
        (
            "▸ *Still open*: the sharing of Forecast.xlsx; the device; 1 more. Select “Contain account” on "
            "the case's card."
        ),
        "▸ *9 manual tasks open*, 4 of them can wait; first, number 3: Call the user. Select “Manual tasks”.",
        "▸ Sign-in is still blocked. To unblock it, select “Undo changes”.",
        "▸ Rechecked until 02 Mar 2027; what re-appears is posted in the case's channel.",
    ]


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (WhatNow(), ["▸ No manual task is open."]),
        (
            WhatNow(
                by_hand=("anyone with the link can open Payroll.xlsx (manual task 5)",),
                tasks=1,
                number=5,
                first="X",
            ),
            [
                (
                    "▸ *Still open*: anyone with the link can open Payroll.xlsx (manual task 5). "
                    "Select “Manual tasks”."
                ),
                "▸ *1 manual task open*; first, number 5: X.",
            ],
        ),
        (WhatNow(open=("a rule",)), ["▸ *Still open*: a rule. Select “Check again” on the case's card."]),
        (
            WhatNow(never=1),
            [
                "▸ 1 suggested change was never carried out. Select “Contain account” on the case's card.",
            ],
        ),
    ],
)
def test_what_is_not_left_is_not_told(now, says):
    assert list(lines(now, OURS)) == says


def test_the_cases_card_says_it_in_one_line_and_has_the_button_while_tasks_are_open():
    assert line(LEFT, OURS) == (
        "*What now*: *9 manual tasks open*, 4 of them can wait; first, number 3: Call the user;"
        " sign-in is still blocked; Rechecked until 02 Mar 2027."
    )
    some = case_card(samples.done(samples.rich(), offers=True, what_now=LEFT))
    none = case_card(samples.done(samples.rich(), offers=True, what_now=WhatNow()))
    before = case_card(samples.done(samples.rich(), offers=True))
    assert "[Manual tasks]" in shown(some)
    assert "*What now*: no manual task is open." in shown(none)
    assert "[Manual tasks]" not in shown(none)
    assert "What now" not in shown(before)


def test_a_finished_plan_begins_with_what_is_left_and_its_buttons_before_what_was_done():
    change, task = samples.change(1, text="Disable the rule"), samples.task()
    proposal = samples.small(
        change,
        tasks_of=(task,),
        state=ProposalState.DONE,
        actions=(samples.action(change, Outcome.CONFIRMED),),
    )
    text = shown(proposal_card(proposal, names=samples.TITLES, now=samples.NOW, left=LEFT))
    order = [
        text.index(words)
        for words in ("Carried out", "*What now*", "[Manual tasks]", "proposed this", "Done and confirmed")
    ]
    assert order == sorted(order)
    without = shown(proposal_card(proposal, names=samples.TITLES, now=samples.NOW))
    assert "What now" not in without


def test_an_undo_that_is_to_be_decided_says_what_is_still_open():
    change = samples.change(1, text="Unblock sign-in")
    proposal = samples.small(change, kind="restore")
    text = shown(proposal_card(proposal, names=samples.TITLES, now=samples.NOW, left=LEFT))
    order = [text.index(words) for words in ("Undo for", "*While this is undone*", "[Approve]", "1. Unblock")]
    assert order == sorted(order)


def test_a_plan_that_is_to_be_decided_names_what_it_does_not_do():
    proposal = samples.small(samples.change(1, text="Block sign-in"))
    out = ("Stop forwarding mail", "Remove a delegate", "Disable <!channel>", "Disable one more")
    message = proposal_card(proposal, names=samples.TITLES, now=samples.NOW, left_out=out)
    text = shown(message)
    assert "*Not in this plan* (4 suggested changes): Stop forwarding mail; Remove a delegate; " in text
    assert "; 1 more." in text
    assert "<!channel>" not in str(message.blocks)
    assert text.index("Not in this plan") < text.index("[Approve]")


def shown(message: Message) -> str:
    return "\n".join(slack_text.lines(message.blocks, lambda name: name))
