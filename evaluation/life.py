"""What people do all day when nothing happens: two months of work of a whole firm."""

from __future__ import annotations

from typing import Final

from evaluation.case import DAYS, Case
from evaluation.visit import Visit
from evaluation.world.networks import RELAYS, VPNS, Network, Spot, draw_address
from evaluation.world.people import Line, Person, new_id

FACTOR: Final = "Mobile app notification"
REMEMBERED: Final = "Previously satisfied"


def settle(case: Case) -> None:
    """Give everybody the habits, holidays and trips of this draw; a script may change them afterwards."""
    r = case.r
    for person in case.firm.people:
        if r.random() < 0.3:
            first = r.randrange(0, case.day - 8)
            person.away.update(range(first, first + 7))
        if r.random() < 0.25:
            first = r.randrange(0, case.day - 3)
            line = case.guest_line() if r.random() < 0.5 else case.inland_line()
            person.trips.update(dict.fromkeys(range(first, first + r.randrange(2, 5)), line))
        if r.random() < 0.12:
            network = r.choice(VPNS)
            person.vpn = Line(r, network, r.choice(network.places), "roaming")


def live(case: Case) -> None:
    """Let everybody live through all days; the subject's days are told in full, the others' in part."""
    for person in case.firm.people:
        subject = person is case.victim
        for day in range(DAYS):
            if day in person.away:
                if case.chance(0.4):
                    _phone(case, person, day, case.r.uniform(9, 21))
            elif day % 7 < 5:
                if subject or case.chance(0.6):
                    _workday(case, person, day, full=subject)
            elif case.chance(0.35):
                _phone(case, person, day, case.r.uniform(9, 22))
        if case.chance(0.3):
            _own_rules(case, person)


def _workday(case: Case, person: Person, day: int, *, full: bool) -> None:
    r = case.r
    at_home = r.random() < person.at_home
    begins = person.begins + r.uniform(-0.4, 0.6)
    session = new_id(r)
    person.sessions[day] = session
    desk = case.own(day, begins, client=person.desk, home=at_home)
    browser = case.own(day, begins + 0.1, home=at_home)
    if r.random() < 0.04:
        case.scribe.sign_in(
            browser.at, person, browser.spot, browser.client, browser.device, new_id(r), error=50126,
            reason="InvalidUserNameOrPassword",
        )  # fmt: skip
        browser.wait(0.3, 1)
    browser.sign_in(factor=r.choice((FACTOR, REMEMBERED, REMEMBERED)) if r.random() < 0.8 else "")
    desk.sign_in(logged=r.random() < 0.3, factor=REMEMBERED)
    desk.wait(2, 20).read(r.randrange(1, 8))
    for _ in range(round(r.gauss(person.pace, 1)) if full else 1):
        _some_work(case, desk, person)
    for _ in range(r.randrange(1, 4) if full else 1):
        names = r.sample(("budget.xlsx", "offer.docx", "plan.pdf", "list.xlsx", "minutes.docx"), k=2)
        browser.wait(10, 90).files(r.choice(("FileAccessed", "FileModified", "FilePreviewed")), names)
    if full and r.random() < 0.3:
        browser.chat(case.colleague(person).upn)
    if full and r.random() < 0.5:
        desk.read(1, sync=True)
    for _ in range(r.randrange(0, 3) if full else r.randrange(0, 2)):
        _phone(case, person, day, r.uniform(7, 22))
    if person.vpn and r.random() < 0.25:
        stay = Visit(
            case.scribe,
            person,
            person.vpn.spot(r, day),
            person.browser,
            person.laptop,
            case.at(day, r.uniform(18, 22)),
        )
        stay.sign_in(factor=REMEMBERED, risk=case.risk(0.05, "low")).read(2)


def _some_work(case: Case, desk: Visit, person: Person) -> None:
    r, culture = case.r, case.firm.culture
    deed = r.random()
    if deed < 0.62:
        subject = r.choice(culture.subjects)
        if person.role in {"accountant", "sales", "executive"} and r.random() < 0.08:
            subject = r.choice(culture.money)
        desk.wait(3, 70).send(subject)
    elif deed < 0.8:
        desk.wait(2, 60).read(r.randrange(1, 6), folder=r.choice((0, 0, 1)))
    else:
        desk.wait(2, 60).delete([r.choice(culture.subjects)], operation="MoveToDeletedItems")


def _phone(case: Case, person: Person, day: int, hour: float) -> None:
    r = case.r
    line = person.trips.get(day, person.home) if r.random() < 0.4 else person.mobile
    stay = Visit(
        case.scribe,
        person,
        line.spot(r, day),
        person.pocket,
        person.phone,
        case.at(day, hour),
        person.phone_session,
    )
    stay.sign_in(factor=REMEMBERED, logged=r.random() < 0.4).read(r.randrange(1, 5))


def _own_rules(case: Case, person: Person) -> None:
    r = case.r
    for number in range(r.randrange(1, 4)):
        day = r.choice([one for one in person.sessions if one < case.day] or [0])
        name = r.choice(("Newsletter", "Team", "Tickets", "LinkedIn", "Reports"))
        what = {"From": f"news{number}@list.example", "MoveToFolder": name}
        case.own(day, person.begins + r.uniform(1, 6), who=person).rule(name, **what)


def relay_spot(case: Case, network: Network | None = None) -> Spot:
    """Give an address of iCloud Private Relay, which keeps the user's country and region."""
    found = network or case.r.choice(RELAYS)
    return Spot(draw_address(case.r, case.r.choice(found.prefixes)), found, case.firm.culture.here)
