"""After a plan was carried out, the cards say what is open, what people have to do, and until when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.messages import Message
from bot.messages.case_card import case_card
from bot.messages.proposal_card import proposal_card
from bot.messages.proposal_results import results_in_full
from bot.messages.what_now import WhatNow, line, lines
from commands.containment.proposals import Outcome, Proposal
from commands.plans.approval import ProposalState
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
        "▸ Rechecked until 02 Mar 2027; what reappears is posted in the channel.",
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
        (
            WhatNow(tasks=1, number=2, first="Call the bank", at_once=True),
            ["▸ *1 manual task open*; first, number 2 (at once): Call the bank. Select “Manual tasks”."],
        ),
        (
            WhatNow(open=("a rule",), reappeared=True),
            ["▸ *Still open*, as the check found it: a rule. Select “Check again” on the case's card."],
        ),
        (WhatNow(open=("a rule",)), ["▸ *Still open*: a rule. Select “Check again” on the case's card."]),
        (
            WhatNow(never=1),
            [
                "▸ 1 suggested change is not carried out yet. Select “Contain account” on the case's card.",
            ],
        ),
    ],
)
def test_what_is_not_left_is_not_told(now, says):
    assert list(lines(now, OURS)) == says


def test_the_cases_card_says_it_in_one_line_and_has_the_button_while_tasks_are_open():
    assert line(LEFT, OURS) == (
        "*What now*: *9 manual tasks open*, 4 of them can wait; first, number 3: Call the user;"
        " sign-in is still blocked; rechecked until 02 Mar 2027."
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


def finished(*outcomes: Outcome | None, **changes: Any) -> Proposal:
    made = [samples.change(number, text=f"Do thing {number}") for number in range(len(outcomes))]
    actions = [samples.action(one, outcome) for one, outcome in zip(made, outcomes, strict=True) if outcome]
    return samples.small(*made, state=ProposalState.DONE, actions=tuple(actions), **changes)


def test_a_long_finished_plan_counts_what_is_as_approved_and_names_what_is_not() -> None:
    """What somebody must look at is among forty that nobody need look at; the thread names them all."""
    rest = (Outcome.FAILED, Outcome.UNCONFIRMED, Outcome.ALREADY, None)
    proposal = finished(*[Outcome.CONFIRMED] * 30, *rest)
    text = shown(proposal_card(proposal, names=samples.TITLES, now=samples.NOW, left=LEFT))
    assert "*✔ Done and confirmed*\n30 changes: 30 remove what they left; all can be undone" in text
    assert "*＝ No change needed*\n1 change: 1 removes what they left; can be undone" in text
    assert "\n31. Do thing 30" in text, "what failed is named"
    assert "\n32. Do thing 31" in text, "and so is what nobody confirmed"
    assert "*Not started*\n34. Do thing 33" in text
    assert "Do thing 29" not in text
    assert text.index("31. Do thing 30") < text.index("Done and confirmed")
    assert "Each change by name, with its outcome, is in the thread." in text
    whole = "\n".join(shown(one) for one in results_in_full(proposal))
    assert all(f"{number + 1}. Do thing {number}" in whole for number in range(34))
    assert "*✔ Done and confirmed*" in whole


def test_a_short_finished_plan_names_its_changes_and_puts_nothing_into_the_thread() -> None:
    proposal = finished(*[Outcome.CONFIRMED] * 5)
    text = shown(proposal_card(proposal, names=samples.TITLES, now=samples.NOW, left=LEFT))
    assert "5. Do thing 4 (can be undone)" in text
    assert results_in_full(proposal) == ()


def test_undone_changes_are_counted_as_undone() -> None:
    proposal = finished(*[Outcome.CONFIRMED] * 6, kind="restore")
    text = shown(proposal_card(proposal, names=samples.TITLES, now=samples.NOW, left=LEFT))
    assert "*✔ Done and confirmed*\n6 changes undone" in text


@pytest.mark.parametrize(
    ("number", "says"), [(1, "*1 change*, undoing one that"), (2, "*2 changes*, each undoing one that")]
)
def test_an_undo_of_one_change_is_told_as_one(number: int, says: str) -> None:
    made = [samples.change(one) for one in range(number)]
    assert says in shown(proposal_card(samples.small(*made, kind="restore"), names={}, now=samples.NOW))


def test_an_undo_that_is_to_be_decided_says_what_is_still_open():
    change = samples.change(1, text="Unblock sign-in")
    proposal = samples.small(change, kind="restore")
    text = shown(proposal_card(proposal, names=samples.TITLES, now=samples.NOW, left=LEFT))
    order = [text.index(words) for words in ("Undo for", "*While this is undone*", "[Approve]", "1. Unblock")]
    assert order == sorted(order)


def test_a_plan_that_is_to_be_decided_counts_above_the_buttons_what_it_does_not_do_and_names_it_below():
    proposal = samples.small(samples.change(1, text="Block sign-in"))
    out = ("Stop forwarding mail", "Remove a delegate", "Disable <!channel>", "Disable one more")
    message = proposal_card(proposal, names=samples.TITLES, now=samples.NOW, left_out=out)
    text = shown(message)
    assert "*Not in this plan* (4 suggested changes): Stop forwarding mail; Remove a delegate; " in text
    assert "; 1 more." in text
    assert "<!channel>" not in str(message.blocks)
    assert text.index("⚠ *4 suggested changes left out*, see below") < text.index("[Approve]")


def shown(message: Message) -> str:
    return "\n".join(slack_text.lines(message.blocks, lambda name: name))
