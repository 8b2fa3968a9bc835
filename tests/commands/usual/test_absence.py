"""Whoever travels is missing at the desk; a stranger comes while the user goes on working there."""

from __future__ import annotations

from datetime import date
from typing import Any

from commands import usual
from commands.report import Owner
from commands.usual.absence import stays_abroad
from commands.usual.places import Place
from graph.resources.sign_ins import SignIn
from tests.commands.evidence import INTRUDER, OFFICE, evidence, sign_in
from tests.commands.symptoms.judging import HOTEL, LISBON, LONDON, ordinary, past

TABLET = "Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Safari/604.1"
BY_TOKEN = [{"authenticationMethod": "Previously satisfied", "succeeded": True}]

# The records end on Wednesday 2026-09-09, so that these are three working days.
AWAY = (-1, -25, -49)


def abroad(hours: float, address: str = HOTEL, **fields: Any) -> SignIn:
    plain = {"location": LISBON, "user_agent": TABLET, "authentication_details": BY_TOKEN}
    return sign_in(hours=hours, address=address, **{**plain, **fields})


def owner(*sign_ins: SignIn, address: str = HOTEL) -> Owner:
    return usual.learn(evidence(sign_ins=[*past(), *sign_ins])).doubt_at(address).owner


def test_a_tablet_nobody_knows_abroad_is_the_travellers_when_the_desk_is_empty():
    assert owner(*map(abroad, AWAY)) is not Owner.STRANGER


def test_the_same_is_a_strangers_while_the_user_works_at_the_desk():
    assert owner(*map(abroad, AWAY), *(ordinary(hours=hours - 2) for hours in AWAY)) is Owner.STRANGER


def test_a_computer_left_on_at_home_is_nobody_at_the_desk():
    left_on = (ordinary(hours=hours - 2, is_interactive=False) for hours in AWAY)
    assert owner(*map(abroad, AWAY), *left_on) is not Owner.STRANGER


def test_a_telephone_at_home_is_with_its_user_there():
    phone = (ordinary(hours=hours - 2, is_interactive=False, user_agent="Outlook-iOS/2.0") for hours in AWAY)
    assert owner(*map(abroad, AWAY), *phone) is Owner.STRANGER


def test_one_quiet_day_says_nothing():
    assert owner(abroad(-1)) is Owner.STRANGER


def test_two_foreign_countries_on_the_same_days_excuse_neither():
    other = {
        "city": "Lagos",
        "countryOrRegion": "NG",
        "geoCoordinates": {"latitude": 6.45, "longitude": 3.39},
    }
    elsewhere = (abroad(hours, INTRUDER, location=other) for hours in AWAY)
    assert owner(*map(abroad, AWAY), *elsewhere, address=INTRUDER) is Owner.STRANGER


def test_weekdays_on_which_the_user_is_seldom_seen_are_not_missed():
    places = {OFFICE: Place("GB", "London"), HOTEL: Place("PT", "Lisbon")}
    weekdays = [one for one in past() if one.created_date_time.weekday() < 5]
    for away, missed in (((-4, -3), 0), ((-2, -1), 4)):  # Saturday and Sunday, Monday and Tuesday
        stay = [abroad(24 * day) for day in away]
        found = stays_abroad([*weekdays, *stay], places, {"GB"})
        assert len(found.get("PT", frozenset[date]())) == missed


def test_where_nothing_is_abroad_there_is_no_stay():
    assert stays_abroad([sign_in(hours=-1, location=LONDON)], {OFFICE: Place("GB")}, {"GB"}) == {}
