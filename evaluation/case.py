"""One case: a firm with two months of work, in which one script is played, drawn from one seed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from evaluation.visit import Visit
from evaluation.world.clients import Client
from evaluation.world.networks import (
    ABROAD,
    GUEST_LINES,
    HOSTING,
    TOR,
    VPNS,
    Network,
    Place,
    Spot,
    draw_address,
)
from evaluation.world.people import Device, Firm, Line, Person, found_firm
from evaluation.writing.scribe import Scribe

BEGINNING: Final = datetime(2026, 9, 28, tzinfo=UTC)
"""The first day, a Monday."""

DAYS: Final = 56
"""How many days the audit log reaches back."""

SIGN_IN_DAYS: Final = 30
"""How many of them Graph keeps sign-ins for. Source: "Microsoft Entra data retention", P1 and P2."""


class Case:
    """A firm, its logs, and what a script needs to play in it.

    Args:
        script: The script's name.
        draw: The number of the draw; the same number gives the same case.
        role: The role of the person it is about.
    """

    def __init__(self, script: str, draw: int, role: str) -> None:
        self.r = Random(f"{script}:{draw}")
        self.firm: Firm = found_firm(self.r)
        since = BEGINNING + timedelta(days=DAYS - SIGN_IN_DAYS)
        self.scribe = Scribe(self.r, self.firm, since)
        self.victim = self.person(role)
        self.day = self.r.choice([day for day in range(DAYS - 15, DAYS - 4) if day % 7 < 5])
        self.involved: set[str] = {self.victim.upn}

    # people

    def person(self, role: str) -> Person:
        """Give the first person of a role; every firm has somebody for each."""
        return next(one for one in self.firm.people if one.role == role)

    def colleague(self, *others: Person) -> Person:
        """Give somebody else, neither the subject nor an administrator, nor one of these."""
        taken = {self.victim.upn, *(one.upn for one in others)}
        found = [one for one in self.firm.people if one.upn not in taken and one.role != "administrator"]
        return self.r.choice(found)

    @property
    def administrator(self) -> Person:
        """The administrator of the firm."""
        return self.firm.people[-1]

    def involve(self, person: Person) -> Person:
        """Say that somebody else has a part in it, and is no bystander."""
        self.involved.add(person.upn)
        return person

    # chance

    def chance(self, share: float) -> bool:
        """Say whether something happens in this draw."""
        return self.r.random() < share

    def pick(self, *options: str) -> str:
        """Give one of several texts."""
        return self.r.choice(options)

    def money(self) -> str:
        """Give a subject about payment, in the firm's language."""
        return self.r.choice(self.firm.culture.money)

    def lure(self) -> str:
        """Give a subject that leads to a sign-in page, in the firm's language."""
        return self.r.choice(self.firm.culture.lure)

    def outsider(self) -> str:
        """Give an address outside the firm, as attackers make them."""
        user = self.pick(
            "office.desk", "m.harlow", "accounts77", "secure-docs", self.victim.upn.split("@")[0]
        )
        domain = self.pick("gmail.com", "outlook.com", "proton.me", "mail-relay.example")
        return f"{user}{self.r.randrange(10, 99)}@{domain}"

    # time

    def at(self, day: int, hour: float) -> datetime:
        """Give the moment of an hour of a day in the firm's own time."""
        return BEGINNING + timedelta(
            days=day, hours=hour - self.firm.culture.offset, seconds=self.r.randrange(60)
        )

    def moment(self, day: int | None = None) -> datetime:
        """Give a moment for a deed: mostly at work, now and then in the evening or at night."""
        hour = self.r.choice(
            (self.r.uniform(9, 17), self.r.uniform(9, 17), self.r.uniform(18, 23), self.r.uniform(0, 6))
        )
        return self.at(self.day if day is None else day, hour)

    # places of others

    def somewhere(self, networks: tuple[Network, ...]) -> Spot:
        """Give an address of one of these networks."""
        network = self.r.choice(networks)
        return Spot(
            draw_address(self.r, self.r.choice(network.prefixes)), network, self.r.choice(network.places)
        )

    def hosting(self) -> Spot:
        """Give an address of a hosting provider, now and then of a VPN or Tor."""
        return self.somewhere(self.r.choices((HOSTING, VPNS, TOR), (6, 3, 1))[0])

    def abroad(self) -> Spot:
        """Give an address of a fixed or mobile line far away."""
        return self.somewhere(ABROAD)

    def proxy(self, *, near: bool) -> Spot:
        """Give a residential proxy's address in the country: in the same city, or in another."""
        culture = self.firm.culture
        network = self.r.choice(culture.homes)
        place = culture.here if near else culture.elsewhere
        prefixes = [one for one in network.prefixes if ":" not in one]
        return Spot(draw_address(self.r, self.r.choice(prefixes)), network, place)

    def stranger(self) -> Spot:
        """Give an address of an attacker, of whatever kind the draw says."""
        return self.r.choices(
            (self.hosting, self.abroad, lambda: self.proxy(near=False), lambda: self.proxy(near=True)),
            (5, 2, 2, 1),
        )[0]()

    def guest_line(self) -> Line:
        """Give a line in another country, as hotels have them."""
        here = self.firm.culture.here.country
        network = self.r.choice([one for one in GUEST_LINES if one.places[0].country != here])
        return Line(self.r, network, network.places[0], "daily")

    def inland_line(self, place: Place | None = None) -> Line:
        """Give another fixed line of the country, by default in the other city."""
        culture = self.firm.culture
        return Line(self.r, self.r.choice(culture.homes), place or culture.elsewhere, "fixed")

    # stays

    def enter(
        self,
        spot: Spot,
        client: Client,
        at: datetime,
        *,
        who: Person | None = None,
        session: str = "",
        device: Device | None = None,
    ) -> Visit:
        """Begin a stay in an account, the victim's if nobody else is named; nobody has signed in yet."""
        return Visit(self.scribe, who or self.victim, spot, client, device, at, session)

    def own(
        self,
        day: int,
        hour: float,
        *,
        who: Person | None = None,
        client: Client | None = None,
        home: bool = False,
    ) -> Visit:
        """Begin a stay of somebody in their own account, on their own laptop."""
        person = who or self.victim
        line = person.home if home else (self.firm.gateway or self.firm.office)
        line = person.trips.get(day, line)
        session = person.sessions.get(day, "")
        return Visit(
            self.scribe,
            person,
            line.spot(self.r, day),
            client or person.browser,
            person.laptop,
            self.at(day, hour),
            session,
        )

    def risk(self, share: float = 0.5, level: str = "medium") -> str:
        """Give the risk that Identity Protection sees, "none" where it is not licensed or sees nothing."""
        return level if self.firm.tells_risk and self.chance(share) else "none"
