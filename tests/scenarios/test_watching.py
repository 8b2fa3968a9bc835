"""After an account was taken back the bot looks again, says what came back, and what it could not see.

The stories go by a clock of their own; the last of them starts the bot anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from commands.containment.proposals import Outcome
from commands.ledger.verify import verify_ledger
from sandbox.scenarios.people import ADELE as PERSON
from sandbox.tenant import attacker
from sandbox.workspace import Message
from tests.scenarios.acting import Acting, acting, only, outcomes

DOORS = ("remove_forwarding", "disable_inbox_rules")
FORWARDING = "remove_forwarding:mailbox"


@pytest.fixture
def story(tmp_path) -> Iterator[Acting]:
    """An account whose forwarding and rules were taken back a moment ago."""
    with acting(tmp_path) as built:
        built.check()
        ended = built.do(only(*DOORS))
        assert set(outcomes(ended).values()) == {Outcome.CONFIRMED}
        yield built


def looks(story: Acting) -> list[dict[str, Any]]:
    """What the ledger has of each look, in their order."""
    return [dict(entry.facts) for entry in story.bot.ledger.entries() if entry.kind == "rechecked"]


def looked(story: Acting, times: int) -> dict[str, Any]:
    """The newest look, as soon as there were so many."""
    story.slack.wait_for(lambda: len(looks(story)) >= times, what=f"{times} looks")
    return looks(story)[-1]


def alarms(story: Acting) -> list[Message]:
    """What was told to the whole room, since it needs people."""
    return [one for one in story.cards() if "persistence reappeared, or is new, on" in story.text(one)]


def plan_card(story: Acting) -> str:
    """The card of the plan that was carried out."""
    (card,) = [one for one in map(story.text, story.cards()) if "Done and confirmed" in one]
    return card


def card_says(story: Acting, words: str) -> str:
    """The case's card as soon as it says this."""
    return story.slack.wait_for(
        lambda: story.case_card() if words in story.case_card() else None, what=f"a case card with {words!r}"
    )


def test_what_comes_back_within_the_hour_is_raised_by_name_and_can_be_taken_back_again(story):
    assert "suggested remediations are not carried out yet" in card_says(story, "Rechecked*:")
    before = plan_card(story)
    attacker.forward_again(story.microsoft.state, PERSON.upn)
    attacker.rule_again(story.microsoft.state, PERSON.upn)

    story.let_pass(timedelta(minutes=30))
    assert len(looks(story)) == 1
    story.let_pass(timedelta(minutes=31))
    look = looked(story, 2)
    assert look["raised"] is True
    assert look["came_back"] == [FORWARDING]
    assert [name.partition(":")[0] for name in look["new"]] == ["disable_inbox_rules"]
    alarm = story.slack.wait_for(lambda: next(iter(alarms(story)), None), what="the alarm")
    said = story.text(alarm)
    assert any("/archives/" in link for link in alarm.links), "it leads to the case's card"
    assert "@Megan Bowen" in said
    assert "Stop forwarding adele.vance@contoso.example's mail" in said.split("Open again. To close it:")[1]
    assert "Disable the inbox rule “.”" in said.split("New since the check")[1]
    assert "Stop forwarding" in card_says(story, "Open again. To close it: ")
    assert plan_card(story) != before, "the plan's card tells what is left as well"
    assert "remediations are still in effect." in story.case_card()

    # What the check offered knows nothing of it, and is not proposed any more.
    story.type(f"contain {story.case().id}")
    story.told("responder", "A recheck found something open that the check")
    assert "[Contain" not in story.case_card()

    # A new check suggests it; the button opens a window with its step, and one click further it is ticked.
    case = story.check()
    assert story.text(story.cards()[-1]).count("[Contain account]") == 1
    story.slack.click("responder", story.cards()[-1], "contain")
    by_step = story.window()
    assert "Disable mail forwarding" in story.text(by_step)
    story.slack.click("responder", by_step, "choose_changes")
    window = story.slack.wait_for(
        lambda: next((one for one in story.slack.modals("responder") if one.id != by_step.id), None),
        what="the window for single changes",
    )
    ticked = {
        option["text"]["text"]
        for block in window.blocks
        if block["type"] == "input"
        for option in block["element"].get("initial_options", ())
    }
    assert any("Stop forwarding" in words for words in ticked)
    assert any("“.”" in words for words in ticked)
    story.slack.close("responder", window)

    ended = story.do(only(*DOORS))
    assert ended.plan.case_id == case.id
    assert Outcome.CONFIRMED in outcomes(ended).values()
    box = story.microsoft.state.mailbox(PERSON.upn)
    assert box.properties["ForwardingSmtpAddress"] is None
    assert not [rule for rule in box.rules if rule.name in {".", ".."} and rule.enabled]
    assert "changes that can be read again still hold." not in card_says(story, "not carried out yet")


def test_the_alarm_carries_the_button_that_closes_exactly_what_is_open(story):
    attacker.forward_again(story.microsoft.state, PERSON.upn)
    attacker.rule_again(story.microsoft.state, PERSON.upn)
    story.let_pass(timedelta(minutes=61))
    assert looked(story, 2)["raised"] is True
    alarm = story.slack.wait_for(lambda: next(iter(alarms(story)), None), what="the alarm")
    known = {proposal.id for proposal in story.proposals.of_case(story.case().id)}
    story.slack.click("responder", alarm, "close_open")
    made = story.slack.wait_for(
        lambda: next((one for one in story.proposals.waiting() if one.id not in known and one.card), None),
        what="the proposal",
    )
    assert [change.id.partition(":")[0] for change in made.plan.changes] == list(DOORS)
    assert made.plan.changes[0].id == FORWARDING
    assert set(outcomes(story.approve(made)).values()) == {Outcome.CONFIRMED}
    box = story.microsoft.state.mailbox(PERSON.upn)
    assert box.properties["ForwardingSmtpAddress"] is None
    assert not [rule for rule in box.rules if rule.name in {".", ".."} and rule.enabled]
    assert "not carried out yet" in card_says(story, "Rechecked")
    assert "[Contain account]" in story.case_card()

    story.type(f"close {story.case().id}")
    story.told("responder", "Nothing reappeared, and nothing is new.")


@pytest.mark.slow
def test_looks_that_fall_due_while_the_bot_is_down_are_made_when_it_is_back_and_say_what_was_not_seen(story):
    assert "watch_set" in story.kinds()
    story.stop()
    story.ahead += timedelta(hours=1, minutes=1)
    story.microsoft.let_pass(timedelta(hours=1, minutes=1))
    # Meanwhile the application may no longer read mailboxes' forwarding.
    story.microsoft.exchange_cmdlets = story.microsoft.exchange_cmdlets - {"Get-Mailbox"}
    story.start()
    look = looked(story, 2)
    assert look["round"] == 1
    assert FORWARDING not in look["closed"]
    assert look["came_back"] == []
    assert any("Stop forwarding" in name for name in look["not_seen"])
    card = card_says(story, "Not collected")
    assert "Stop forwarding" in card.split("Not collected")[1]
    assert "changes that can be read again still hold." not in card

    # A day later everything can be seen again, and everything is closed.
    story.microsoft.exchange_cmdlets = story.microsoft.exchange_cmdlets | {"Get-Mailbox"}
    story.let_pass(timedelta(hours=24))
    look = looked(story, 3)
    assert look["round"] == 2
    assert look["raised"] is False
    assert look["came_back"] == look["new"] == look["not_seen"] == []
    card_says(story, "3 of 3 remediations are still in effect.")
    assert alarms(story) == []
    # Each round is looked at once, however often the bot goes round.
    story.let_pass(timedelta(0))
    story.let_pass(timedelta(hours=72))
    looked(story, 4)
    story.let_pass(timedelta(hours=1000))
    assert [look["round"] for look in looks(story)] == [0, 1, 2, 3]
    assert verify_ledger(story.bot.ledger.path).head == story.bot.ledger.head()
