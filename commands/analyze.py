"""Judge exported logs: the same symptoms as a check, for every user that the files show.

Two passes, so that memory does not grow with the files. The first picks the records worth a closer look (see
`graph.audit_log.scan`) and lays them down on disk, parted by user; the second reads one user after the other
closely and judges. Both are shared out over processes.

An export shows what its searcher asked for and nothing of how things stand now. Sources that it cannot show
are unavailable, and what it does show is never taken to be complete: a symptom is present or unknown, not
absent.
"""

from __future__ import annotations

import gc
import multiprocessing
import re
import struct
import tempfile
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, Final, Self, TypeVar
from zlib import crc32

import msgspec

from commands import prefilter, usual
from commands.check import judge, unjudged
from commands.faults import noted
from commands.report import Answer, Report
from graph.audit_log import scan
from graph.audit_log.files import Unreadable
from graph.audit_log.record import AuditRecord, UnreadableRecord, is_service
from graph.audit_log.scan import Contexts, Part, Picked, Tally
from graph.audit_log.sign_in import LOGONS
from graph.evidence import SOURCES, Evidence, Known, Reason, Unavailable
from graph.question import Subject, Window
from graph.resources.sign_ins import RiskDetection, SignIn

T = TypeVar("T")

PARTITIONS: Final = 32
"""Files that users are dealt out to; what one of them holds is in memory at a time."""

SMALL: Final = 4 << 20
"""Bytes below which one process is enough."""

CLOSELY: Final = 20_000
"""Records of one user that are read closely; beyond that the report says how many were not."""

VICTIMS: Final = 30
"""Other accounts that are shown for an address from which passwords were guessed."""

GUESSING_ADDRESSES: Final = 300
"""Addresses for which other accounts are shown, those with the most of them first."""

NOT_IN_EXPORT: Final = Unavailable(Reason.NOT_IN_EXPORT, "The exported files do not show this.")
ONLY_THE_EXPORT: Final = "only what the exported files hold"

_GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NO_PERSON: Final = re.compile(
    r"s-1-\d|serviceprincipal_|nt authority|app@sharepoint|not available$|unknown$|application$|anonymous"
    r"|securitycompliancealerts|sharepoint|system|microsoft|urn:spo:anon|.*@(?:.*\.)?prod\.outlook\.com$|fim_password_service@",
    re.IGNORECASE,
)
_GRAVITY: Final = (Answer.COMPROMISED, Answer.SUSPICIOUS, Answer.CANNOT_TELL, Answer.NO_SIGN_FOUND)


@dataclass(frozen=True, slots=True)
class Analysis:
    """What exported logs say.

    Attributes:
        users: One report for every user, the gravest first.
        unreadable: The records that could not be read.
        records: How many could be.
    """

    users: tuple[Report, ...]
    unreadable: tuple[Unreadable, ...]
    records: int

    @property
    def saw_nothing(self) -> bool:
        """Whether no record was read: an empty file is no more evidence than one that cannot be read."""
        return not self.records


def analyze(files: Sequence[Path], *, user: str | None, now: datetime, processes: int = 2) -> Analysis:
    """Judge every user of these files, or only one.

    Args:
        files: Exported logs of any form that `graph.audit_log.files` knows; they may overlap.
        user: A sign-in name or directory id, or None for everybody.
        now: When the reports are made.
        processes: How many processes share the work.

    Raises:
        OSError: when a file cannot be read.
    """
    if sum(path.stat().st_size for path in files) < SMALL:
        processes = 1
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="compromise-analyze-")))
        pool = stack.enter_context(_pool(processes - 1)) if processes > 1 else None
        wanted = user.strip().casefold() if user else ""
        parts = [part for path in files for part in scan.parts(path, processes)]
        jobs = [(part, folder / f"{number:04}") for number, part in enumerate(parts)]
        others = processes - 1
        tallies = _share_out(pool, others, _first_pass, [(part, place, wanted) for part, place in jobs])
        everybody = _Everybody.of(tallies, wanted)
        _settle_ids(jobs, everybody.ids)
        _gather_guesses(jobs, folder / "guesses")
        tasks = [(folder, number, everybody.of_partition(number), now) for number in range(PARTITIONS)]
        reports = [one for some in _share_out(pool, others, _second_pass, tasks) for one in some]
    reports.sort(key=lambda one: (_GRAVITY.index(one.verdict.answer), one.subject.user_principal_name))
    records = sum(tally.records for tally in tallies)
    return Analysis(users=tuple(reports), unreadable=tuple(_unreadable(parts, tallies)), records=records)


# --- sharing out ---


def _pool(others: int) -> ProcessPoolExecutor:
    # A forked process has everything imported already; but a lock that a thread holds stays held in it.
    forked = threading.active_count() == 1 and "fork" in multiprocessing.get_all_start_methods()
    return ProcessPoolExecutor(
        max_workers=others, mp_context=multiprocessing.get_context("fork" if forked else "spawn")
    )


def _share_out(
    pool: ProcessPoolExecutor | None, others: int, work: Callable[[Any], T], tasks: Sequence[Any]
) -> list[T]:
    """Do all tasks, here and in the pool, and give the results in order.

    The pool gets a task whenever it has finished one, this process takes from the other end, so nobody waits
    while there is work.
    """
    if pool is None:
        return [work(task) for task in tasks]
    left = deque(range(len(tasks)))
    lock = threading.Lock()
    there: dict[int, Future[T]] = {}
    here: dict[int, T] = {}

    def feed(_: object = None) -> None:
        with lock:
            if left:
                number = left.popleft()
                try:
                    future = pool.submit(work, tasks[number])
                except BrokenExecutor as broken:
                    future = Future()
                    future.set_exception(broken)
                there[number] = future
            else:
                return
        future.add_done_callback(feed)

    for _ in range(others):
        feed()
    while True:
        with lock:
            if not left:
                break
            number = left.pop()
        here[number] = work(tasks[number])
    with lock:  # the pool may be just about to note its last task
        futures = dict(there)
    return [here[number] if number in here else futures[number].result() for number in range(len(tasks))]


# --- first pass ---


@contextmanager
def _without_cycles() -> Iterator[None]:
    """Look for no cycles: the values are many and form none, and looking took up to a quarter of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _first_pass(task: tuple[Part, Path, str]) -> Tally:
    part, place, wanted = task
    with _without_cycles(), _Spill(place) as spill:

        def pick(one: Picked) -> None:
            if one.failed_from:
                spill.write("guesses", (one.failed_from, one.actor, one.text))
            actor, owner = one.actor, one.owner
            if is_person(actor) and (not wanted or _is_wanted(actor, wanted)):
                spill.write(_partition(actor), (actor, one.kind, one.text))
            if owner and owner != actor:
                if _GUID.fullmatch(owner):
                    spill.write("ids", (owner, one.kind, one.text))
                elif is_person(owner) and _is_wanted(owner, wanted):
                    spill.write(_partition(owner), (owner, one.kind, one.text))
                    spill.owners.add(owner)

        tally = scan.scan(part, pick)
    tally.actors = {name for name in tally.actors if is_person(name)} | spill.owners
    return tally


@lru_cache(maxsize=65_536)
def is_person(name: str) -> bool:
    """Say whether a name is an account's that somebody could have taken over, not a service's or nobody's."""
    if not name or "\\" in name or "{" in name or _NO_PERSON.match(name) or is_service(name):
        return False
    return "@" in name or " " not in name


def _is_wanted(name: str, wanted: str) -> bool:
    # A directory id that was asked for is told from its name only after the first pass.
    return not wanted or name.casefold() == wanted or _GUID.fullmatch(wanted) is not None


@lru_cache(maxsize=65_536)
def _partition(name: str) -> str:
    return str(crc32(name.encode()) % PARTITIONS)


class _Spill:
    """Files that hold tuples of texts, one folder for each part, so that nobody waits for anybody."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, BinaryIO] = {}
        self.owners: set[str] = set()

    def __enter__(self) -> Self:
        self._folder.mkdir(exist_ok=True)
        return self

    def __exit__(self, *_: object) -> None:
        for one in self._files.values():
            one.close()

    def write(self, name: str, what: tuple[str, str, bytes]) -> None:
        if (stream := self._files.get(name)) is None:
            stream = self._files[name] = (self._folder / name).open("ab", buffering=1 << 16)
        data = _ENCODE(what)
        stream.write(_LENGTH.pack(len(data)))
        stream.write(data)


# Made once: they are called for every picked record.
_ENCODE: Final = msgspec.msgpack.Encoder().encode
_DECODE: Final = msgspec.msgpack.Decoder(tuple[str, str, bytes]).decode
_LENGTH: Final = struct.Struct("<I")


def _spilled(path: Path) -> Iterator[tuple[str, str, bytes]]:
    if not path.exists():
        return
    with path.open("rb") as stream:
        read = stream.read
        while head := read(_LENGTH.size):
            yield _DECODE(read(*_LENGTH.unpack(head)))


# --- between the passes ---


@dataclass(frozen=True, slots=True)
class _Everybody:
    """All users, with what the first pass learnt about them."""

    names: frozenset[str]
    ids: Mapping[str, str]
    left_out: int

    @classmethod
    def of(cls, tallies: Iterable[Tally], wanted: str) -> _Everybody:
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

    def of_partition(self, number: int) -> _Everybody:
        names = frozenset(name for name in self.names if _partition(name) == str(number))
        return replace(self, names=names, ids={id_: name for id_, name in self.ids.items() if name in names})


def _settle_ids(jobs: Sequence[tuple[Part, Path]], ids: Mapping[str, str]) -> None:
    """Give records whose owner is a directory id to the user whose id the files show it to be."""
    for _, place in jobs:
        with _Spill(place) as spill:
            for owner, kind, text in _spilled(place / "ids"):
                if name := ids.get(owner):
                    spill.write(_partition(name), (name, kind, text))


def _gather_guesses(jobs: Sequence[tuple[Part, Path]], path: Path) -> None:
    """Keep one record of each of some accounts, for the addresses from which most were tried in vain."""
    tried: dict[str, set[int]] = defaultdict(set)
    for _, place in jobs:
        for address, actor, _ in _spilled(place / "guesses"):
            if len(tried[address]) < VICTIMS:
                tried[address].add(crc32(actor.encode()))
    several = [address for address, actors in tried.items() if len(actors) > 1]
    worst = set(sorted(several, key=lambda address: -len(tried[address]))[:GUESSING_ADDRESSES])
    kept: dict[str, dict[str, bytes]] = defaultdict(dict)
    for _, place in jobs:
        for address, actor, text in _spilled(place / "guesses"):
            if address in worst and len(kept[address]) < VICTIMS:
                kept[address].setdefault(actor, text)
    path.write_bytes(msgspec.msgpack.encode(kept))


@lru_cache(maxsize=1)
def _guesses(path: Path) -> dict[str, dict[str, bytes]]:
    return msgspec.msgpack.decode(path.read_bytes(), type=dict[str, dict[str, bytes]])


# --- second pass ---


@dataclass(slots=True)
class _Seen:
    """What the files say about one user."""

    records: dict[tuple[str, datetime, str], AuditRecord] = field(default_factory=dict)
    directory: dict[tuple[str, datetime, str], AuditRecord] = field(default_factory=dict)
    sign_ins: dict[str, SignIn] = field(default_factory=dict)
    risks: dict[str, RiskDetection] = field(default_factory=dict)
    further: int = 0
    quiet: int = 0
    unread: int = 0

    def add(self, kind: str, text: bytes) -> None:
        if len(self.records) + len(self.directory) + len(self.sign_ins) >= CLOSELY:
            self.further += 1
            return
        try:
            found = scan.entry(kind, text)
        except UnreadableRecord:
            # The first pass, which reads less of it, let it pass. It is told with the user's gaps.
            self.unread += 1
            return
        if isinstance(found, AuditRecord):
            kept = self.directory if kind == "directory" else self.records
            kept.setdefault((found.id, found.at, found.operation), found)
        elif isinstance(found, SignIn):
            self.sign_ins.setdefault(found.id, found)
        else:
            self.risks.setdefault(found.id, found)


def _second_pass(task: tuple[Path, int, _Everybody, datetime]) -> list[Report]:
    with _without_cycles():
        return _judge_partition(task)


def _judge_partition(task: tuple[Path, int, _Everybody, datetime]) -> list[Report]:
    folder, number, everybody, now = task
    texts: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
    for place in sorted(folder.glob("[0-9]*")):
        for name, kind, text in _spilled(place / str(number)):
            if name in everybody.names:
                texts[name].append((kind, text))
    by_name = {name: id_ for id_, name in everybody.ids.items()}
    guesses = _guesses(folder / "guesses")
    reports = []
    for name in sorted(everybody.names):
        subject = Subject(id=by_name.get(name, name), user_principal_name=name, mail=name, addresses=(name,))
        reports.append(_judged(subject, texts.pop(name, []), guesses, everybody.left_out, now))
    return reports


def _judged(
    subject: Subject,
    texts: Iterable[tuple[str, bytes]],
    guesses: Mapping[str, Mapping[str, bytes]],
    left_out: int,
    now: datetime,
) -> Report:
    """Report on one user, whatever a record does to us: all the others are still to be told of."""
    try:
        return judge(_look(subject, texts, guesses, left_out, now), now)
    except Exception as error:  # noqa: BLE001 - logged, and told in the report in the place of the answers
        reference = noted("A user of exported logs could not be judged.", error)
        nothing = dict.fromkeys(SOURCES, Unavailable(Reason.FAILED, "Reading failed by a mistake of ours."))
        return unjudged(Evidence(subject=subject, window=Window(now, now), **nothing), now, reference)


def _look(
    subject: Subject,
    texts: Iterable[tuple[str, bytes]],
    guesses: Mapping[str, Mapping[str, bytes]],
    left_out: int,
    now: datetime,
) -> Evidence:
    """Read one user's picked records closely, the quiet ones among them only where they may matter."""
    seen = _Seen()
    contexts = Contexts()
    quiet: list[bytes] = []
    for kind, text in texts:
        if kind == "burst" or contexts.keep(text):
            if kind in {"audit", "burst"} and prefilter.is_quiet(text, subject.user_principal_name):
                quiet.append(text)
            else:
                seen.add(kind, text)
    for text in prefilter.ends(quiet):  # they show how far the log reaches
        seen.add("audit", text)
    seen.quiet = max(0, len(quiet) - 2)
    evidence = evidence_of(subject, seen, guesses, left_out, now)
    # Asked with the same words as `judge` does, so that what was learnt is remembered for it.
    if not seen.quiet or not prefilter.matter(quiet, evidence.records(), usual.learn(evidence, atlas=None)):
        return evidence
    seen.quiet = 0
    for text in quiet:
        seen.add("audit", text)
    return evidence_of(subject, seen, guesses, left_out, now)


def evidence_of(
    subject: Subject, seen: _Seen, guesses: Mapping[str, Mapping[str, bytes]], left_out: int, now: datetime
) -> Evidence:
    """Build the evidence that exported files give about one user; pure."""
    mine = [record for record in seen.records.values() if subject.is_meant_by(record.actor)]
    others = [record for record in seen.records.values() if not subject.is_meant_by(record.actor)]
    times = [
        *(record.at for record in seen.records.values()),
        *(record.at for record in seen.directory.values()),
        *(one.created_date_time for one in seen.sign_ins.values()),
    ]
    start, end = (min(times), max(times)) if times else (now, now)
    missing = [ONLY_THE_EXPORT]
    if seen.further:
        missing.append(f"{seen.further} further records of this user were not read closely")
    if seen.quiet:
        missing.append(f"{seen.quiet} everyday records of this user were looked at in passing")
    if seen.unread:
        missing.append(f"{seen.unread} records of this user could not be read")
    if left_out:
        missing.append(f"{left_out} everyday records of all users were counted only")
    gaps = tuple(missing)
    found: dict[str, Any] = dict.fromkeys(SOURCES, NOT_IN_EXPORT)
    if seen.records or not (seen.directory or seen.sign_ins or seen.risks):
        mine.extend(_tried_too(mine, subject, guesses))
        found["audit_log"] = Known(tuple(_in_order(mine)), missing=gaps)
        found["audit_log_on_mailbox"] = Known(tuple(_in_order(others)), missing=gaps)
    if seen.directory:
        ordered = _in_order(seen.directory.values())
        by_user = tuple(record for record in ordered if subject.is_meant_by(record.actor))
        on_user = tuple(record for record in ordered if not subject.is_meant_by(record.actor))
        found["directory_audits_by_user"] = Known(by_user, missing=gaps)
        found["directory_audits_on_user"] = Known(on_user, missing=gaps)
    if seen.sign_ins:
        sign_ins = sorted(seen.sign_ins.values(), key=lambda one: one.created_date_time)
        silent = tuple(one for one in sign_ins if one.is_interactive is False)
        shown = tuple(one for one in sign_ins if one.is_interactive is not False)
        found["sign_ins"] = Known(shown, missing=gaps)
        if silent:
            found["sign_ins_non_interactive"] = Known(silent, missing=gaps)
    if seen.risks:
        found["risk_detections"] = Known(tuple(seen.risks.values()), missing=gaps)
    window = Window(start=start, end=end + timedelta(seconds=1))
    return Evidence(subject=subject, window=window, **found)


def _tried_too(
    mine: Iterable[AuditRecord], subject: Subject, guesses: Mapping[str, Mapping[str, bytes]]
) -> Iterator[AuditRecord]:
    """Give failed sign-ins of other accounts from the addresses of this one's sign-ins."""
    addresses = {record.address for record in mine if record.operation in LOGONS and record.address}
    for address in sorted(addresses & guesses.keys()):
        for actor, text in guesses[address].items():
            if subject.is_meant_by(actor):
                continue
            found = _guess(text)
            if isinstance(found, AuditRecord):
                yield found


@lru_cache(maxsize=1024)
def _guess(text: bytes) -> object:
    # Behind the exit of an office everybody is shown the same failures of the others.
    try:
        return scan.entry("audit", text)
    except UnreadableRecord:
        return None  # told as a gap of the account that it is about


def _in_order(records: Iterable[AuditRecord]) -> list[AuditRecord]:
    return sorted(records, key=lambda record: (record.at, record.id))


def _unreadable(parts: Sequence[Part], tallies: Sequence[Tally]) -> Iterator[Unreadable]:
    before: Counter[Path] = Counter()
    for part, tally in zip(parts, tallies, strict=True):
        for one in tally.unreadable:
            yield replace(one, line=one.line + before[part.path])
        if tally.further_unreadable:
            yield Unreadable(
                file=str(part.path),
                line=before[part.path] + tally.lines,
                reason=f"{tally.further_unreadable} further records before this line could not be read.",
                raw="",
            )
        before[part.path] += tally.lines
