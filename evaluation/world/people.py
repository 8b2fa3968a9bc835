"""Firms and their people: who works where, when, on what, and from which lines."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from random import Random

from evaluation.world import clients
from evaluation.world.clients import Client
from evaluation.world.cultures import CULTURES, Culture
from evaluation.world.networks import GATEWAYS, Network, Place, Spot, draw_address, draw_pool

PLAIN = str.maketrans("áäąãâàćčçéèêëęíîłñńóöôõśúüßźżÁŁÉČÓ", "aaaaaaccceeeeeiilnnoooosuuszzALECO")


def new_id(r: Random) -> str:
    """Give a random id in the form of a GUID."""
    return str(uuid.UUID(int=r.getrandbits(128), version=4))


@dataclass(slots=True)
class Device:
    """A computer or a telephone; `id` is empty where Entra does not know it."""

    id: str
    name: str
    managed: bool
    trust: str = "Azure AD joined"


class Line:
    """One way into the internet, whose address stays, changes by the day, or changes at every use.

    Args:
        r: The source of chance.
        network: Whose line it is.
        place: Where Microsoft would place it.
        habit: ``fixed``; ``daily`` for lines that are renewed overnight; ``roaming`` for telephones.
    """

    def __init__(self, r: Random, network: Network, place: Place, habit: str) -> None:
        self.network, self.place, self.habit = network, place, habit
        prefix = r.choice(network.prefixes)
        self._first = draw_address(r, prefix)
        # A renewed IPv4 address is of the same region; an IPv6 prefix stays for weeks, and privacy extensions
        # (RFC 8981) draw the lower half of the address anew every day.
        self._steady = habit == "fixed" and ":" not in prefix
        length = 64 if ":" in prefix else 22
        self._pools = tuple(draw_pool(r, prefix, length) for _ in range(1 if habit == "fixed" else 2))
        self._days: dict[int, str] = {}

    def spot(self, r: Random, day: int) -> Spot:
        """Give the address that the line has on a day (counted from the first)."""
        if self._steady:
            address = self._first
        elif self.habit == "roaming":
            address = draw_address(r, r.choice(self._pools))
        else:
            pool = self._pools[day // 14 % len(self._pools)]
            address = self._days.setdefault(day, draw_address(r, pool))
        return Spot(address, self.network, self.place)


@dataclass(slots=True)
class Person:
    """Somebody with an account.

    Attributes:
        name: As shown. `upn`: The sign-in name. `role`: What they do.
        id: The directory object id. `puid`: Exchange's key. `sid`: The security identifier.
        home: The line at home. `mobile`: The telephone's. `laptop`, `phone`: Their devices.
        desk: The client on the laptop. `browser`: The browser on it. `pocket`: The client on the telephone.
        begins: The local hour at which work begins; `at_home`: the share of days at home.
        pace: Mails sent on a day. `vpn`: A commercial VPN used now and then, or None.
        away: The days of holidays. `trips`: Days on which they work from elsewhere, with the line.
        sessions: The browser's session of each day on which there was one.
    """

    name: str
    upn: str
    role: str
    id: str
    puid: str
    sid: str
    mailbox: str
    home: Line
    mobile: Line
    laptop: Device
    phone: Device
    desk: Client
    browser: Client
    pocket: Client
    begins: float
    at_home: float
    pace: float
    vpn: Line | None = None
    away: set[int] = field(default_factory=set)
    trips: dict[int, Line] = field(default_factory=dict)
    sessions: dict[int, str] = field(default_factory=dict)
    phone_session: str = ""


@dataclass(slots=True)
class Firm:
    """An organisation with its people.

    Attributes:
        culture: Its country's way of working.
        name: As written. `domain`: Of its addresses. `tenant`: Its id. `organization`: ``….onmicrosoft.com``.
        office: The line of the office. `gateway`: The line of a security service in front of it, or None.
        people: Everybody, the administrator last.
        tells_risk: Whether Identity Protection is licensed.
        tells_directory_address: Whether directory records name an address.
    """

    culture: Culture
    name: str
    domain: str
    tenant: str
    organization: str
    office: Line
    gateway: Line | None
    people: list[Person]
    tells_risk: bool
    tells_directory_address: bool


ROLES = ("clerk", "accountant", "sales", "executive", "assistant", "personnel", "marketing", "developer")


def found_firm(r: Random) -> Firm:
    """Found a firm of nine or ten people in a country drawn at random."""
    culture = r.choice(CULTURES)
    name = r.choice(culture.firms)
    domain = name.translate(PLAIN).lower().replace(" ", "-") + ".example"
    gateway = None
    if r.random() < 0.12:
        network = r.choice(GATEWAYS)
        gateway = Line(r, network, r.choice(network.places), "daily")
    firm = Firm(
        culture=culture,
        name=name,
        domain=domain,
        tenant=new_id(r),
        organization=domain.split(".")[0].replace("-", "") + ".onmicrosoft.com",
        office=Line(r, r.choice(culture.homes), culture.here, "fixed"),
        gateway=gateway,
        people=[],
        tells_risk=r.random() < 0.4,
        tells_directory_address=r.random() < 0.4,
    )
    given, family = list(culture.given), list(culture.family)
    r.shuffle(given)
    r.shuffle(family)
    size = r.randrange(9, 11)
    for number in range(size):
        role = ROLES[number % len(ROLES)] if number < size - 1 else "administrator"
        firm.people.append(hire(r, firm, f"{given[number]} {family[number]}", role))
    return firm


def hire(r: Random, firm: Firm, name: str, role: str) -> Person:
    """Add somebody to a firm, with devices, lines and habits drawn at random."""
    culture = firm.culture
    user = name.translate(PLAIN).lower().replace(" ", ".").replace("'", "")
    apple = r.random() < 0.2
    managed = r.random() < 0.5
    registered = managed or r.random() < 0.6
    laptop = Device(new_id(r) if registered else "", f"{user[:3].upper()}-{r.randrange(100, 999)}", managed)
    phone = Device(
        new_id(r) if managed else "", f"{user.split('.')[0]} phone", managed, "Azure AD registered"
    )
    network = r.choice(culture.homes)
    person = Person(
        name=name,
        upn=f"{user}@{firm.domain}",
        role=role,
        id=new_id(r),
        puid=f"10032{r.getrandbits(44):011X}",
        sid=f"S-1-5-21-{r.getrandbits(31)}-{r.getrandbits(31)}-{r.getrandbits(31)}-{r.randrange(1000, 99999)}",
        mailbox=new_id(r),
        home=Line(r, network, culture.here, "fixed" if r.random() < 0.4 else "daily"),
        mobile=Line(r, r.choice(culture.carriers), culture.here, "roaming"),
        laptop=laptop,
        phone=phone,
        desk=clients.MAC_OUTLOOK if apple else clients.OUTLOOK,
        browser=clients.SAFARI if apple else r.choice((clients.EDGE, clients.EDGE, clients.CHROME)),
        pocket=clients.PHONE_IOS if apple or r.random() < 0.5 else clients.PHONE_ANDROID,
        begins=r.uniform(6.5, 9.5),
        at_home=r.choice((0.0, 0.2, 0.4, 0.6)),
        pace=r.uniform(1.5, 6),
    )
    person.phone_session = new_id(r)
    return person
