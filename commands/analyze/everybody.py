"""Between the passes: what has to be known of everybody before anybody is judged."""

from __future__ import annotations

import pickle
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final
from zlib import crc32

import msgspec

from commands.accounts import Directory, directory_of
from commands.analyze.picking import PARTITIONS, TALLY, Spill, partition_of, spilled
from commands.symptoms.password_spray import BURST, OTHER_ACCOUNTS, VICTIMS
from commands.usual.domains import domain_of
from commands.usual.places import spot_of
from graph.audit_log.blocks import Part
from graph.audit_log.names import SHOWN, Names
from graph.audit_log.picked import entry
from graph.audit_log.record import AuditRecord
from graph.audit_log.tally import Tally
from graph.errors import UnreadableRecord
from graph.times import record_time

SHARED_BY: Final = 5
"""Accounts that must have signed in from a network before it may be the organization's."""

SHARED_PART: Final = 0.5
"""Part of all accounts that signed in which must have done so from there."""

GUESSING_ADDRESSES: Final = 300
"""Addresses for which other accounts are shown, those with the most of them first."""


@dataclass(frozen=True, slots=True)
class Everybody:
    """All users, with what the first pass learnt about them.

    Attributes:
        names: What each user is called.
        directory: Who is who.
        domains: The tenant's own mail domains.
        left_out: How many everyday records of all users were only counted.
        files: For each part, the number of the file that it is of.
        missing: What files say is missing from them.
        shared_networks: The networks that most accounts signed in from.
    """

    names: frozenset[str]
    directory: Directory
    domains: frozenset[str]
    left_out: int
    files: tuple[int, ...]
    missing: tuple[str, ...] = ()
    shared_networks: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        tallies: Sequence[tuple[Path, Tally]],
        wanted: str,
        missing: tuple[str, ...] = (),
    ) -> Everybody:
        """Put together what the parts of all files showed."""
        known = Names()
        seen: set[str] = set()
        spilled_names: set[str] = set()
        left_out: Counter[str] = Counter()
        for _, tally in tallies:
            known.update(tally.names)
            tally.names = Names()
            seen |= tally.actors
            spilled_names |= tally.spilled
            left_out += tally.left_out
        seen |= _senders([tally for _, tally in tallies], known)
        directory = directory_of(known, seen | spilled_names)
        names = {directory.name_of(name) for name in seen if name.casefold() not in known.no_account}
        if wanted:
            names &= _meant(wanted, names, directory, known)
        shared = shared_networks((tally.got_in for _, tally in tallies), directory)
        domains = frozenset(known.domains)
        numbers = {path: number for number, path in enumerate(dict.fromkeys(path for path, _ in tallies))}
        files = tuple(numbers[path] for path, _ in tallies)
        return cls(frozenset(names), directory, domains, left_out.total(), files, missing, shared)

    def parted(self) -> Iterator[tuple[int, Everybody]]:
        """Give what has to be known to judge the users of each partition that has any, in order."""
        names: dict[str, set[str]] = defaultdict(set)
        for name in self.names:
            names[partition_of(name)].add(name)
        known = self.directory.accounts
        for number in range(PARTITIONS):
            mine = frozenset(names.get(str(number), ()))
            if not mine:
                continue
            accounts = {name: known[name] for name in mine if name in known}
            called = {other: name for name, one in accounts.items() for other in one.names}
            yield number, replace(self, names=mine, directory=Directory(accounts, called))


@dataclass(frozen=True, slots=True)
class Settled:
    """What is to be known of everybody at once.

    Attributes:
        accounts: How many accounts there are.
        domains: The tenant's own mail domains.
        partitions: The partitions in which any of them is: a small file's few accounts are in few.
    """

    accounts: int
    domains: frozenset[str]
    partitions: tuple[int, ...]


def settle(task: tuple[Path, Sequence[tuple[Part, Path]], str, tuple[str, ...]]) -> Settled:
    """Put together who is who, and lay down for each partition what has to be known to judge its users.

    The task is the folder, the parts with the places where the first pass laid down what it saw, whom alone
    to report on or "", and what files say is missing from them.
    """
    folder, jobs, wanted, missing = task
    tallies = [(part.path, _tally_in(place)) for part, place in jobs]
    spilled_names = frozenset().union(*(one.spilled for _, one in tallies))
    everybody = Everybody.of(tallies, wanted, missing)
    settle_names(jobs, everybody, spilled_names)
    gather_guesses(jobs, folder / "guesses")
    inhabited = []
    for number, part in everybody.parted():
        _place(folder, number).write_bytes(pickle.dumps(part))
        inhabited.append(number)
    return Settled(len(everybody.names), everybody.domains, tuple(inhabited))


def known_of(folder: Path, number: int) -> Everybody:
    """Read what `settle` laid down for one partition."""
    found: Everybody = pickle.loads(_place(folder, number).read_bytes())  # noqa: S301 - written by this program
    return found


def _place(folder: Path, number: int) -> Path:
    return folder / f"everybody{number}"


def _tally_in(place: Path) -> Tally:
    found: Tally = pickle.loads((place / TALLY).read_bytes())  # noqa: S301 - as above
    return found


def _meant(wanted: str, names: AbstractSet[str], directory: Directory, known: Names) -> set[str]:
    """Give the accounts that are called so: by address, id or alias, else by display name or before the @."""
    exact = {directory.name_of(wanted), *(name for name in names if name.casefold() == wanted)}
    if exact & names:
        return exact
    shown = {directory.name_of(name) for name in known.by_id.get(SHOWN + wanted, ())}
    return shown | {name for name in names if name.partition("@")[0].casefold() == wanted}


def _senders(tallies: Sequence[Tally], known: Names) -> set[str]:
    """Give those who sent from within, of messages whose direction no trace tells.

    Where nothing else tells the organization's own domain, it is the one that took part in most of them: no
    message passes through a tenant that is not from or to it.
    """
    senders: Counter[str] = Counter()
    domains: Counter[str] = Counter()
    for tally in tallies:
        senders += tally.senders
        domains += tally.mail_domains
    if domains and not known.domains & domains.keys():
        sent: Counter[str] = Counter()
        for sender, count in senders.items():
            sent[domain_of(sender)] += count
        known.own("@" + max(domains, key=lambda one: (domains[one], sent[one], one)))
    return {sender for sender in senders if domain_of(sender) in known.domains}


def shared_networks(got_in: Iterable[Mapping[str, AbstractSet[str]]], directory: Directory) -> frozenset[str]:
    """Give the networks that most accounts signed in from: an office's, a gateway's, a service's.

    Somebody who took over a few accounts is no most of them. Source: Microsoft Entra, "What is the location
    condition in Conditional Access": an organization's own networks are told by who uses them.
    """
    used: dict[str, set[str]] = defaultdict(set)
    for part in got_in:
        for network, accounts in part.items():
            used[network] |= {directory.name_of(name) for name in accounts}
    everybody = set().union(*used.values())
    least = max(SHARED_BY, SHARED_PART * len(everybody))
    return frozenset(network for network, accounts in used.items() if len(accounts) >= least)


def settle_names(
    jobs: Sequence[tuple[Part, Path]], everybody: Everybody, spilled_names: AbstractSet[str]
) -> None:
    """Give records that name their account by another name to the user whose it is."""
    called = {
        name: right
        for name in spilled_names
        if (right := everybody.directory.name_of(name)) != name and right in everybody.names
    }
    elsewhere = {name: right for name, right in called.items() if partition_of(right) != partition_of(name)}
    partitions = sorted({partition_of(name) for name in elsewhere})
    for _, place in jobs:
        with Spill(place) as spill:
            for partition in partitions:
                for owner, kind, text in spilled(place / partition):
                    if owner in elsewhere:
                        right = elsewhere[owner]
                        spill.write(partition_of(right), (right, kind, text))


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


@dataclass(frozen=True, slots=True)
class Guesses:
    """Failed sign-ins of some accounts, for the addresses from which most were tried.

    Attributes:
        tried: One record of each account, by address and account.
        bursts: Those of the addresses where as many accounts were tried within minutes as a guessing tool
            tries; elsewhere colleagues behind one exit mistype.
    """

    tried: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)
    bursts: frozenset[str] = frozenset()


@lru_cache(maxsize=1)
def guesses_in(path: Path) -> Guesses:
    """Read the failed sign-ins that `gather_guesses` wrote."""
    tried = msgspec.msgpack.decode(path.read_bytes(), type=dict[str, dict[str, bytes]])
    failed: dict[str, list[datetime]] = defaultdict(list)
    for address, records in tried.items():
        failed[spot_of(address)] += _times(records.values())
    return Guesses(tried, frozenset(one for one in tried if _has_burst(failed[spot_of(one)])))


def _times(records: Iterable[bytes]) -> Iterator[datetime]:
    for text in records:
        try:
            yield record_time(_WHEN(text).CreationTime)
        except (msgspec.MsgspecError, UnicodeDecodeError, UnreadableRecord):
            with suppress(UnreadableRecord):  # told as a gap of the account that it is about
                found = entry("audit", text)
                if isinstance(found, AuditRecord):
                    yield found.at


class _When(msgspec.Struct):
    CreationTime: str


_WHEN: Final = msgspec.json.Decoder(_When).decode


def _has_burst(times: Iterable[datetime]) -> bool:
    ordered = sorted(times)
    return any(
        last - first <= BURST for first, last in zip(ordered, ordered[OTHER_ACCOUNTS - 1 :], strict=False)
    )
