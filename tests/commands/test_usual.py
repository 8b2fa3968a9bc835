"""What is ordinary for a user is learnt from sign-ins; what is not collects points with reasons."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands import usual
from commands.clues import places
from commands.clues.agents import Kind, agent_of, family_of
from commands.clues.places import Place
from graph.evidence import Domain, Reason, RiskDetection, Unavailable
from tests.commands.evidence import ADELE, INTRUDER, NOON, OFFICE, evidence, record, sign_in
from tests.commands.symptoms.judging import (
    BROWSER,
    HOTEL,
    LAGOS,
    LISBON,
    LONDON,
    SESSION,
    break_in,
    broken_in,
    ordinary,
    past,
)

NO_LICENCE = Unavailable(Reason.LICENCE, "The tenant has no premium licence.", "Entra ID P1")
PHONE = "Outlook-iOS/4.2436.0"


def wrong(hours: float, address: str = INTRUDER, code: int = 50126):
    return sign_in(hours=hours, address=address, error_code=code, user_agent=BROWSER, location=LAGOS)


SUSPECT = [
    ("a phishing kit's library from a new country", [break_in()]),
    (
        "a browser nobody knows, in a new country and network",
        [break_in(user_agent="Mozilla/5.0 (X11; Linux x86_64) Firefox/115.0")],
    ),
    (
        "an attack tool, even from the own country",
        [break_in(user_agent="azurehound/v2.0.4", location=LONDON)],
    ),
    (
        "legacy mail sign-in that the user never used",
        [break_in(user_agent="BAV2ROPC", client_app_used="IMAP4")],
    ),
    (
        "five wrong passwords, then success, in a new place with a known browser",
        [*[wrong(-2 + number / 100) for number in range(5)], break_in(user_agent=BROWSER)],
    ),
    (
        "a way that no airliner flies, with a known browser",
        [ordinary(hours=-2), break_in(hours=-1, user_agent=BROWSER)],
    ),
    (
        "a sign-in that Identity Protection holds to be risky, from a new network",
        [
            break_in(
                user_agent=BROWSER,
                location=LONDON,
                risk_level_during_sign_in="high",
                risk_state="atRisk",
            )
        ],
    ),
    (
        "the user's own session, in another country",
        [
            ordinary(hours=-30, session_id="shared"),
            break_in(hours=-1, user_agent=BROWSER, session_id="shared"),
        ],
    ),
    (
        "the user's own session in another program, in the own country",
        [
            ordinary(hours=-30, session_id="taken"),
            break_in(
                hours=-1, user_agent="Mozilla/5.0 (X11) Firefox/1.0", location=LONDON, session_id="taken"
            ),
        ],
    ),
    (
        "a device code in a new country",
        [break_in(user_agent=BROWSER, authentication_protocol="deviceCode")],
    ),
]


@pytest.mark.parametrize("case", SUSPECT, ids=lambda case: case[0])
def test_an_address_is_suspect_for(case):
    seen = usual.learn(evidence(sign_ins=[*past(), *case[1]]))
    assert seen.is_suspect(INTRUDER), seen.points
    assert seen.why(INTRUDER)
    assert not seen.is_suspect(OFFICE)
    assert seen.is_familiar(OFFICE)
    assert not seen.is_familiar(INTRUDER)


INNOCENT = [
    (
        "the own session at a café, in another of the own programs",
        [
            ordinary(hours=-30, session_id="mine"),
            sign_in(hours=-1, address=HOTEL, session_id="mine", user_agent=PHONE),
        ],
        HOTEL,
    ),
    (
        "the own session at a café, in the own program",
        [
            ordinary(hours=-30, session_id="mine"),
            ordinary(hours=-1, address=HOTEL, session_id="mine", device_detail=None),
        ],
        HOTEL,
    ),
    ("the office", [ordinary(hours=-1)], OFFICE),
    (
        "a traveller whose managed laptop comes along",
        [ordinary(hours=-1, address=HOTEL, location=LISBON)],
        HOTEL,
    ),
    (
        "a traveller with a managed laptop while the desk at home renews its token",
        [
            ordinary(hours=-1, address=HOTEL, location=LISBON),
            ordinary(hours=-1, is_interactive=False, device_detail=None),
        ],
        HOTEL,
    ),
    (
        "a traveller with a private telephone whose mail program is known",
        [sign_in(hours=-1, address=HOTEL, location=LISBON, user_agent=PHONE.replace("2436", "2437"))],
        HOTEL,
    ),
    (
        "a slow journey by private browser",
        [ordinary(hours=-30), sign_in(hours=-1, address=HOTEL, location=LISBON, user_agent=BROWSER)],
        HOTEL,
    ),
    ("wrong passwords at home, then success", [*[wrong(-2, OFFICE)] * 8, ordinary(hours=-1)], OFFICE),
    ("guessing that never succeeded", [wrong(-2 + number / 10) for number in range(20)], INTRUDER),
    (
        "a risk that the user has answered for",
        [
            ordinary(
                hours=-1,
                address=HOTEL,
                device_detail=None,
                risk_level_during_sign_in="high",
                risk_state="dismissed",
            )
        ],
        HOTEL,
    ),
    (
        "an administrator's usual script",
        [
            *[
                ordinary(hours=-24 * day, user_agent="python-requests/2.31", device_detail=None)
                for day in range(9, 15)
            ],
            ordinary(hours=-1, user_agent="python-requests/2.32", device_detail=None),
        ],
        OFFICE,
    ),
    (
        "Microsoft's own address",
        [break_in().model_copy(update={"ip_address": "20.190.160.1"})],
        "20.190.160.1",
    ),
]


@pytest.mark.parametrize("case", INNOCENT, ids=lambda case: case[0])
def test_an_address_is_not_suspect_for(case):
    known_phone = [sign_in(hours=-24 * 10, user_agent=PHONE, location=LONDON)]
    seen = usual.learn(evidence(sign_ins=[*past(), *known_phone, *case[1]]))
    assert not seen.is_suspect(case[2]), seen.points


def test_the_first_address_ever_is_not_suspect_for_being_new():
    seen = usual.learn(evidence(sign_ins=[sign_in(hours=-1, location=LAGOS, user_agent=BROWSER)]))
    assert not seen.suspect_addresses
    assert not seen.is_well_known


def test_a_tool_is_suspect_even_when_nothing_else_is_known():
    seen = usual.learn(evidence(sign_ins=[break_in()]))
    assert seen.is_suspect(INTRUDER)


def test_without_sign_in_logs_the_audit_log_tells():
    """Tenants without a premium licence have their sign-ins in the audit log only, without a place."""
    days = [
        record(
            "UserLoggedIn",
            hours=-24 * day - hour,
            owner="",
            user_agent=BROWSER,
            error_code="0",
            session_id=f"o{day}",
        )
        for day in range(1, 7)
        for hour in range(3)
    ]
    strange = record(
        "UserLoggedIn",
        hours=-1,
        owner="",
        address=INTRUDER,
        user_agent="axios/1.7.2",
        error_code="0",
        session_id=SESSION,
    )
    seen = usual.learn(evidence(sign_ins=NO_LICENCE, audit_log=[*days, strange]))
    assert seen.is_familiar(OFFICE)
    assert seen.suspect_addresses == {INTRUDER}
    assert seen.suspect_sessions == {SESSION}


def test_the_audit_log_does_not_repeat_what_the_sign_in_log_says():
    one = ordinary(hours=-1)
    again = record("UserLoggedIn", hours=-1, owner="", user_agent=BROWSER, error_code="0")
    assert len(usual.all_sign_ins(evidence(sign_ins=[one], audit_log=[again]))) == 1


def test_an_intruder_who_comes_every_day_of_the_window_does_not_become_the_user():
    stays = [
        break_in(hours=-24 * day, user_agent="Mozilla/5.0 (X11; Linux) Firefox/115.0") for day in range(6)
    ]
    seen = usual.learn(
        evidence(sign_ins=[*past(), *stays, *[ordinary(hours=-24 * day - 3) for day in range(6)]])
    )
    assert seen.is_suspect(INTRUDER)


def test_grave_changes_speak_against_a_new_address():
    quiet = [*past(), break_in(user_agent=BROWSER)]
    assert not usual.learn(evidence(sign_ins=quiet)).is_suspect(INTRUDER)
    made = [
        record(
            "Set-Mailbox",
            address=INTRUDER,
            parameters={"ForwardingSmtpAddress": "smtp:drop@fabrikam.example"},
        )
    ]
    seen = usual.learn(evidence(sign_ins=quiet, audit_log=made))
    assert seen.is_suspect(INTRUDER)
    assert "forwarding" in seen.why(INTRUDER)


def test_risk_detections_speak_against_their_address():
    risk = RiskDetection(
        id="risk-1", risk_level="medium", risk_state="atRisk", ip_address=INTRUDER, detected_date_time=NOON
    )
    seen = usual.learn(evidence(sign_ins=[*past(), break_in(user_agent=BROWSER)], risk_detections=[risk]))
    assert seen.is_suspect(INTRUDER)


RECORDS = [
    ("a suspect address", {"address": INTRUDER}, True),
    ("another address within the suspect session", {"address": "198.51.100.99", "session_id": SESSION}, True),
    ("no address and the suspect session", {"address": None, "session_id": SESSION}, True),
    (
        "a service's address and the suspect session",
        {"address": "20.190.160.1", "microsoft_address": True, "session_id": SESSION},
        True,
    ),
    ("the office, although the session is shared", {"session_id": SESSION}, False),
    ("no address and no session", {"address": None}, False),
    ("a service of Microsoft's", {"address": INTRUDER, "by_microsoft": True}, False),
    ("the office", {}, False),
]


@pytest.mark.parametrize(
    ("why", "fields", "suspect"), RECORDS, ids=lambda case: case if isinstance(case, str) else ""
)
def test_a_record_is_suspect_by_address_or_session(why, fields, suspect):
    seen = usual.learn(evidence(sign_ins=broken_in()))
    assert seen.is_suspect_record(record("Set-Mailbox", **fields)) is suspect


def test_every_address_of_a_suspect_ipv6_network_is_suspect():
    attack = break_in().model_copy(update={"ip_address": "2001:db8:5:6::1"})
    seen = usual.learn(evidence(sign_ins=[*past(), attack]))
    assert seen.is_suspect("2001:db8:5:6:aaaa::2")
    assert not seen.is_suspect("2001:db8:5:7::1")


OUTSIDE = [
    ("drop@fabrikam.example", True),
    ("smtp:drop@fabrikam.example", True),
    ('"Drop" [SMTP:drop@fabrikam.example]', True),
    ("megan.bowen@contoso.example", False),
    ("SMTP:megan.bowen@Contoso.Example", False),
    ("alex@sales.contoso.example", False),
    ("alex@contoso.onmicrosoft.example", False),
    ("Megan Bowen", False),
    ("", False),
    ("11111111-2222-3333-4444-555555555555", False),
]


@pytest.mark.parametrize(("address", "outside"), OUTSIDE)
def test_outside_is_what_is_no_domain_of_the_tenant(address, outside):
    domains = [
        Domain(id="contoso.example", is_verified=True),
        Domain(id="contoso.onmicrosoft.example", is_verified=True),
        Domain(id="fabrikam.example", is_verified=False),
    ]
    assert usual.learn(evidence(domains=domains)).is_outside(address) is outside


def test_without_the_list_of_domains_the_subjects_own_counts():
    seen = usual.learn(evidence())
    assert seen.internal_domains == {"contoso.example"}
    assert ADELE.mail.endswith("@contoso.example")


# --- places ---------------------------------------------------------------------------------------


def test_speed_needs_two_places_that_are_surely_two():
    london, lagos = Place("GB", "London", 51.5, -0.1), Place("NG", "Lagos", 6.45, 3.39)
    distance = places.kilometres(london, lagos)
    assert distance is not None
    assert 4900 < distance < 5100
    fast = places.speed(london, lagos, timedelta(hours=1))
    assert fast is not None
    assert fast > places.TOO_FAST
    assert places.speed(london, Place("GB", "Oxford", 51.75, -1.25), timedelta(minutes=1)) is None
    assert places.speed(london, Place("NG"), timedelta(minutes=1)) is None


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180))
def test_a_distance_is_the_same_both_ways_and_at_most_half_round_the_earth(north, east, north_too, east_too):
    one, other = Place("", "", north, east), Place("", "", north_too, east_too)
    there, back = places.kilometres(one, other), places.kilometres(other, one)
    assert there is not None
    assert back is not None
    assert there == pytest.approx(back, abs=1e-6)
    assert 0 <= there <= 20_100


def test_networks_are_24_and_64():
    assert places.network_of("192.0.2.77") == "192.0.2.0/24"
    assert places.network_of("2001:db8:1:2:3::4") == "2001:db8:1:2::/64"
    assert places.network_of("nowhere") == ""


def test_microsofts_place_wins_over_the_registry():
    one = ordinary(hours=0)
    assert places.place_of(one.location, "8.8.8.8", places.Countries()).city == "London"
    assert places.place_of(None, "8.8.8.8", places.Countries()).country == "US"
    assert places.place_of(None, "192.0.2.1", places.Countries()) == places.NOWHERE


def test_an_empty_coordinate_is_no_place():
    nowhere = sign_in(location={"countryOrRegion": "GB", "geoCoordinates": {"latitude": 0, "longitude": 0}})
    assert places.place_of(nowhere.location, OFFICE, places.Countries()).latitude is None


AGENTS = [
    ("azurehound/v2.0.4", Kind.ATTACK),
    ("AADInternals", Kind.ATTACK),
    ("axios/1.7.2", Kind.KIT),
    ("fasthttp", Kind.KIT),
    ("BAV2ROPC", Kind.LEGACY),
    ("python-requests/2.31.0", Kind.SCRIPT),
    ("Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.3031", Kind.SCRIPT),
    (BROWSER, None),
    ("Outlook-iOS/4.2436.0", None),
    ("Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0)", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "kind"), AGENTS)
def test_programs_are_told_from_people(text, kind):
    agent = agent_of(text)
    assert (agent.kind if agent else None) is kind


def test_an_update_makes_no_new_program():
    assert family_of("python-requests/2.31.0") == family_of("python-requests/2.32.4")
    assert family_of(BROWSER) == family_of(BROWSER.replace("128.0.0.0", "129.0.1.0"))
