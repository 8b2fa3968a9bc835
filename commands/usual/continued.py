"""Sessions of the user's that went on somewhere else: a token that was carried off, or only a journey.

A session belongs to one device. It travels with it, at the pace of its user and under the device's name;
where it goes on too soon, in a program that the user never had, or without the device that it began on,
somebody else holds its token.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from commands.usual.acts import is_web_visit
from commands.usual.agents import family_of, is_desk_browser
from commands.usual.networks import Network
from commands.usual.own import Own
from commands.usual.places import TOO_FAST, Place, speed
from commands.usual.point import Point, point
from commands.usual.sign_ins import device_of
from graph.resources.sign_ins import SignIn

NO_BORDER: Final = timedelta(hours=1)
"""Between two countries, when nobody knows how far apart: no flight is over sooner, door to door."""


@dataclass(slots=True)
class Begun:
    """A session as the user's own sign-ins show it: its programs, those that name a device, its places."""

    programs: set[str] = field(default_factory=set)
    naming: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    visits: list[tuple[datetime, Place]] = field(default_factory=list)


def begun_sessions(own: Own, places: Mapping[str, Place]) -> dict[str, Begun]:
    """Gather the user's own sessions by id."""
    found: dict[str, Begun] = defaultdict(Begun)
    for one in own.sign_ins:
        if not one.session_id:
            continue
        begun = found[one.session_id]
        begun.visits.append((one.created_date_time, places.get(one.ip_address, Place())))
        if one.user_agent:
            family = family_of(one.user_agent)
            begun.programs.add(family)
            (begun.naming if device_of(one) else begun.silent).add(family)
    return dict(found)


def continued(
    got_in: Sequence[SignIn],
    begun: Mapping[str, Begun],
    places: Mapping[str, Place],
    own: Own,
    network: Network | None = None,
) -> Iterable[Point]:
    """Give the points of one spot: sessions of the user's that went on there, devices left behind.

    `network` is what the spot's network is known as: whoever always comes through a security gateway has all
    programs of the own sessions behind it.
    """
    if any(_abroad_too_soon(one, begun, places, own) for one in got_in):
        yield point(
            "session_in_another_country", "a session of the user continued there from another country"
        )
    if own.has(got_in[0].ip_address) or own.passes(network):
        return
    if any(_without_device(one, begun) for one in got_in):
        yield point(
            "session_without_its_device",
            "a session that the user began on a registered device continued there without it",
        )
        return
    if _lacks_device(got_in, own):
        yield point("device_missing", "no registered device was named, as this user's always is")
    if any(_in_another_program(one, begun, own) for one in got_in):
        yield point(
            "session_in_another_program",
            "a session of the user continued there in an unfamiliar client",
        )


def _abroad_too_soon(one: SignIn, begun: Mapping[str, Begun], places: Mapping[str, Place], own: Own) -> bool:
    here = places.get(one.ip_address, Place())
    if one.session_id not in begun or not here.country or here.country in own.countries:
        return False
    for at, there in begun[one.session_id].visits:
        if there.country not in own.countries:
            continue
        took = abs(one.created_date_time - at)
        fast = speed(there, here, took)
        if (took <= NO_BORDER) if fast is None else fast > TOO_FAST:
            return True
    return False


def _without_device(one: SignIn, begun: Mapping[str, Begun]) -> bool:
    """A program names its device on every network; only a token that was carried off does without."""
    if device_of(one) or not one.user_agent or one.session_id not in begun:
        return False
    session, family = begun[one.session_id], family_of(one.user_agent)
    return family in session.naming and family not in session.silent


def _in_another_program(one: SignIn, begun: Mapping[str, Begun], own: Own) -> bool:
    # The programs of one device share a session, so only one that this user never used is foreign in it.
    # What an act names is the service and not the browser, which no sign-in calls so.
    if not one.user_agent or one.session_id not in begun or is_web_visit(one):
        return False
    family, programs = family_of(one.user_agent), begun[one.session_id].programs
    return bool(programs) and family not in programs and family not in own.agents


def _lacks_device(got_in: Sequence[SignIn], own: Own) -> bool:
    """Say whether a program that always names its device named none there.

    A browser that is new for the user counts as well, when every browser that the user has on a computer
    names its device.
    """
    if any(device_of(one) for one in got_in):
        return False
    desk = {family for family in own.agents if is_desk_browser(family)}
    all_name = bool(desk) and desk <= own.naming
    return any(
        family_of(one.user_agent) in own.naming or (all_name and is_desk_browser(one.user_agent))
        for one in got_in
    )
