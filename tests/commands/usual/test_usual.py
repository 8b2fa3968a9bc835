"""What is ordinary for a user is learnt from sign-ins; what is not collects points with reasons."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands import usual
from commands.facts import ProgramKind
from commands.report import Owner
from commands.usual import own, points, travel
from commands.usual import places as places_module
from commands.usual.agents import agent_of, family_of
from commands.usual.places import Place
from commands.usual.sign_ins import all_sign_ins
from graph.addresses import network_of
from graph.evidence import Reason, Unavailable
from graph.question import Window
from graph.resources.directory import Domain
from graph.resources.sign_ins import RiskDetection, SignIn
from tests.commands.evidence import ADELE, INTRUDER, NOON, OFFICE, evidence, record, sign_in
from tests.commands.symptoms.judging import (
    BROWSER,
    HOTEL,
    LAGOS,
    LAPTOP,
    LISBON,
    LONDON,
    SESSION,
    break_in,
    broken_in,
    ordinary,
    past,
)
from tests.each import each

NO_LICENSE = Unavailable(Reason.LICENSE, "The tenant has no premium license.", "Entra ID P1")
PHONE = "Outlook-iOS/4.2436.0"


def wrong(hours: float, address: str = INTRUDER, code: int = 50126):
    return sign_in(hours=hours, address=address, error_code=code, user_agent=BROWSER, location=LAGOS)


SUSPECT = [
    ("a phishing kit's library from a new country", [break_in()]),
    (
        "a browser no one knows, in a new country and network",
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
        "the own session at a café, in the own program that names no device",
        [
            sign_in(hours=-30, session_id="mine", user_agent=PHONE, location=LONDON),
            sign_in(hours=-1, address=HOTEL, session_id="mine", user_agent=PHONE, location=LONDON),
        ],
        HOTEL,
    ),
    (
        "the telephone that came along on a journey, with its session",
        [
            sign_in(hours=-30, session_id="pocket", user_agent=PHONE, location=LONDON),
            sign_in(hours=-1, address=HOTEL, session_id="pocket", user_agent=PHONE, location=LISBON),
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
        "a traveller with a private phone whose mail program is known",
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
    """Tenants without a premium license have their sign-ins in the audit log only, without a place."""
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
    seen = usual.learn(evidence(sign_ins=NO_LICENSE, audit_log=[*days, strange]))
    assert seen.is_familiar(OFFICE)
    assert seen.suspect_addresses == {INTRUDER}
    assert seen.suspect_sessions == {SESSION}


def test_the_audit_log_does_not_repeat_what_the_sign_in_log_says():
    one = ordinary(hours=-1)
    again = record("UserLoggedIn", hours=-1, owner="", user_agent=BROWSER, error_code="0")
    assert len(all_sign_ins(evidence(sign_ins=[one], audit_log=[again]))) == 1


def test_an_intruder_who_comes_every_day_of_the_window_does_not_become_the_user():
    stays = [
        break_in(hours=-24 * day, user_agent="Mozilla/5.0 (X11; Linux) Firefox/115.0") for day in range(6)
    ]
    seen = usual.learn(
        evidence(sign_ins=[*past(), *stays, *[ordinary(hours=-24 * day - 3) for day in range(6)]])
    )
    assert seen.is_suspect(INTRUDER)


HOME = "198.51.100.130"
UNMANAGED = {"deviceId": "laptop-2", "operatingSystem": "Windows 11"}


def whole_month(*, home: int = 3, first_home: int = 2, last_home: int = 29) -> list[SignIn]:
    """Thirty days without anything from before: the office daily, and a home every so many days."""
    days = [sign_in(hours=-24 * (29 - day), user_agent=BROWSER, device_detail=UNMANAGED) for day in range(30)]
    homes = [
        sign_in(hours=-24 * (29 - day) + 6, address=HOME, user_agent=BROWSER)
        for day in range(first_home, last_home + 1, home)
    ]
    return [*days, *homes]


def of_a_file(sign_ins: list[SignIn]) -> usual.Usual:
    """What is learnt when the window is all that a file holds."""
    whole = Window(min(one.created_date_time for one in sign_ins), NOON + timedelta(days=1))
    return usual.learn(evidence(window=whole, sign_ins=sign_ins))


@pytest.mark.parametrize(
    ("why", "sign_ins", "own"),
    [
        ("a home used every third day is as much the user's as the office", whole_month(), True),
        (
            "a home that began in the middle lasts no half of the time",
            whole_month(home=1, first_home=16),
            False,
        ),
        ("a place used once a week is in too little use", whole_month(home=7), False),
        ("a place of one week does not last", whole_month(home=1, last_home=9), False),
    ],
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_in_a_file_own_networks_last_through_the_change(why, sign_ins, own):
    seen = of_a_file(sign_ins)
    assert seen.is_familiar(OFFICE)
    assert seen.is_familiar(HOME) is own


@given(st.lists(st.booleans(), min_size=30, max_size=30).filter(lambda days: 8 <= sum(days) <= 22))
def test_how_the_days_are_shared_between_two_own_places_does_not_matter(at_home):
    """Whoever is at home or in the office on any days has both places, if both last."""
    where = [True, False, *at_home, False, True]
    sign_ins = [
        sign_in(hours=24 * (day - len(where)), address=HOME if home else OFFICE)
        for day, home in enumerate(where)
    ]
    seen = of_a_file(sign_ins)
    assert seen.is_familiar(OFFICE)
    assert seen.is_familiar(HOME)


def test_in_a_file_the_device_used_for_days_at_own_places_is_own():
    """The user's laptop in a café, after six mistyped passwords, is the user."""
    cafe = sign_in(hours=2, address=INTRUDER, user_agent=BROWSER, device_detail=UNMANAGED)
    stranger = sign_in(hours=3, address=HOTEL, user_agent=BROWSER, device_detail={"deviceId": "other"})
    seen = of_a_file([*whole_month(), cafe, stranger])
    assert seen.devices == {"laptop-2"}


def test_a_legacy_protocol_or_a_device_code_makes_no_network_own():
    stays = [
        sign_in(hours=-24 * day, address=INTRUDER, user_agent="BAV2ROPC", client_app_used="IMAP4")
        for day in range(30)
    ]
    assert not of_a_file([*whole_month(), *stays]).is_familiar(INTRUDER)
    codes = [
        sign_in(hours=-24 * day, address=INTRUDER, user_agent=BROWSER, authentication_protocol="deviceCode")
        for day in range(30)
    ]
    assert not of_a_file([*whole_month(), *codes]).is_familiar(INTRUDER)


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
    later = record("Set-MailboxCalendarConfiguration", address=INTRUDER, id="later")
    assert seen.is_suspect_record(later)
    assert not seen.is_suspect(INTRUDER), "whose the sign-in is, is asked without any deed"
    assert "forwarding" in seen.why(INTRUDER)


def test_what_was_blocked_speaks_against_no_address():
    quiet = [*past(), break_in(user_agent=BROWSER)]
    tried = [
        record(operation, address=INTRUDER, parameters=parameters, id=kind, succeeded=False)
        for kind, (operation, parameters) in DEEDS.items()
    ]
    done = [replace(one, succeeded=True) for one in tried]
    later = record("Set-MailboxCalendarConfiguration", address=INTRUDER, id="later")
    assert usual.learn(evidence(sign_ins=quiet, audit_log=done)).is_suspect_record(later)
    assert not usual.learn(evidence(sign_ins=quiet, audit_log=tried)).is_suspect_record(later)


DEEDS = {
    "forwarding": ("Set-Mailbox", {"ForwardingSmtpAddress": "smtp:drop@fabrikam.example"}),
    "rule": ("New-InboxRule", {"DeleteMessage": "True", "Name": "x"}),
    "method": ("User registered security info", {}),
    "consent": ("Consent to application", {}),
    "calendar": ("Set-MailboxCalendarConfiguration", {}),
}


def deed(kind: str, minutes: int):
    operation, parameters = DEEDS[kind]
    return record(
        operation, address=INTRUDER, parameters=parameters, session_id=SESSION, hours=minutes / 60, id=kind
    )


def test_a_deed_raises_doubts_about_others_and_never_about_itself():
    """A new place, and there forwarding is set: a later calendar change is in doubt."""
    sign_ins = [*past(), break_in(user_agent=BROWSER)]
    forwarding, calendar = deed("forwarding", 0), deed("calendar", 10)
    seen = usual.learn(evidence(sign_ins=sign_ins, audit_log=[forwarding, calendar]))
    assert not seen.is_suspect(INTRUDER)
    assert seen.is_suspect_record(calendar)
    assert not seen.is_suspect_record(forwarding)


def test_one_deed_under_two_names_does_not_prove_itself_either():
    seen = usual.learn(
        evidence(
            sign_ins=[*past(), break_in(user_agent=BROWSER)],
            audit_log=[deed("method", 0), twin := deed("calendar", 1)],
        )
    )
    assert not seen.is_suspect_record(twin)


@given(
    st.lists(st.sampled_from(sorted(DEEDS)), min_size=1, max_size=5, unique=True),
    st.lists(st.integers(0, 40), min_size=5, max_size=5),
    st.sampled_from((BROWSER, "Mozilla/5.0 (X11; Linux x86_64) Firefox/115.0", "axios/1.7.2")),
    st.sampled_from((LONDON, LAGOS)),
)
def test_a_suspect_deed_is_suspect_without_itself(kinds, minutes, agent, place):
    """Whatever makes a deed suspect still does when the deed itself had never been recorded."""
    sign_ins = [*past(), break_in(user_agent=agent, location=place)]
    made = [deed(kind, minute) for kind, minute in zip(kinds, minutes, strict=False)]
    seen = usual.learn(evidence(sign_ins=sign_ins, audit_log=made))
    for one in each(made):
        others = [other for other in made if other is not one]
        without = usual.learn(evidence(sign_ins=sign_ins, audit_log=others))
        if seen.is_suspect_record(one):
            assert without.is_suspect_record(one)
    untouched = usual.learn(evidence(sign_ins=sign_ins))
    assert seen.doubt_at(INTRUDER) == untouched.doubt_at(INTRUDER), "no deed decides whose the sign-in is"


def test_risk_detections_speak_against_their_address():
    risk = RiskDetection(
        id="risk-1", risk_level="medium", risk_state="atRisk", ip_address=INTRUDER, detected_date_time=NOON
    )
    seen = usual.learn(evidence(sign_ins=[*past(), break_in(user_agent=BROWSER)], risk_detections=[risk]))
    assert seen.is_suspect(INTRUDER)


RECORDS = [
    ("a suspicious IP address", {"address": INTRUDER}, True),
    (
        "another address within the suspicious session",
        {"address": "198.51.100.99", "session_id": SESSION},
        True,
    ),
    ("no address and the suspicious session", {"address": None, "session_id": SESSION}, True),
    (
        "a service's address and the suspicious session",
        {"address": "20.190.160.1", "microsoft_address": True, "session_id": SESSION},
        True,
    ),
    ("the office, although the session is shared", {"session_id": SESSION}, False),
    ("no address and no session", {"address": None}, False),
    ("a Microsoft service", {"address": INTRUDER, "by_microsoft": True}, False),
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


TOWNS = (LONDON, LAGOS, LISBON, {"city": "Paris", "countryOrRegion": "FR"})
MADE = st.builds(
    sign_in,
    # In quarters of an hour, and with ties.
    hours=st.integers(-4 * 24 * 12, 4 * 24).map(lambda quarter: quarter / 4),
    address=st.sampled_from([OFFICE, HOTEL, INTRUDER, "198.51.100.24", "2001:db8::1", "2001:db8::2"]),
    location=st.sampled_from(TOWNS),
    is_interactive=st.sampled_from([True, False, None]),
    user_agent=st.sampled_from([BROWSER, PHONE, "axios/1.7.2", ""]),
    session_id=st.sampled_from(["", "one", "two"]),
    error_code=st.sampled_from([0, 0, 0, 50126, 500121]),
)


def by_every_pair(got_in: list[SignIn], places: Mapping[str, Place], homes: list[SignIn]) -> set[str]:
    """The travel points as the rule says them: each sign-in there beside each of the user's own."""
    spot = places_module.spot_of(got_in[0].ip_address)
    speeds = [
        (fast, str(places[home.ip_address]))
        for one in got_in
        for home in homes
        if one.is_interactive is not False
        and home.is_interactive is not False
        and places_module.spot_of(home.ip_address) != spot
        and abs(took := one.created_date_time - home.created_date_time) <= timedelta(hours=24)
        and (fast := places_module.speed(places[home.ip_address], places[got_in[0].ip_address], took))
        and fast > places_module.TOO_FAST
    ]
    return {place for fast, place in speeds if fast == max(speeds)[0]}


@given(st.lists(MADE, min_size=1, max_size=30), st.lists(MADE, max_size=30))
def test_neighbors_in_time_tell_the_same_way_as_every_pair(here, homes):
    got_in = [one for one in here if one.ip_address == here[0].ip_address]
    homes = sorted(homes, key=lambda one: one.created_date_time)
    where = own.places_of([*here, *homes], places_module.Countries())
    theirs = replace(own.own_of(evidence(), (), {}, {}, frozenset(), habits={}), sign_ins=tuple(homes))
    told = [point.says for point in points._by_travel(got_in, where, travel.homes_of(theirs, where))]
    fastest = by_every_pair(got_in, where, homes)
    assert len(told) == bool(fastest)
    assert all(any(f"impossible travel from {place}" in says for place in fastest) for says in told)


def lines_run(work) -> int:
    """Count the lines of `usual` that run, which says how often each loop went round."""
    ran = 0

    def count(frame, event, _):
        nonlocal ran
        if Path(frame.f_code.co_filename).parent != Path(usual.__file__).parent:
            return None
        ran += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        work()
    finally:
        sys.settrace(before)
    return ran


def month(size: int):
    """Own sign-ins, failures and an intruder's sessions, each as many as asked for, over the same days."""
    step = 160 / size
    return evidence(
        sign_ins=[
            *past(),
            *(ordinary(hours=-150 + step * one, session_id=f"s-{one}") for one in range(size)),
            *(wrong(-150 + step * one, address=f"203.0.113.{one % 200}") for one in range(size)),
            *(
                break_in(hours=-150 + step * one, address=f"203.0.113.{one % 200}", session_id=f"s-{one}")
                for one in range(size)
            ),
        ]
    )


@pytest.mark.slow
def test_twice_the_sign_ins_are_twice_the_work():
    usual.learn(month(10))  # what is looked up once
    small, large = lines_run(lambda: usual.learn(month(400))), lines_run(lambda: usual.learn(month(800)))
    # Comparing every pair of a day, it is 2.6 times as much, and two thousand lines for each sign-in.
    assert large < 2.2 * small
    assert large < 215 * 3 * 800


def test_speed_needs_two_places_that_are_surely_two():
    london, lagos = Place("GB", "London", 51.5, -0.1), Place("NG", "Lagos", 6.45, 3.39)
    distance = places_module.kilometres(london, lagos)
    assert distance is not None
    assert 4900 < distance < 5100
    fast = places_module.speed(london, lagos, timedelta(hours=1))
    assert fast is not None
    assert fast > places_module.TOO_FAST
    assert places_module.speed(london, Place("GB", "Oxford", 51.75, -1.25), timedelta(minutes=1)) is None
    assert places_module.speed(london, Place("NG"), timedelta(minutes=1)) is None


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180))
def test_a_distance_is_the_same_both_ways_and_at_most_half_round_the_earth(north, east, north_too, east_too):
    one, other = Place("", "", north, east), Place("", "", north_too, east_too)
    there, back = places_module.kilometres(one, other), places_module.kilometres(other, one)
    assert there is not None
    assert back is not None
    assert there == pytest.approx(back, abs=1e-6)
    assert 0 <= there <= 20_100


def test_networks_are_24_and_64():
    assert network_of("192.0.2.77") == "192.0.2.0/24"
    assert network_of("2001:db8:1:2:3::4") == "2001:db8:1:2::/64"
    assert network_of("nowhere") == ""


def test_microsofts_place_wins_over_the_registry():
    one = ordinary(hours=0)
    assert places_module.place_of(one.location, "8.8.8.8", places_module.Countries()).city == "London"
    assert places_module.place_of(None, "8.8.8.8", places_module.Countries()).country == "US"
    assert places_module.place_of(None, "192.0.2.1", places_module.Countries()) == places_module.NOWHERE


def test_an_empty_coordinate_is_no_place():
    nowhere = sign_in(location={"countryOrRegion": "GB", "geoCoordinates": {"latitude": 0, "longitude": 0}})
    assert places_module.place_of(nowhere.location, OFFICE, places_module.Countries()).latitude is None


AGENTS = [
    ("azurehound/v2.0.4", ProgramKind.ATTACK),
    ("AADInternals", ProgramKind.ATTACK),
    ("axios/1.7.2", ProgramKind.KIT),
    ("fasthttp", ProgramKind.KIT),
    ("BAV2ROPC", ProgramKind.LEGACY),
    ("python-requests/2.31.0", ProgramKind.SCRIPT),
    ("Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.3031", ProgramKind.SCRIPT),
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


# --- the grades between ---------------------------------------------------------------------------

CAFE = "203.0.113.200"
CHROME_ELSEWHERE = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36"
TABLET = "Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148"

GRADES = [
    ("the own laptop in a café", {"device_detail": LAPTOP, "user_agent": BROWSER}, Owner.OWNER),
    ("the own telephone on another carrier", {"user_agent": PHONE}, Owner.OWNER),
    (
        "a new tablet in a café: what is carried about is on many networks",
        {"user_agent": TABLET},
        Owner.OWNER,
    ),
    ("a browser on somebody's computer, in the own city", {"user_agent": CHROME_ELSEWHERE}, Owner.DOUBTFUL),
    ("the own browser, in which no device is named", {"user_agent": BROWSER}, Owner.DOUBTFUL),
    ("a new tablet on a journey", {"user_agent": TABLET, "location": LISBON}, Owner.DOUBTFUL),
    (
        "a browser on somebody's computer, abroad",
        {"user_agent": CHROME_ELSEWHERE, "location": LAGOS},
        Owner.STRANGER,
    ),
    (
        "the own session and browser, without the laptop that it began on",
        {"user_agent": BROWSER, "session_id": "begun"},
        Owner.STRANGER,
    ),
    (
        "the own session on the own laptop, behind a tunnel",
        {"user_agent": BROWSER, "session_id": "begun", "device_detail": LAPTOP},
        Owner.OWNER,
    ),
]


@pytest.mark.parametrize(
    ("why", "fields", "owner"), GRADES, ids=lambda case: case if isinstance(case, str) else ""
)
def test_whose_a_sign_in_is(why, fields, owner):
    phones = [ordinary(hours=-24 * day, user_agent=PHONE, device_detail=None) for day in (8, 9, 12)]
    begun = ordinary(hours=-3, session_id="begun")
    later = sign_in(hours=1, **{"address": CAFE, "location": LONDON, "session_id": "new", **fields})
    seen = usual.learn(evidence(sign_ins=[*past(), *phones, begun, later]))
    assert seen.doubt_at(CAFE).owner is owner, seen.points


def test_a_device_that_was_named_now_and_then_is_missed_by_nobody():
    now_and_then = [ordinary(hours=-24 * day, device_detail=None) for day in range(8, 12)]
    later = sign_in(hours=1, address=CAFE, user_agent=BROWSER, location=LONDON)
    seen = usual.learn(evidence(sign_ins=[*past(), *now_and_then, later]))
    assert seen.doubt_at(CAFE).owner is Owner.OWNER


def test_one_factor_is_missed_where_the_user_always_meets_two():
    two = [
        ordinary(hours=-24 * day, authentication_requirement="multiFactorAuthentication")
        for day in range(8, 29)
    ]
    later = sign_in(
        hours=1,
        address=CAFE,
        user_agent=PHONE,
        location=LONDON,
        authentication_requirement="singleFactorAuthentication",
    )
    assert "one factor" in usual.learn(evidence(sign_ins=[*two, later])).why(CAFE)
    assert "one factor" not in usual.learn(evidence(sign_ins=[*past(), later])).why(CAFE)


def test_in_a_file_the_telephone_that_lasts_is_the_users():
    phones = [sign_in(hours=-24 * day, address=f"203.0.113.{day}", user_agent=PHONE) for day in (2, 14, 27)]
    assert of_a_file([*whole_month(), *phones]).doubt_at("203.0.113.14").owner is Owner.OWNER


def test_guesses_from_elsewhere_with_something_else_are_nobodys_success():
    """Public accounts are guessed at all day; that has nothing to do with whoever signs in on the road."""
    guesses = [
        sign_in(hours=-2 + n / 100, address=INTRUDER, error_code=50126, user_agent="BAV2ROPC")
        for n in range(9)
    ]
    later = sign_in(hours=1, address=HOTEL, user_agent=BROWSER, device_detail=None, location=LONDON)
    assert "wrong passwords" not in usual.learn(evidence(sign_ins=[*past(), *guesses, later])).why(HOTEL)
    same = [one.model_copy(update={"user_agent": BROWSER}) for one in guesses]
    assert "9 wrong passwords" in usual.learn(evidence(sign_ins=[*past(), *same, later])).why(HOTEL)


# --- the change in an export --------------------------------------------------------------------------

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64) Firefox/115.0"
MOVED_TO = "198.51.100.50"


def a_month(*more: SignIn, office: range = range(30), other: range = range(0)):
    """An export's whole month, with nothing before it: days at the office, days at another place."""
    start = NOON - timedelta(days=22)
    days = [
        sign_in(hours=-24 * 22 + 24 * day, address=address, user_agent=BROWSER)
        for address, span in ((OFFICE, office), (MOVED_TO, other))
        for day in span
    ]
    return usual.learn(evidence(window=Window(start, NOON + timedelta(days=9)), sign_ins=[*days, *more]))


def on_day(day: int, address: str, agent: str) -> SignIn:
    return sign_in(hours=-24 * 22 + 24 * day + 3, address=address, user_agent=agent)


def test_what_was_in_regular_use_before_the_change_is_own_though_it_did_not_last():
    """The first ten days at one place, then a move, and at last somebody else."""
    stranger = on_day(25, INTRUDER, FIREFOX)
    assert a_month(stranger, office=range(10, 30), other=range(10)).is_familiar(MOVED_TO)
    assert not a_month(office=range(10, 30), other=range(10)).is_familiar(MOVED_TO), "nothing tells a change"


@pytest.mark.parametrize(
    ("other", "familiar"),
    [(range(10, 14), True), (range(10, 12), False), (range(20, 25), False), (range(26, 30), False)],
    ids=["long before", "seldom", "just before", "after it"],
)
def test_what_came_up_just_before_the_change_may_be_part_of_it(other, familiar):
    seen = a_month(on_day(25, INTRUDER, FIREFOX), other=other)
    assert seen.is_familiar(MOVED_TO) is familiar
    assert not seen.is_familiar(INTRUDER)


@pytest.mark.parametrize(
    "change",
    [
        on_day(25, INTRUDER, BROWSER),
        on_day(25, OFFICE, FIREFOX),
        on_day(25, INTRUDER, ""),
        on_day(3, INTRUDER, FIREFOX),
    ],
    ids=["a new place alone", "a new program alone", "no program named", "too early to tell"],
)
def test_one_new_thing_is_no_change(change):
    assert not a_month(change, other=range(10, 14)).is_familiar(MOVED_TO)
