"""Where addresses are, and in which networks: from databases of the operator's, or from our own tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import TypeVar

import maxminddb

from bot.errors import CannotStart
from commands.usual.networks import Systems
from commands.usual.places import Atlas, Cities, Countries

T = TypeVar("T")


def atlas_of(
    cities: Path | None,
    networks: Path | None = None,
    known_networks: Sequence[IPv4Network | IPv6Network] = (),
) -> Atlas:
    """Give what is known of where addresses are and of the networks that they are in, by the settings.

    Raises:
        CannotStart: a file cannot be read, or is no such database.
    """
    systems = systems_of(networks)
    if cities is None:
        return Countries(systems, known_networks)
    return _opened(cities, "cities", "city", lambda path: Cities(path, systems, known_networks))


def systems_of(networks: Path | None) -> Systems | None:
    """Give the operator's database of networks, None where the settings name none.

    Raises:
        CannotStart: the file cannot be read, or is no such database.
    """
    return None if networks is None else _opened(networks, "networks", "network", Systems)


def _opened(path: Path, key: str, kind: str, opening: Callable[[Path], T]) -> T:
    try:
        return opening(path)
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        raise CannotStart(f"{key}: {path} is not a {kind} database in MaxMind format ({error}).") from error
