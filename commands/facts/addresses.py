"""Addresses that anybody may rent: of hosting providers, VPN services and iCloud Private Relay.

The table is `addresses.txt`, which `make networks` writes (see `refresh`), with `gateways.txt`. It is read
once, when the first address is asked for. An address that it does not hold is unknown, never harmless.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.resources import files
from socket import AF_INET, AF_INET6, inet_pton
from typing import Final

from commands.facts import NetworkKind


@dataclass(frozen=True, slots=True)
class Blocks:
    """Address blocks of one version: first and last address of each, in order, none within another."""

    first: array[int] | list[int]
    last: array[int] | list[int]

    @classmethod
    def of(cls, ranges: Iterable[tuple[int, int]], *, short: bool) -> Blocks:
        """Take them in any order; `short` says that the numbers fit into 32 bits."""
        ordered = sorted(ranges)
        first, last = [one for one, _ in ordered], [one for _, one in ordered]
        return cls(array("I", first), array("I", last)) if short else cls(first, last)

    def hold(self, number: int) -> bool:
        """Say whether one of them holds an address."""
        place = bisect_right(self.first, number) - 1
        return place >= 0 and number <= self.last[place]


@dataclass(frozen=True, slots=True)
class Table:
    """What the file says.

    Attributes:
        made: The day of the list that it was made from.
        systems: Autonomous systems by number, with kind and name ("" where the list has none).
        blocks: For each kind, the narrowest first, its blocks of version 4 and 6.
    """

    made: date
    systems: Mapping[int, tuple[NetworkKind, str]]
    blocks: Mapping[NetworkKind, tuple[Blocks, Blocks]]

    def kind_of(self, address: str) -> NetworkKind | None:
        """Say of what kind an address is; None for what is unknown and for what is no address."""
        version = ":" in address
        try:
            number = int.from_bytes(inet_pton(AF_INET6 if version else AF_INET, address))
        except OSError:  # no address
            return None
        return next((kind for kind, blocks in self.blocks.items() if blocks[version].hold(number)), None)


_DATE: Final = "# date: "


@cache
def table() -> Table:
    """Read the table; the blocks of security gateways come first, for gateways rent servers as well."""
    listed, gateways = (
        read((files(__package__) / name).read_text(encoding="utf-8"))
        for name in ("addresses.txt", "gateways.txt")
    )
    return replace(listed, blocks={**gateways.blocks, **listed.blocks})


def read(text: str) -> Table:
    """Read the text of a table.

    Raises:
        ValueError: it is no such table.
    """
    made = date.min
    systems: dict[int, tuple[NetworkKind, str]] = {}
    found: dict[NetworkKind, tuple[list[tuple[int, int]], list[tuple[int, int]]]] = {}
    kind = NetworkKind.HOSTING
    for line in text.splitlines():
        if line.startswith(_DATE):
            made = date.fromisoformat(line.removeprefix(_DATE))
        elif line.startswith("["):
            kind = NetworkKind(line.strip("[]"))
            found[kind] = ([], [])
        elif line.startswith("AS"):
            number, _, name = line[2:].partition(" ")
            systems[int(number)] = (kind, name)
        elif line and not line.startswith("#"):
            base, _, length = line.partition("/")
            version = ":" in base
            first = int.from_bytes(inet_pton(AF_INET6 if version else AF_INET, base))
            last = first + (1 << ((128 if version else 32) - int(length))) - 1
            found[kind][version].append((first, last))
    blocks = {
        kind: (Blocks.of(four, short=True), Blocks.of(six, short=False))
        for kind, (four, six) in found.items()
    }
    return Table(made, systems, blocks)
