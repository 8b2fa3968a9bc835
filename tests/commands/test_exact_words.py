"""What a vote, a start and a verdict answer, word for word; and the points at which an answer changes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pytest

from commands import facts, verdict
from commands.errors import NotNow
from commands.plans.approval import Move, ProposalState, advance, why_not, why_not_run
from commands.report import Finding, Severity, Sign, spoken
from commands.usual.own import ENOUGH
from graph.evidence import SOURCES
from tests.commands.plans import NOW, voter
from tests.commands.test_approval import APPROVED, BALLOT, DIGEST, yes
from tests.commands.test_verdict import CRITICAL, HIGH, HIGH_TOO, INFO, LOW, MEDIUM, found, result, states

VOTED = "You already voted; each person has one vote."
PROPOSED = "You proposed this, so someone else must approve it."
PLAN = "The plan has changed. Review the proposal again, and vote on the current plan."
CODE = "This needs a code from your authenticator app. Select Approve again and enter the code."


@pytest.mark.parametrize(
    ("ballot", "who", "digest", "says"),
    [
        (BALLOT, voter("alex"), "", PLAN),
        (
            replace(BALLOT, votes=(yes("alex"),)),
            voter("alex"),
            DIGEST,
            "You already voted; each person has one vote.",
        ),
        (BALLOT, voter("adele.vance"), DIGEST, "You cannot vote on your own account."),
        (
            replace(BALLOT, strict=True),
            voter("megan"),
            DIGEST,
            "You proposed this, so someone else must approve it.",
        ),
        (replace(BALLOT, factor=True), voter("alex"), DIGEST, CODE),
        (replace(BALLOT, expires_at=NOW), voter("alex"), DIGEST, "It has expired. Propose it again."),
        (
            BALLOT,
            voter("alex", object_id=""),
            DIGEST,
            "Your Microsoft 365 account could not be identified, so you cannot vote.",
        ),
    ],
)
def test_a_vote_that_does_not_count_is_answered(ballot, who, digest, says):
    assert why_not(ballot, who, yes=True, digest=digest, now=NOW) == says


def test_an_end_answers_in_its_own_words():
    with pytest.raises(NotNow) as denied:
        advance(ProposalState.DENIED, Move.APPROVE)
    assert str(denied.value) == "It was denied."
    with pytest.raises(NotNow) as early:
        advance(ProposalState.OPEN, Move.START)
    assert str(early.value) == "The proposal cannot start yet: it is not approved."


def test_a_start_that_may_not_be_is_answered():
    other = "The plan differs from the approved one, so nothing was done. Propose it again."
    assert why_not_run(APPROVED, "0" * 64, lambda _: "", NOW) == other
    late = "It was approved but expired before it started, so nothing was done. Propose it again."
    assert why_not_run(APPROVED, DIGEST, lambda _: "", NOW.replace(year=NOW.year + 1)) == late
    few = "Too few of the approvals are still valid, so nothing was done"
    lost = why_not_run(APPROVED, DIGEST, lambda vote: f"Gone is {vote.voter}.", NOW)
    assert lost == f"{few} (<@U0ALEX>: Gone is U0ALEX; <@U0LIDIA>: Gone is U0LIDIA). Propose it again."
    unknown = replace(APPROVED, votes=(yes("alex", object_id=""), yes("lidia")))
    why = "<@U0ALEX>: Their Microsoft 365 account is not recorded"
    assert why_not_run(unknown, DIGEST, lambda _: "", NOW) == f"{few} ({why}). Propose it again."
    one = replace(APPROVED, votes=(yes("alex"),))
    assert why_not_run(one, DIGEST, lambda _: "", NOW) == f"{few}. Propose it again."


def says(*findings: Finding, unavailable: Collection[str] = ()) -> str:
    return verdict.weigh([result(*findings)], states(frozenset(unavailable))).says


THREE = (found(CRITICAL, "a"), found(HIGH, "b"), found(HIGH_TOO, "c"))
FOUR = (*THREE, found(MEDIUM, "d"))
OF_THREE = "critical_one was seen; high_one was seen; high_two was seen"


def test_a_verdict_names_three_reasons_and_counts_the_rest():
    assert says(*THREE) == f"This account is compromised: {OF_THREE}."
    assert says(*FOUR) == f"This account is compromised (the most severe 3 of 4 reasons): {OF_THREE}."
    five = f"This account is compromised (the most severe 3 of 5 reasons): {OF_THREE}."
    assert says(*FOUR, found(LOW, "e")) == five
    sheet = replace(found(HIGH, "a"), summary="A macro ran in PLAN.XLSX.")
    assert says(sheet) == "This account is suspicious and needs review: A macro ran in PLAN.XLSX."
    alone = "This account is suspicious and needs review: high_one was seen."
    assert says(found(HIGH, "a")) == alone


def test_a_verdict_names_what_was_not_seen():
    lost = {name for one in facts.deciding() for name in one.any_of}
    names = ", ".join(" or ".join(map(spoken, one.any_of)) for one in facts.deciding())
    assert says(found(CRITICAL, "a"), unavailable=lost) == (
        f"This account is compromised: critical_one was seen. Not collected, but needed to be sure: {names}."
    )
    assert says(unavailable=lost) == f"Cannot tell from what was collected: {names} would decide it."


def test_no_sign_names_what_was_noticed_and_what_was_not_seen():
    nothing = "No sign of compromise was found in the collected evidence."
    assert says() == nothing
    assert says(found(LOW, "a")) == f"{nothing} Noted, but not enough by itself: low_one was seen."
    deciding = {name for one in facts.deciding() for name in one.any_of}
    others = [name for name in SOURCES if name not in deciding][:2]
    named = ", ".join(map(spoken, others))
    assert says(unavailable=set(others)) == f"{nothing} Not collected: {named}."


def confidence(
    *findings: Finding,
    partial: Collection[str] = (),
    unavailable: Collection[str] = (),
    ordinary: int | None = None,
) -> str:
    seen = states(frozenset(unavailable), frozenset(partial))
    return verdict.weigh([result(*findings)], seen, ordinary=ordinary).confidence


def test_the_confidence_changes_where_the_page_says():
    deciding = {name for one in facts.deciding() for name in one.any_of}
    others = [name for name in SOURCES if name not in deciding]
    most = verdict.MANY_MISSING
    sixteen = (found(CRITICAL, "a"), found(HIGH, "b"), found(MEDIUM, "c"), found(LOW, "d"))
    assert verdict.weigh([result(*sixteen)], states()).points == verdict.CERTAIN_FROM
    assert confidence(partial=others[:most]) == "high"
    assert confidence(partial=others[: most + 1]) == "medium"
    assert confidence(ordinary=ENOUGH) == "high"
    assert confidence(ordinary=ENOUGH - 1) == "medium", "little can be called unfamiliar"
    assert confidence(*sixteen, ordinary=ENOUGH) == "high"
    assert confidence(*sixteen, ordinary=ENOUGH - 1) == "medium", "little can be called unfamiliar"
    assert confidence(*sixteen[:3]) == "medium", "one good answer could explain fewer than sixteen points"
    assert confidence(found(HIGH, "a")) == "medium", "a suspicion is by its nature not settled"
    gone = facts.deciding()[0].any_of
    assert confidence(*sixteen, unavailable=set(gone)) == "high", "what was seen stands in spite of gaps"
    assert confidence(*sixteen[:3], unavailable=set(gone)) == "medium", (
        "nobody is compromised at low confidence"
    )
    assert confidence(found(HIGH, "a"), partial=[gone[0]]) == "medium"
    assert confidence(partial=[gone[0]]) == "medium"
    assert confidence(unavailable=set(gone)) == "low"
    weak = [found(Sign(f"weak_{number}", Severity.MEDIUM, ""), str(number)) for number in range(9)]
    assert confidence(*weak, unavailable=set(gone)) == "low", "a suspicion does not, however many points"


def test_what_only_informs_is_no_reason_and_hides_nothing_after_it():
    judged = verdict.weigh([result(found(INFO, "a"), found(CRITICAL, "a"))], states())
    assert ([one.sign for one in judged.reasons], judged.points) == ([CRITICAL], 8)
    assert [one.sign for one in verdict.carried_signs([found(INFO, "a"), found(HIGH, "b")])] == [HIGH]


def test_where_two_signs_have_one_record_the_graver_one_carries_it():
    carried = verdict.carried_signs([found(LOW, "a"), found(CRITICAL, "a")])
    assert [one.sign for one in carried] == [CRITICAL]
    later = Sign("zone_two", Severity.CRITICAL, "")
    carried = verdict.carried_signs([found(HIGH, "a"), found(LOW, "b"), found(later, "a")])
    assert [one.sign for one in carried] == [later, LOW], "whatever the signs are called, and gravest first"
