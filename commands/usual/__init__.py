"""What is ordinary for one user, and whose every other address and session therefore is.

Sign-ins before the window, and regular use within it, tell the user's own countries, networks, devices and
programs. Every other address from which the account was used in the window collects points for and against:
from `DOUBTFUL_FROM` points nobody can say whose it is, from `SUSPECT_FROM` points it counts as somebody
else's. What counts and how much is data, under ``address`` in ``commands/facts/weights.toml``; `Usual.why`
says which points an address has.

With fewer than `ENOUGH` ordinary sign-ins little is known: being new then says nothing, and a grave change
only half. Microsoft's own networks are nobody's place and are never judged.

A deed may raise doubts about everything else that was done from its address or in its session, and never
about itself or the sign-in before it: whose the sign-in is, is asked without any deed, and whose another deed
is, without that deed (`Usual.doubt_of`).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from commands.report import Owner
from commands.usual.domains import internal_domains, is_outside
from commands.usual.networks import Network
from commands.usual.own import ENOUGH, Own, is_among, networks_of, own_of, places_of, shared_of
from commands.usual.places import Atlas, Countries, Place, spot_of
from commands.usual.point import Point
from commands.usual.points import judge
from commands.usual.sign_ins import all_sign_ins, is_own_device
from commands.usual.visits import with_visits
from graph.addresses import network_of
from graph.audit_log.record import AuditRecord
from graph.audit_log.sign_in import LOGONS
from graph.evidence import Evidence, remembered
from graph.resources.sign_ins import SignIn

SUSPECT_FROM: Final = 5
"""Points from which on an address counts as somebody else's: new network, country, program and device, or a
reason that is hardly ever harmless at a new place."""

DOUBTFUL_FROM: Final = 2
"""Points from which on nobody can say whose it is: one new thing is everyday life, two need an answer."""


SHORTLY: Final = timedelta(hours=4)
"""How long after a sign-in a deed that names no address may belong to it."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """What speaks against an address or a session.

    `points` is the sum for and against; `certain` says that something among it is not explained by the
    user's being somewhere new.
    """

    points: int
    certain: bool = False

    @property
    def owner(self) -> Owner:
        """Whose it therefore is."""
        if self.points >= SUSPECT_FROM:
            return Owner.STRANGER
        return Owner.DOUBTFUL if self.points >= DOUBTFUL_FROM else Owner.OWNER


NO_DOUBT: Final = Doubt(0)


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """What is ordinary for this user, and what is not; learnt once of an evidence, it is only itself.

    Attributes:
        internal_domains: The tenant's domains, lower-cased.
        sign_ins: Every sign-in of the user that could be seen, from all logs, each once, oldest first.
        ordinary: How many ordinary sign-ins all this was learnt from.
        countries: Own countries, upper case as Microsoft writes them.
        networks: Own networks (/24 and /64), and single addresses of exits that many share.
        systems: Own providers' autonomous system numbers.
        device_spots: Where a device of the user's own signed in, and nothing outweighs that.
        agents: Own programs, as `agents.family_of` writes them.
        devices: Own devices' directory ids.
        hours: Own hours of the day, UTC.
        suspect_addresses: Addresses that count as somebody else's.
        suspect_spots: The same as `places.spot_of` writes them, an IPv6 network for each IPv6 address.
        suspect_sessions: Sessions that were used from them.
        own_sessions: Sessions that were used from own networks.
        session_spots: The spots with points that each session was used from.
        points: The reasons for every address that was judged.
        places: Where addresses are.
        rented: What network an address is in, where it is one of those that anybody may rent.
        shared: The organization's networks among those that the user came from.
        by_acts: No log shows a sign-in: `sign_ins` are what was done.
        visited: Spots that no sign-in names, where something was done all the same.
        none_suspect: It is known that nothing is suspect, whichever deeds are counted.
    """

    internal_domains: frozenset[str] = frozenset()
    sign_ins: tuple[SignIn, ...] = ()
    ordinary: int = 0
    countries: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()
    systems: frozenset[int] = frozenset()
    device_spots: frozenset[str] = frozenset()
    agents: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()
    hours: frozenset[int] = frozenset()
    suspect_addresses: frozenset[str] = frozenset()
    suspect_spots: frozenset[str] = frozenset()
    suspect_sessions: frozenset[str] = frozenset()
    own_sessions: frozenset[str] = frozenset()
    session_spots: Mapping[str, frozenset[str]] = field(default_factory=dict)
    points: Mapping[str, tuple[Point, ...]] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    rented: Mapping[str, Network] = field(default_factory=dict)
    shared: frozenset[str] = frozenset()
    by_acts: bool = False
    visited: frozenset[str] = frozenset()
    none_suspect: bool = False

    def is_visited(self, address: str) -> bool:
        """Say whether only what was done shows that somebody was in from an address, and no sign-in."""
        return self.by_acts or spot_of(address) in self.visited

    def use(self, address: str) -> str:
        """What to call one of `sign_ins` from an address in a sentence."""
        return "activity" if self.is_visited(address) else "sign-in"

    @property
    def any_suspect(self) -> bool:
        """Whether anything that was done may count as somebody else's doing, by other deeds included."""
        if self.suspect_addresses or self.suspect_sessions:
            return True
        return any(sum(one.points for one in points) >= SUSPECT_FROM for points in self.points.values())

    @property
    def is_well_known(self) -> bool:
        """Whether enough ordinary sign-ins were seen for something to be called new."""
        return self.ordinary >= ENOUGH

    def is_suspect(self, address: str | None) -> bool:
        """Say whether an address counts as somebody else's; another address of the same /64 does too."""
        if not address:
            return False
        return address in self.suspect_addresses or spot_of(address) in self.suspect_spots

    def is_familiar(self, address: str | None) -> bool:
        """Say whether an address lies in an own network, or is where an own device was used."""
        if not address or self.is_suspect(address):
            return False
        return self.is_own_network(address) or spot_of(address) in self.device_spots

    def is_own_network(self, address: str) -> bool:
        """Say whether an address lies in an own network, or is an exit that the user always takes."""
        return is_among(address, self.networks)

    def is_suspect_record(self, record: AuditRecord) -> bool:
        """Say whether a record comes from a suspect address, or from a suspect session if it names none.

        The record itself does not count for this; other deeds there do.
        """
        return not self.none_suspect and self.doubt_of(record).points >= SUSPECT_FROM

    def doubt_of(self, record: AuditRecord) -> Doubt:
        """Say what speaks against the address and the session of a record, the record itself left out.

        A session that was used from a suspect address is suspect everywhere but in own networks, and where a
        record has no address of its own, what speaks against its session's addresses speaks against it.
        """
        if record.by_microsoft:
            return NO_DOUBT
        spots = self.session_spots.get(record.session_id, ())
        in_session = [self._doubt(spot, record.id) for spot in spots]
        if not spots and record.session_id in self.suspect_sessions:
            in_session = [Doubt(SUSPECT_FROM)]
        session = max(in_session, key=lambda one: one.points, default=NO_DOUBT)
        if record.address and not record.microsoft_address:
            here = self._doubt(spot_of(record.address), record.id)
            if session.points >= SUSPECT_FROM > here.points and not self.is_familiar(record.address):
                return session
            return here
        if not record.session_id:
            return self._doubt_then(record.at)
        return NO_DOUBT if record.session_id in self.own_sessions else session

    def _doubt_then(self, at: datetime) -> Doubt:
        """Say what speaks against a deed that names neither address nor session, by who was in then.

        Entra records many changes so. Where somebody doubtful had signed in shortly before, the deed may be
        theirs or the user's: it is doubtful, and no more.
        """
        first, last = (bisect_left(self.sign_ins, when, key=_time) for when in (at - SHORTLY, at))
        spots = {spot_of(one.ip_address) for one in self.sign_ins[first:last] if one.succeeded}
        worst = max((self._doubt(spot, None).points for spot in spots & self.points.keys()), default=0)
        return Doubt(min(worst, SUSPECT_FROM - 1)) if worst >= DOUBTFUL_FROM else NO_DOUBT

    def is_owners(self, address: str) -> bool:
        """Say whether somebody signed in from an address, and it counts as the user."""
        return spot_of(address) in self.points and self.doubt_at(address).owner is Owner.OWNER

    def doubt_at(self, address: str | None) -> Doubt:
        """Say what speaks against an address, all deeds left out."""
        return self._doubt(spot_of(address), None) if address else NO_DOUBT

    def _doubt(self, spot: str, judged: str | None) -> Doubt:
        """Sum up the points of a spot: for the sign-ins there, or for the record with this id."""
        if spot not in self.points:
            return Doubt(SUSPECT_FROM) if self.is_suspect(spot.partition("/")[0]) else NO_DOUBT
        counted = [
            one
            for one in self.points.get(spot, ())
            if not one.rests_on or (judged is not None and judged not in one.rests_on)
        ]
        return Doubt(sum(one.points for one in counted), any(one.telling for one in counted))

    def why(self, address: str | None) -> str:
        """Say why an address is suspect, in one phrase; "" when nothing speaks against it."""
        return "; ".join(self.reasons(address))

    def reasons(self, address: str | None) -> tuple[str, ...]:
        """Say what speaks against an address, each in a few words, what weighs most first."""
        found = self.points.get(spot_of(address), ()) if address else ()
        return tuple(
            point.says
            for point in sorted(found, key=lambda one: (bool(one.rests_on), -one.points))
            if point.points > 0
        )

    def harmless(self, address: str | None) -> tuple[str, ...]:
        """Say what would make the sign-ins from an address harmless, the gravest reason first."""
        found = self.points.get(spot_of(address), ()) if address else ()
        against = (one for one in found if one.points > 0 and not one.rests_on and one.harmless)
        return tuple(dict.fromkeys(one.harmless for one in sorted(against, key=lambda one: -one.points)))

    def place(self, address: str | None) -> Place:
        """Where an address is."""
        if not address:
            return Place()
        return self.places.get(address) or Countries().place(address)

    def is_outside(self, mail_address: str) -> bool:
        """Say whether a mail address, in any of Exchange's forms, lies outside the tenant.

        False for what is no mail address: a name or a directory id means somebody inside.
        """
        return is_outside(mail_address, self.internal_domains)


def _time(sign_in: SignIn) -> datetime:
    return sign_in.created_date_time


@remembered
def learn(evidence: Evidence, *, atlas: Atlas | None = None) -> Usual:
    """Learn what is ordinary for the subject and judge every other address of the window. Pure.

    What was learnt last is remembered: evidence never changes.
    """
    where = atlas or Countries()
    sign_ins = all_sign_ins(evidence)
    places, rented = places_of(sign_ins, where), networks_of(sign_ins, where)
    acts = {record.id for record in evidence.records() if record.operation not in LOGONS}
    visits = tuple(one for one in sign_ins if one.id in acts)
    by_acts = bool(visits) and len(visits) == len(sign_ins)
    habits = dict(evidence.habits) if by_acts else {}
    signed = sign_ins if by_acts or not visits else tuple(one for one in sign_ins if one.id not in acts)
    own = own_of(evidence, signed, places, rented, shared_of(evidence, signed, where), habits=habits)
    if visits and not by_acts:
        own = with_visits(own, sign_ins, visits, evidence, rented)
    judged = judge(evidence, sign_ins, places, own, rented, by_acts=by_acts)
    suspect_spots = {
        spot
        for spot, points in judged.items()
        if sum(one.points for one in points if not one.rests_on) >= SUSPECT_FROM
    }
    suspect = {one.ip_address for one in sign_ins if spot_of(one.ip_address) in suspect_spots}
    sessions: dict[str, set[str]] = defaultdict(set)
    for one in sign_ins:
        if one.session_id and one.succeeded and spot_of(one.ip_address) in judged:
            sessions[one.session_id].add(spot_of(one.ip_address))
    own_networks = own.networks - {
        network_of(spot.partition("/")[0]) for spot in suspect_spots if "/" in spot
    }
    own_sessions = {
        one.session_id for one in sign_ins if one.session_id and is_among(one.ip_address, own_networks)
    }
    for record in evidence.records():
        if record.session_id and record.address and not record.microsoft_address:
            if spot_of(record.address) in judged:
                sessions[record.session_id].add(spot_of(record.address))
            if is_among(record.address, own_networks):
                own_sessions.add(record.session_id)
    return Usual(
        internal_domains=internal_domains(evidence),
        sign_ins=sign_ins,
        ordinary=own.count,
        countries=own.countries,
        networks=own_networks,
        systems=own.systems,
        device_spots=_device_spots(sign_ins, own, judged),
        agents=own.agents,
        devices=own.devices,
        hours=own.hours,
        suspect_addresses=frozenset(suspect),
        suspect_spots=frozenset(suspect_spots),
        suspect_sessions=frozenset(session for session, spots in sessions.items() if spots & suspect_spots),
        own_sessions=frozenset(own_sessions),
        session_spots={session: frozenset(spots) for session, spots in sessions.items()},
        points=judged,
        places=places,
        rented=rented,
        shared=own.shared,
        by_acts=by_acts,
        visited=frozenset(spot_of(one.ip_address) for one in visits),
        none_suspect=not any(may_be_suspect(points) for points in judged.values()),
    )


def may_be_suspect(points: Iterable[Point]) -> bool:
    """Say whether a place may count as somebody else's, whichever of the deeds there are left out."""
    return sum(one.points for one in points if one.points > 0) >= SUSPECT_FROM


def _device_spots(
    sign_ins: Iterable[SignIn], own: Own, judged: Mapping[str, tuple[Point, ...]]
) -> frozenset[str]:
    used = {spot_of(one.ip_address) for one in sign_ins if one.succeeded and is_own_device(one, own.devices)}
    return frozenset(
        spot
        for spot in used & judged.keys()
        if sum(one.points for one in judged[spot] if not one.rests_on) <= 0
    )
