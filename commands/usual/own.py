"""What is the user's own: countries, networks, devices and programs of sign-ins that are beyond doubt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from commands.facts import ProgramKind
from commands.usual.agents import agent_of, family_of
from commands.usual.places import (
    Atlas,
    Place,
    belongs_to_microsoft,
    network_of,
    place_of,
)
from commands.usual.sign_ins import (
    device_of,
    is_device_code,
    is_legacy,
    is_managed,
    needs_second_factor,
    risk_of,
)
from graph.evidence import Evidence
from graph.resources.sign_ins import SignIn

ENOUGH: Final = 10
"""Ordinary sign-ins from which on something may be called new."""

REGULAR_DAYS: Final = 3
"""Days on which a network must be used to be regular."""

LASTS: Final = 0.5
"""Part of the time looked at over which a network must have been in use, when nothing before it is known."""

OFTEN: Final = 0.2
"""Part of the days with sign-ins on which it must have been in use."""


@dataclass(frozen=True, slots=True)
class Own:
    """What is the user's own, as `Usual` tells it, and which networks are in regular use.

    `second_factor`: every own sign-in that tells asked for one. `naming`: the programs whose sign-ins always
    named a registered device, on `REGULAR_DAYS` days or more.
    """

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
    second_factor: bool
    naming: frozenset[str]
    sign_ins: tuple[SignIn, ...]


def places_of(sign_ins: Iterable[SignIn], atlas: Atlas) -> dict[str, Place]:
    """Give the place of each address, with coordinates where any of its sign-ins has them."""
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


def own_of(evidence: Evidence, sign_ins: Sequence[SignIn], places: Mapping[str, Place]) -> Own:
    """Gather own sign-ins: those before the window, and in it those by known devices or regular networks.

    When little is known from before the window, as with exported logs, the networks that last through the
    change are the user's own (see `_lasting`), and so are the devices regularly used there.
    """
    candidates = [one for one in sign_ins if _may_be_own(one)]
    before = [one for one in candidates if one.created_date_time < evidence.window.start]
    within = [one for one in candidates if one.created_date_time >= evidence.window.start]
    devices = {
        one.device_detail.device_id for one in before if one.device_detail and one.device_detail.device_id
    }
    networks = {network_of(one.ip_address) for one in before}
    lasting: set[str] = set()
    programs: set[str] = set()
    if len(before) < ENOUGH:
        plain = [one for one in within if not is_legacy(one) and not is_device_code(one)]
        lasting = _lasting(plain)
        networks |= lasting
        programs = _lasting_programs(plain)
        devices |= _regular_devices(one for one in within if network_of(one.ip_address) in lasting)
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
    regular = _regular(before) | lasting
    return Own(
        count=len(kept),
        countries=frozenset(places[one.ip_address].country for one in kept) - {""},
        networks=frozenset(network_of(one.ip_address) for one in kept),
        regular=frozenset(regular),
        systems=frozenset(
            one.autonomous_system_number for one in kept if one.autonomous_system_number is not None
        ),
        agents=frozenset({family_of(one.user_agent) for one in kept if one.user_agent} | programs),
        devices=frozenset(devices),
        hours=frozenset(one.created_date_time.hour for one in kept),
        device_code=any(is_device_code(one) for one in before),
        legacy=any(is_legacy(one) for one in before),
        second_factor=_always_asked(kept),
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


def _regular(sign_ins: Iterable[SignIn]) -> set[str]:
    """Give the networks in use on several days."""
    return {network for network, days in _days_of(sign_ins).items() if len(days) >= REGULAR_DAYS}


def _lasting(sign_ins: Sequence[SignIn]) -> set[str]:
    """Give the networks that were there before a change could have happened, and after it.

    Somebody else's networks begin with the takeover, so they last for a part of the time only; the user's own
    begin in its first half, last for half of it and come up again and again. How much each was used does not
    matter: a second home is as much the user's as the office. Whoever was in before the time looked at cannot
    be told apart by this.
    """
    if not sign_ins:
        return set()
    days = _days_of(sign_ins)
    every = set().union(*days.values())
    first, length = min(every), (max(every) - min(every)).days
    return {
        network
        for network, used in days.items()
        if len(used) >= max(REGULAR_DAYS, OFTEN * len(every))
        and (min(used) - first).days <= LASTS * length
        and (max(used) - min(used)).days >= LASTS * length
    }


def _lasting_programs(sign_ins: Sequence[SignIn]) -> set[str]:
    """Give the programs that were there before a change could have happened, and after it, as `_lasting`.

    How often does not matter: a telephone is with its user on every network, and signs in once in a while.
    """
    days: dict[str, set[date]] = defaultdict(set)
    for one in sign_ins:
        if one.user_agent and agent_of(one.user_agent) is None:
            days[family_of(one.user_agent)].add(one.created_date_time.date())
    if not days:
        return set()
    every = {one.created_date_time.date() for one in sign_ins}
    first, length = min(every), (max(every) - min(every)).days
    return {
        family
        for family, used in days.items()
        if len(used) >= REGULAR_DAYS
        and (min(used) - first).days <= LASTS * length
        and (max(used) - min(used)).days >= LASTS * length
    }


def _days_of(sign_ins: Iterable[SignIn]) -> dict[str, set[date]]:
    days: dict[str, set[date]] = defaultdict(set)
    for one in sign_ins:
        days[network_of(one.ip_address)].add(one.created_date_time.date())
    return days


def _regular_devices(sign_ins: Iterable[SignIn]) -> set[str]:
    days: dict[str, set[date]] = defaultdict(set)
    for one in sign_ins:
        if one.device_detail and one.device_detail.device_id:
            days[one.device_detail.device_id].add(one.created_date_time.date())
    return {device for device, used in days.items() if len(used) >= REGULAR_DAYS}
