"""Whoever decides is told what that meant."""

from __future__ import annotations

from dataclasses import replace

from bot.messages import decisions
from commands.plans.approval import ProposalState
from sandbox.workspace import text as slack_text
from tests.bot.messages import samples

LINK = "https://contoso.slack.example/archives/C0INCIDENT/p1"


def test_a_vote_is_noted_with_what_is_still_missing():
    first = samples.small(samples.change(), votes=(samples.vote(),))
    assert "It still needs one person." in decisions.vote_noted(first, "U0MEGAN01").text
    both = samples.small(samples.change(), votes=(samples.vote(), samples.vote("U0ALEX002")))
    assert (
        ". It has all approvals and is being carried out now." in decisions.vote_noted(both, "U0ALEX002").text
    )
    waits = decisions.vote_noted(both, "U0ALEX002", waits=True).text
    assert "The job database cannot be reached, so it is carried out when that is back." in waits
    assert "now" not in waits
    no = samples.small(samples.change(), votes=(samples.vote(yes=False),))
    assert "You denied P-7F3K2" in decisions.vote_noted(no, "U0MEGAN01").text


def test_a_proposal_is_answered_with_where_it_is_and_how_many_it_needs():
    message = decisions.proposal_posted(samples.small(samples.change()), LINK)
    assert "1 change, needs two people until" in message.text
    assert slack_text.links(message.text, list(message.blocks)) == (LINK,)
    assert "still open" in decisions.proposal_open(samples.small(samples.change()), "").text


def test_who_comes_too_late_is_told_how_it_was_decided():
    denied = samples.small(samples.change(), state=ProposalState.DENIED, decided_by="U0ALEX002")
    assert "P-7F3K2 is already decided: denied by <@U0ALEX002>." in decisions.too_late(denied).text


def test_a_refusal_gives_its_reason_and_names_the_proposal():
    text = decisions.vote_refused("P-7F3K2", "You cannot vote on your own account.").text
    assert text == "✖ You cannot vote on P-7F3K2. You cannot vote on your own account."
    named = decisions.vote_refused("P-7F3K2", "You are not an approver.", (), ("U0ALEX", "U0LIDIA")).text
    assert named.endswith("You are not an approver. May approve: <@U0ALEX>, <@U0LIDIA>.")


def test_a_ticked_task_is_answered_with_how_many_are_left():
    task = samples.task_states(("Scan the computer",))[0]
    assert decisions.task_ticked(task, 1).text == (
        "Completed: 1. Scan the computer. 1 manual task still open."
    )
    done = replace(task, done_by="U0ALEX")
    assert decisions.task_ticked(done, 1, again=True).text.startswith(
        "Already completed by <@U0ALEX>: 1. Scan"
    )
