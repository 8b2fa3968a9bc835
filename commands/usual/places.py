"""Where an address is: its network, its country, its distance from another, and how fast somebody travelled.

Microsoft names the place of a sign-in. Where it names none, the registries' allocation tables (iptocc,
inside this process) give the country, and a city database in MaxMind's form may be given for more. Nothing
is looked up over the network: an address under investigation goes to nobody.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any, Final, Protocol

import iptocc
import maxminddb

from commands.usual.networks import Network, Systems, listed
from graph.addresses import is_microsoft, network_of
from graph.resources.sign_ins import Location

EARTH_RADIUS: Final = 6371.0
"""Kilometres."""

TOO_FAST: Final = 900.0
"""Kilometres an hour: the cruising speed of an airliner, door to door and so never reached by a passenger."""

TOO_NEAR: Final = 300.0
"""Kilometres below which two places may be one: so far can a mobile network's exit lie from its user."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something came from; empty where unknown. Degrees, positive to the north and east.

    `country` is a two-letter code where the source gave one, upper case; `also` are those that other records
    name.
    """

    country: str = ""
    city: str = ""
    latitude: float | None = None
    longitude: float | None = None
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        # Some logs write the country behind the city as well.
        city = self.city.removesuffix(f", {self.country}") if self.country else self.city
        named = () if city.casefold() == self.country.casefold() else (city,)
        place = ", ".join(part for part in (*named, self.country) if part) or "unknown location"
        return f"{place}; other records say {', '.join(self.also)}" if self.also else place


NOWHERE: Final = Place()


class Atlas(Protocol):
    """Something that knows where an address is; hashable, as what is learnt with it is kept."""

    def __hash__(self) -> int: ...

    def place(self, address: str) -> Place:
        """Give the place of an address, `NOWHERE` where unknown."""
        ...

    def network(self, address: str, number: int | None) -> Network | None:
        """Give what network it is in, by its autonomous system's number if known; None where unknown."""
        ...

    def is_known(self, address: str) -> bool:
        """Say whether the settings name it as one of the organization's own."""
        ...


class Countries:
    """The registries' tables: a country for each address, nothing finer.

    Args:
        systems: What tells networks beside the tables of this program.
        known: The organization's own networks.
    """

    def __init__(
        self, systems: Systems | None = None, known: Sequence[IPv4Network | IPv6Network] = ()
    ) -> None:
        self._systems = systems
        self._known = tuple(known)

    def is_known(self, address: str) -> bool:
        """Say whether it lies in one of the organization's own networks."""
        if not self._known or not network_of(address):
            return False
        parsed = ipaddress.ip_address(address)
        return any(parsed in network for network in self._known)

    def network(self, address: str, number: int | None) -> Network | None:
        """Give what network it is in."""
        return self._systems.network(address, number) if self._systems else listed(address, number)

    def place(self, address: str) -> Place:
        """Give the country that the address is registered in."""
        return Place(country=country_of(address))


class Cities(Countries):
    """A city database in MaxMind's form, read from a file.

    Args:
        path: The ``.mmdb`` file.
        systems: What tells networks beside the tables of this program.
        known: The organization's own networks.

    Raises:
        FileNotFoundError: The file is not there.
        maxminddb.InvalidDatabaseError: It is no such database.
    """

    def __init__(
        self, path: Path, systems: Systems | None = None, known: Sequence[IPv4Network | IPv6Network] = ()
    ) -> None:
        super().__init__(systems, known)
        self._path = path
        self._reader = maxminddb.open_database(path)

    def __reduce__(self) -> tuple[type[Cities], tuple[object, ...]]:
        """Go to another process as the path of the file, which is opened there."""
        return type(self), (self._path, self._systems, self._known)

    def place(self, address: str) -> Place:
        """Give city, country and coordinates; the registries' country where the database knows nothing."""
        try:
            row: Any = self._reader.get(address)
        except ValueError:  # no address, or IPv6 in a database that holds IPv4 only
            row = None
        if not isinstance(row, dict):
            return super().place(address)
        spot = row.get("location") or {}
        return Place(
            country=str((row.get("country") or {}).get("iso_code") or country_of(address)).upper(),
            city=str(((row.get("city") or {}).get("names") or {}).get("en") or ""),
            latitude=spot.get("latitude"),
            longitude=spot.get("longitude"),
        )


@lru_cache(maxsize=65_536)
def country_of(address: str) -> str:
    """Give the two-letter code of the country that an address is registered in, "" when there is none."""
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return ""
    return iptocc.country_code(address) or ""


def is_named(location: Location | None) -> bool:
    """Say whether Microsoft named a place."""
    return location is not None and bool(location.country_or_region or location.geo_coordinates)


def place_of(location: Location | None, address: str, atlas: Atlas) -> Place:
    """Give the place that Microsoft named, and what the atlas knows where it named none."""
    if location is None or not is_named(location):
        return atlas.place(address) if address else NOWHERE
    spot = location.geo_coordinates
    latitude, longitude = (spot.latitude, spot.longitude) if spot else (None, None)
    if latitude == 0 and longitude == 0:  # an empty coordinate, not the Gulf of Guinea
        latitude = longitude = None
    return Place(location.country_or_region.upper(), location.city, latitude, longitude)


def kilometres(one: Place, other: Place) -> float | None:
    """Give the great-circle distance, None where a coordinate is missing."""
    if one.latitude is None or one.longitude is None or other.latitude is None or other.longitude is None:
        return None
    north, south = math.radians(one.latitude), math.radians(other.latitude)
    across = math.radians(other.longitude - one.longitude)
    half = math.sin((south - north) / 2) ** 2 + math.cos(north) * math.cos(south) * math.sin(across / 2) ** 2
    return 2 * EARTH_RADIUS * math.asin(math.sqrt(min(1.0, half)))


def speed(one: Place, other: Place, took: timedelta) -> float | None:
    """Give kilometres an hour between two places; None where they may be one or a coordinate is missing."""
    distance = kilometres(one, other)
    if distance is None or distance < TOO_NEAR:
        return None
    hours = abs(took.total_seconds()) / 3600
    return math.inf if hours == 0 else distance / hours


@lru_cache(maxsize=65_536)
def spot_of(address: str) -> str:
    """Give what stands for one connection when it is accused: the address for IPv4, the /64 for IPv6."""
    return network_of(address) if ":" in address else address


@lru_cache(maxsize=65_536)
def belongs_to_microsoft(address: str) -> bool:
    """Say whether an address is one of Microsoft's own, and so says nothing about where somebody was."""
    return bool(network_of(address)) and is_microsoft(address)
