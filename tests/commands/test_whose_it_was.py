"""Two rules of the verdict from evidence to verdict: no deed proves itself, and reading alone can decide."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from commands import usual
from commands.check import judge
from commands.report import Access, Impact, Report, VerdictCode
from commands.usual import Doubt
from graph.audit_log.record import AuditRecord
from graph.resources.sign_ins import SignIn
from tests.commands.evidence import INTRUDER, NOON, OFFICE, evidence, record
from tests.commands.symptoms.judging import ordinary, past
from tests.each import each

DEEDS = {
    "forwarding": ("Set-Mailbox", {"ForwardingSmtpAddress": "smtp:drop@fabrikam.example"}),
    "rule": ("New-InboxRule", {"DeleteMessage": "True", "Name": "x"}),
    "method": ("User registered security info", {}),
    "consent": ("Consent to application", {}),
    "mail": ("Send", {}),
    "calendar": ("Set-MailboxCalendarConfiguration", {}),
}
PLACES = (OFFICE, INTRUDER, "95.24.7.9", "167.99.1.7")
CLIENTS = ("Client=OWA;Action=ViaProxy", "Client=MSExchangeRPC", "Client=REST;;", "")

_acts = st.lists(
    st.builds(
        lambda kind, hours, address, client, session: record(
            DEEDS[kind][0],
            parameters=DEEDS[kind][1],
            hours=hours,
            address=address,
            client=client,
            session_id=session,
        ),
        st.sampled_from(sorted(DEEDS)),
        st.floats(-160, 20),
        st.sampled_from(PLACES),
        st.sampled_from(CLIENTS),
        st.sampled_from(("", "one", "two")),
    ),
    min_size=1,
    max_size=6,
)


def working() -> list[AuditRecord]:
    """A week's work at the office, of which no log shows a sign-in."""
    return [
        record("MailItemsAccessed", hours=-24 * day - number, client="Client=MSExchangeRPC")
        for day in range(7)
        for number in range(3)
    ]


def doubt(acts: list[AuditRecord], one: AuditRecord, sign_ins: list[SignIn]) -> Doubt:
    records = [*working(), *acts]
    seen = evidence(audit_log=records, sign_ins=sign_ins) if sign_ins else evidence(audit_log=records)
    return usual.learn(seen).doubt_of(one)


@given(_acts, st.booleans())
def test_whatever_was_done_raises_no_doubt_about_itself(acts, signed_in):
    """An act that could mean nothing, at the same place and time, is doubted no less.

    It may be doubted more: a grave change testifies about other kinds of deeds, and not about its own kind.
    """
    sign_ins = past() if signed_in else []
    for number, one in each(enumerate(acts)):
        blank = replace(one, operation="MailItemsAccessed", parameters={})
        others = [*acts[:number], *acts[number + 1 :]]
        own, without = doubt([*others, one], one, sign_ins), doubt([*others, blank], blank, sign_ins)
        assert own.points <= without.points
        assert without.certain or not own.certain


def read(sign_in: SignIn, *, messages: int = 8) -> list[AuditRecord]:
    return [
        record(
            "MailItemsAccessed",
            hours=(sign_in.created_date_time - NOON).total_seconds() / 3600 + number / 20,
            address=sign_in.ip_address,
            session_id=sign_in.session_id,
            client="Client=OWA;Action=ViaProxy",
        )
        for number in range(messages)
    ]


def judged(*sign_ins: SignIn, reading: SignIn) -> Report:
    seen = evidence(sign_ins=[*past(), *sign_ins], audit_log=read(reading))
    return judge(seen, NOON)


BEGUN = ordinary(hours=-5, session_id="stolen")


def test_a_stolen_session_that_only_reads_is_a_compromise():
    """It began on a registered laptop and goes on elsewhere, with the same browser and without the laptop."""
    stolen = ordinary(
        hours=-4, address=INTRUDER, session_id="stolen", device_detail=None, is_interactive=False
    )
    report = judged(BEGUN, stolen, reading=stolen)
    assert report.verdict.answer is VerdictCode.COMPROMISED, report.verdict.says
    assert report.verdict.confidence != "low"
    assert report.verdict.access is Access.CERTAIN
    assert report.verdict.impact == (Impact.EXPOSURE,)


def test_the_same_session_on_the_same_laptop_somewhere_else_is_the_users():
    moved = ordinary(hours=-4, address=INTRUDER, session_id="stolen")
    assert judged(BEGUN, moved, reading=moved).verdict.answer is VerdictCode.CANNOT_TELL


def test_reading_from_a_new_place_in_a_session_of_its_own_is_no_compromise():
    away = ordinary(hours=-4, address=INTRUDER, session_id="new", device_detail=None)
    assert judged(BEGUN, away, reading=away).verdict.answer is not VerdictCode.COMPROMISED
