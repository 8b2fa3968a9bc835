"""What the reports of the same files tell of each other: leads, and accounts exposed by one taken over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from commands.analyze import _of_each_other
from commands.analyze.exposed import with_exposed
from commands.report import (
    Clause,
    Event,
    Finding,
    Owner,
    Report,
    Result,
    Role,
    Story,
    SymptomResult,
    Tie,
    Verdict,
    VerdictCode,
    weighed,
)
from commands.sentence import WAS, Kind, Piece, around, sentence, thing, whole
from commands.story.access_and_impact import with_exposure
from commands.story.leads import with_leads
from graph.question import Subject
from tests.commands.evidence import NOON, WINDOW

ADELE, MEGAN, LEE = (f"{name}@contoso.example" for name in ("adele", "megan", "lee"))
THERE = "203.0.113.77"
APP = "ff8d92dc-3d82-41d6-bcbd-b9174d163620"


def report(
    name: str,
    *findings: Finding,
    events: tuple[Event, ...] = (),
    story: Story | None = None,
    answer: VerdictCode = VerdictCode.NO_SIGN_FOUND,
    role: Role = Role.CLEAN,
) -> Report:
    symptoms = [
        SymptomResult(id_, "", "", Result.PRESENT, "", tuple(one for one in findings if one.symptom == id_))
        for id_ in ("delegates", "mail_forwarding", "oauth_apps")
    ]
    verdict = Verdict(answer, 0, "medium", (), (), "No sign was found.", role=role)
    subject = Subject(id=name, user_principal_name=name, mail=name, addresses=(name,))
    return Report(subject, WINDOW, NOON, verdict, tuple(symptoms), (), events, story=story)


def finding(symptom: str, sign: str, says: str, record: str = "r1", **more: Any) -> Finding:
    return Finding(symptom, weighed(sign), says, at=NOON, records=(record,), **more)


def event(by: str, *, signed_in: bool = True, **more: Any) -> Event:
    address = more.pop("address", "")
    at = NOON + timedelta(hours=1)
    return Event(at, "a sign-in", by, address, "audit_log", f"of {by}", signed_in=signed_in, **more)


TAKEN = Story(certain=True, addresses=(THERE,), sessions=("s1",), applications=(APP, "mailer"))

SEEN = [
    ("the address", event(LEE, address=THERE), (), "used from the attacker's IP address"),
    ("another address of the /64", event(LEE, address="2001:db8::9"), (),
     "used from the attacker's IP address"),
    ("only tried", event(LEE, signed_in=False, address=THERE), (),
     "tried from the attacker's IP address"),
    ("only tried, with the session's id", event(LEE, signed_in=False, session="s1"), (),
     "tried from the attacker's IP address"),
    ("the session, from elsewhere", event(LEE, address="192.0.2.9", session="s1"), (),
     "acted in the attacker's session"),
    ("the application", event(LEE, application=APP.upper()), (),
     "consented to or used the attacker's application"),
    ("consent to it", event(LEE), (finding("oauth_apps", "consent", "Consent", after="Mailer"),),
     "consented to or used the attacker's application"),
]  # fmt: skip


@pytest.mark.parametrize(("_what", "seen", "findings", "why"), SEEN)
def test_another_account_where_the_attacker_was_is_a_lead(_what, seen, findings, why):
    story = replace(TAKEN, addresses=(THERE, "2001:db8::5"))
    adele, lee = with_leads([report(ADELE, story=story), report(LEE, *findings, events=(seen,))])
    assert adele.story is not None
    assert [(one.says, one.because) for one in adele.story.leads] == [(LEE, why)]
    assert adele.story.leads[0].records
    assert lee.story is None


NOT_SEEN = [
    ("another address", event(LEE, address="192.0.2.9")),
    ("somebody else's act in their timeline", event(MEGAN, address=THERE)),
    ("the subject", event(ADELE, address=THERE)),
    ("no session at all", event(LEE, session="")),
]


@pytest.mark.parametrize(("why", "seen"), NOT_SEEN)
def test_who_was_not_there_is_none(why, seen):
    adele, _ = with_leads([report(ADELE, story=TAKEN, events=(seen,)), report(LEE, events=(seen,))])
    assert adele.story is not None
    assert adele.story.leads == (), why


def test_a_lead_is_named_once_with_what_tells_most():
    known = replace(TAKEN, leads=(Clause(LEE, records=("x",), why=Tie.TRIED),))
    seen = (event(LEE, address=THERE), event(LEE, session="s1"))
    adele, _ = with_leads([report(ADELE, story=known), report(LEE, events=seen)])
    assert adele.story is not None
    assert [(one.says, one.because) for one in adele.story.leads] == [
        (LEE, "acted in the attacker's session")
    ]
    assert "x" in adele.story.leads[0].records


GRANTED = sentence(
    thing(LEE), WAS, " granted FullAccess on ", Piece("this account", Kind.CHECKED), around(f" by {ADELE}")
)
GAVE = finding(
    "delegates", "delegate_by_intruder", whole(GRANTED),
    by=ADELE, after=LEE, owner=Owner.STRANGER, pieces=GRANTED,
)  # fmt: skip


def compromised(*findings: Finding) -> Report:
    return report(ADELE, *findings, answer=VerdictCode.COMPROMISED, role=Role.TAKEN_OVER)


def test_a_mailbox_given_away_is_told_on_who_got_it_in_full():
    _, lee = with_exposed([compromised(GAVE), report(LEE)])
    (told,) = lee.findings
    assert told.summary == f"{LEE} was granted FullAccess on {ADELE} by {ADELE}"
    assert (told.sign.id, told.severity) == ("rights_received", 0)
    assert lee.verdict.role is Role.EXPOSED
    assert lee.verdict.answer is VerdictCode.NO_SIGN_FOUND
    assert f"exposed: {ADELE}, which is compromised" in lee.verdict.says


def test_who_has_rights_taken_on_the_own_mailbox_by_a_taken_over_account_is_exposed():
    taken = replace(GAVE, sign=weighed("access_to_others"), after=ADELE)
    on_megan = replace(taken, sign=weighed("delegate_added"), owner=None)
    adele, megan = with_exposed([compromised(taken), report(MEGAN, on_megan)])
    assert megan.verdict.role is Role.EXPOSED
    assert adele.verdict.role is Role.TAKEN_OVER


CALM = [
    ("nobody is compromised", report(ADELE, GAVE)),
    ("the owner gave the rights", compromised(replace(GAVE, owner=Owner.OWNER))),
    ("an administrator gave them", compromised(replace(GAVE, by="nestor@contoso.example", owner=None))),
]


@pytest.mark.parametrize(("why", "giver"), CALM)
def test_rights_that_no_attacker_gave_are_told_and_expose_nobody(why, giver):
    _, lee = with_exposed([giver, report(LEE)])
    assert [one.sign.id for one in lee.findings] == ["rights_received"]
    assert lee.verdict.role is Role.CLEAN, why


def test_what_is_graver_than_exposed_stays():
    over = report(LEE, answer=VerdictCode.COMPROMISED, role=Role.TAKEN_OVER)
    _, lee = with_exposed([compromised(GAVE), over])
    assert lee.verdict.role is Role.TAKEN_OVER


def test_a_step_that_fails_costs_what_it_adds_and_no_report(caplog):
    def broken(_: Sequence[Report]) -> Sequence[Report]:
        raise KeyError("no such thing")

    reports = [report(ADELE, story=TAKEN), report(LEE, events=(event(LEE, address=THERE),))]
    adele, _ = _of_each_other(reports, (broken, with_leads))
    assert adele.story is not None
    assert [one.says for one in adele.story.leads] == [LEE]
    (logged,) = caplog.records
    assert "could not be told of each other" in logged.getMessage()


# --- one account alone, beside the cases of others ------------------------------------------------------

GIVEN = replace(GAVE, sign=weighed("rights_received"), owner=None)


def test_a_check_of_one_account_tells_who_exposed_it_as_well():
    asked = []

    def is_compromised(name: str) -> bool:
        asked.append(name)
        return name == ADELE

    own, service = replace(GIVEN, by=LEE), replace(GIVEN, by="Microsoft Entra")
    lee = with_exposure(report(LEE, own, service, GIVEN, GIVEN), is_compromised)
    assert asked == [ADELE], "once, and neither the account itself nor a service"
    assert lee.verdict.role is Role.EXPOSED
    assert lee.verdict.answer is VerdictCode.NO_SIGN_FOUND
    assert f"exposed: {ADELE}, which is compromised" in lee.verdict.says


def test_nobody_is_exposed_by_an_account_that_is_not_compromised():
    calm = report(LEE, GIVEN)
    assert with_exposure(calm, lambda _: False) == calm


def test_who_tried_a_password_exposed_nobody():
    tried = replace(GIVEN, symptom="sign_ins", sign=weighed("many_failures"))
    calm = report(LEE, tried)
    assert with_exposure(calm, lambda _: True) == calm


def test_rights_that_the_account_tells_of_itself_are_not_told_twice():
    _, lee = with_exposed([compromised(GAVE), report(LEE, GIVEN)])
    assert len(lee.findings) == 1
    assert lee.verdict.role is Role.EXPOSED
