"""Ways in that somebody else makes and then keeps, and accounts of which little is known."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from commands import usual
from commands.report import Owner
from commands.symptoms import credential_changes, mail_access, missing_mail, sign_ins
from commands.usual.places import spot_of
from graph.audit_log.record import AuditRecord, Item
from graph.evidence import Evidence
from graph.question import Window
from graph.resources.sign_ins import SignIn
from tests.commands.evidence import INTRUDER, NESTOR, NOON, OFFICE, counting, evidence, record, sign_in
from tests.commands.symptoms.judging import BROWSER, HOTEL, LONDON, ordinary, past

OTHER_BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Firefox/115.0"
REGISTERED = "User registered security info"
COLLEAGUE = "megan.bowen@contoso.example"


def of_a_file(sign_ins: list[SignIn], records: list[AuditRecord]) -> Evidence:
    """What a file of the last month holds, with nothing from before it."""
    whole = Window(NOON - timedelta(days=30), NOON + timedelta(days=1))
    return evidence(window=whole, sign_ins=sign_ins, audit_log=records)


def judged(seen: Evidence, symptom: Any) -> list[str]:
    return [one.sign.id for one in symptom.detect(seen, usual.learn(seen)) if one.severity > 0]


def names(seen: Evidence, address: str) -> set[str]:
    return {one.name for one in usual.learn(seen).points.get(spot_of(address), ())}


def at_hotel(hours: float, **fields: Any) -> SignIn:
    fields = {"user_agent": OTHER_BROWSER, "location": LONDON, **fields}
    return sign_in(hours=hours, address=HOTEL, **fields)


# --- a method that is registered at once ---------------------------------------------------------------


def doubtful(*records: AuditRecord, **fields: Any) -> Evidence:
    """A sign-in that may not be the user's, by place and program, and what was done there."""
    return evidence(sign_ins=[*past(), at_hotel(-1, **fields)], audit_log=list(records))


AT_ONCE = "sign_in_method_registered_at_once"


def test_a_method_registered_minutes_after_a_doubtful_sign_in_weighs_more():
    made = record(REGISTERED, address=HOTEL, hours=-0.9)
    assert AT_ONCE in judged(doubtful(made), credential_changes)


@pytest.mark.parametrize(
    ("why", "seen"),
    [
        ("an hour later", doubtful(record(REGISTERED, address=HOTEL, hours=0.1))),
        (
            "a method that was deleted",
            doubtful(record("User deleted security info", address=HOTEL, hours=-0.9)),
        ),
        (
            "the helpdesk had reset the password that morning",
            doubtful(
                record("Reset user password", actor=NESTOR, hours=-5),
                record(REGISTERED, address=HOTEL, hours=-0.9),
            ),
        ),
        (
            "on the user's own laptop",
            evidence(
                sign_ins=[*past(), ordinary(hours=-1, address=HOTEL)],
                audit_log=[record(REGISTERED, address=HOTEL, hours=-0.9)],
            ),
        ),
    ],
)
def test_a_method_is_not_called_registered_at_once(why, seen):
    assert AT_ONCE not in judged(seen, credential_changes), why


# --- a passkey of the attacker's -----------------------------------------------------------------------


def with_key(hours: float) -> SignIn:
    step = {"authentication_method": "Passkey (device-bound)", "succeeded": True}
    return at_hotel(hours, authentication_details=[step])


def test_a_passkey_speaks_for_its_user_unless_one_was_registered_elsewhere_before():
    made = record(REGISTERED, address=HOTEL, hours=-2)
    brought = evidence(sign_ins=[*past(), with_key(-3)], audit_log=[made])
    theirs = evidence(sign_ins=[*past(), at_hotel(-3), with_key(-1)], audit_log=[made])
    at_work = evidence(sign_ins=[*past(), with_key(-1)], audit_log=[record(REGISTERED, hours=-2)])
    assert "phishing_resistant" in names(brought, HOTEL)
    assert "phishing_resistant" not in names(theirs, HOTEL)
    assert "phishing_resistant" in names(at_work, HOTEL)


# --- one password a day --------------------------------------------------------------------------------


def tried(*days: float, address: str = INTRUDER) -> list[SignIn]:
    return [sign_in(hours=-24 * day, address=address, error_code=50126) for day in days]


@pytest.mark.parametrize(
    ("why", "failures", "guessed"),
    [
        ("one a day on three days, then in", tried(4, 3, 2), True),
        ("on two days only, as people mistype", tried(3, 2), False),
        ("all on one day", tried(2, 1.99, 1.98), False),
        ("from elsewhere", tried(4, 3, 2, address="198.51.100.99"), False),
    ],
)
def test_few_passwords_on_several_days_look_guessed_as_many_on_one_day_do(why, failures, guessed):
    seen = evidence(sign_ins=[*failures, sign_in(hours=-24, address=INTRUDER, user_agent=BROWSER)])
    assert ("wrong_passwords" in names(seen, INTRUDER)) is guessed, why
    assert ("failures_then_success" in judged(seen, sign_ins)) is guessed, why


def test_of_an_account_that_nobody_used_a_guessed_sign_in_and_a_method_are_told():
    seen = evidence(
        sign_ins=[*tried(4, 3, 2), sign_in(hours=-24, address=INTRUDER, user_agent=BROWSER)],
        audit_log=[record(REGISTERED, address=INTRUDER, hours=-23.9)],
    )
    assert AT_ONCE in judged(seen, credential_changes)


# --- a mailbox that only colleagues open ---------------------------------------------------------------


def opened(day: float, **fields: Any) -> AuditRecord:
    return record("MailItemsAccessed", actor=COLLEAGUE, hours=-24 * day, **fields)


@pytest.mark.parametrize(
    ("why", "records", "fields", "told"),
    [
        (
            "colleagues opened it for days, and it never signed in",
            [opened(6), opened(5), opened(4)],
            {},
            True,
        ),
        ("on one day only", [opened(4), opened(4.01), opened(4.02)], {}, False),
        (
            "its own user was at work in it as well",
            [opened(6), opened(5), opened(4), record("Send", hours=-100)],
            {},
            False,
        ),
        (
            "a registered device signed in: a director who was away",
            [opened(6), opened(5), opened(4)],
            {"device_detail": {"deviceId": "laptop"}},
            False,
        ),
        ("they opened it afterwards", [opened(0.5), opened(0.3), opened(-0.5)], {}, False),
    ],
)
def test_the_first_sign_in_to_a_shared_mailbox_is_doubtful(why, records, fields, told):
    seen = evidence(
        sign_ins=[sign_in(hours=-24, address=HOTEL, user_agent=BROWSER, **fields)], audit_log=records
    )
    assert ("shared_mailbox" in names(seen, HOTEL)) is told, why
    assert (usual.learn(seen).doubt_at(HOTEL).owner is Owner.DOUBTFUL) is told, why


def test_what_is_done_in_a_doubtful_session_counts_also_where_little_is_known_of_the_user():
    letter = Item("Invoice", "<1@contoso.example>", "", "")
    mine: dict[str, Any] = {"address": HOTEL, "items": [letter]}
    done = [record("Send", hours=-23.9, **mine), record("HardDelete", hours=-23.8, **mine)]
    used = [opened(6), opened(5), opened(4)]
    entered = [sign_in(hours=-24, address=HOTEL, user_agent=BROWSER)]
    assert "own_mail_and_answers_purged" in judged(
        evidence(sign_ins=entered, audit_log=[*used, *done]), missing_mail
    )
    assert judged(evidence(sign_ins=entered, audit_log=done), missing_mail) == []


# --- an account that has nothing but an old protocol ---------------------------------------------------


def printed(day: float, address: str = OFFICE, **fields: Any) -> SignIn:
    old = {"client_app_used": "Authenticated SMTP", "user_agent": "", "location": LONDON, **fields}
    return sign_in(hours=-24 * day, address=address, **old)


def test_a_printers_account_is_at_home_where_it_always_prints():
    seen = usual.learn(of_a_file([printed(day) for day in range(29)], []))
    assert seen.is_familiar(OFFICE)
    assert (
        usual.learn(of_a_file([printed(day) for day in range(29)], [])).doubt_at(OFFICE).owner is Owner.OWNER
    )


def test_a_printers_account_that_signs_in_abroad_is_doubtful():
    lagos = {"city": "Lagos", "countryOrRegion": "NG"}
    seen = usual.learn(
        of_a_file([*(printed(day) for day in range(29)), printed(1, INTRUDER, location=lagos)], [])
    )
    assert seen.doubt_at(INTRUDER).owner is Owner.DOUBTFUL


def test_a_program_without_a_name_is_known_by_nothing_but_an_old_protocol():
    unnamed = [sign_in(hours=-24 * day, user_agent="", location=LONDON) for day in range(2, 29)]
    stranger = sign_in(hours=-1, address=INTRUDER, user_agent="", location=LONDON)
    assert "unknown_device" in names(of_a_file([*unnamed, stranger], []), INTRUDER)


def test_an_old_protocol_beside_ordinary_sign_ins_stays_unfamiliar():
    stays = [printed(day, INTRUDER) for day in range(29)]
    seen = usual.learn(of_a_file([*(ordinary(hours=-24 * day) for day in range(29)), *stays], []))
    assert not seen.is_familiar(INTRUDER)


# --- an application of the organization's own ----------------------------------------------------------

APP = "b0b0b0b0-0011-4b4b-8b8b-dddddddd0011"


@pytest.mark.parametrize(
    ("places", "signs"),
    [
        ([OFFICE], []),
        ([], ["mail_read_by_new_app"]),
        ([HOTEL], ["mail_read_by_new_app"]),
        ([OFFICE, HOTEL], ["mail_read_by_new_app"]),
    ],
)
def test_an_application_whose_credentials_were_set_at_work_alone_is_the_organizations_own(places, signs):
    named: dict[str, Any] = {"object_id": APP, "owner": "", "details": {"TargetName": "Backup"}}
    records = [record("Consent to application", hours=-3, **named)]
    operation = "Update application – Certificates and secrets management"
    records += [record(operation, hours=-2, address=place, **named) for place in places]
    records += [
        record("MailItemsAccessed", hours=-1, address="203.0.113.200", app_id=APP, items=["a"] * 40),
        record("MailItemsAccessed", hours=-0.5, address="203.0.113.200", app_id=APP, items=["a"] * 40),
    ]
    assert counting(mail_access, evidence(sign_ins=past(), audit_log=records)) == signs
