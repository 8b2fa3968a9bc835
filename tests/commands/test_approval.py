"""Who may decide, and which way a proposal goes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from commands.errors import NotNow
from commands.identity import Identity, owner_of
from commands.plans.approval import (
    GRACE,
    TRANSITIONS,
    Ballot,
    Move,
    ProposalState,
    Vote,
    advance,
    approvals,
    is_approved,
    why_not,
    why_not_run,
)
from tests.commands.plans import ADELE, NOW, voter

DIGEST = "3fa9c1d2" * 8
BALLOT = Ballot(
    state=ProposalState.OPEN,
    digest=DIGEST,
    expires_at=NOW + timedelta(minutes=30),
    proposer=voter("megan").identity,
    subject=ADELE,
    owner=owner_of(ADELE, ("U0ADELE",)),
    needs=2,
    factor=False,
    strict=False,
)


def yes(name: str, **more) -> Vote:
    who = {"object_id": f"id-of-{name}", **more}
    return Vote(f"U0{name.upper()}", frozenset({f"{name}@contoso.example"}), yes=True, at=NOW, **who)


@pytest.mark.parametrize("state", ProposalState)
@pytest.mark.parametrize("verb", Move)
def test_every_pair_of_state_and_verb_leads_on_or_says_why_not(state, verb):
    if (state, verb) in TRANSITIONS:
        assert advance(state, verb) is TRANSITIONS[state, verb]
    else:
        with pytest.raises(NotNow) as refused:
            advance(state, verb)
        assert str(refused.value).endswith(".")


def test_only_an_approved_proposal_is_carried_out():
    assert [state for (state, verb) in TRANSITIONS if verb is Move.START] == [ProposalState.APPROVED]
    assert [state for (state, verb) in TRANSITIONS if verb is Move.APPROVE] == [ProposalState.OPEN]


def test_no_way_leads_out_of_an_end():
    ends = {ProposalState.DENIED, ProposalState.WITHDRAWN, ProposalState.EXPIRED}
    ends |= {ProposalState.DONE, ProposalState.STOPPED}
    assert not [state for (state, _) in TRANSITIONS if state in ends]


MAY = {
    "an approver": (BALLOT, voter("alex"), True),
    "the proposer, who is an approver": (BALLOT, voter("megan"), True),
    "a second approver": (replace(BALLOT, votes=(yes("lidia"),)), voter("alex"), True),
    "an approver with a code": (replace(BALLOT, factor=True), voter("alex", factor=True), True),
    "someone who denies without a code": (replace(BALLOT, factor=True), voter("alex"), False),
    "the proposer in strict mode, to deny": (replace(BALLOT, strict=True), voter("megan"), False),
}
MAY_NOT = {
    "the subject": (BALLOT, voter("adele.vance"), True, "your own account"),
    "the subject under another address": (BALLOT, voter("av"), True, "your own account"),
    "the subject who wants to deny": (BALLOT, voter("av"), False, "your own account"),
    "the subject under another address today": (
        BALLOT,
        replace(voter("grady"), earlier=Identity.of(objects=(ADELE.id.upper(),))),
        False,
        "your own account",
    ),
    "the subject's Slack account": (BALLOT, replace(voter("grady"), id="U0ADELE"), False, "your own account"),
    "someone without an account": (
        BALLOT,
        replace(voter("alex"), object_id=""),
        True,
        "could not be identified",
    ),
    "a second Slack account of the same mailbox": (
        replace(BALLOT, votes=(yes("alex"),)),
        replace(voter("security"), object_id="ID-of-alex"),
        True,
        "one vote",
    ),
    "the proposer's second Slack account in strict mode": (
        replace(BALLOT, strict=True),
        replace(voter("security"), object_id="id-of-megan"),
        True,
        "someone else",
    ),
    "someone who is barred": (BALLOT, voter("guest", barred="Guests may not."), True, "Guests may not."),
    "someone who voted": (replace(BALLOT, votes=(yes("alex"),)), voter("alex"), True, "one vote"),
    "the same person under another account": (
        replace(BALLOT, votes=(yes("alex"),)),
        replace(voter("alex"), id="U0OTHER"),
        True,
        "one vote",
    ),
    "the proposer in strict mode": (
        replace(BALLOT, strict=True),
        voter("megan"),
        True,
        "someone else",
    ),
    "an approver without the code": (replace(BALLOT, factor=True), voter("alex"), True, "code"),
    "anyone once it is denied": (
        replace(BALLOT, state=ProposalState.DENIED),
        voter("alex"),
        True,
        "denied",
    ),
    "anyone once it is over": (replace(BALLOT, expires_at=NOW), voter("alex"), True, "expired"),
}


@pytest.mark.parametrize("who", MAY)
def test_may_vote(who):
    ballot, person, answer = MAY[who]
    assert why_not(ballot, person, yes=answer, digest=DIGEST, now=NOW) == ""


@pytest.mark.parametrize("who", MAY_NOT)
def test_may_not_vote(who):
    ballot, person, answer, reason = MAY_NOT[who]
    assert reason in why_not(ballot, person, yes=answer, digest=DIGEST, now=NOW)


@pytest.mark.parametrize("state", [state for state in ProposalState if state is not ProposalState.OPEN])
def test_nobody_votes_on_what_is_not_open(state):
    ballot = replace(BALLOT, state=state)
    assert why_not(ballot, voter("alex"), yes=True, digest=DIGEST, now=NOW).endswith(".")


@pytest.mark.parametrize("digest", ["", "3fa9", DIGEST[:7], "00000000", "f" * 64, DIGEST + "0"])
def test_a_vote_for_another_plan_does_not_count(digest):
    assert "The plan has changed" in why_not(BALLOT, voter("alex"), yes=True, digest=digest, now=NOW)


def test_the_first_eight_characters_say_which_plan_is_meant():
    assert why_not(BALLOT, voter("alex"), yes=True, digest=DIGEST[:8].upper(), now=NOW) == ""


def test_a_no_is_no_approval():
    no = replace(yes("alex"), yes=False)
    assert approvals(replace(BALLOT, votes=(no, yes("lidia")))) == 1
    assert not is_approved(replace(BALLOT, votes=(no, yes("lidia"))))
    assert is_approved(replace(BALLOT, votes=(yes("alex"), yes("lidia"))))


APPROVED = replace(BALLOT, state=ProposalState.APPROVED, votes=(yes("alex"), yes("lidia")))


def test_what_two_people_approved_may_be_begun():
    assert why_not_run(APPROVED, DIGEST, lambda _: "", NOW) == ""


def test_an_altered_plan_is_not_begun():
    assert "The plan differs from the approved one, so nothing was done. Propose it again." in why_not_run(
        APPROVED, "0" * 64, lambda _: "", NOW
    )


def test_a_proposal_is_not_begun_long_after_its_end():
    late = APPROVED.expires_at + GRACE + timedelta(seconds=1)
    assert (
        "It was approved but expired before it started, so nothing was done. Propose it again."
        in why_not_run(APPROVED, DIGEST, lambda _: "", late)
    )
    assert why_not_run(APPROVED, DIGEST, lambda _: "", APPROVED.expires_at + GRACE) == ""


def test_a_role_lost_between_vote_and_start_stops_it():
    def barred(vote: Vote) -> str:
        return "You are not an approver." if vote.voter == "U0ALEX" else ""

    reason = why_not_run(APPROVED, DIGEST, barred, NOW)
    assert "<@U0ALEX>: You are not an approver" in reason
    assert "nothing was done" in reason


def test_two_votes_of_one_account_are_one_person():
    twice = (yes("alex"), replace(yes("security"), object_id="id-of-alex"))
    assert approvals(replace(BALLOT, votes=twice)) == 1
    assert "Too few of the approvals" in why_not_run(
        replace(APPROVED, votes=twice), DIGEST, lambda _: "", NOW
    )


def test_the_owner_of_the_account_is_nobody_when_it_is_begun_either():
    """Somebody may have turned out to be the owner after the vote."""
    found = replace(APPROVED, owner=owner_of(ADELE, ("U0ALEX",)))
    assert "<@U0ALEX>: This is their own account" in why_not_run(found, DIGEST, lambda _: "", NOW)


def test_a_vote_that_names_no_account_is_none_when_it_is_begun():
    old = replace(APPROVED, votes=(yes("alex", object_id=""), yes("lidia")))
    assert "account is not recorded" in why_not_run(old, DIGEST, lambda _: "", NOW)
