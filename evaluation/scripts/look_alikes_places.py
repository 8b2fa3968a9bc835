"""Harmless: somebody is elsewhere, or comes by another way, or on another machine."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from evaluation.case import DAYS, Case
from evaluation.life import FACTOR, REMEMBERED, relay_spot
from evaluation.scripts import Script, Truth
from evaluation.world.clients import EDGE, PHONE_ANDROID, PHONE_IOS, SAFARI
from evaluation.world.networks import GATEWAYS, VPNS
from evaluation.world.people import Device, Line, new_id


def _goes_abroad(case: Case) -> None:
    line = case.guest_line()
    case.victim.trips.update(dict.fromkeys(range(case.day, case.day + case.r.randrange(2, 6)), line))


def business_trip(case: Case) -> None:
    """Days abroad with the own laptop; second factors are asked for, and payment is written about."""
    for day, line in case.victim.trips.items():
        if day < case.day:
            continue
        stay = case.enter(
            line.spot(case.r, day),
            case.victim.browser,
            case.at(day, case.r.uniform(19, 23)),
            device=case.victim.laptop,
        )
        stay.sign_in(factor=FACTOR, risk=case.risk(0.3, "low"))
        stay.read(case.r.randrange(3, 15))
        if case.chance(0.3):
            stay.send(case.money())


def trip_with_phone_trouble(case: Case) -> None:
    """Abroad, the telephone is lost: a new one, and a new authenticator, from the hotel."""
    line = case.victim.trips[case.day]
    stay = case.enter(
        line.spot(case.r, case.day), case.victim.browser, case.at(case.day, 20), device=case.victim.laptop
    )
    stay.sign_in(factor="Text message", risk=case.risk(0.3, "low"))
    stay.security_info("registered")
    if case.chance(0.7):
        stay.security_info("deleted")
    stay.read(6)


def _moves(case: Case) -> None:
    network_line = case.guest_line()
    case.victim.home = network_line
    case.victim.at_home = 1.0
    case.victim.trips.update(dict.fromkeys(range(case.day, DAYS), network_line))


def moved_country(case: Case) -> None:
    """Somebody moves to another country and works from there from now on."""
    stay = case.own(case.day, 11)
    stay.sign_in(factor=FACTOR)
    stay.directory("Update user.", case.victim, ("City", '["old"]', f'["{stay.spot.place.city}"]'))


def new_phone(case: Case) -> None:
    """A new telephone, set up at home: the authenticator moves, the mail client is new."""
    stay = case.own(case.day, case.r.uniform(18, 21), home=True)
    stay.sign_in(factor=FACTOR)
    stay.security_info("registered")
    if case.chance(0.7):
        stay.security_info("deleted")
    person = case.victim
    person.pocket = PHONE_ANDROID if person.pocket is PHONE_IOS else PHONE_IOS
    phone = Device(
        new_id(case.r) if case.chance(0.5) else "", "new phone", managed=False, trust="Azure AD registered"
    )
    for day in range(case.day, DAYS, 2):
        line = person.home if day == case.day else person.mobile
        again = case.enter(line.spot(case.r, day), person.pocket, case.at(day, 20.8), device=phone)
        again.sign_in(factor=FACTOR if day == case.day else REMEMBERED, interactive=day == case.day).read(3)


def new_carrier(case: Case) -> None:
    """Another mobile carrier, and a new line at home: every network is new within a week."""
    person, culture = case.victim, case.firm.culture
    mobile = Line(case.r, case.r.choice(culture.carriers), culture.here, "roaming")
    home = Line(case.r, case.r.choice(culture.homes), culture.here, "daily")
    for day in range(case.day, DAYS):
        stay = case.enter(
            mobile.spot(case.r, day),
            person.pocket,
            case.at(day, 12.5),
            device=person.phone,
            session=person.phone_session,
        )
        stay.sign_in(factor=REMEMBERED, interactive=False).read(3)
        if day % 7 < 5:
            evening = case.enter(
                home.spot(case.r, day), person.browser, case.at(day, 20), device=person.laptop
            )
            evening.sign_in(factor=REMEMBERED).read(2)


def commercial_vpn(case: Case) -> None:
    """A commercial VPN is begun to be used in the evening, on the own laptop, with another exit each time."""
    for day in range(case.day, DAYS, 2):
        network = case.r.choice(VPNS)
        spot = Line(case.r, network, case.r.choice(network.places), "fixed").spot(case.r, day)
        stay = case.enter(
            spot, case.victim.browser, case.at(day, case.r.uniform(18, 22)), device=case.victim.laptop
        )
        stay.sign_in(factor=FACTOR if case.chance(0.4) else REMEMBERED, risk=case.risk(0.3, "low"))
        stay.read(case.r.randrange(2, 8))
        if case.chance(0.5):
            stay.send(case.pick(*case.firm.culture.subjects))


def private_relay(case: Case) -> None:
    """Safari on an unmanaged Mac at home, through iCloud Private Relay."""
    for day in range(case.day, DAYS):
        stay = case.enter(relay_spot(case), SAFARI, case.at(day, case.r.uniform(18, 22)))
        stay.sign_in(factor=FACTOR if day == case.day else REMEMBERED)
        stay.read(case.r.randrange(1, 6))
        if case.chance(0.3):
            stay.send(case.pick(*case.firm.culture.subjects))


def proxy_change(case: Case) -> None:
    """The firm puts a security service in front: from one day on everybody comes from there."""
    network = case.r.choice(GATEWAYS)
    line = Line(case.r, network, case.r.choice(network.places), "daily")
    for day in range(case.day, DAYS):
        if day % 7 > 4:
            continue
        for person in case.firm.people:
            stay = case.enter(
                line.spot(case.r, day),
                person.browser,
                case.at(day, person.begins + 0.3),
                who=person,
                device=person.laptop,
            )
            stay.sign_in(factor=FACTOR if day == case.day else REMEMBERED).read(3)
            if person is case.victim:
                stay.send(case.pick(*case.firm.culture.subjects))


def conference(case: Case) -> None:
    """A conference abroad with the telephone and an internet café's browser: mistyped passwords, then in."""
    line = case.victim.trips[case.day]
    for day in (case.day, case.day + 1):
        stay = case.enter(
            line.spot(case.r, day),
            replace(EDGE, browser="Edge 139.0.0"),
            case.at(day, case.r.uniform(10, 18)),
            device=case.victim.laptop,
        )
        for _ in range(case.r.randrange(1, 6)):
            stay.sign_in(error=50126, reason="InvalidUserNameOrPassword")
        stay.sign_in(factor=FACTOR).read(4)
        stay.send(case.pick(*case.firm.culture.subjects))


def two_places(case: Case) -> None:
    """Two jobs: every week some days from another city, on a second computer that Entra does not know."""
    line = case.inland_line()
    for day in range(3, DAYS, 7):
        stay = case.enter(line.spot(case.r, day), case.victim.browser, case.at(day, case.r.uniform(9, 17)))
        stay.sign_in(factor=FACTOR).read(6)
        stay.send(case.pick(*case.firm.culture.subjects))


def fail_over(case: Case) -> None:
    """The office's line fails; for a day everybody comes by a spare mobile line."""
    spare = Line(case.r, case.r.choice(case.firm.culture.carriers), case.firm.culture.elsewhere, "fixed")
    for person in case.firm.people:
        stay = case.enter(
            spare.spot(case.r, case.day),
            person.browser,
            case.at(case.day, person.begins + 2),
            who=person,
            device=person.laptop,
        )
        stay.sign_in(factor=FACTOR).read(4)
        stay.send(case.pick(*case.firm.culture.subjects))


LOOK_ALIKES: Final = (
    Script(
        "business-trip",
        Truth.LOOK_ALIKE,
        "Days abroad with the own laptop",
        business_trip,
        _goes_abroad,
        "sales",
    ),
    Script(
        "lost-phone-abroad",
        Truth.LOOK_ALIKE,
        "A new telephone and authenticator from a hotel",
        trip_with_phone_trouble,
        _goes_abroad,
        "sales",
    ),
    Script(
        "moved-country",
        Truth.LOOK_ALIKE,
        "Works from another country from now on",
        moved_country,
        _moves,
        "developer",
    ),
    Script("new-phone", Truth.LOOK_ALIKE, "A new telephone set up at home", new_phone),
    Script(
        "new-carrier", Truth.LOOK_ALIKE, "New lines for telephone and home", new_carrier, role="marketing"
    ),
    Script(
        "commercial-vpn",
        Truth.LOOK_ALIKE,
        "A commercial VPN in the evening",
        commercial_vpn,
        role="developer",
    ),
    Script(
        "private-relay",
        Truth.LOOK_ALIKE,
        "iCloud Private Relay on a private Mac",
        private_relay,
        role="marketing",
    ),
    Script("proxy-change", Truth.LOOK_ALIKE, "The firm's exit changes for everybody", proxy_change),
    Script(
        "conference-abroad",
        Truth.LOOK_ALIKE,
        "A conference with mistyped passwords",
        conference,
        _goes_abroad,
        "executive",
    ),
    Script(
        "two-places", Truth.LOOK_ALIKE, "Every week some days from another city", two_places, role="personnel"
    ),
    Script("fail-over", Truth.LOOK_ALIKE, "A spare line for a day", fail_over),
)
