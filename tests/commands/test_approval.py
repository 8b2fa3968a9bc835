"""Who may decide, and which way a proposal goes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from commands.approval import (
    GRACE,
    TRANSITIONS,
    Ballot,
    ProposalState,
    Verb,
    Vote,
    advance,
    approvals,
    is_approved,
    why_not,
    why_not_run,
)
from commands.errors import NotNow
from tests.commands.plans import ADELE, NOW, voter

DIGEST = "3fa9c1d2" * 8
BALLOT = Ballot(
    state=ProposalState.OPEN,
    digest=DIGEST,
    expires_at=NOW + timedelta(minutes=30),
    proposed_by="U0MEGAN",
    proposer=frozenset({"megan@contoso.example"}),
    subject=ADELE,
    needs=2,
    factor=False,
    strict=False,
)


def yes(name: str, **more) -> Vote:
    return Vote(f"U0{name.upper()}", frozenset({f"{name}@contoso.example"}), yes=True, at=NOW, **more)


@pytest.mark.parametrize("state", ProposalState)
@pytest.mark.parametrize("verb", Verb)
def test_every_pair_of_state_and_verb_leads_on_or_says_why_not(state, verb):
    if (state, verb) in TRANSITIONS:
        assert advance(state, verb) is TRANSITIONS[state, verb]
    else:
        with pytest.raises(NotNow) as refused:
            advance(state, verb)
        assert str(refused.value).endswith(".")


def test_only_an_approved_proposal_is_carried_out():
    assert [state for (state, verb) in TRANSITIONS if verb is Verb.START] == [ProposalState.APPROVED]
    assert [state for (state, verb) in TRANSITIONS if verb is Verb.APPROVE] == [ProposalState.OPEN]


def test_no_way_leads_out_of_an_end():
    ends = {ProposalState.DENIED, ProposalState.WITHDRAWN, ProposalState.EXPIRED}
    ends |= {ProposalState.DONE, ProposalState.STOPPED}
    assert not [state for (state, _) in TRANSITIONS if state in ends]


MAY = {
    "an approver": (BALLOT, voter("alex"), True),
    "the proposer, who is an approver": (BALLOT, voter("megan"), True),
    "a second approver": (replace(BALLOT, votes=(yes("lidia"),)), voter("alex"), True),
    "an approver with a code": (replace(BALLOT, factor=True), voter("alex", factor=True), True),
    "somebody who denies without a code": (replace(BALLOT, factor=True), voter("alex"), False),
    "the proposer in strict mode, to deny": (replace(BALLOT, strict=True), voter("megan"), False),
}
MAY_NOT = {
    "the subject": (BALLOT, voter("adele.vance"), True, "your own account"),
    "the subject under another address": (BALLOT, voter("av"), True, "your own account"),
    "the subject who wants to deny": (BALLOT, voter("av"), False, "your own account"),
    "somebody who is barred": (BALLOT, voter("guest", barred="Guests may not."), True, "Guests may not."),
    "somebody who voted": (replace(BALLOT, votes=(yes("alex"),)), voter("alex"), True, "one vote"),
    "the same person under another account": (
        replace(BALLOT, votes=(yes("alex"),)),
        replace(voter("alex"), id="U0OTHER"),
        True,
        "one vote",
    ),
    "the proposer in strict mode": (replace(BALLOT, strict=True), voter("megan"), True, "somebody else"),
    "an approver without the code": (replace(BALLOT, factor=True), voter("alex"), True, "code"),
    "anybody once it is denied": (
        replace(BALLOT, state=ProposalState.DENIED),
        voter("alex"),
        True,
        "denied",
    ),
    "anybody once it is over": (replace(BALLOT, expires_at=NOW), voter("alex"), True, "expired"),
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
    assert "not the plan" in why_not(BALLOT, voter("alex"), yes=True, digest=digest, now=NOW)


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
    assert "not the one that was approved" in why_not_run(APPROVED, "0" * 64, lambda _: "", NOW)


def test_a_proposal_is_not_begun_long_after_its_end():
    late = APPROVED.expires_at + GRACE + timedelta(seconds=1)
    assert "not begun before its end" in why_not_run(APPROVED, DIGEST, lambda _: "", late)
    assert why_not_run(APPROVED, DIGEST, lambda _: "", APPROVED.expires_at + GRACE) == ""


def test_a_role_lost_between_vote_and_start_stops_it():
    def barred(vote: Vote) -> str:
        return "You are not an approver." if vote.voter == "U0ALEX" else ""

    reason = why_not_run(APPROVED, DIGEST, barred, NOW)
    assert "<@U0ALEX>: You are not an approver" in reason
    assert "nothing was done" in reason
