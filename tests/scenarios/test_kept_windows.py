"""Windows that were kept, altered or sent at the wrong moment decide nothing that was not approved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from bot.settings import ApproverSettings
from commands.containment.proposals import Proposal
from commands.plans.approval import ProposalState
from sandbox.workspace import Delivery
from tests.approving import opened
from tests.scenarios.deciding import GROUP, TEAM, Table, at_once, laid


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Table]:
    with laid(tmp_path_factory.mktemp("kept")) as table:
        yield table


@pytest.fixture
def story(table: Table) -> Table:
    return table.sit()


def altered(story: Table, delivery: Delivery, **changes: Any) -> Delivery:
    """Send a recorded payload again as another delivery: dots lead into it, and None takes something out."""
    payload = deepcopy(dict(delivery.envelope["payload"]))
    for path, value in changes.items():
        *way, last = path.split("__")
        place = payload
        for step in way:
            place = place[step]
        if value is None:
            place.pop(last)
        else:
            place[last] = value
    return story.slack._deliver("interactive", payload, form={"payload": json.dumps(payload)})


def settled(story: Table) -> None:
    """Wait until everything that was asked before is answered."""
    other = story.simple()
    story.wait(lambda: not story.bot.ledger.unanswered_requests(), "all answers")
    assert story.stands(other) is ProposalState.OPEN


def test_an_altered_window_counts_for_nobody_else_and_for_no_other_plan(story):
    proposal, other = story.grave(), story.grave()
    sent = story.votes_yes("approver", proposal)
    story.told("approver", f"You approved {proposal.id}")
    about = sent.envelope["payload"]["view"]["private_metadata"]
    for changes in (
        {"view__hash": "1.a", "user__team_id": "T0OTHERORG"},
        {"view__hash": "1.b", "user__id": "U0LIDIAHOL", "user__team_id": "T0OTHERORG"},
        {"view__hash": "1.c", "user__id": "U0UNKNOWN1"},
        {"view__hash": "1.d", "user__id": "u0lidiahol"},
        {"view__hash": "1.e", "user__id": "U0LIDIAHOL\n", "view__id": "V1"},
        {"view__hash": "1.f", "view__private_metadata": f"{other.id} {proposal.digest} C0INCIDENT"},
        {"view__hash": "1.g", "view__private_metadata": about.replace(proposal.digest, proposal.digest[:7])},
        {"view__hash": "1.h", "view__private_metadata": f"{other.id} {other.digest} because C0INCIDENT"},
        {"view__hash": "1.i", "view__private_metadata": f"{other.id}\napprove {other.id} C0INCIDENT"},
        {"view__hash": "1.j"},
    ):
        altered(story, sent, **changes)
    settled(story)
    assert story.votes(proposal) == [("U0ALEXWILB", "")]
    assert story.votes(other) == []
    story.nothing_was_done(proposal)
    story.nothing_was_done(other)


def test_a_window_kept_while_its_approver_was_removed_counts_only_once_they_are_back(story):
    proposal = story.grave()
    early, late = (opened(story.slack, "approver", story.paper(proposal)) for _ in range(2))
    story.slack.set_group("incident-responders", [one for one in TEAM if one != "approver"])
    story.slack.submit("approver", early, {})
    story.told("approver", "You are not an approver.")
    assert story.votes(proposal) == []
    story.slack.set_group("incident-responders", TEAM)
    story.slack.submit("approver", late, {})
    story.told("approver", f"You approved {proposal.id}")
    assert story.stands(proposal) is ProposalState.OPEN
    story.nothing_was_done(proposal)


def test_a_window_kept_over_a_restart_that_named_others_counts_for_nothing(table):
    story = table.sit(alone=True)
    proposal = story.grave()
    window = opened(story.slack, "second_approver", story.paper(proposal))
    story.stop()
    only = ApproverSettings(users=("U0ALEXWILB",))
    story.settings = story.settings.model_copy(update={"approvers": only})
    story.start()
    story.slack.submit("second_approver", window, {})
    story.wait(lambda: story.count(proposal, "vote_refused") == 1, "the refusal")
    assert story.votes(proposal) == []
    story.nothing_was_done(proposal)


def test_a_window_kept_over_the_removal_of_its_tenant_counts_for_nothing(table):
    story = table.sit(alone=True)
    proposal = story.grave()
    window = opened(story.slack, "approver", story.paper(proposal))
    [tenant] = story.settings.tenants
    story.stop()
    elsewhere = tenant.model_copy(
        update={
            "name": "Fabrikam",
            "tenant_id": "0f0f0f0f-0000-4000-8000-0000000000bb",
            "domains": ("fabrikam.example",),
            "responders": story.settings.responders,
            "approvers": ApproverSettings(group=GROUP),
        }
    )
    story.settings = story.settings.model_copy(update={"tenants": (elsewhere,)})
    story.start()
    assert story.slack.submit("approver", window, {}).error is None
    story.wait(lambda: not story.bot.ledger.unanswered_requests(), "the answer")
    assert story.votes(proposal) == []
    story.nothing_was_done(proposal)


@pytest.mark.parametrize("turn", range(3))
def test_a_strike_that_races_the_last_vote_leaves_one_of_the_two(story: Table, turn: int) -> None:
    proposal: Proposal = story.grave()
    story.approve("responder", proposal)
    window = opened(story.slack, "approver", story.paper(proposal))
    at_once(
        lambda: story.slack.submit("approver", window, {}),
        lambda: story.type(f"strike {proposal.id} 2 because of turn {turn}", "second_approver"),
    )
    story.wait(
        lambda: story.stands(proposal) in {ProposalState.DONE, ProposalState.DENIED}, "one of the two ends"
    )
    story.wait(lambda: not story.bot.ledger.unanswered_requests(), "both answers")
    known = story.proposals.of_case(proposal.plan.case_id)
    if story.stands(proposal) is ProposalState.DONE:
        assert len(known) == 1
        assert len(story.writes(proposal)) == 2
    else:
        assert [one.state for one in known] == [ProposalState.DENIED, ProposalState.OPEN]
        assert known[1].votes == ()
        story.nothing_was_done(proposal)
