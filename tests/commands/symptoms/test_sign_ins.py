"""The sign-in review reads address, place, time and outcome together, and leaves travellers alone."""

from __future__ import annotations

import pytest

from commands.symptoms import sign_ins
from graph.resources.sign_ins import RiskDetection, RiskyUser
from tests.commands.evidence import ADELE, INTRUDER, NOON, OFFICE, at, record, sign_in
from tests.commands.symptoms.judging import (
    BROWSER,
    HOTEL,
    LAGOS,
    LISBON,
    all_signs,
    break_in,
    broken_in,
    findings,
    ordinary,
    past,
    signs,
)

FOUND = [
    ("someone else's address", "suspect_address_signed_in", {"sign_ins": broken_in()}),
    (
        "a script that the user never used",
        "scripted_sign_in",
        {"sign_ins": [*past(), break_in(user_agent="curl/8.0")]},
    ),
    (
        "legacy sign-in by its agent",
        "legacy_sign_in",
        {"sign_ins": [*past(), break_in(user_agent="BAV2ROPC")]},
    ),
    (
        "legacy sign-in by its client",
        "legacy_sign_in",
        {"sign_ins": [*past(), break_in(client_app_used="Authenticated SMTP")]},
    ),
    (
        "a device code",
        "device_code_sign_in",
        {"sign_ins": [*past(), break_in(authentication_protocol="deviceCode")]},
    ),
    (
        "failures, then success",
        "failures_then_success",
        {
            "sign_ins": [
                *past(),
                *[sign_in(hours=-3 + n / 10, address=INTRUDER, error_code=50126) for n in range(6)],
                break_in(),
            ]
        },
    ),
    (
        "prompts that were refused until one was not",
        "prompts_then_success",
        {
            "sign_ins": [
                *past(),
                *[sign_in(hours=-3 + n / 10, address=INTRUDER, error_code=500121) for n in range(4)],
                break_in(),
            ]
        },
    ),
    (
        "a way too fast, without other reasons",
        "too_fast_travel",
        {
            "sign_ins": [
                *past(),
                ordinary(hours=-1.5, address="192.0.2.20", location=LAGOS, device_detail=None),
                ordinary(hours=-1),
            ]
        },
    ),
    (
        "a session that is in another country half an hour later",
        "session_in_two_countries",
        {
            "sign_ins": [
                *past(),
                ordinary(hours=-1.5, session_id="one"),
                ordinary(
                    hours=-1, address="203.0.113.5", location=LAGOS, device_detail=None, session_id="one"
                ),
            ]
        },
    ),
    (
        "a session that goes on without its device",
        "session_on_another_device",
        {
            "sign_ins": [
                *past(),
                ordinary(hours=-1.5, session_id="one"),
                ordinary(hours=-1, address=HOTEL, device_detail=None, session_id="one"),
            ]
        },
    ),
    (
        "a new country",
        "new_country",
        {"sign_ins": [*past(), sign_in(hours=-30, address=HOTEL, location=LISBON, user_agent=BROWSER)]},
    ),
    (
        "a user at high risk",
        "risk_high",
        {"risky_user": RiskyUser(id=ADELE.id, risk_level="high", risk_state="atRisk")},
    ),
    (
        "a user confirmed compromised",
        "risk_high",
        {"risky_user": RiskyUser(id=ADELE.id, risk_level="none", risk_state="confirmedCompromised")},
    ),
    (
        "a risk detection of the window",
        "risk_medium",
        {
            "risk_detections": [
                RiskDetection(
                    id="r",
                    risk_event_type="anonymizedIPAddress",
                    risk_level="medium",
                    risk_state="atRisk",
                    activity_date_time=NOON,
                )
            ]
        },
    ),
    (
        "a sign-in of low risk",
        "risk_low",
        {"sign_ins": [ordinary(hours=-1, risk_level_during_sign_in="low", risk_state="atRisk")]},
    ),
    (
        "a tool in the audit log of a tenant without sign-in logs",
        "suspect_address_signed_in",
        {
            "audit_log": [
                record("UserLoggedIn", owner="", address=INTRUDER, user_agent="fasthttp", error_code="0")
            ]
        },
    ),
]

NOT_FOUND = [
    ("ordinary days at the office", {"sign_ins": [*past(), ordinary(hours=-1), ordinary(hours=-25)]}),
    (
        "a traveller with a managed laptop",
        {"sign_ins": [*past(), ordinary(hours=-2), ordinary(hours=-1, address=HOTEL, location=LISBON)]},
    ),
    (
        "one mistyped password at the office",
        {"sign_ins": [*past(), sign_in(hours=-2, error_code=50126), ordinary(hours=-1)]},
    ),
    (
        "strangers who only fail",
        {
            "sign_ins": [
                *past(),
                *[sign_in(hours=-n, address=INTRUDER, error_code=50126) for n in range(1, 30)],
            ]
        },
    ),
    (
        "the first sign-in that anyone ever saw",
        {"sign_ins": [sign_in(hours=-1, location=LAGOS, user_agent=BROWSER)]},
    ),
    ("a café in town", {"sign_ins": [*past(), ordinary(hours=-1, address=HOTEL)]}),
    (
        "a risk that an administrator dismissed",
        {"risky_user": RiskyUser(id=ADELE.id, risk_level="high", risk_state="dismissed")},
    ),
    ("a user without risk", {"risky_user": RiskyUser(id=ADELE.id, risk_level="none", risk_state="none")}),
    (
        "a risk of last month",
        {
            "risk_detections": [
                RiskDetection(id="r", risk_level="high", risk_state="atRisk", detected_date_time=at(-24 * 20))
            ]
        },
    ),
    (
        "the token of a stolen past, before the window",
        {"sign_ins": [*past(), break_in(hours=-24 * 9)]},
    ),
    (
        "colleagues' failures in the same log",
        {"audit_log": [record("UserLoginFailed", owner="", actor="megan.bowen@contoso.example")]},
    ),
]


@pytest.mark.parametrize(("why", "sign", "sources"), FOUND, ids=[row[0] for row in FOUND])
def test_it_finds(why, sign, sources):
    assert sign in signs(sign_ins, **sources)


@pytest.mark.parametrize(("why", "sources"), NOT_FOUND, ids=[row[0] for row in NOT_FOUND])
def test_it_leaves_alone(why, sources):
    assert signs(sign_ins, **sources) == set()


def test_failures_alone_are_told_and_weigh_nothing():
    for code, sign in ((50126, "password_guessing_failed"), (50105, "many_failures")):
        tried = [sign_in(hours=-n, address=INTRUDER, error_code=code) for n in range(1, 10)]
        assert all_signs(sign_ins, sign_ins=[*past(), *tried]) == {sign}


def test_the_hour_is_told_of_every_unfamiliar_address_and_weighs_nothing():
    night = at(-13)  # 23:00; the past is at noon
    hotel = ordinary(hours=-13, address=HOTEL, device_detail=None)
    assert night.hour == hotel.created_date_time.hour == 23
    assert "unusual_hour" in all_signs(sign_ins, sign_ins=[*past(), hotel])
    assert "unusual_hour" not in all_signs(sign_ins, sign_ins=[*past(), ordinary(hours=-13)])
    assert "unusual_hour" not in all_signs(
        sign_ins, sign_ins=[*past(), ordinary(hours=0, address=HOTEL, device_detail=None)]
    )


def test_a_traveller_is_told_and_weighs_nothing():
    seen = [*past(), ordinary(hours=-2), ordinary(hours=-1, address=HOTEL, location=LISBON)]
    assert "travelled_with_known_device" in all_signs(sign_ins, sign_ins=seen)


def test_a_finding_says_when_from_where_why_and_on_which_records():
    attack = break_in()
    (finding,) = [
        one
        for one in findings(sign_ins, sign_ins=[*past(), attack])
        if one.sign.id == "suspect_address_signed_in"
    ]
    assert finding.at == attack.created_date_time
    assert finding.address == INTRUDER
    assert finding.records == (attack.id,)
    assert "axios" in finding.summary
    assert "Lagos" in finding.summary
    assert OFFICE not in finding.summary


def test_a_session_that_travels_with_its_device_is_no_theft():
    road = [ordinary(hours=-1.5, session_id="one"), ordinary(hours=-1, address=HOTEL, session_id="one")]
    assert signs(sign_ins, sign_ins=[*past(), *road]) == set()


def test_wrong_passwords_and_lockouts_are_counted_by_address():
    neighbor = "203.0.113.78"
    codes = [(INTRUDER, 50126)] * 12 + [(INTRUDER, 50053)] * 2 + [(neighbor, 50126)]
    guesses = [
        sign_in(hours=-3 + n / 20, address=address, error_code=code)
        for n, (address, code) in enumerate(codes)
    ]
    seen = [*past(), *guesses, break_in()]
    (finding,) = [one for one in findings(sign_ins, sign_ins=seen) if one.sign.id == "failures_then_success"]
    assert finding.summary.startswith(
        f"12 wrong passwords and 2 lockouts from {INTRUDER}, 1 wrong password from {neighbor}, "
        f"then a success, from {INTRUDER} ("
    )
    assert len(finding.records) == 16
