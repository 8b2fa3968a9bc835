"""Access and impact are told apart, and what part an account had: taken over, exposed, attacked, made."""

from __future__ import annotations

from dataclasses import replace

import pytest

from commands import check, facts, verdict
from commands.report import (
    Access,
    Finding,
    Impact,
    Owner,
    Result,
    Role,
    Severity,
    Sign,
    SymptomResult,
    VerdictCode,
)
from commands.story import access_and_impact as standing
from commands.usual.own import ENOUGH
from tests.commands.evidence import ADELE, INTRUDER, NESTOR, NOON, evidence, record
from tests.commands.symptoms.judging import SESSION, break_in, past
from tests.commands.test_verdict import states

HIGH = Sign("high", Severity.HIGH, "")
HIGH_TOO = Sign("high_too", Severity.HIGH, "")
MEDIUM = Sign("access_to_others", Severity.MEDIUM, "")
TRIED = Sign("many_failures", Severity.INFO, "")


def deed(
    sign: Sign, number: int, *, owner: Owner | None = None, by: str = ADELE.mail, **more: object
) -> Finding:
    found = Finding("delegates", sign, f"{sign.id}.", at=NOON, by=by, records=(str(number),), owner=owner)
    return replace(found, **more)  # type: ignore[arg-type]


def judged(*findings: Finding):
    result = SymptomResult("delegates", "", "", Result.PRESENT, "", findings)
    return verdict.weigh([result], states(), subject=ADELE, ordinary=ENOUGH)


PARTS = [
    ("nothing", [], VerdictCode.NO_SIGN_FOUND, Access.NONE, Role.CLEAN),
    (
        "attempts that failed",
        [deed(TRIED, 1, symptom="sign_ins")],
        VerdictCode.NO_SIGN_FOUND,
        Access.NONE,
        Role.ATTACKED,
    ),
    (
        "two grave deeds by a stranger",
        [deed(HIGH, 1, owner=Owner.STRANGER), deed(HIGH_TOO, 2, owner=Owner.STRANGER, certain=True)],
        VerdictCode.COMPROMISED,
        Access.CERTAIN,
        Role.TAKEN_OVER,
    ),
    (
        "a grave deed in a doubtful session",
        [deed(HIGH, 1, owner=Owner.DOUBTFUL), deed(MEDIUM, 2, owner=Owner.DOUBTFUL)],
        VerdictCode.COMPROMISED,
        Access.LIKELY,
        Role.TAKEN_OVER,
    ),
    (
        "one act on others in a doubtful session",
        [deed(MEDIUM, 1, owner=Owner.DOUBTFUL)],
        VerdictCode.SUSPICIOUS,
        Access.POSSIBLE,
        Role.USED,
    ),
    (
        "rights that another account gave away, however grave",
        [deed(HIGH, 1, by=NESTOR), deed(HIGH_TOO, 2, by=NESTOR)],
        VerdictCode.SUSPICIOUS,
        Access.POSSIBLE,
        Role.EXPOSED,
    ),
]


@pytest.mark.parametrize(
    ("why", "findings", "answer", "access", "role"),
    PARTS,
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_the_part_of_an_account(why, findings, answer, access, role):
    seen = judged(*findings)
    assert (seen.answer, seen.access, seen.role) == (answer, access, role)


def test_the_signs_named_exist():
    assert set(facts.weights()) >= (standing.GOT_IN | standing.TRIED)


def test_what_was_done_is_named():
    found = [deed(HIGH, 1), deed(HIGH_TOO, 2, symptom="hacked_account_messages")]
    assert judged(*found).impact == (Impact.EXPOSURE, Impact.FRAUD)


@pytest.mark.parametrize("missing", [set(), {"user", "mailbox", "audit_log", "sign_ins"}])
@pytest.mark.parametrize("ordinary", [None, 0, ENOUGH])
def test_nobody_is_called_compromised_at_low_confidence(missing, ordinary):
    found = SymptomResult("delegates", "", "", Result.PRESENT, "", (deed(HIGH, 1), deed(HIGH_TOO, 2)))
    seen = verdict.weigh([found], states(missing), ordinary=ordinary)
    assert seen.answer is VerdictCode.COMPROMISED
    assert seen.confidence != "low"


def test_a_short_baseline_is_told_and_lowers_the_confidence():
    long, short = (verdict.weigh([], states(), ordinary=number) for number in (ENOUGH, 3))
    assert (long.confidence, short.confidence) == ("high", "medium")
    assert "3 ordinary sign-ins" in short.says
    one = verdict.weigh([], states(), ordinary=1)
    assert one.says.endswith(
        "The baseline rests on 1 ordinary sign-in only, so little can be called unfamiliar."
    )
    none = verdict.weigh([], states(), ordinary=0)
    assert none.says.endswith("No ordinary sign-in is known, so nothing can be called unfamiliar.")
    assert [seen.baseline for seen in (long, short, one, verdict.weigh([], states()))] == [ENOUGH, 3, 1, None]
    assert "baseline" not in long.says


def test_every_reason_comes_with_a_question_for_the_user():
    rule = record(
        "New-InboxRule",
        address=INTRUDER,
        parameters={"Name": ".", "DeleteMessage": "True"},
        session_id=SESSION,
    )
    seen = check.judge(evidence(sign_ins=[*past(), break_in()], audit_log=[rule]), NOON).verdict
    assert [finding.summary for finding in seen.reasons if not finding.ask.strip().endswith(("?", "."))] == []
    assert any(INTRUDER in question and "a trip" in question for question in seen.questions)
    assert any("inbox rule" in question for question in seen.questions)


def test_an_account_that_a_taken_over_one_made_is_the_attackers():
    maker = check.judge(evidence(sign_ins=past()), NOON)
    made = replace(
        maker, subject=replace(ADELE, id="x", user_principal_name="b@c.example", mail="", addresses=())
    )
    sign = Sign("account_made_by_intruder", Severity.HIGH, "")
    finding = Finding("account_changes", sign, "made", after="b@c.example", records=("1",))
    guilty = replace(
        maker,
        verdict=replace(maker.verdict, answer=VerdictCode.COMPROMISED),
        symptoms=(SymptomResult("account_changes", "", "", Result.PRESENT, "", (finding,)),),
    )
    first, second = standing.with_created([guilty, made])
    assert first == guilty
    assert (second.verdict.answer, second.verdict.role) == (VerdictCode.COMPROMISED, Role.CREATED)
    assert standing.with_created([maker, made]) == (maker, made)
