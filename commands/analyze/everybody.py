"""Between the passes: what has to be known of everybody before anybody is judged."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Final
from zlib import crc32

import msgspec

from commands.analyze.picking import Spill, partition_of, spilled
from graph.audit_log.blocks import Part
from graph.audit_log.scan import Tally

VICTIMS: Final = 30
"""Other accounts that are shown for an address from which passwords were guessed."""

GUESSING_ADDRESSES: Final = 300
"""Addresses for which other accounts are shown, those with the most of them first."""


@dataclass(frozen=True, slots=True)
class Everybody:
    """All users, with what the first pass learnt about them."""

    names: frozenset[str]
    ids: Mapping[str, str]
    left_out: int

    @classmethod
    def of(cls, tallies: Iterable[Tally], wanted: str) -> Everybody:
        """Put together what the parts of all files showed."""
        names: set[str] = set()
        ids: dict[str, str] = {}
        left_out: Counter[str] = Counter()
        for tally in tallies:
            names |= tally.actors
            ids |= tally.ids
            left_out += tally.left_out
        if wanted:
            meant = ids.get(wanted, wanted)
            names = {name for name in names if name.casefold() == meant}
        return cls(frozenset(names), ids, left_out.total())

    def of_partition(self, number: int) -> Everybody:
        """Give what has to be known to judge the users of one partition."""
        names = frozenset(name for name in self.names if partition_of(name) == str(number))
        return replace(self, names=names, ids={id_: name for id_, name in self.ids.items() if name in names})


def settle_ids(jobs: Sequence[tuple[Part, Path]], ids: Mapping[str, str]) -> None:
    """Give records whose owner is a directory id to the user whose id the files show it to be."""
    for _, place in jobs:
        with Spill(place) as spill:
            for owner, kind, text in spilled(place / "ids"):
                if name := ids.get(owner):
                    spill.write(partition_of(name), (name, kind, text))


def gather_guesses(jobs: Sequence[tuple[Part, Path]], path: Path) -> None:
    """Keep one record of each of some accounts, for the addresses from which most were tried in vain."""
    tried: dict[str, set[int]] = defaultdict(set)
    for _, place in jobs:
        for address, actor, _ in spilled(place / "guesses"):
            if len(tried[address]) < VICTIMS:
                tried[address].add(crc32(actor.encode()))
    several = [address for address, actors in tried.items() if len(actors) > 1]
    worst = set(sorted(several, key=lambda address: -len(tried[address]))[:GUESSING_ADDRESSES])
    kept: dict[str, dict[str, bytes]] = defaultdict(dict)
    for _, place in jobs:
        for address, actor, text in spilled(place / "guesses"):
            if address in worst and len(kept[address]) < VICTIMS:
                kept[address].setdefault(actor, text)
    path.write_bytes(msgspec.msgpack.encode(kept))


@lru_cache(maxsize=1)
def guesses_in(path: Path) -> dict[str, dict[str, bytes]]:
    """Read the failed sign-ins that `gather_guesses` wrote, by address and account."""
    return msgspec.msgpack.decode(path.read_bytes(), type=dict[str, dict[str, bytes]])
