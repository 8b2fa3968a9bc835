"""Who decides, by click and by word, and what everybody sees of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.settings import ApproverSettings, ResponderSettings
from commands.containment.proposals import Proposal
from commands.containment.propose import assemble
from commands.ledger import Case
from commands.ledger.tasks import tasks as tasks_of
from commands.ledger.verify import verify_ledger
from commands.plans.approval import ProposalState, Voter
from commands.plans.plan import Nothing, offer_from
from sandbox.scenarios import people
from sandbox.workspace import Message, View
from tests.scenarios.conftest import ADELE, Stage

EVERYBODY = ("U0ALEXWILB", "U0LIDIAHOL", "U0ADELEVAN", "U0GUESTPAT", "U0EXTERNJO", "U0FORMERJO", "U0OTHERBOT")
"""All named as approvers, so that only what Slack and the ledger say about them can bar them."""

PRIVILEGED = ("User Administrator", "Privileged Authentication Administrator", "Cloud Device Administrator")


@pytest.fixture
def checked(stage) -> Callable[..., Stage]:
    """Give a function that starts a story with a finished check of a taken-over account."""

    def begin(
        approvers: tuple[str, ...] = EVERYBODY, *, changes: dict[str, Any] | None = None, **more: Any
    ) -> Stage:
        named = {"approvers": ApproverSettings(users=approvers), **(changes or {})}
        story: Stage = stage("mailbox-takeover", changes=named, **more)
        story.type(f"check {ADELE}")
        story.shown()
        return story

    return begin


def case_of(story: Stage) -> Case:
    """The newest case."""
    return story.bot.ledger.case(story.bot.ledger.outlines()[0].id)


def numbers(story: Stage, *steps: str) -> str:
    """What to type for everything that these steps offer."""
    offer = offer_from(case_of(story).offer)
    places = [n for n, one in enumerate(offer, 1) if one.step in steps and not isinstance(one, Nothing)]
    assert places, steps
    return ",".join(map(str, places))


def propose(story: Stage, *steps: str, person: str = "responder") -> Message:
    """Propose by word; give the card."""
    story.type(f"contain {case_of(story).id} {numbers(story, *steps)} because of the forwarding", person)
    return story.card("Waiting for approval")


def latest(story: Stage) -> Proposal:
    """The newest proposal."""
    return story.proposals.of_case(case_of(story).id)[-1]


def window(story: Stage, person: str) -> View:
    """The window that somebody has open, as soon as it is there."""
    return story.slack.wait_for(
        lambda: next(iter(story.slack.modals(person)[-1:]), None), what=f"a window for {person}"
    )


def ended(story: Stage, state: ProposalState) -> Proposal:
    """The newest proposal once it stands so and every card shows it."""
    story.slack.wait_for(
        lambda: latest(story).state is state and latest(story).shown, what=f"a proposal {state}"
    )
    return latest(story)


def forwarding(story: Stage) -> tuple[Any, ...]:
    """Where the mailbox forwards to."""
    box = story.microsoft.state.mailbox(ADELE)
    assert box is not None
    return tuple(box.properties.get(name) for name in ("ForwardingSmtpAddress", "ForwardingAddress"))


def test_tasks_are_listed_and_ticked_off(checked):
    story = checked()
    propose(story, "scan_for_malware", "harden")
    story.type(f"tasks {ADELE}")
    listed = story.told(holding="Manual tasks:")
    story.slack.click("responder", listed, "task_done")
    story.slack.submit("responder", window(story, "responder"), {"note": "Scanned on site."})
    story.told(holding="Completed: 1.")
    story.type(f"tasks {case_of(story).id} done 2 phoned “her”.", "approver")
    story.told("approver", "Completed: 2.")
    first, second, *_ = tasks_of(story.proposals.ledger, case_of(story).id)
    assert (first.done_by, first.note) == ("U0MEGANBOW", "Scanned on site.")
    assert (second.done_by, second.note) == ("U0ALEXWILB", "phoned “her”.")


def test_the_plan_can_be_read_without_proposing_anything(checked):
    story = checked(changes={"responders": ResponderSettings(users=("U0MEGANBOW",))})
    for person in ("responder", "approver"):
        story.type(f"plan {ADELE}", person)
        story.told(person, "Stop forwarding")
    story.type(f"plan {ADELE}", "bystander")
    story.told("bystander", "You are not a responder.")
    assert "proposed" not in story.kinds()


def test_what_was_approved_right_before_the_program_ended_is_carried_out_afterwards(checked):
    story = checked()
    propose(story, "remove_forwarding")
    proposal = latest(story)
    voter = Voter("U0ALEXWILB", frozenset({people.ALEX.upn}), object_id=people.ALEX.id)
    story.proposals.vote(proposal.id, proposal.digest, voter, yes=True)
    story.stop()
    story.start()
    ended(story, ProposalState.DONE)
    assert forwarding(story) == (None, None)
    assert story.kinds().count("execution_started") == 1


def test_a_proposal_whose_card_was_never_posted_gets_one_in_the_next_round(checked):
    story = checked()
    proposal = propose_by_hand(story)
    story.bot.jobs.reconcile(timedelta(0))
    assert proposal.id in story.slack.as_text(story.card("Waiting for approval"))
    assert len(story.slack.direct("approver")) == 1
    story.bot.jobs.reconcile(timedelta(0))
    assert len(story.slack.direct("approver")) == 1


def propose_by_hand(story: Stage, request: str = "") -> Proposal:
    """A proposal as it is when the process dies right after it was made."""
    case = case_of(story)
    offer = offer_from(case.offer)
    plan = assemble(
        case_id=case.id,
        tenant=case.tenant,
        subject=case.subject,
        offer=offer,
        chosen=[n for n, one in enumerate(offer) if one.step == "remove_forwarding"],
        confirmed=frozenset(),
        nonce="once",
    )
    return story.proposals.propose(
        kind="contain",
        plan=plan,
        proposed_by="U0MEGANBOW",
        proposer=frozenset({"megan.bowen@contoso.example"}),
        reason="It forwards",
        needs=1,
        factor=False,
        strict=False,
        expires_at=datetime.now(UTC) + timedelta(hours=1),
        channel=case.channel,
        request=request,
    )


def test_a_proposal_that_was_made_is_not_made_again_for_the_same_words_at_the_next_start(checked):
    """The program can die after the plan was carried out, and before the person who asked has an answer."""
    story = checked()
    ledger, person = story.bot.ledger, story.slack.people["responder"].id
    offer = offer_from(case_of(story).offer)
    number = next(n for n, one in enumerate(offer, 1) if one.step == "remove_forwarding")
    asked = f"contain {case_of(story).id} {number} because It forwards"
    with ledger.writing() as writing:
        writing.ask("r-1", person, case_of(story).channel, asked)
    proposal = propose_by_hand(story, "r-1")
    story.proposals.withdraw(proposal.id, person)
    story.stop()
    story.start()
    story.told(holding=proposal.id)
    story.slack.wait_for(lambda: not story.bot.ledger.unanswered_requests(), what="the late answer")
    assert [one.id for one in story.proposals.of_case(case_of(story).id)] == [proposal.id]
    assert verify_ledger(story.bot.ledger.path).head == story.bot.ledger.head()


def test_whoever_changes_the_address_in_slack_is_nobody_and_decides_nothing(checked):
    """With an address of another company, the owner of the account would be a stranger to it."""
    story = checked()
    card = propose(story, "remove_forwarding")
    story.slack.change_person("subject", email="adele@elsewhere.example")
    story.slack.click("subject", card, "approve")
    story.told("subject", "You cannot vote on your own account.")
    assert "voted" not in story.kinds()
