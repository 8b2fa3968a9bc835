"""The verdict is an explainable rule: a sign weighs once, a record carries one, gaps lower the confidence."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands import facts, symptoms, verdict
from commands.report import (
    Access,
    Coverage,
    Finding,
    Owner,
    Result,
    Severity,
    Sign,
    SourceState,
    SymptomResult,
    VerdictCode,
    spoken,
)
from graph.evidence import SOURCES
from tests.commands.evidence import ADELE, NESTOR, NOON

HIGH = Sign("high_one", Severity.HIGH, "")
HIGH_TOO = Sign("high_two", Severity.HIGH, "")
MEDIUM = Sign("medium_one", Severity.MEDIUM, "")
LOW = Sign("low_one", Severity.LOW, "")
CRITICAL = Sign("critical_one", Severity.CRITICAL, "")
INFO = Sign("info_one", Severity.INFO, "")
SIGNS = (HIGH, HIGH_TOO, MEDIUM, LOW, CRITICAL, INFO)


def found(sign: Sign, *records: str) -> Finding:
    return Finding("inbox_rules", sign, f"{sign.id} was seen.", records=records)


def result(*findings: Finding) -> SymptomResult:
    return SymptomResult("inbox_rules", "", "", Result.PRESENT, "", findings)


def states(unavailable: set[str] | frozenset[str] = frozenset(), partial: frozenset[str] = frozenset()):
    return tuple(
        SourceState(
            name,
            Coverage.UNAVAILABLE
            if name in unavailable
            else Coverage.PARTIAL
            if name in partial
            else Coverage.COMPLETE,
            "",
            0,
        )
        for name in SOURCES
    )


@pytest.mark.parametrize(
    ("findings", "answer", "points"),
    [
        pytest.param([], VerdictCode.NO_SIGN_FOUND, 0, id="nothing found"),
        pytest.param([found(INFO, "a")], VerdictCode.NO_SIGN_FOUND, 0, id="what only informs weighs nothing"),
        pytest.param([found(LOW, "a")], VerdictCode.NO_SIGN_FOUND, 1, id="one weak sign is too little"),
        pytest.param(
            [found(LOW, "a"), found(MEDIUM, "b")],
            VerdictCode.SUSPICIOUS,
            3,
            id="weak signs add up to suspicion",
        ),
        pytest.param([found(HIGH, "a")], VerdictCode.SUSPICIOUS, 5, id="one grave sign is suspicious"),
        pytest.param(
            [found(HIGH, "a"), found(HIGH, "b")], VerdictCode.SUSPICIOUS, 5, id="a sign counts once"
        ),
        pytest.param(
            [found(HIGH, "a"), found(HIGH_TOO, "b")], VerdictCode.COMPROMISED, 10, id="two grave signs decide"
        ),
        pytest.param([found(CRITICAL, "a")], VerdictCode.COMPROMISED, 8, id="one critical sign decides"),
        pytest.param(
            [found(HIGH, "a"), found(HIGH_TOO, "a")],
            VerdictCode.SUSPICIOUS,
            5,
            id="one record carries one sign only",
        ),
        pytest.param(
            [found(HIGH, "a"), found(HIGH, "b"), found(HIGH_TOO, "a")],
            VerdictCode.COMPROMISED,
            10,
            id="a sign makes room for another",
        ),
        pytest.param(
            [found(HIGH), found(HIGH_TOO)],
            VerdictCode.COMPROMISED,
            10,
            id="what rests on no record stands alone",
        ),
    ],
)
def test_the_rule(findings, answer, points):
    judged = verdict.weigh([result(*findings)], states())
    assert (judged.answer, judged.points) == (answer, points)


def test_eight_points_of_weak_signs_alone_never_make_a_compromise():
    weak = [found(Sign(f"weak_{number}", Severity.MEDIUM, ""), str(number)) for number in range(9)]
    judged = verdict.weigh([result(*weak)], states())
    assert judged.points == 18
    assert judged.answer is VerdictCode.SUSPICIOUS


@pytest.mark.parametrize("deciding", facts.deciding(), ids=lambda one: "+".join(one.any_of))
def test_without_a_deciding_source_nobody_can_tell(deciding):
    judged = verdict.weigh([], states(set(deciding.any_of)))
    assert judged.answer is VerdictCode.CANNOT_TELL
    assert judged.confidence == "low"
    assert all(spoken(name) in judged.says for name in deciding.any_of)
    assert deciding.why


def test_without_deciding_sources_a_compromise_is_still_a_compromise_and_the_gap_is_named():
    judged = verdict.weigh([result(found(CRITICAL, "a"))], states({"user", "mailbox"}))
    assert judged.answer is VerdictCode.COMPROMISED
    assert judged.confidence == "medium"
    assert "user" in judged.says
    assert "mailbox" in judged.says
    assert judged.missing == ("user", "mailbox")


def test_partial_sources_lower_the_confidence_and_are_named():
    assert verdict.weigh([], states()).confidence == "high"
    judged = verdict.weigh([], states(partial=frozenset({"user"})))
    assert judged.answer is VerdictCode.NO_SIGN_FOUND
    assert judged.confidence == "medium"
    assert judged.missing == ("user",)


def kept_from(**dates: datetime) -> tuple[SourceState, ...]:
    """The sources' states where some are not kept for the whole window."""
    return tuple(
        replace(one, state=Coverage.PARTIAL, complete_from=dates[one.id]) if one.id in dates else one
        for one in states()
    )


def test_no_sign_over_more_than_is_kept_is_not_of_high_confidence_and_says_from_when_on_it_holds():
    october, june = datetime(2026, 10, 31, 4, 17, tzinfo=UTC), datetime(2026, 6, 3, 4, 17, tzinfo=UTC)
    says = " This holds only from 2026-10-31 04:17 UTC on: older records are no longer kept."
    for kept in (kept_from(sign_ins=october), kept_from(sign_ins=october, audit_log=june)):
        judged = verdict.weigh([], kept)
        assert (judged.answer, judged.confidence) == (VerdictCode.NO_SIGN_FOUND, "medium")
        assert judged.says == f"No sign of compromise was found in the collected evidence.{says}"
        assert "This holds only" not in verdict.weigh([result(found(HIGH, "a"))], kept).says
    # Without the sign-in log the audit log shows who signed in, and what stands now needs no log.
    audit = tuple(
        replace(one, state=Coverage.UNAVAILABLE) if one.id == "sign_ins" else one
        for one in kept_from(audit_log=june)
    )
    assert "from 2026-06-03 04:17 UTC on" in verdict.weigh([], audit).says
    judged = verdict.weigh([], kept_from(directory_audits_on_user=october, message_trace=june))
    assert (judged.confidence, "This holds" in judged.says) == ("high", False)
    assert verdict.holds_from(states({"user"})) is None


def test_the_reasons_come_gravest_first_one_for_each_sign():
    judged = verdict.weigh([result(found(LOW, "a"), found(HIGH, "b"), found(HIGH, "c"))], states())
    assert [finding.sign for finding in judged.reasons] == [HIGH, LOW]
    assert "high_one was seen" in judged.says


_names = st.sets(st.sampled_from(SOURCES))
_findings = st.lists(
    st.builds(
        lambda sign, records: found(sign, *records),
        st.sampled_from(SIGNS),
        st.lists(st.sampled_from("abcde"), max_size=3, unique=True),
    ),
    max_size=8,
)


@given(findings=_findings, missing=_names, partial=_names, more=_names)
def test_more_missing_sources_never_raise_the_confidence_nor_clear_an_account(
    findings, missing, partial, more
):
    levels = list(verdict.LEVELS)
    before = verdict.weigh([result(*findings)], states(missing, frozenset(partial)))
    after = verdict.weigh([result(*findings)], states(missing | more, frozenset(partial)))
    assert levels.index(after.confidence) <= levels.index(before.confidence)
    assert after.points == before.points
    if before.answer is VerdictCode.CANNOT_TELL:
        assert after.answer is VerdictCode.CANNOT_TELL


@given(findings=_findings, more=_findings)
def test_a_further_finding_never_lowers_the_points(findings, more):
    before = verdict.weigh([result(*findings)], states()).points
    assert verdict.weigh([result(*findings, *more)], states()).points >= before


@given(findings=_findings)
def test_the_points_are_the_greatest_that_one_record_a_sign_allows(findings):
    """Brute force over all ways to give each sign a record of its own."""
    grounds: dict[Sign, set[str]] = {}
    for number, finding in enumerate(findings):
        if finding.severity > 0:
            grounds.setdefault(finding.sign, set()).update(finding.records[:1] or (f"own {number}",))
    best = 0
    for choice in itertools.product(*([*records, None] for records in grounds.values())):
        used = [record for record in choice if record is not None]
        if len(used) == len(set(used)):
            best = max(
                best, sum(sign.severity for sign, record in zip(grounds, choice, strict=True) if record)
            )
    assert verdict.weigh([result(*findings)], states()).points == best


# --- whose session it was ---------------------------------------------------------------------------

DOUBTFUL_SIGN_IN = Sign("doubtful_sign_in", Severity.MEDIUM, "", group="place")
READ = Sign("read", Severity.MEDIUM, "", group="use")
SENT = Sign("sent", Severity.MEDIUM, "", group="use")
MEDIUM_TOO = Sign("medium_two", Severity.MEDIUM, "")


def deed(sign: Sign, record: str, owner: Owner | None, *, certain: bool = False, hours: float = 0) -> Finding:
    at = NOON + timedelta(hours=hours)
    return Finding(
        "mail_forwarding", sign, f"{sign.id}.", at=at, records=(record,), owner=owner, certain=certain
    )


def way_in(doubt: int) -> Finding:
    return Finding(
        "sign_ins", DOUBTFUL_SIGN_IN, "d.", at=NOON, records=("in",), owner=Owner.DOUBTFUL, doubt=doubt
    )


@pytest.mark.parametrize(
    ("findings", "answer", "points"),
    [
        pytest.param([way_in(2)], VerdictCode.NO_SIGN_FOUND, 1, id="two new things are everyday life"),
        pytest.param(
            [way_in(4)], VerdictCode.SUSPICIOUS, 3, id="a tablet nobody knows, abroad, is asked about"
        ),
        pytest.param(
            [way_in(3), deed(LOW, "a", Owner.DOUBTFUL)],
            VerdictCode.SUSPICIOUS,
            3,
            id="what is harmless stays so in a doubtful session",
        ),
        pytest.param(
            [way_in(3), deed(MEDIUM, "a", Owner.DOUBTFUL)],
            VerdictCode.SUSPICIOUS,
            6,
            id="one unusual deed in a doubtful session is suspicious",
        ),
        pytest.param(
            [way_in(2), deed(MEDIUM, "a", Owner.DOUBTFUL), deed(MEDIUM_TOO, "b", Owner.DOUBTFUL, hours=1)],
            VerdictCode.COMPROMISED,
            9,
            id="two of them within hours are a takeover",
        ),
        pytest.param(
            [way_in(2), deed(MEDIUM, "a", Owner.DOUBTFUL), deed(MEDIUM_TOO, "b", Owner.DOUBTFUL, hours=80)],
            VerdictCode.SUSPICIOUS,
            9,
            id="two of them days apart are not",
        ),
        pytest.param(
            [way_in(2), deed(HIGH, "a", Owner.DOUBTFUL)],
            VerdictCode.COMPROMISED,
            8,
            id="what is hardly ever harmless, done in a doubtful session, decides",
        ),
        pytest.param(
            [deed(MEDIUM, "a", Owner.OWNER), deed(MEDIUM_TOO, "b", Owner.OWNER)],
            VerdictCode.SUSPICIOUS,
            4,
            id="the user's own session makes nothing graver",
        ),
        pytest.param(
            [found(HIGH, "in"), deed(READ, "a", Owner.STRANGER), deed(SENT, "b", Owner.STRANGER)],
            VerdictCode.SUSPICIOUS,
            7,
            id="reading and sending by somebody who may be the user on a journey is one thing",
        ),
        pytest.param(
            [found(HIGH, "in"), deed(READ, "a", Owner.STRANGER, certain=True)],
            VerdictCode.COMPROMISED,
            9,
            id="reading alone decides where somebody else was certainly in",
        ),
    ],
)
def test_whose_session_it_was_weighs(findings, answer, points):
    judged = verdict.weigh([result(*findings)], states())
    assert (judged.answer, judged.points) == (answer, points)


def test_no_two_signs_share_a_name():
    names = [sign.id for symptom in symptoms.SYMPTOMS for sign in symptom.SIGNS]
    assert len(names) == len(set(names))


def test_without_the_audit_log_nobody_may_say_that_there_is_no_sign():
    seen = verdict.weigh([], states({"audit_log"}))
    assert seen.answer is VerdictCode.CANNOT_TELL
    assert "audit log" in seen.says


def test_a_symptom_that_could_not_be_decided_lowers_the_confidence_of_no_sign():
    unknown = SymptomResult("missing_mail", "", "", Result.UNKNOWN, "")
    assert verdict.weigh([], states()).confidence == "high"
    assert verdict.weigh([unknown], states()).confidence == "medium"


def test_a_deed_counts_by_the_gravest_session_that_it_was_done_in():
    own, other = deed(HIGH, "a", Owner.OWNER), deed(HIGH, "b", Owner.STRANGER)
    for findings in ([own, other], [other, own]):
        assert verdict.carried_signs(findings) == (other,)
        assert [one.records for one in verdict.weigh([result(*findings)], states()).reasons] == [("b",)]
    same = deed(HIGH, "c", Owner.STRANGER)
    assert verdict.carried_signs([other, same]) == (other,), "of two that weigh the same the first is told"
    assert verdict.weigh([result(other, same)], states()).reasons[0] == other


def test_what_weighs_most_weighs_so_in_any_session():
    assert {verdict.points_of(deed(CRITICAL, "a", owner)) for owner in (*Owner, None)} == {8}
    assert [verdict.points_of(way_in(doubt)) for doubt in (0, 2, 3, 4, 5, 9)] == [1, 1, 2, 3, 3, 3]


def test_everyday_deeds_count_one_by_one_where_somebody_else_was_certainly_in():
    def carried(group: str, *, certain: bool) -> int:
        signs = [Sign(f"{group}_{number}", Severity.LOW, "", group=group) for number in range(3)]
        deeds = [deed(sign, sign.id, Owner.STRANGER, certain=certain) for sign in signs]
        return len(verdict.carried_signs(deeds))

    assert (carried(verdict.USE, certain=True), carried(verdict.USE, certain=False)) == (3, 1)
    assert (carried("place", certain=True), carried("place", certain=False)) == (1, 1)


def test_two_grave_deeds_a_day_apart_are_a_sequence_and_no_longer():
    first = deed(HIGH, "a", Owner.STRANGER)
    apart = [deed(HIGH_TOO, "b", Owner.STRANGER, hours=hours) for hours in (24, 25)]
    assert [verdict.is_sequence([first, other]) for other in apart] == [True, False]


@pytest.mark.parametrize(
    ("severity", "group", "owner", "points"),
    [
        (Severity.LOW, "place", Owner.OWNER, 0),
        (Severity.LOW, "place", None, 1),
        (Severity.LOW, "other", Owner.OWNER, 1),
        (Severity.MEDIUM, "place", Owner.OWNER, 2),
    ],
)
def test_something_new_in_a_place_weighs_nothing_where_the_session_is_known_as_the_users(
    severity, group, owner, points
):
    assert verdict.points_of(deed(Sign("new_one", severity, "", group=group), "a", owner)) == points


def test_what_the_user_does_every_day_weighs_nothing_in_a_session_of_the_users_own():
    low, medium = (
        Sign(f"{severity}", severity, "", group=verdict.USE) for severity in (Severity.LOW, Severity.MEDIUM)
    )
    assert verdict.points_of(deed(low, "a", Owner.OWNER)) == 0
    assert verdict.points_of(deed(low, "a", Owner.DOUBTFUL)) == 1
    assert verdict.points_of(deed(medium, "a", Owner.OWNER)) == 2


# --- who is behind it -------------------------------------------------------------------------------

FACTOR = [Sign(name, Severity.MEDIUM, "", group="factor") for name in ("removed", "added")]
DUTIES = [Sign(name, Severity.MEDIUM, "", group=verdict.WORK) for name in ("role", "rule")]


@pytest.mark.parametrize("owner", [Owner.OWNER, Owner.DOUBTFUL, None])
def test_an_exchange_of_the_second_factor_is_one_thing(owner):
    both = [deed(sign, sign.id, owner) for sign in FACTOR]
    assert len(verdict.carried_signs(both)) == 1


@pytest.mark.parametrize(
    ("owner", "count"), [(Owner.OWNER, 1), (Owner.DOUBTFUL, 2), (Owner.STRANGER, 2), (None, 2)]
)
def test_what_administrators_do_all_day_is_one_thing_in_their_own_sessions_only(owner, count):
    both = [deed(sign, sign.id, owner) for sign in DUTIES]
    assert len(verdict.carried_signs(both)) == count


def test_a_group_stands_on_any_record_of_its_signs():
    """The first sign of the group shares its record with a graver one, the second does not."""
    findings = [
        deed(FACTOR[0], "shared", None),
        found(HIGH, "shared"),
        deed(FACTOR[1], "own", None),
    ]
    assert sum(map(verdict.points_of, verdict.carried_signs(findings))) == 7


ADELES = replace(deed(MEDIUM, "own", Owner.OWNER), by=ADELE.user_principal_name)
NESTORS = replace(deed(MEDIUM_TOO, "his", None), by=NESTOR)


GUESSES = found(Sign("many_sources_failed", Severity.LOW, ""), "guesses")


@pytest.mark.parametrize(
    ("findings", "points"),
    [
        pytest.param([ADELES, way_in(4)], 3, id="a journey, and a deed at the desk"),
        pytest.param([ADELES, NESTORS], 2, id="a deed at the desk, and one of a colleague's"),
        pytest.param([NESTORS, replace(NESTORS, sign=MEDIUM, records=("b",))], 4, id="two of a colleague's"),
        pytest.param([NESTORS, way_in(4)], 3, id="a deed of a colleague's, and a journey"),
        pytest.param([ADELES, deed(MEDIUM_TOO, "too", Owner.OWNER)], 4, id="two deeds at the desk"),
        pytest.param([deed(HIGH, "own", Owner.OWNER), way_in(4)], 8, id="a grave deed counts anywhere"),
        pytest.param([deed(MEDIUM, "own", None), way_in(4)], 5, id="a deed of nobody known"),
        pytest.param([ADELES, GUESSES], 2, id="a deed at the desk, and guesses from outside"),
        pytest.param([GUESSES, way_in(4)], 4, id="guesses from outside, and a doubtful sign-in"),
    ],
)
def test_what_different_people_did_does_not_add_up(findings, points):
    assert verdict.weigh([result(*findings)], states(), subject=ADELE).points == points


_anybodys = st.lists(
    st.builds(
        lambda sign, records, owner, certain, by: replace(
            found(sign, *records), owner=owner, certain=certain and owner is not None, by=by, at=NOON
        ),
        st.sampled_from([*SIGNS, *FACTOR, *DUTIES, DOUBTFUL_SIGN_IN, READ, SENT]),
        st.lists(st.sampled_from("abcde"), max_size=3, unique=True),
        st.sampled_from([*Owner, None]),
        st.booleans(),
        st.sampled_from([ADELE.user_principal_name, NESTOR, ""]),
    ),
    max_size=8,
)


@given(findings=_anybodys, missing=_names, partial=_names, ordinary=st.none() | st.integers(0, 40))
def test_nobody_is_called_compromised_at_low_confidence(findings, missing, partial, ordinary):
    judged = verdict.weigh(
        [result(*findings)], states(missing, frozenset(partial)), subject=ADELE, ordinary=ordinary
    )
    assert judged.answer is not VerdictCode.COMPROMISED or judged.confidence != "low"


@given(findings=_anybodys, missing=_names, partial=_names, ordinary=st.none() | st.integers(0, 40))
def test_nothing_is_certain_at_low_confidence(findings, missing, partial, ordinary):
    judged = verdict.weigh(
        [result(*findings)], states(missing, frozenset(partial)), subject=ADELE, ordinary=ordinary
    )
    assert judged.access is not Access.CERTAIN or judged.confidence != "low"


@given(findings=_anybodys, more=_anybodys)
def test_a_further_finding_of_anybodys_never_lowers_the_points(findings, more):
    before = verdict.weigh([result(*findings)], states(), subject=ADELE).points
    assert verdict.weigh([result(*findings, *more)], states(), subject=ADELE).points >= before


# --- how sure it is -----------------------------------------------------------------------------------


def theirs(sign: Sign, record: str) -> Finding:
    return deed(sign, record, Owner.STRANGER, certain=True)


def entered(sign: Sign) -> Finding:
    return replace(found(sign, "in"), symptom="sign_ins", owner=Owner.STRANGER)


@pytest.mark.parametrize(
    ("findings", "ordinary", "confidence"),
    [
        pytest.param([found(HIGH, "in"), theirs(HIGH_TOO, "a")], 10, "high", id="a stranger's grave deed"),
        pytest.param([found(HIGH, "in"), theirs(HIGH_TOO, "a")], 9, "medium", id="on a short baseline"),
        pytest.param(
            [found(HIGH, "in"), deed(MEDIUM, "a", Owner.STRANGER)], 10, "medium", id="perhaps the user's"
        ),
        pytest.param(
            [found(HIGH, "in"), theirs(MEDIUM, "a")], 10, "high", id="a stranger's deed of medium severity"
        ),
        pytest.param(
            [entered(HIGH), deed(HIGH_TOO, "a", Owner.DOUBTFUL)], 10, "high", id="way in and deed, both grave"
        ),
        pytest.param(
            [entered(MEDIUM), deed(HIGH_TOO, "a", Owner.DOUBTFUL)], 10, "medium", id="an unusual way in"
        ),
        pytest.param(
            [entered(HIGH), deed(HIGH_TOO, "a", Owner.OWNER)],
            10,
            "medium",
            id="a grave deed of the user's own",
        ),
        pytest.param([found(HIGH, "in"), theirs(READ, "a")], 10, "medium", id="a stranger who only read"),
        pytest.param(
            [found(HIGH, "in"), theirs(LOW, "a"), deed(HIGH_TOO, "b", Owner.OWNER)],
            10,
            "medium",
            id="a stranger, and a grave deed of the user's",
        ),
        pytest.param(
            [way_in(2), deed(MEDIUM, "a", Owner.DOUBTFUL), deed(MEDIUM_TOO, "b", Owner.DOUBTFUL)],
            10,
            "medium",
            id="just enough points",
        ),
        pytest.param(
            [way_in(2), *(deed(sign, sign.id, Owner.DOUBTFUL) for sign in (HIGH, HIGH_TOO, MEDIUM))],
            None,
            "high",
            id="twice the points that it takes",
        ),
    ],
)
def test_a_compromise_that_is_told_twice_over_is_of_high_confidence(findings, ordinary, confidence):
    judged = verdict.weigh([result(*findings)], states({"user", "mailbox"}), ordinary=ordinary)
    assert (judged.answer, judged.confidence) == (VerdictCode.COMPROMISED, confidence)


# --- what it says -------------------------------------------------------------------------------------


def test_three_reasons_are_told_each_of_another_record_and_the_others_are_counted():
    signs = [replace(HIGH, id=f"high_{number}") for number in range(6)]
    findings = [found(sign, "one" if number < 3 else sign.id) for number, sign in enumerate(signs)]
    says = verdict.weigh([result(*findings)], states()).says
    assert says == (
        "This account is compromised (the most severe 3 of 6 reasons): high_0 was seen; high_3 was seen; "
        "high_4 was seen."
    )


def test_reasons_that_share_a_later_record_are_both_told():
    signs = [replace(HIGH, id=f"high_{number}") for number in range(3)]
    records = [("one", "two"), ("two",), ("three", "one")]
    findings = [found(sign, *some) for sign, some in zip(signs, records, strict=True)]
    says = verdict.weigh([result(*findings)], states()).says
    assert says.endswith("high_0 was seen; high_1 was seen; high_2 was seen.")


def test_what_is_noted_beside_no_sign_is_counted_too():
    lows = [replace(LOW, id=f"low_{number}", group="one") for number in range(4)]
    says = verdict.weigh([result(*(found(sign, sign.id) for sign in lows))], states()).says
    noted = "(the most severe 3 of 4 reasons): low_0 was seen; low_1 was seen; low_2 was seen."
    assert says.endswith(noted)


class Counting(str):
    """A record id that counts how often it is compared with another."""

    __slots__ = ()
    compared = 0

    def __eq__(self, other: object) -> bool:
        Counting.compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def test_many_findings_of_one_sign_cost_no_more_each_than_few():
    def cost(number: int) -> int:
        Counting.compared = 0
        verdict.carried_signs([found(MEDIUM, Counting(f"record {each}")) for each in range(number)])
        return Counting.compared

    assert cost(2000) <= 20 * cost(200) + 200
