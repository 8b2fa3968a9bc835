"""Deeds are told by who did them, to whom, and from where; one deed is told once."""

from __future__ import annotations

import pytest

from commands import usual
from commands.clues import actions
from commands.report import Finding, Severity, Sign
from tests.commands.evidence import ADELE, INTRUDER, NESTOR, at, evidence, record
from tests.commands.symptoms.judging import broken_in, past

SUSPECT = Sign("suspect", Severity.HIGH, "")
PLAIN = Sign("plain", Severity.MEDIUM, "")
FAMILIAR = Sign("familiar", Severity.INFO, "")

GRADES = [
    ("the attacker's address", {"address": INTRUDER}, SUSPECT),
    ("the office", {}, FAMILIAR),
    ("an unknown network", {"address": "198.51.100.200"}, PLAIN),
    ("no address at all", {"address": None}, PLAIN),
]


@pytest.mark.parametrize(("where", "fields", "sign"), GRADES, ids=[row[0] for row in GRADES])
def test_a_deed_is_graver_from_a_suspect_place(where, fields, sign):
    seen = usual.learn(evidence(sign_ins=broken_in()))
    made = record("Set-Mailbox", **fields)
    assert actions.graded(made, seen, suspect=SUSPECT, plain=PLAIN, familiar=FAMILIAR) is sign


def test_without_a_familiar_sign_the_plain_one_is_given():
    seen = usual.learn(evidence(sign_ins=past()))
    assert actions.graded(record("Set-Mailbox"), seen, suspect=SUSPECT, plain=PLAIN) is PLAIN


DONE = [
    ("by the subject to himself", {}, True),
    ("by an administrator to the subject", {"actor": NESTOR}, True),
    ("by the subject to someone else", {"owner": "alex@contoso.example"}, True),
    ("by the subject to the tenant", {"owner": ""}, True),
    ("by an administrator to someone else", {"actor": NESTOR, "owner": "alex@contoso.example"}, False),
    ("by an administrator to the tenant", {"actor": NESTOR, "owner": ""}, False),
    ("by a service of Microsoft's", {"by_microsoft": True}, False),
    ("in vain", {"succeeded": False}, False),
    ("under an alias", {"owner": "adele@contoso.example", "actor": NESTOR}, True),
]


@pytest.mark.parametrize(("who", "fields", "counts"), DONE, ids=[row[0] for row in DONE])
def test_what_counts_was_done_by_or_to_the_subject(who, fields, counts):
    seen = evidence(audit_log=[record("Set-Mailbox", **fields), record("Another-Thing")])
    assert bool(list(actions.actions(seen, {"set-mailbox"}))) is counts


def found(
    sign: Sign, *records: str, hours: float = 0, summary: str = "Seen.", after: str = "", act: str = ""
) -> Finding:
    return Finding("delegates", sign, summary, at=at(hours), after=after, records=records, act=act)


def test_two_services_that_record_one_deed_give_one_finding():
    other = found(PLAIN, "b", hours=1 / 60, summary="Told in other words.")
    once = list(actions.once([found(PLAIN, "a"), other]))
    assert [finding.records for finding in once] == [("a", "b")]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(found(PLAIN, "b", hours=1), id="another time"),
        pytest.param(found(SUSPECT, "b"), id="another sign"),
        pytest.param(found(PLAIN, "b", after="Pixel"), id="another thing"),
        pytest.param(found(PLAIN, "b", act="removed"), id="another act"),
    ],
)
def test_different_deeds_stay_apart(other):
    assert len(list(actions.once([found(PLAIN, "a"), other]))) == 2


def test_by_sign_the_finding_that_says_most_is_kept():
    (kept,) = actions.once(
        [found(PLAIN, "a"), found(PLAIN, "b", summary="More.", after="Pixel")], by_sign=True
    )
    assert (kept.summary, kept.after, kept.records) == ("More.", "Pixel", ("a", "b"))


def test_the_account_acted_on_is_named():
    assert actions.whom(record("Set-Mailbox"), ADELE) == "this account"
    assert actions.whom(record("Set-Mailbox", owner="alex@contoso.example"), ADELE) == "alex@contoso.example"
    assert actions.whom(record("Set-Mailbox", owner=""), ADELE) == "the tenant"
