"""What is the user's own: countries, networks, devices and programs of sign-ins that are beyond doubt.

Longer than other files because what is one's own is learnt in one pass, each kind from the same sign-ins.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from commands.facts import NetworkKind, ProgramKind
from commands.usual.agents import agent_of, family_of
from commands.usual.networks import PUBLIC, Network
from commands.usual.places import (
    Atlas,
    Place,
    belongs_to_microsoft,
    is_named,
    place_of,
    spot_of,
)
from commands.usual.sign_ins import (
    device_of,
    is_device_code,
    is_legacy,
    is_managed,
    is_own_device,
    needs_second_factor,
    risk_of,
)
from graph.addresses import network_of
from graph.audit_log.contexts import Habit
from graph.evidence import Evidence
from graph.resources.sign_ins import SignIn

ENOUGH: Final = 10
"""Ordinary sign-ins from which on something may be called new."""

REGULAR_DAYS: Final = 3
"""Days on which a network must be used to be regular."""

SETTLES: Final = timedelta(days=7)
"""How long before a change something must have been in use to be no part of it."""

LASTS: Final = 0.5
"""Part of the time looked at over which a network must have been in use, when nothing before it is known."""

OFTEN: Final = 0.2
"""Part of the days with sign-ins on which it must have been in use."""


@dataclass(frozen=True, slots=True)
class Own:
    """What is the user's own, as `Usual` tells it, and which networks are in regular use.

    `networks`: as `home_of` writes them. `shared`: the networks that are the organization's, by what its
    settings and its tenant name, or by who uses them. `kinds`: the kinds of rented network that the user
    comes through as a habit. `second_factor`: every own sign-in that tells asked for one. `policy`: to
    every one that tells a policy was applied. `naming`: the programs whose sign-ins always named a
    registered device, on `REGULAR_DAYS` days or more.
    """

    count: int
    countries: frozenset[str]
    networks: frozenset[str]
    shared: frozenset[str]
    kinds: frozenset[NetworkKind]
    regular: frozenset[str]
    systems: frozenset[int]
    agents: frozenset[str]
    devices: frozenset[str]
    hours: frozenset[int]
    device_code: bool
    legacy: bool
    second_factor: bool
    policy: bool
    naming: frozenset[str]
    sign_ins: tuple[SignIn, ...]

    def has(self, address: str) -> bool:
        """Say whether an address is one of the user's own networks, or an exit that the user always takes."""
        return is_among(address, self.networks)

    def passes(self, network: Network | None) -> bool:
        """Say whether a network is a security gateway, and the user always comes through one."""
        return network is not None and network.kind is NetworkKind.GATEWAY and network.kind in self.kinds


def program_of(one: SignIn) -> str:
    """Give the program of a sign-in; that of a printer names itself by its protocol alone."""
    if one.user_agent:
        return family_of(one.user_agent)
    return one.client_app_used.casefold() if is_legacy(one) else ""


def home_of(address: str, rented: Mapping[str, Network]) -> str:
    """Give what is the user's own of an address: its network, or of an exit that many share itself alone."""
    network = rented.get(address)
    return spot_of(address) if network is not None and network.kind in PUBLIC else network_of(address)


def is_among(address: str, homes: AbstractSet[str]) -> bool:
    """Say whether an address is one of these, as `home_of` writes them."""
    return network_of(address) in homes or spot_of(address) in homes


def places_of(sign_ins: Iterable[SignIn], atlas: Atlas) -> dict[str, Place]:
    """Give the place of each address, one for all that is told of it.

    What Microsoft named goes before what the atlas knows, and what has coordinates before what has none.
    Where Microsoft's records name several countries, the place says so.
    """
    places: dict[str, tuple[tuple[bool, bool], Place]] = {}
    countries: dict[str, set[str]] = defaultdict(set)
    for one in sign_ins:
        if not one.ip_address:
            continue
        place = place_of(one.location, one.ip_address, atlas)
        named = is_named(one.location)
        if named:
            countries[one.ip_address].add(place.country)
        rank = (named, place.latitude is not None)
        if one.ip_address not in places or rank > places[one.ip_address][0]:
            places[one.ip_address] = (rank, place)
    return {
        address: replace(place, also=tuple(sorted(countries[address] - {place.country, ""})))
        for address, (_, place) in places.items()
    }


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


def networks_of(sign_ins: Sequence[SignIn], atlas: Atlas) -> dict[str, Network]:
    """Give what the network of each address is, where anything tells."""
    numbers: dict[str, int] = {}  # the audit log names no system, the sign-in log does for the same network
    for one in sign_ins:
        if one.autonomous_system_number is not None:
            numbers[network_of(one.ip_address)] = one.autonomous_system_number
    addresses = dict.fromkeys(one.ip_address for one in sign_ins if one.ip_address)
    found = {address: atlas.network(address, numbers.get(network_of(address))) for address in addresses}
    return {address: network for address, network in found.items() if network is not None}


def shared_of(evidence: Evidence, sign_ins: Iterable[SignIn], atlas: Atlas) -> frozenset[str]:
    """Give the organization's networks among those that the user came from.

    They are those that the settings name, those that the tenant trusts as named locations, and those that
    most of its accounts sign in from.
    """
    found = set()
    for one in sign_ins:
        network = network_of(one.ip_address)
        trusted = any("trusted" in place.network_type.casefold() for place in one.network_location_details)
        if network and (trusted or network in evidence.shared_networks or atlas.is_known(one.ip_address)):
            found.add(network)
    return frozenset(found)


def own_of(
    evidence: Evidence,
    sign_ins: Sequence[SignIn],
    places: Mapping[str, Place],
    rented: Mapping[str, Network],
    shared: frozenset[str],
    *,
    habits: Mapping[str, Habit],
) -> Own:
    """Gather own sign-ins: those before the window, and in it those by known devices or regular networks.

    The organization's networks are the user's own as well. An exit that thousands share is nobody's own (see
    `_public`); that somebody comes through such exits is a habit.

    When little is known from before the window, as with exported logs, the networks that last through the
    change are the user's own (`lasting_in`), those that were in regular use before it (`_quiet_days`), and
    the devices regularly used there.
    """
    candidates = [one for one in sign_ins if _may_be_own(one)]
    public = _public(candidates, rented)
    before = [one for one in candidates if one.created_date_time < evidence.window.start]
    within = [one for one in candidates if one.created_date_time >= evidence.window.start]
    devices = {
        one.device_detail.device_id for one in before if one.device_detail and one.device_detail.device_id
    }
    networks = {home_of(one.ip_address, rented) for one in before if one.ip_address not in public} | shared
    lasting: set[str] = set()
    programs: set[str] = set()
    only_old = False
    if len(before) < ENOUGH:
        plain = [one for one in within if not is_legacy(one) and not is_device_code(one)]
        # A printer's account has an old protocol and nothing else.
        only_old = not plain and any(map(is_legacy, within))
        plain = plain or within
        days = days_of((one for one in plain if one.ip_address not in public), rented)
        for address, habit in habits.items():  # of these days no record was read
            home = home_of(address, rented)
            if home in days and address not in public:
                days[home].add(date.fromisoformat(habit.last))
        quiet = _quiet_days(plain)
        lasting = _settled(days, quiet) | lasting_in(
            days, {one.created_date_time.date() for one in plain}.union(*days.values())
        )
        networks |= lasting
        tied = _tied(plain, rented)
        programs = _lasting_programs(tied) | _settled(_programs_by_day(tied), quiet)
        devices |= _regular_devices(one for one in within if is_among(one.ip_address, lasting))
    kept = before + [
        one for one in within if is_among(one.ip_address, networks) or is_own_device(one, devices)
    ]
    # What a service of the organization signs in with is not the user's.
    kept = [one for one in kept if not _is_service(one, rented, shared)]
    devices |= {
        one.device_detail.device_id
        for one in kept
        if one.device_detail and one.device_detail.device_id and is_managed(one)
    }
    regular = _regular((one for one in before if one.ip_address not in public), rented) | lasting | shared
    at_place = [one for one in kept if not _is_hidden(one, rented)]
    return Own(
        count=len(kept) + sum(habit.days for address, habit in habits.items() if is_among(address, networks)),
        countries=frozenset(places[one.ip_address].country for one in at_place) - {""},
        networks=frozenset(home_of(one.ip_address, rented) for one in kept if one.ip_address not in public)
        | shared,
        shared=shared,
        kinds=_kinds(_tied(candidates, rented), rented, evidence.window.start),
        regular=frozenset(regular),
        systems=frozenset(
            one.autonomous_system_number for one in kept if one.autonomous_system_number is not None
        ),
        agents=frozenset({program_of(one) for one in kept} - {""} | programs),
        devices=frozenset(devices),
        hours=frozenset(one.created_date_time.hour for one in kept),
        device_code=any(is_device_code(one) for one in before),
        legacy=any(is_legacy(one) for one in before) or (only_old and len(kept) >= ENOUGH),
        second_factor=_always_asked(kept),
        policy=_always_under_policy(kept),
        naming=_naming(kept),
        sign_ins=tuple(kept),
    )


def _always_asked(sign_ins: Iterable[SignIn]) -> bool:
    asked = [
        needs_second_factor(one)
        for one in sign_ins
        if one.is_interactive is not False and one.authentication_requirement
    ]
    return len(asked) >= ENOUGH and all(asked)


def _always_under_policy(sign_ins: Iterable[SignIn]) -> bool:
    told = [
        one.conditional_access_status.casefold() == "success"
        for one in sign_ins
        if one.is_interactive is not False and one.conditional_access_status
    ]
    return len(told) >= ENOUGH and all(told)


def _public(sign_ins: Sequence[SignIn], rented: Mapping[str, Network]) -> set[str]:
    """Give the addresses that thousands share, but for those that the user always comes through.

    Business VPNs give a firm an exit of its own in the same networks; its neighbors there are anybody's. How
    long somebody comes through one tells nothing of who it is: the user's device or program must be there.
    """
    days: dict[str, set[date]] = defaultdict(set)
    for one in _tied(sign_ins, rented):
        if (network := rented.get(one.ip_address)) and network.kind in PUBLIC:
            days[one.ip_address].add(one.created_date_time.date())
    exits = {one.ip_address for one in sign_ins if (net := rented.get(one.ip_address)) and net.kind in PUBLIC}
    return {address for address in exits if len(days[address]) < REGULAR_DAYS}


def _tied(sign_ins: Sequence[SignIn], rented: Mapping[str, Network]) -> list[SignIn]:
    """Give the sign-ins with a device or program that the user has elsewhere than behind VPNs and Tor too.

    A program counts with its device or without any, as the user has it. A relay is part of the program that
    comes through it. Where everything comes through VPNs and Tor, nothing tells them apart.
    """
    hidden = {address for address, net in rented.items() if net.kind in {NetworkKind.VPN, NetworkKind.TOR}}
    plain = [one for one in sign_ins if one.ip_address not in hidden] if hidden else ()
    if not plain:
        return list(sign_ins)
    devices = {device_of(one) for one in plain} - {""}
    programs = {(family_of(one.user_agent), bool(device_of(one))) for one in plain}
    return [
        one
        for one in sign_ins
        if one.ip_address not in hidden
        or device_of(one) in devices
        or (family_of(one.user_agent), bool(device_of(one))) in programs
    ]


def _is_service(one: SignIn, rented: Mapping[str, Network], shared: frozenset[str]) -> bool:
    network = rented.get(one.ip_address)
    hosted = network is not None and network.kind is NetworkKind.HOSTING
    return hosted and network_of(one.ip_address) in shared and not is_managed(one)


def _is_hidden(one: SignIn, rented: Mapping[str, Network]) -> bool:
    network = rented.get(one.ip_address)
    return network is not None and network.hides_place


def _kinds(
    sign_ins: Sequence[SignIn], rented: Mapping[str, Network], start: datetime
) -> frozenset[NetworkKind]:
    """Give the kinds of network that the user came through on several days, or all the time."""
    found = set()
    for kind in NetworkKind:
        through = [one for one in sign_ins if (net := rented.get(one.ip_address)) and net.kind is kind]
        days = {one.created_date_time.date() for one in through if one.created_date_time < start}
        if len(days) >= REGULAR_DAYS or (through and _lasts(through, sign_ins)):
            found.add(kind)
    return frozenset(found)


def _lasts(some: Iterable[SignIn], every: Iterable[SignIn]) -> bool:
    used, days = ({one.created_date_time.date() for one in those} for those in (some, every))
    return len(used) >= REGULAR_DAYS and _spans(used, days)


def _naming(sign_ins: Iterable[SignIn]) -> frozenset[str]:
    named: dict[str, set[date]] = defaultdict(set)
    silent = set()
    for one in sign_ins:
        if one.user_agent and device_of(one):
            named[family_of(one.user_agent)].add(one.created_date_time.date())
        elif one.user_agent:
            silent.add(family_of(one.user_agent))
    return frozenset(
        family for family, days in named.items() if len(days) >= REGULAR_DAYS and family not in silent
    )


def _regular(sign_ins: Iterable[SignIn], rented: Mapping[str, Network]) -> set[str]:
    """Give the networks in use on several days."""
    return {network for network, days in days_of(sign_ins, rented).items() if len(days) >= REGULAR_DAYS}


def _quiet_days(sign_ins: Sequence[SignIn]) -> AbstractSet[date]:
    """Give the days before the change: the first sign-in from a network that is new, with a program that is.

    A journey brings a new network, a new telephone a new program; both at once, after a time in which they
    did not come up together, begin something else. What was new within `SETTLES` before it may be part of it.
    Empty where there is no such sign-in, or not enough before it.
    """
    ordered = sorted(sign_ins, key=lambda one: one.created_date_time)
    networks: set[str] = set()
    programs: set[str] = set()
    quiet: list[date] = []
    for one in ordered:
        network, program = network_of(one.ip_address), family_of(one.user_agent)
        day = one.created_date_time.date()
        if (
            len(quiet) >= ENOUGH
            and day - quiet[0] >= SETTLES
            and network not in networks
            and program
            and program not in programs
        ):
            return {before for before in quiet if day - before >= SETTLES}
        networks.add(network)
        programs.add(program)
        quiet.append(day)
    return frozenset()


def _settled(days: Mapping[str, AbstractSet[date]], quiet: AbstractSet[date]) -> set[str]:
    return {name for name, used in days.items() if len(used & quiet) >= REGULAR_DAYS}


def lasting_in(days: Mapping[str, AbstractSet[date]], every: AbstractSet[date]) -> set[str]:
    """Give the networks that were there before a change could have happened, and after it.

    Somebody else's networks begin with the takeover, so they last for a part of the time only; the user's own
    begin in its first half, last for half of it and come up again and again, however much each was used: a
    second home is the user's as well. Whoever was in before the time looked at cannot be told apart by this.
    """
    often = max(REGULAR_DAYS, OFTEN * len(every))
    return {network for network, used in days.items() if len(used) >= often and _spans(used, every)}


def _spans(used: AbstractSet[date], every: AbstractSet[date]) -> bool:
    """Say whether some days begin in the first half of all of them, and go on for half of these."""
    first, length = min(every), (max(every) - min(every)).days
    return (min(used) - first).days <= LASTS * length and (max(used) - min(used)).days >= LASTS * length


def _lasting_programs(sign_ins: Sequence[SignIn]) -> set[str]:
    """Give the programs that were there before a change could have happened, and after it, as `lasting_in`.

    How often does not matter: a telephone is with its user on every network, and signs in once in a while.
    """
    every = {one.created_date_time.date() for one in sign_ins}
    days = _programs_by_day(sign_ins).items()
    return {family for family, used in days if len(used) >= REGULAR_DAYS and _spans(used, every)}


def _programs_by_day(sign_ins: Iterable[SignIn]) -> dict[str, set[date]]:
    days: dict[str, set[date]] = defaultdict(set)
    for one in sign_ins:
        if one.user_agent and agent_of(one.user_agent) is None:
            days[family_of(one.user_agent)].add(one.created_date_time.date())
    return days


def days_of(sign_ins: Iterable[SignIn], rented: Mapping[str, Network]) -> dict[str, set[date]]:
    """Give the days on which each network, as `home_of` writes it, was used."""
    days: dict[str, set[date]] = defaultdict(set)
    for one in sign_ins:
        days[home_of(one.ip_address, rented)].add(one.created_date_time.date())
    return days


def _regular_devices(sign_ins: Iterable[SignIn]) -> set[str]:
    days: dict[str, set[date]] = defaultdict(set)
    for one in sign_ins:
        if one.device_detail and one.device_detail.device_id:
            days[one.device_detail.device_id].add(one.created_date_time.date())
    return {device for device, used in days.items() if len(used) >= REGULAR_DAYS}
