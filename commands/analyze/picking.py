"""The first pass: picks the records worth a closer look and lays them down on disk, parted by user."""

from __future__ import annotations

import pickle
import re
import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, Final, Self
from zlib import crc32

import msgspec

from commands.analyze import everyday, progress
from commands.cycles import without_cycles
from graph.audit_log import scan
from graph.audit_log.blocks import Part
from graph.audit_log.contexts import Contexts
from graph.audit_log.ids import id_of
from graph.audit_log.picked import Picked
from graph.audit_log.pieces import is_service
from graph.audit_log.tally import Tally

READ: Final = "read"
"""The file in which the first pass writes how far it has come."""

TALLY: Final = "tally"
"""The file in which the first pass leaves what it saw of a part."""

PARTITIONS: Final = 64
"""Files that users are dealt out to; what one of them holds is in memory at a time."""

_NO_PERSON: Final = re.compile(
    r"s-1-\d|serviceprincipal_|nt authority|app@sharepoint|not available$|unknown$|application$|anonymous"
    r"|securitycompliancealerts|certificate$|not-found$|ffoservicepartneruser$|threatintel$|sharepoint|system|microsoft|urn:spo:anon|.*@(?:.*\.)?prod\.outlook\.com$|fim_password_service@",
    re.IGNORECASE,
)


def first_pass(task: tuple[Part, Path, bool, frozenset[str]]) -> Tally:
    """Pick from one part of a file, and lay what was picked down in a place of its own.

    The task is the part, the place, whether what tells each record from all others is kept as well, and the
    operations of which rules that were brought along want to see every record.

    Whose record it is that names its account by an id or another name is told only after this pass, so
    everybody's are laid down, also where only one account was asked for.
    """
    part, place, several, wanted = task
    with without_cycles(), Spill(place) as spill:

        def pick(one: Picked) -> None:
            if one.failed_from:
                spill.write("guesses", (one.failed_from, one.actor, one.text))
            actor, owner = one.actor, one.owner
            if is_person(actor):
                spill.write(partition_of(actor), (actor, one.kind, one.text))
                spill.names.add(actor)
            if owner and owner != actor and is_person(owner):
                spill.write(partition_of(owner), (owner, one.kind, one.text))
                spill.names.add(owner)
                if not id_of(owner):
                    spill.owners.add(owner)

        def tell(done: int, records: int) -> None:
            progress.note(place.parent / READ, int(place.name), done, records)

        tally = scan.scan(part, pick, spill.note if several else None, tell, wanted=wanted)
        _lay_down(spill, tally.everyday)
        tally.everyday = Contexts()
        end = part.end if part.end >= 0 else part.path.stat().st_size
        tell(end - part.start, tally.records)
    tally.actors = {name for name in tally.actors if is_person(name)} | spill.owners
    tally.spilled = spill.names
    # Who is who is put together in a process of its own; the others need not hold it.
    (place / TALLY).write_bytes(pickle.dumps(tally))
    tally.forget()
    return tally


def _lay_down(spill: Spill, contexts: Contexts) -> None:
    """Lay what was only counted down with those whom it is about: in memory it grows with the accounts."""
    for one in contexts.counted():
        actor, owner = one.what.actor, one.what.owner
        text = everyday.written(one)
        if is_person(actor):
            spill.write(partition_of(actor), (actor, everyday.DONE, text))
            spill.names.add(actor)
        if owner and owner != actor and is_person(owner):
            spill.write(partition_of(owner), (owner, everyday.SUFFERED, text))
            spill.names.add(owner)


@lru_cache(maxsize=65_536)
def is_person(name: str) -> bool:
    """Say whether a name is an account's that somebody could have taken over, not a service's or nobody's."""
    if not name or "\\" in name or "{" in name or _NO_PERSON.match(name) or is_service(name):
        return False
    return "@" in name or " " not in name


@lru_cache(maxsize=65_536)
def partition_of(name: str) -> str:
    """Give the partition that a user is dealt out to."""
    return str(crc32(name.encode()) % PARTITIONS)


class Spill:
    """Files that hold tuples of texts, one folder for each part, so that nobody waits for anybody."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, BinaryIO] = {}
        self.owners: set[str] = set()
        self.names: set[str] = set()

    def __enter__(self) -> Self:
        self._folder.mkdir(exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        for one in self._files.values():
            one.close()

    def _file(self, name: str) -> BinaryIO:
        if (stream := self._files.get(name)) is None:
            stream = self._files[name] = (self._folder / name).open("ab", buffering=1 << 14)
        return stream

    def note(self, record: bytes, what: bytes) -> None:
        """Add what tells a record from all others: eight bytes without what it is about, eight with it."""
        bare = blake2b(record, digest_size=_DIGEST).digest()
        whole = blake2b(record + what, digest_size=_DIGEST).digest() if what else bare
        self._file(f"ids{bare[0] % ID_FILES}").write(bare + whole)

    def write(self, name: str, what: tuple[str, str, bytes]) -> None:
        """Add what was picked to a file."""
        stream = self._file(name)
        data = _ENCODE(what)
        stream.write(_LENGTH.pack(len(data)))
        stream.write(data)


# Made once: they are called for every picked record.
_ENCODE: Final = msgspec.msgpack.Encoder().encode

_DECODE: Final = msgspec.msgpack.Decoder(tuple[str, str, bytes]).decode
_LENGTH: Final = struct.Struct("<I")


ID_FILES: Final = 32
"""Files that records' digests are dealt out to; those of one are in memory at a time."""

_DIGEST: Final = 8


def repeated(places: Sequence[tuple[Path, Path]]) -> Counter[Path]:
    """Count, for each file, the records that one given before it holds as well.

    Args:
        places: The file of each part, and the place where its digests were laid down, in order.
    """
    found: Counter[Path] = Counter()
    for number in range(ID_FILES):
        before = _Before()
        for path, parts in groupby(places, key=lambda one: one[0]):
            mine = [pair for _, place in parts for pair in _digests(place / f"ids{number}")]
            found[path] += sum(map(before.holds, mine))
            for pair in mine:
                before.add(pair)
    return found


class _Before:
    """The records of the files before; some forms leave out what a record is about, and fit any such one."""

    def __init__(self) -> None:
        self._every: set[bytes] = set()
        self._whole: set[bytes] = set()
        self._bare: set[bytes] = set()

    def add(self, pair: tuple[bytes, bytes]) -> None:
        bare, whole = pair
        self._every.add(bare)
        (self._bare if bare == whole else self._whole).add(whole)

    def holds(self, pair: tuple[bytes, bytes]) -> bool:
        bare, whole = pair
        return bare in self._every if bare == whole else whole in self._whole or bare in self._bare


def _digests(path: Path) -> list[tuple[bytes, bytes]]:
    if not path.exists():
        return []
    data = path.read_bytes()
    return [
        (data[at : at + _DIGEST], data[at + _DIGEST : at + 2 * _DIGEST])
        for at in range(0, len(data), 2 * _DIGEST)
    ]


def spilled(path: Path) -> Iterator[tuple[str, str, bytes]]:
    """Read back what was written to a file; nothing where there is none."""
    if not path.exists():
        return
    with path.open("rb") as stream:
        read = stream.read
        while head := read(_LENGTH.size):
            yield _DECODE(read(*_LENGTH.unpack(head)))
