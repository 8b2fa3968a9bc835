"""From a finished check to an account that is taken back: proposed, approved, carried out, verified."""

from __future__ import annotations

import json

import pytest

from bot.settings import ApproverSettings
from commands.ledger.verify import verify_ledger
from sandbox.workspace import Message, View
from tests.approving import approve
from tests.scenarios.conftest import ADELE, Stage

PRIVILEGED = ("User Administrator", "Privileged Authentication Administrator", "Cloud Device Administrator")
"""The subject holds administrator roles, so the application needs more than the usual one."""

APPROVERS = ApproverSettings(users=("U0ALEXWILB", "U0LIDIAHOL"))


@pytest.fixture
def story(stage) -> Stage:
    """A finished check of a taken-over account, with two approvers."""
    built: Stage = stage("mailbox-takeover", changes={"approvers": APPROVERS}, directory_roles=PRIVILEGED)
    built.type(f"check {ADELE}")
    built.shown()
    return built


def window(story: Stage, person: str) -> View:
    """The window that somebody has open, as soon as it is there."""
    return story.slack.wait_for(
        lambda: next(iter(story.slack.modals(person)[-1:]), None), what=f"a window for {person}"
    )


def proposed(story: Stage, person: str = "responder") -> Message:
    """Propose what the findings ask for, by the button of the case's card; give the proposal's card."""
    card = story.card("Contain account")
    story.slack.click(person, card, "contain")
    delivery = story.slack.submit(person, window(story, person), {"reason": "The mailbox was taken over"})
    assert delivery.error is None
    return story.card("Waiting for approval")


def copy_of(story: Stage, person: str, holding: str) -> Message:
    """What an approver got by direct message, as soon as it says this."""
    return story.slack.wait_for(
        lambda: next((m for m in story.slack.direct(person) if holding in story.slack.as_text(m)), None),
        what=f"a direct message to {person} with {holding!r}",
    )


def test_a_taken_over_account_is_taken_back_by_one_who_proposes_and_two_who_approve(story):
    card = proposed(story)
    text = story.slack.as_text(card)
    assert "The mailbox was taken over" in text
    assert "two different people" in text

    approve(story.slack, "approver", card)
    story.told("approver", "still needs one person")
    copy = copy_of(story, "second_approver", "approved by @Alex Wilber")
    approve(story.slack, "second_approver", copy)
    story.told("second_approver", ". It has all approvals and is being carried out now.")

    done = story.card("Carried out")
    assert done.ts == card.ts
    story.slack.wait_for(lambda: not story.proposals.unfinished(), what="the end on every card")
    kinds = story.kinds()
    assert kinds.count("voted") == 2
    assert (
        kinds.count("approved") == kinds.count("execution_started") == kinds.count("execution_finished") == 1
    )
    # What was so already has an outcome and was never sent; what was in doubt was sent again.
    intents = [json.loads(entry.body) for entry in story.bot.ledger.entries(kinds=("intended",))]
    assert 0 < sum(intent["attempt"] == 1 for intent in intents) <= kinds.count("change_ended")
    user = next(one for one in story.microsoft.state.users.values() if one["userPrincipalName"] == ADELE)
    assert user["accountEnabled"] is False
    assert "Failed" not in story.slack.as_text(story.card("Carried out"))
    assert "Contain account" in story.slack.as_text(story.card("changes that can be read again still hold."))
    assert any("sent-mail.csv" in story.slack.as_text(reply) for reply in story.slack.replies(done))
    for person in ("approver", "second_approver"):
        copy = copy_of(story, person, "Carried out")
        assert len(story.slack.direct(person)) == 1
        assert "Approve" not in story.slack.as_text(copy).splitlines()
    assert verify_ledger(story.bot.ledger.path).head == story.bot.ledger.head()
