"""Of what kind the network of an address is: a rented server's, a VPN's, a relay's, a security gateway's.

Anybody may rent an exit there, so such an address tells no place, and neither the user nor a stranger by
itself. What no table holds is unknown (None), never harmless. The tables are ``commands/facts/networks.toml``
and ``addresses.txt``; a database in MaxMind's form, of autonomous systems or of anonymous addresses, may be
given for more. Nothing is looked up over the network.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import maxminddb

from commands import facts
from commands.facts import NetworkKind, addresses


@dataclass(frozen=True, slots=True)
class Network:
    """What a network is, and whose ("" where unknown)."""

    kind: NetworkKind
    name: str = ""

    def __str__(self) -> str:
        return (
            f"{self.name} ({self.kind.value})" if self.name else f"a network of the kind “{self.kind.value}”"
        )

    @property
    def hides_place(self) -> bool:
        """Whether its addresses lie where its exits are and not where its users are."""
        return self.kind is not NetworkKind.HOSTING


PUBLIC: Final = frozenset({NetworkKind.VPN, NetworkKind.TOR, NetworkKind.RELAY})
"""Kinds whose exits thousands share: to have used one before says nothing about who uses it now."""


def listed(address: str, number: int | None) -> Network | None:
    """Give what the tables of this program say of an address and the number of its autonomous system."""
    return _of_system(number) or _of_address(address)


def _of_system(number: int | None) -> Network | None:
    if number is None:
        return None
    if (row := facts.networks().get(number)) is not None:
        return Network(row.kind, row.name)
    known = addresses.table().systems.get(number)
    return Network(*known) if known else None


@lru_cache(maxsize=65_536)
def _of_address(address: str) -> Network | None:
    kind = addresses.table().kind_of(address)
    return Network(kind) if kind else None


class Systems:
    """A database in MaxMind's form, read from a file: GeoLite2 ASN, GeoIP2 Anonymous IP, or alike.

    Args:
        path: The ``.mmdb`` file.

    Raises:
        FileNotFoundError: The file is not there.
        maxminddb.InvalidDatabaseError: It is no such database.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader = maxminddb.open_database(path)

    def __reduce__(self) -> tuple[type[Systems], tuple[Path]]:
        """Go to another process as the path of the file, which is opened there."""
        return type(self), (self._path,)

    @property
    def made(self) -> date:
        """The day on which the file was made."""
        return datetime.fromtimestamp(self._reader.metadata().build_epoch, UTC).date()

    def network(self, address: str, number: int | None) -> Network | None:
        """Say what an address is: by the file first, and by our own tables where it says nothing."""
        try:
            row: Any = self._reader.get(address)
        except ValueError:  # no address, or IPv6 in a database that holds IPv4 only
            row = None
        if not isinstance(row, dict):
            return listed(address, number)
        name = str(row.get("autonomous_system_organization") or "")
        for field, kind in _FLAGS.items():
            if row.get(field) is True:
                return Network(kind, name)
        system = row.get("autonomous_system_number")
        found = listed(address, system if isinstance(system, int) else number)
        return Network(found.kind, found.name or name) if found else None


_FLAGS: Final = {
    "is_tor_exit_node": NetworkKind.TOR,
    "is_anonymous_vpn": NetworkKind.VPN,
    "is_public_proxy": NetworkKind.VPN,
    "is_residential_proxy": NetworkKind.VPN,
    "is_hosting_provider": NetworkKind.HOSTING,
}
"""Fields of MaxMind's "GeoIP2 Anonymous IP" database, the most telling first."""
