"""Who decides, by click and by word, and what everybody sees of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pyotp
import pytest

from bot.settings import ApproverSettings, PolicySettings, ResponderSettings
from commands.approval import ProposalState, Voter
from commands.ledger import Case, moment
from commands.plan import Nothing, offer_from
from commands.proposals import Proposal
from commands.propose import assemble
from sandbox.workspace import Message, View
from tests.scenarios.conftest import ADELE, Stage

EVERYBODY = ("U0ALEXWILB", "U0LIDIAHOL", "U0ADELEVAN", "U0GUESTPAT", "U0EXTERNJO", "U0FORMERJO", "U0OTHERBOT")
"""All named as approvers, so that only what Slack and the ledger say about them can bar them."""

PRIVILEGED = ("User Administrator", "Privileged Authentication Administrator")


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
    (row, *_) = story.bot.ledger.rows("SELECT id FROM cases ORDER BY asked_at DESC")
    return story.bot.ledger.case(row["id"])


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
        lambda: latest(story).state is state and latest(story).shown, timeout=60, what=f"a proposal {state}"
    )
    return latest(story)


def test_those_who_may_not_approve_are_told_why_and_written_down(checked):
    story = checked()
    card = propose(story, "remove_forwarding")
    refusals = {
        "guest": "Guests of this workspace may not approve",
        "external": "People from another workspace may not approve",
        "deactivated": "deactivated",
        "another_bot": "Bots may not approve",
        "bystander": "You are not one of the approvers",
        "subject": "You may not decide about your own account",
    }
    for person, says in refusals.items():
        story.slack.click(person, card, "approve")
        assert says in story.slack.as_text(story.told(person, says))
    assert story.kinds().count("vote refused") == len(refusals)
    assert "vote" not in story.kinds()
    assert latest(story).state is ProposalState.OPEN
    # Only who may approve was asked by direct message.
    assert story.slack.direct("approver")
    for person in refusals:
        assert [
            m for m in story.slack.direct(person) if "Waiting for approval" in story.slack.as_text(m)
        ] == []
    # That the owner of the account tried is told to everybody in the case.
    thread = story.slack.replies(story.card("Take the account back"))
    assert any("tried to decide" in story.slack.as_text(reply) for reply in thread)


def test_the_proposer_counts_once_and_a_second_person_is_still_needed(checked):
    story = checked(("U0MEGANBOW", "U0ALEXWILB"))
    card = propose(story, "block_sign_in")
    delivery = story.slack.click("responder", card, "approve")
    story.told("responder", "still needs one person")
    story.slack.replay(delivery)
    story.slack.click("responder", card, "approve")
    story.told("responder", "one person counts once")
    story.type(f"approve {latest(story).id}")
    story.slack.wait_for(lambda: story.kinds().count("vote refused") == 2, what="two refusals")
    assert story.kinds().count("vote") == 1
    assert latest(story).state is ProposalState.OPEN


def test_with_the_strict_policy_the_proposer_cannot_approve(checked):
    story = checked(("U0MEGANBOW", "U0ALEXWILB"), changes={"policy": PolicySettings(strict=True)})
    card = propose(story, "remove_forwarding")
    story.slack.click("responder", card, "approve")
    story.told("responder", "somebody else must approve it")
    story.slack.click("approver", card, "approve")
    ended(story, ProposalState.DONE)


def test_one_no_ends_it_and_the_buttons_go_everywhere(checked):
    story = checked()
    card = propose(story, "remove_forwarding")
    story.slack.click("approver", card, "deny")
    story.slack.submit("approver", window(story, "approver"), {"reason": "She set <it> up herself"})
    ended(story, ProposalState.DENIED)
    for message in (
        story.card("Denied"),
        *story.slack.direct("approver"),
        *story.slack.direct("second_approver"),
    ):
        text = story.slack.as_text(message)
        assert "She set" in text
        assert "[Approve]" not in text
    story.type(f"approve {latest(story).id}", "second_approver")
    story.told("second_approver", "is decided already: denied by")
    assert "intent" not in story.kinds()


def test_only_the_proposer_can_withdraw(checked):
    story = checked()
    card = propose(story, "remove_forwarding")
    story.slack.click("approver", card, "withdraw")
    story.told("approver", "Only the one who proposed it")
    story.slack.click("responder", card, "withdraw")
    ended(story, ProposalState.WITHDRAWN)
    assert "[Approve]" not in story.slack.as_text(story.card("Withdrawn"))


def test_a_proposal_expires_and_nothing_is_done(checked):
    story = checked(changes={"policy": PolicySettings(expires=timedelta(microseconds=1))})
    story.type(f"contain {case_of(story).id} {numbers(story, 'remove_forwarding')} because of it")
    story.told(holding="Proposed:")
    story.type(f"approve {latest(story).id}", "approver")
    story.told("approver", "has expired")
    story.bot.jobs.reconcile(timedelta(0))
    ended(story, ProposalState.EXPIRED)
    story.card("Expired")
    assert "intent" not in story.kinds()


def test_two_proposals_about_one_account_do_not_stand_side_by_side(checked):
    story = checked()
    propose(story, "remove_forwarding")
    story.type(f"contain {case_of(story).id} {numbers(story, 'block_sign_in')} because", "second_approver")
    story.told("second_approver", "Say why")
    story.type(f"contain {ADELE} {numbers(story, 'block_sign_in')} because of it", "second_approver")
    story.told("second_approver", "is still open")


def test_an_old_check_is_made_again_before_anything_is_proposed(checked):
    story = checked()
    case = case_of(story)
    with story.bot.ledger.writing() as writing:
        writing.append("shown", "bot", case.id, {"how": "as if two days had passed"})
        long_ago = moment(datetime.now(UTC) - timedelta(days=2))
        writing.execute("UPDATE cases SET finished_at = ? WHERE id = ?", [long_ago, case.id])
    story.type(f"contain {ADELE}")
    story.told(holding="Check again first")
    assert story.slack.modals("responder") == []


def test_what_was_done_is_taken_back_after_approval(checked):
    story = checked()
    before = forwarding(story)
    card = propose(story, "remove_forwarding")
    story.slack.click("approver", card, "approve")
    ended(story, ProposalState.DONE)
    assert forwarding(story) != before
    story.slack.click("responder", story.card("Carried out"), "restore")
    story.slack.submit(
        "responder", window(story, "responder"), {"undo:0": ["0"], "reason": "It was a false alarm"}
    )
    story.slack.click("approver", story.card("Waiting for approval"), "approve")
    story.slack.wait_for(lambda: latest(story).kind == "restore" and latest(story).shown, timeout=60)
    assert forwarding(story) == before
    story.type(f"restore {case_of(story).id}")
    story.told(holding="Nothing was done")
    story.type(f"history {ADELE}")
    told = story.slack.as_text(story.told(holding="What happened"))
    assert "proposed undoing changes" in told
    assert story.bot.ledger.verify()


def forwarding(story: Stage) -> tuple[Any, ...]:
    """Where the mailbox forwards to."""
    box = story.microsoft.state.mailbox(ADELE)
    assert box is not None
    return tuple(box.properties.get(name) for name in ("ForwardingSmtpAddress", "ForwardingAddress"))


def test_a_new_password_is_shown_once_to_one_of_those_who_decided(checked):
    story = checked(directory_roles=PRIVILEGED)
    card = propose(story, "reset_password")
    story.slack.click("approver", card, "approve")
    story.slack.click("second_approver", card, "approve")
    ended(story, ProposalState.DONE)
    card = story.card("Carried out")
    story.slack.click("it_admin", card, "show_password")
    story.told("it_admin", "Only the one who proposed it")
    story.slack.click("approver", card, "show_password")
    shown = story.slack.wait_for(
        lambda: next((v for v in story.slack.modals("approver") if "…" not in story.slack.as_text(v)), None)
    )
    story.slack.click("responder", card, "show_password")
    story.told("responder", "The new password is gone")
    assert "[Show the new password once]" not in story.slack.as_text(story.card("was shown to"))
    password = re.search(r"^\S{20,}$", story.slack.as_text(shown), re.MULTILINE)
    assert password
    everything = [str(entry) for entry in story.bot.ledger.entries()]
    assert not any(password[0] in text for text in everything)
    others = [m for m in story.slack.transcript if "modal" not in m["kind"] and "view" not in m["kind"]]
    assert not any(password[0] in str(entry) for entry in others)


def test_errands_are_listed_and_ticked_off(checked):
    story = checked()
    propose(story, "scan_for_malware", "harden")
    story.type(f"errands {ADELE}")
    listed = story.told(holding="Errands:")
    story.slack.click("responder", listed, "errand_done")
    story.slack.submit("responder", window(story, "responder"), {"note": "Scanned on site."})
    story.told(holding="Ticked off: 1.")
    story.type(f"errands {case_of(story).id} done 2 phoned “her”.", "approver")
    story.told("approver", "Ticked off: 2.")
    first, second, *_ = story.proposals.errands(case_of(story).id)
    assert (first.done_by, first.note) == ("U0MEGANBOW", "Scanned on site.")
    assert (second.done_by, second.note) == ("U0ALEXWILB", "phoned “her”.")


def test_the_plan_can_be_read_without_proposing_anything(checked):
    story = checked(changes={"responders": ResponderSettings(users=("U0MEGANBOW",))})
    for person in ("responder", "approver"):
        story.type(f"plan {ADELE}", person)
        story.told(person, "Stop forwarding")
    story.type(f"plan {ADELE}", "bystander")
    story.told("bystander", "You are not one of the responders")
    assert "proposed" not in story.kinds()


def test_an_enrolled_approver_approves_with_a_code_that_is_written_nowhere(checked):
    story = checked()
    story.type("enrol", "approver")
    form = window(story, "approver")
    key = re.search(r"^((?:[A-Z2-7]{4} ?){8})$", story.slack.as_text(form), re.MULTILINE)
    assert key
    secret = "".join(key[1].split())
    totp = pyotp.TOTP(secret)
    wrong = story.slack.submit("approver", form, {"code": "no code"})
    assert wrong.ack_payload
    assert wrong.ack_payload["response_action"] == "errors"
    first = totp.now()
    story.slack.submit("approver", form, {"code": first})
    story.card("enrolled a second factor")

    card = propose(story, "remove_forwarding")
    story.slack.click("approver", card, "approve")
    form = window(story, "approver")
    assert "vote" not in story.kinds()
    again = story.slack.submit("approver", form, {"code": first})
    assert again.ack_payload
    assert "used before" in again.ack_payload["errors"]["code"]
    code = totp.at(datetime.now(UTC), counter_offset=1)
    story.slack.submit("approver", form, {"code": code})
    done = ended(story, ProposalState.DONE)
    (vote,) = done.votes
    assert vote.factor
    assert "with a code" in story.slack.as_text(story.card("Carried out"))
    assert not any(code in entry.body or secret in entry.body for entry in story.bot.ledger.entries())


def test_where_the_policy_wants_a_code_nobody_approves_without_one(checked):
    story = checked(changes={"policy": PolicySettings(factor=("remove_forwarding",))})
    card = propose(story, "remove_forwarding")
    story.slack.click("approver", card, "approve")
    story.told("approver", "Type /compromise enrol first")
    assert "vote" not in story.kinds()


def test_what_was_approved_right_before_the_program_ended_is_carried_out_afterwards(checked):
    story = checked()
    propose(story, "remove_forwarding")
    proposal = latest(story)
    voter = Voter("U0ALEXWILB", frozenset({"alex.wilber@contoso.example"}))
    story.proposals.vote(proposal.id, proposal.digest, voter, yes=True)
    story.stop()
    story.start()
    ended(story, ProposalState.DONE)
    assert forwarding(story) == (None, None)
    assert story.kinds().count("carrying out") == 1


def test_a_proposal_whose_card_was_never_posted_gets_one_in_the_next_round(checked):
    story = checked()
    proposal = propose_by_hand(story)
    story.bot.jobs.reconcile(timedelta(0))
    assert proposal.id in story.slack.as_text(story.card("Waiting for approval"))
    assert len(story.slack.direct("approver")) == 1
    story.bot.jobs.reconcile(timedelta(0))
    assert len(story.slack.direct("approver")) == 1


def propose_by_hand(story: Stage) -> Proposal:
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
    )


def test_whoever_lost_the_right_between_vote_and_run_stops_it(checked):
    story = checked()
    propose(story, "remove_forwarding")
    proposal = latest(story)
    voter = Voter("U0ALEXWILB", frozenset({"alex.wilber@contoso.example"}))
    story.proposals.vote(proposal.id, proposal.digest, voter, yes=True)
    story.slack.change_person("approver", deleted=True)
    before = forwarding(story)
    story.bot.jobs.reconcile(timedelta(0))
    stopped = ended(story, ProposalState.STOPPED)
    assert "Too few of those who approved" in stopped.note
    assert forwarding(story) == before
    assert "Stopped" in story.slack.as_text(story.card("Too few of those who approved"))


def test_what_comes_back_is_told_when_the_case_is_looked_at_again(checked):
    story = checked()
    before = forwarding(story)
    story.slack.click("approver", propose(story, "remove_forwarding"), "approve")
    ended(story, ProposalState.DONE)
    case = case_of(story)
    box = story.microsoft.state.mailbox(ADELE)
    assert box is not None
    box.properties.update(zip(("ForwardingSmtpAddress", "ForwardingAddress"), before, strict=True))
    with story.bot.ledger.writing() as writing:
        writing.append("watch set", "bot", case.id, {"due": "as if an hour had passed"})
        writing.execute("UPDATE watches SET due = ? WHERE round = 1", [moment(datetime.now(UTC))])
    story.bot.jobs.reconcile(timedelta(0))
    card = story.card("Something came back")
    story.slack.wait_for(
        lambda: any("something came back" in story.slack.as_text(one) for one in story.slack.replies(card))
    )
    assert [entry.facts["round"] for entry in story.bot.ledger.entries() if entry.kind == "looked again"] == [
        0,
        1,
    ]


def test_a_password_that_nobody_asked_for_is_forgotten_and_its_button_goes(checked):
    story = checked(directory_roles=PRIVILEGED)
    card = propose(story, "reset_password")
    for person in ("approver", "second_approver"):
        story.slack.click(person, card, "approve")
    ended(story, ProposalState.DONE)
    with story.bot.ledger.writing() as writing:
        writing.append("shown", "bot", case_of(story).id, {"how": "as if fifteen minutes had passed"})
        writing.execute("UPDATE secrets SET until = ?", [moment(datetime.now(UTC))])
    story.bot.jobs.reconcile(timedelta(0))
    assert "password forgotten" in story.kinds()
    story.slack.click("approver", story.card("Carried out"), "show_password")
    story.told("approver", "The new password is gone")
