"""Addresses that anybody may rent: of hosting providers, VPN services and iCloud Private Relay.

The table is `addresses.txt`, which `make networks` writes (see `refresh`), with `gateways.txt`. It is read
once, when the first address is asked for. An address that it does not hold is unknown, never harmless.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from socket import AF_INET, AF_INET6, inet_pton
from typing import Final

from commands.facts import NetworkKind


class Blocks:
    """Address blocks of one version, in CIDR notation and in order, none within another.

    Most analyses ask for a few addresses, and to read fifty thousand blocks for them takes longer than all
    the rest of it.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines

    def hold(self, number: int) -> bool:
        """Say whether one of them holds an address.

        Raises:
            ValueError: a line is no such block.
            OSError: a line has no address.
        """
        place = bisect_right(self._lines, number, key=first_of)
        return place > 0 and number <= last_of(self._lines[place - 1])


@lru_cache(maxsize=8_192)  # every search begins with the same few lines
def first_of(block: str) -> int:
    """Give the first address of a block as a number."""
    base = block.partition("/")[0]
    return int.from_bytes(inet_pton(AF_INET6 if ":" in base else AF_INET, base))


def last_of(block: str) -> int:
    """Give the last address of a block as a number."""
    bits = 128 if ":" in block else 32
    return first_of(block) + (1 << (bits - int(block.partition("/")[2]))) - 1


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
    """Read the text of a table: of each kind first the systems, then the blocks of version 4, then of 6.

    Raises:
        ValueError: it is no such table.
    """
    head, *sections = text.split("\n[")
    dates = [line.removeprefix(_DATE) for line in head.splitlines() if line.startswith(_DATE)]
    systems: dict[int, tuple[NetworkKind, str]] = {}
    blocks: dict[NetworkKind, tuple[Blocks, Blocks]] = {}
    for section in sections:
        title, *lines = section.splitlines()
        kind = NetworkKind(title.removesuffix("]"))
        named = lines[: bisect_left(lines, 1, key=lambda line: not line.startswith("AS"))]
        for number, _, name in (line[2:].partition(" ") for line in named):
            systems[int(number)] = (kind, name)
        listed = lines[len(named) :]
        six = bisect_left(listed, 1, key=lambda line: ":" in line)
        blocks[kind] = (Blocks(listed[:six]), Blocks(listed[six:]))
    return Table(date.fromisoformat(dates[-1]) if dates else date.min, systems, blocks)
