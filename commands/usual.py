"""What is ordinary for one user, and which addresses and sessions are therefore suspect.

Sign-ins before the window, and regular use within it, tell the user's own countries, networks, devices and
programs. Every other address from which the account was used in the window collects points for and against;
at `SUSPECT_FROM` points it counts as somebody else's. What counts and how much is data, under ``address`` in
``commands/facts/weights.toml``; `Usual.why` says which points an address has.

With fewer than `ENOUGH` ordinary sign-ins little is known: being new then says nothing, and a grave change
only half. Microsoft's own networks are nobody's place and are never judged.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Final

from publicsuffixlist import PublicSuffixList

from commands import facts
from commands.clues.agents import agent_of, family_of
from commands.clues.places import (
    TOO_FAST,
    Atlas,
    Countries,
    Place,
    belongs_to_microsoft,
    network_of,
    place_of,
    speed,
    spot_of,
)
from commands.facts import ProgramKind
from graph.audit_log.record import AuditRecord, address_of
from graph.audit_log.sign_in import LOGONS, sign_in_of
from graph.evidence import Evidence, Unavailable
from graph.resources.sign_ins import RiskDetection, SignIn

ENOUGH: Final = 10
"""Ordinary sign-ins from which on something may be called new."""

SUSPECT_FROM: Final = 4
"""Points from which on an address counts as somebody else's."""

REGULAR_DAYS: Final = 3
"""Days on which a network must be used to be regular."""

REGULAR_SHARE: Final = 0.4
"""Share of all successes that a network needs within the window, when nothing before the window is known."""

MANY_FAILURES: Final = 5
"""Failures before a success that make it look guessed."""

FAILURE_SPAN: Final = timedelta(hours=24)
"""How long before the success those failures may lie."""

_TRAVEL_SPAN: Final = timedelta(hours=24)
"""Between how distant sign-ins a way is looked at."""

WRONG_PASSWORD: Final = frozenset({50126, 50053, 50056, 50034, 50055})
"""Sign-in errors of somebody who does not know the password. Source: Microsoft Entra, error codes."""

REFUSED_PROMPT: Final = frozenset({500121})
"""Sign-in errors of a second factor that was refused or not answered."""

SETTLED: Final = frozenset({"dismissed", "confirmedsafe", "remediated"})
"""Risk states in which somebody has already answered for the sign-in."""


@dataclass(frozen=True, slots=True)
class Point:
    """One reason for or against an address."""

    points: int
    says: str


@dataclass(frozen=True, slots=True)
class Usual:
    """What is ordinary for this user, and what is not.

    Attributes:
        internal_domains: The tenant's domains, lower-cased.
        sign_ins: Every sign-in of the user that could be seen, from all logs, each once, oldest first.
        ordinary: How many ordinary sign-ins all this was learnt from.
        countries: Own countries, upper case as Microsoft writes them.
        networks: Own networks (/24 and /64).
        systems: Own providers' autonomous system numbers.
        agents: Own programs, as `agents.family_of` writes them.
        devices: Own devices' directory ids.
        hours: Own hours of the day, UTC.
        suspect_addresses: Addresses that count as somebody else's.
        suspect_spots: The same as `places.spot_of` writes them, an IPv6 network for each IPv6 address.
        suspect_sessions: Sessions that were used from them.
        own_sessions: Sessions that were used from own networks.
        points: The reasons for every address that was judged.
        places: Where addresses are.
    """

    internal_domains: frozenset[str] = frozenset()
    sign_ins: tuple[SignIn, ...] = ()
    ordinary: int = 0
    countries: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()
    systems: frozenset[int] = frozenset()
    agents: frozenset[str] = frozenset()
    devices: frozenset[str] = frozenset()
    hours: frozenset[int] = frozenset()
    suspect_addresses: frozenset[str] = frozenset()
    suspect_spots: frozenset[str] = frozenset()
    suspect_sessions: frozenset[str] = frozenset()
    own_sessions: frozenset[str] = frozenset()
    points: Mapping[str, tuple[Point, ...]] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)

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
        """Say whether an address lies in one of the user's own networks."""
        return bool(address) and network_of(address or "") in self.networks and not self.is_suspect(address)

    def is_suspect_record(self, record: AuditRecord) -> bool:
        """Say whether a record comes from a suspect address, or from a suspect session if it names none."""
        if record.by_microsoft:
            return False
        if record.address and not record.microsoft_address:
            by_session = record.session_id in self.suspect_sessions and not self.is_familiar(record.address)
            return self.is_suspect(record.address) or by_session
        return record.session_id in self.suspect_sessions and record.session_id not in self.own_sessions

    def why(self, address: str | None) -> str:
        """Say why an address is suspect, in one phrase; "" when nothing speaks against it."""
        if not address:
            return ""
        found = self.points.get(spot_of(address), ())
        return "; ".join(
            point.says for point in sorted(found, key=lambda one: -one.points) if point.points > 0
        )

    def place(self, address: str | None) -> Place:
        """Where an address is."""
        if not address:
            return Place()
        return self.places.get(address) or Countries().place(address)

    def is_outside(self, mail_address: str) -> bool:
        """Say whether a mail address, in any of Exchange's forms, lies outside the tenant.

        False for what is no mail address: a name or a directory id means somebody inside.
        """
        domain = domain_of(mail_address)
        if not domain:
            return False
        if domain in self.internal_domains:
            return False
        return registrable(domain) not in {registrable(own) for own in self.internal_domains}


_DOMAIN: Final = re.compile(r"[^@\s<>\[\]\"':;,]+@([A-Za-z0-9._-]+\.[A-Za-z0-9-]+)")
_SUFFIXES: Final = PublicSuffixList()


def domain_of(mail_address: str) -> str:
    """Give the lower-cased domain of an address in any of Exchange's forms, "" when it holds none.

    >>> domain_of('"Drop" [SMTP:drop@Fabrikam.example]')
    'fabrikam.example'
    """
    match = _DOMAIN.search(mail_address)
    return match[1].casefold() if match else ""


@lru_cache(maxsize=4096)
def registrable(domain: str) -> str:
    """Give the part of a domain that somebody registered: what lies below it belongs to the same people."""
    return str(_SUFFIXES.privatesuffix(domain) or domain)


@lru_cache(maxsize=2)
def learn(evidence: Evidence, *, atlas: Atlas | None = None) -> Usual:
    """Learn what is ordinary for the subject and judge every other address of the window. Pure.

    What was learnt last is remembered: evidence never changes.
    """
    where = atlas or Countries()
    sign_ins = all_sign_ins(evidence)
    places = _places(sign_ins, where)
    own = _own(evidence, sign_ins, places)
    judged = _judge(evidence, sign_ins, places, own)
    suspect_spots = {
        spot for spot, points in judged.items() if sum(one.points for one in points) >= SUSPECT_FROM
    }
    suspect = {one.ip_address for one in sign_ins if spot_of(one.ip_address) in suspect_spots}
    sessions = {
        one.session_id for one in sign_ins if one.session_id and one.succeeded and one.ip_address in suspect
    }
    own_networks = own.networks - {
        network_of(spot.partition("/")[0]) for spot in suspect_spots if "/" in spot
    }
    own_sessions = {
        one.session_id for one in sign_ins if one.session_id and network_of(one.ip_address) in own_networks
    }
    for record in evidence.records():
        if record.session_id and record.address and not record.microsoft_address:
            if record.address in suspect:
                sessions.add(record.session_id)
            elif network_of(record.address) in own_networks:
                own_sessions.add(record.session_id)
    return Usual(
        internal_domains=internal_domains(evidence),
        sign_ins=sign_ins,
        ordinary=own.count,
        countries=own.countries,
        networks=own_networks,
        systems=own.systems,
        agents=own.agents,
        devices=own.devices,
        hours=own.hours,
        suspect_addresses=frozenset(suspect),
        suspect_spots=frozenset(suspect_spots),
        suspect_sessions=frozenset(sessions),
        own_sessions=frozenset(own_sessions),
        points=judged,
        places=places,
    )


def internal_domains(evidence: Evidence) -> frozenset[str]:
    """Give the tenant's verified domains, and those of the subject's own addresses."""
    own = {
        domain_of(address) for address in (*evidence.subject.addresses, evidence.subject.user_principal_name)
    }
    verified = {domain.id.casefold() for domain in evidence.domains.seen(()) if domain.is_verified}
    return frozenset((own | verified) - {""})


def all_sign_ins(evidence: Evidence) -> tuple[SignIn, ...]:
    """Give every sign-in of the subject from all logs, each once, oldest first.

    The audit log repeats what the sign-in logs say, later and with less; its records are used only for a
    kind of sign-in that could not be seen there. Addresses come out in their shortest form, "" where there
    is none.
    """
    found: dict[str, SignIn] = {}
    for source in (evidence.sign_ins, evidence.sign_ins_non_interactive):
        for one in source.seen(()):
            found.setdefault(one.id, one)
    gaps = [
        one
        for one in (evidence.sign_ins, evidence.sign_ins_non_interactive)
        if isinstance(one, Unavailable) or one.missing
    ]
    if gaps:
        known = {(one.ip_address, int(one.created_date_time.timestamp()) // 60) for one in found.values()}
        for record in evidence.audit_log.seen(()):
            if record.operation not in LOGONS or not evidence.subject.is_meant_by(record.actor):
                continue
            one = sign_in_of(record)
            if not known or (one.ip_address, int(one.created_date_time.timestamp()) // 60) not in known:
                found.setdefault(one.id, one)
    plain = (_with_plain_address(one) for one in found.values())
    return tuple(sorted(plain, key=lambda one: (one.created_date_time, one.id)))


def _with_plain_address(one: SignIn) -> SignIn:
    plain = address_of(one.ip_address) or ""
    return one if plain == one.ip_address else one.model_copy(update={"ip_address": plain})


# --- what is the user's own --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Own:
    count: int
    countries: frozenset[str]
    networks: frozenset[str]
    regular: frozenset[str]
    systems: frozenset[int]
    agents: frozenset[str]
    devices: frozenset[str]
    hours: frozenset[int]
    device_code: bool
    legacy: bool
    sign_ins: tuple[SignIn, ...]


def is_legacy(sign_in: SignIn) -> bool:
    """Say whether a sign-in used a protocol that knows no second factor."""
    agent = agent_of(sign_in.user_agent)
    return sign_in.client_app_used.casefold() in facts.legacy_clients() or (
        agent is not None and agent.kind is ProgramKind.LEGACY
    )


def is_device_code(sign_in: SignIn) -> bool:
    """Say whether the sign-in, or the one that its token stems from, used a device code."""
    flow = f"{sign_in.authentication_protocol} {sign_in.original_transfer_method}".casefold()
    return "devicecode" in flow


def is_managed(sign_in: SignIn) -> bool:
    """Say whether Microsoft vouches for the device."""
    device = sign_in.device_detail
    return device is not None and bool(device.is_compliant or device.is_managed)


def risk_of(sign_in: SignIn) -> str:
    """Give the sign-in's own risk level in lower case, "" when there is none or somebody answered for it."""
    level = sign_in.risk_level_during_sign_in.casefold()
    if level not in {"low", "medium", "high"} or sign_in.risk_state.casefold() in SETTLED:
        return ""
    return level


def _places(sign_ins: Iterable[SignIn], atlas: Atlas) -> dict[str, Place]:
    places: dict[str, Place] = {}
    for one in sign_ins:
        if one.ip_address and (one.ip_address not in places or places[one.ip_address].latitude is None):
            places[one.ip_address] = place_of(one.location, one.ip_address, atlas)
    return places


def _may_be_own(one: SignIn) -> bool:
    agent = agent_of(one.user_agent)
    telling = agent is not None and agent.kind in {ProgramKind.ATTACK, ProgramKind.SPRAY, ProgramKind.KIT}
    return (
        one.succeeded
        and bool(one.ip_address)
        and not belongs_to_microsoft(one.ip_address)
        and not telling
        and risk_of(one) not in {"medium", "high"}
    )


def _own(evidence: Evidence, sign_ins: Sequence[SignIn], places: Mapping[str, Place]) -> _Own:
    """Gather own sign-ins: those before the window, and in it those by known devices or regular networks."""
    candidates = [one for one in sign_ins if _may_be_own(one)]
    before = [one for one in candidates if one.created_date_time < evidence.window.start]
    within = [one for one in candidates if one.created_date_time >= evidence.window.start]
    devices = {
        one.device_detail.device_id for one in before if one.device_detail and one.device_detail.device_id
    }
    networks = {network_of(one.ip_address) for one in before}
    if len(before) < ENOUGH:
        networks |= _regular(within, REGULAR_SHARE)
    kept = before + [
        one
        for one in within
        if network_of(one.ip_address) in networks
        or is_managed(one)
        or (one.device_detail is not None and one.device_detail.device_id in devices)
    ]
    devices |= {
        one.device_detail.device_id
        for one in kept
        if one.device_detail and one.device_detail.device_id and is_managed(one)
    }
    regular = _regular(before, 0.0) | (_regular(within, REGULAR_SHARE) if len(before) < ENOUGH else set())
    return _Own(
        count=len(kept),
        countries=frozenset(places[one.ip_address].country for one in kept) - {""},
        networks=frozenset(network_of(one.ip_address) for one in kept),
        regular=frozenset(regular),
        systems=frozenset(
            one.autonomous_system_number for one in kept if one.autonomous_system_number is not None
        ),
        agents=frozenset(family_of(one.user_agent) for one in kept if one.user_agent),
        devices=frozenset(devices),
        hours=frozenset(one.created_date_time.hour for one in kept),
        device_code=any(is_device_code(one) for one in before),
        legacy=any(is_legacy(one) for one in before),
        sign_ins=tuple(kept),
    )


def _regular(sign_ins: Sequence[SignIn], share: float) -> set[str]:
    """Give the networks in use on several days and, where a share is asked, for much of all there was."""
    days: dict[str, set[object]] = defaultdict(set)
    uses: Counter[str] = Counter()
    for one in sign_ins:
        network = network_of(one.ip_address)
        days[network].add(one.created_date_time.date())
        uses[network] += 1
    return {
        network
        for network, used in days.items()
        if len(used) >= REGULAR_DAYS and uses[network] >= share * len(sign_ins)
    }


# --- judging the rest --------------------------------------------------------------------------------------


def _judge(
    evidence: Evidence, sign_ins: Sequence[SignIn], places: Mapping[str, Place], own: _Own
) -> dict[str, tuple[Point, ...]]:
    spots: dict[str, list[SignIn]] = defaultdict(list)
    for one in sign_ins:
        in_window = one.created_date_time in evidence.window
        if one.ip_address and in_window and not belongs_to_microsoft(one.ip_address):
            spots[spot_of(one.ip_address)].append(one)
    sessions: dict[str, set[str]] = defaultdict(set)
    for one in sign_ins:
        if one.session_id and one.succeeded and places.get(one.ip_address, Place()).country:
            sessions[one.session_id].add(places[one.ip_address].country)
    changes = _grave_changes(evidence)
    victims = _victims(evidence)
    risks: dict[str, list[RiskDetection]] = defaultdict(list)
    for risk in evidence.risk_detections.seen(()):
        if address := address_of(risk.ip_address):
            risks[spot_of(address)].append(risk)
    # Gathered once: looked for again at each spot, a month of sign-ins is compared with itself.
    homes, failures, programs = _homes(own, places), _failures(sign_ins, own), _programs(own)
    judged = {}
    for spot, used in spots.items():
        got_in = [one for one in used if one.succeeded]
        if not got_in:
            continue  # whoever only failed has done nothing here; the sign-in review tells of the attempts
        judged[spot] = (
            *_by_program(got_in, own),
            *_by_novelty(got_in, places, own),
            *_by_failures(got_in, failures),
            *_by_travel(got_in, places, homes),
            *_by_risk(got_in, risks.get(spot, ())),
            *_by_session(got_in, sessions, programs, places, own),
            *_by_changes(changes.get(spot, ()), own, network_of(got_in[0].ip_address)),
            *_by_victims(got_in, victims.get(spot, ())),
            *_in_favour(got_in, own),
        )
    return judged


_PROGRAMS: Final = {
    ProgramKind.ATTACK: "attack_tool",
    ProgramKind.SPRAY: "attack_tool",
    ProgramKind.KIT: "phishing_kit",
    ProgramKind.SCRIPT: "script",
}


def _point(name: str, says: str) -> Point:
    """Give a point with its weight from ``commands/facts/weights.toml``."""
    return Point(facts.points()[name].points, says)


def _by_program(got_in: Sequence[SignIn], own: _Own) -> Iterable[Point]:
    best: Point | None = None
    for one in got_in:
        agent = agent_of(one.user_agent)
        if agent is None or agent.kind not in _PROGRAMS:
            continue
        if agent.kind is ProgramKind.SCRIPT and family_of(one.user_agent) in own.agents:
            continue
        point = _point(_PROGRAMS[agent.kind], f"{agent.name} ({agent.kind.value}) signed in from there")
        if best is None or point.points > best.points:
            best = point
    if best:
        yield best
    if not own.legacy and any(is_legacy(one) for one in got_in):
        if own.count >= ENOUGH:
            yield _point(
                "legacy_sign_in", "a legacy mail protocol signed in from there, which this user does not use"
            )
        else:
            yield _point("legacy_sign_in_little_known", "a legacy mail protocol signed in from there")
    if not own.device_code and any(is_device_code(one) for one in got_in):
        yield _point("device_code", "a device code was used there, which this user never did before")


def _by_novelty(got_in: Sequence[SignIn], places: Mapping[str, Place], own: _Own) -> Iterable[Point]:
    if own.count < ENOUGH:
        return
    country = places[got_in[0].ip_address].country
    if country and own.countries and country not in own.countries:
        yield _point("new_country", f"{country} is a new country for this user")
    if network_of(got_in[0].ip_address) not in own.networks:
        yield _point("new_network", "the network is new for this user")
    known = any(
        family_of(one.user_agent) in own.agents
        or (one.device_detail is not None and one.device_detail.device_id in own.devices)
        for one in got_in
    )
    if not known:
        yield _point("unknown_device", "neither device nor program is known")


def _failures(sign_ins: Sequence[SignIn], own: _Own) -> list[tuple[datetime, str]]:
    """Give when a password or a prompt failed away from the user's own networks, the oldest first."""
    return [
        (one.created_date_time, "password" if one.status.error_code in WRONG_PASSWORD else "prompt")
        for one in sign_ins
        if not one.succeeded
        and network_of(one.ip_address) not in own.networks
        and one.status.error_code in WRONG_PASSWORD | REFUSED_PROMPT
    ]


def _by_failures(got_in: Sequence[SignIn], failures: Sequence[tuple[datetime, str]]) -> Iterable[Point]:
    end = got_in[0].created_date_time
    start = bisect_left(failures, end - FAILURE_SPAN, key=itemgetter(0))
    failed = Counter(kind for _, kind in failures[start : bisect_right(failures, end, key=itemgetter(0))])
    if failed["password"] >= MANY_FAILURES:
        yield _point("wrong_passwords", f"{failed['password']} wrong passwords came before the first success")
    if failed["prompt"] >= 3:
        yield _point(
            "refused_prompts",
            f"{failed['prompt']} refused or unanswered prompts came before the first success",
        )


def _by_travel(
    got_in: Sequence[SignIn], places: Mapping[str, Place], homes: Mapping[Place, Visits]
) -> Iterable[Point]:
    here = places[got_in[0].ip_address]
    if here.latitude is None or here.longitude is None:
        return  # without coordinates nothing tells a speed
    spot = spot_of(got_in[0].ip_address)
    # A token renews itself wherever its device lies; nobody travelled for that.
    arrivals = [one.created_date_time for one in got_in if one.is_interactive is not False]
    best: tuple[float, Place] | None = None
    for place, visits in homes.items():
        # From one place, the shortest time is the fastest way, and it is that to a neighbor in time.
        took = min((near for at in arrivals if (near := visits.nearest(at, spot)) is not None), default=None)
        if took is None or took > _TRAVEL_SPAN:
            continue
        fast = speed(place, here, took)
        if fast is not None and fast > TOO_FAST and (best is None or fast > best[0]):
            best = (fast, place)
    if best:
        yield _point("impossible_travel", f"the way from {best[1]} was too fast for a traveller")


class Visits:
    """When somebody signed in at one place, for finding the nearest time without looking at all of them."""

    def __init__(self, visits: Sequence[tuple[datetime, str]]) -> None:
        """Take the times, the oldest first, each with the spot (see `places.spot_of`) it was from."""
        self._times = [at for at, _ in visits]
        self._spots = [spot for _, spot in visits]
        # For each visit the nearest on either side from another spot: one spot may be there a thousand times.
        self._before = _runs(self._spots)
        after = _runs(self._spots[::-1])
        self._after = [len(after) - 1 - one for one in reversed(after)]

    def nearest(self, at: datetime, spot: str) -> timedelta | None:
        """Give how far the nearest visit from any other spot is, before or after; None without any."""
        after = bisect_left(self._times, at)
        before = after - 1
        if before >= 0 and self._spots[before] == spot:
            before = self._before[before]
        if after < len(self._times) and self._spots[after] == spot:
            after = self._after[after]
        spans = []
        if before >= 0:
            spans.append(at - self._times[before])
        if after < len(self._times):
            spans.append(self._times[after] - at)
        return min(spans, default=None)


def _runs(spots: Sequence[str]) -> list[int]:
    """Give for each position the last one before it that holds something else, -1 where there is none."""
    found: list[int] = []
    for number, spot in enumerate(spots):
        same = number > 0 and spots[number - 1] == spot
        found.append(found[-1] if same else number - 1)
    return found


def _homes(own: _Own, places: Mapping[str, Place]) -> dict[Place, Visits]:
    """Gather when the user signed in at each own place, in the order in which the places came up."""
    visits: dict[Place, list[tuple[datetime, str]]] = defaultdict(list)
    for one in own.sign_ins:
        if one.is_interactive is not False and places[one.ip_address].latitude is not None:
            visits[places[one.ip_address]].append((one.created_date_time, spot_of(one.ip_address)))
    return {place: Visits(sorted(times, key=itemgetter(0))) for place, times in visits.items()}


def _by_risk(got_in: Sequence[SignIn], detections: Sequence[RiskDetection]) -> Iterable[Point]:
    levels = {risk_of(one) for one in got_in}
    levels |= {
        one.risk_level.casefold()
        for one in detections
        if one.risk_state.casefold() not in SETTLED and one.risk_level.casefold() in {"low", "medium", "high"}
    }
    if levels & {"medium", "high"}:
        yield _point("risk", "Identity Protection saw a risk there")
    elif "low" in levels:
        yield _point("low_risk", "Identity Protection saw a low risk there")


def _programs(own: _Own) -> dict[str, set[str]]:
    """Give the programs of the user's own in each session."""
    found: dict[str, set[str]] = defaultdict(set)
    for one in own.sign_ins:
        if one.session_id and one.user_agent:
            found[one.session_id].add(family_of(one.user_agent))
    return found


def _by_session(
    got_in: Sequence[SignIn],
    sessions: Mapping[str, set[str]],
    programs: Mapping[str, set[str]],
    places: Mapping[str, Place],
    own: _Own,
) -> Iterable[Point]:
    here = places[got_in[0].ip_address].country
    network = network_of(got_in[0].ip_address)
    for one in got_in:
        others = sessions.get(one.session_id, set()) - {here} if one.session_id else set()
        if here and others & own.countries and here not in own.countries:
            yield _point(
                "session_in_another_country", "a session of the user's went on there from another country"
            )
            return
    if network in own.networks:
        return
    for one in got_in:
        if not one.session_id or not one.user_agent:
            continue
        # The programs of one device share a session, so only one that this user never used is foreign in it.
        agents = programs.get(one.session_id, set())
        family = family_of(one.user_agent)
        if agents and family not in agents and family not in own.agents:
            yield _point(
                "session_in_another_program",
                "a session of the user's went on there in a program that the user never used",
            )
            return


def _by_changes(kinds: Iterable[str], own: _Own, network: str) -> Iterable[Point]:
    if network in own.networks:
        return
    weight = "grave_change" if own.count >= ENOUGH else "grave_change_little_known"
    for kind in sorted(kinds)[:2]:
        yield _point(weight, f"{kind} from there")


def _by_victims(got_in: Sequence[SignIn], victims: Iterable[str]) -> Iterable[Point]:
    # Behind the exit of an office, colleagues mistype as well; a program that got in there is no colleague.
    if len(set(victims)) >= 3 and any(agent_of(one.user_agent) for one in got_in):
        yield _point("guesses_at_others", "the address also tried other people's passwords")


def _in_favour(got_in: Sequence[SignIn], own: _Own) -> Iterable[Point]:
    if any(
        is_managed(one) or (one.device_detail is not None and one.device_detail.device_id in own.devices)
        for one in got_in
    ):
        yield _point("own_device", "a known or managed device was used there")
    network = network_of(got_in[0].ip_address)
    if network in own.regular:
        yield _point("regular_network", "the network was in regular use before")
    elif network in own.networks:
        yield _point("seen_network", "the network was seen before")


def _grave_changes(evidence: Evidence) -> dict[str, set[str]]:
    """Give the kinds of grave changes that the account made in the window, by the spot they came from."""
    found: dict[str, set[str]] = defaultdict(set)
    domains = Usual(internal_domains=internal_domains(evidence))
    for record in evidence.records():
        if record.by_microsoft or not record.address or record.microsoft_address:
            continue
        if evidence.subject.is_meant_by(record.actor) and (kind := _grave_kind(record, domains)):
            found[spot_of(record.address)].add(kind)
    return found


def _grave_kind(record: AuditRecord, usual: Usual) -> str:
    given = record.parameters
    if record.operation in {"New-InboxRule", "Set-InboxRule", "UpdateInboxRules"}:
        targets = ";".join(
            (
                *(given.get(name, "") for name in ("ForwardTo", "ForwardAsAttachmentTo", "RedirectTo")),
                record.details.get("RuleActions", ""),
            )
        )
        if usual.is_outside(targets) or given.get("DeleteMessage", "").casefold() == "true":
            return "an inbox rule that forwards or deletes mail was made"
    if record.operation == "Set-Mailbox" and usual.is_outside(given.get("ForwardingSmtpAddress", "")):
        return "mail forwarding to the outside was set"
    if record.operation in {"User registered security info", "User changed default security info"}:
        return "a sign-in method was registered"
    if record.operation == "Consent to application":
        return "an application was let in"
    return ""


def _victims(evidence: Evidence) -> dict[str, set[str]]:
    """Give the accounts, other than the subject, whose passwords were tried from each spot."""
    found: dict[str, set[str]] = defaultdict(set)
    for record in evidence.audit_log.seen(()):
        if (
            record.operation == "UserLoginFailed"
            and record.address
            and not evidence.subject.is_meant_by(record.actor)
        ):
            found[spot_of(record.address)].add(record.actor)
    return found
