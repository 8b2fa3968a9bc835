"""What was done raises doubts about the rest, and is doubtful itself by who was in then."""

from __future__ import annotations

import pytest

from commands import check, usual
from commands.report import Access, Owner, Service, VerdictCode
from graph.audit_log.record import AuditRecord
from tests.commands.evidence import INTRUDER, NOON, evidence, record
from tests.commands.symptoms.judging import BROWSER, SESSION, break_in, ordinary, past


def hiding_rule() -> AuditRecord:
    return record(
        "New-InboxRule",
        address=INTRUDER,
        hours=0.2,
        user_agent="axios/1.7.9",
        parameters={"Name": ".", "DeleteMessage": "True"},
        workload="Exchange",
        record_type="ExchangeAdmin",
    )


@pytest.mark.parametrize(("minutes", "own"), [(0, True), (55, True), (65, False)])
def test_an_exchange_of_the_second_factor_is_one_deed(minutes, own):
    made = record("User registered security info", address=INTRUDER, session_id=SESSION)
    gone = record("User deleted security info", address=INTRUDER, session_id=SESSION, hours=minutes / 60)
    seen = usual.learn(evidence(sign_ins=[*past(), break_in(user_agent=BROWSER)], audit_log=[made, gone]))
    without = usual.learn(evidence(sign_ins=[*past(), break_in(user_agent=BROWSER)]))
    assert (seen.doubt_of(gone) == without.doubt_at(INTRUDER)) is own


@pytest.mark.parametrize(
    ("why", "hours", "agent", "owner"),
    [
        ("within the hours after a stranger", 1, "axios/1.7.2", Owner.DOUBTFUL),
        ("within the hours after a doubtful sign-in", 1, BROWSER, Owner.DOUBTFUL),
        ("a day later", 24, "axios/1.7.2", Owner.OWNER),
        ("before", -2, "axios/1.7.2", Owner.OWNER),
        ("after the user alone", 1, "", Owner.OWNER),
    ],
)
def test_a_deed_without_an_address_is_doubtful_while_somebody_doubtful_is_in(why, hours, agent, owner):
    entered = [break_in(user_agent=agent)] if agent else [ordinary(hours=-1)]
    made = record("Add service principal credentials", address=None, hours=hours)
    seen = usual.learn(evidence(sign_ins=[*past(), *entered], audit_log=[made]))
    assert seen.doubt_of(made).owner is owner, why
    assert not seen.is_suspect_record(made), "nobody can be sure whose it is"


@pytest.mark.parametrize(
    ("agent", "answer"),
    [("axios/1.7.9", VerdictCode.COMPROMISED), (BROWSER, VerdictCode.CANNOT_TELL)],
    ids=["registered by a library that phishing kits use", "registered with a browser"],
)
def test_two_records_are_enough_where_no_person_can_have_made_the_first(agent, answer):
    """An authenticator registered by an HTTP library, and a minute later consent to a mail client.

    Security info is registered on a page, in a browser; a library does it for whoever relays the sign-in.
    Then comes a program that is known for copying mailboxes. No answer of the user's explains the first
    record, so an investigator contains the account on these two; without sign-ins and a baseline, at medium
    confidence. Made with a browser, the same two are a new telephone and a new mail program.

    That somebody else was in is likely and not certain: the records show a session of the user's, and its
    client's name is what whoever sent the requests wrote. Of the mailbox they show nothing.
    """
    made = record(
        "User registered security info",
        address=INTRUDER,
        user_agent=agent,
        record_type="AzureActiveDirectory",
    )
    consent = record(
        "Consent to application",
        address=INTRUDER,
        hours=1 / 60,
        owner="",
        object_id="eM Client",
        details={"TargetName": "eM Client"},
        record_type="AzureActiveDirectory",
    )
    seen = check.judge(evidence(directory_audits_by_user=[made, consent]), NOON).verdict
    assert seen.answer is answer, seen.says
    assert (seen.confidence, seen.access, seen.seen_in) == (
        ("medium", Access.LIKELY, (Service.DIRECTORY,))
        if answer is VerdictCode.COMPROMISED
        else ("low", Access.NONE, ())
    )


@pytest.mark.parametrize(
    ("more", "access", "seen_in"),
    [
        ({}, Access.LIKELY, (Service.DIRECTORY,)),
        (
            {"audit_log": [hiding_rule()]},
            Access.CERTAIN,
            (Service.DIRECTORY, Service.MAILBOX),
        ),
        (
            {"sign_ins": [*past(), break_in(user_agent="axios/1.7.9")]},
            Access.CERTAIN,
            (Service.SIGN_IN, Service.DIRECTORY),
        ),
    ],
    ids=["the directory alone", "and a rule was made in the mailbox so", "and a sign-in shows it"],
)
def test_records_of_the_directory_alone_make_nothing_certain(more, access, seen_in):
    made = record(
        "User registered security info",
        address=INTRUDER,
        user_agent="axios/1.7.9",
        record_type="AzureActiveDirectory",
        session_id=SESSION,
    )
    rule = record(
        "Add service principal credentials",
        address=INTRUDER,
        hours=0.1,
        user_agent="axios/1.7.9",
        record_type="AzureActiveDirectory",
        session_id=SESSION,
    )
    seen = check.judge(evidence(directory_audits_by_user=[made, rule], **more), NOON).verdict
    assert (seen.answer, seen.access, seen.seen_in) == (VerdictCode.COMPROMISED, access, seen_in)
