"""Judge exported logs: the same symptoms as a check, for every user that the files show.

Two passes, so that memory does not grow with the files. The first picks the records worth a closer look (see
`graph.audit_log.scan`) and lays them down on disk, parted by user; the second reads one user after the other
closely and judges. Where somebody else may have been it is gone back for what was only counted (`nearby`).
All are shared out over processes. Between them it is settled who is who. What a pass has to hold lies on disk
for the next, so that no process holds everything.

An export shows what its searcher asked for and nothing of how things stand now. Sources that it cannot show
are unavailable, and what it does show is never taken to be complete: a symptom is present or unknown, not
absent.
"""

from __future__ import annotations

import multiprocessing
import shutil
import tempfile
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from commands.analyze import nearby, progress
from commands.analyze.everybody import settle
from commands.analyze.exposed import with_exposed
from commands.analyze.handed import Handed, handed_over
from commands.analyze.judging import JUDGED, reports_of, second_pass, third_pass
from commands.analyze.picking import PARTITIONS, READ, first_pass, repeated
from commands.analyze.progress import Progress, Stage
from commands.analyze.shared import with_shared_destinations
from commands.cycles import without_cycles
from commands.faults import noted
from commands.report import Report, VerdictCode
from commands.sigma.results import with_matches
from commands.sigma.shapes import NO_RULES, Matches, Ruleset
from commands.story import access_and_impact as standing
from commands.story.leads import with_leads
from commands.usual.places import Atlas
from graph.audit_log import blocks
from graph.audit_log.blocks import Part
from graph.audit_log.files import Unreadable
from graph.audit_log.tally import Tally, note_unfinished
from graph.audit_log.unpack import unpack

T = TypeVar("T")

SMALL: Final = 4 << 20
"""Bytes below which one process is enough."""

_GRAVITY: Final = (
    VerdictCode.COMPROMISED,
    VerdictCode.SUSPICIOUS,
    VerdictCode.CANNOT_TELL,
    VerdictCode.NO_SIGN_FOUND,
)


@dataclass(frozen=True, slots=True)
class Analysis:
    """What exported logs say.

    Attributes:
        users: One report for every user, the gravest first.
        unreadable: The records that could not be read.
        records: How many could be, each once.
        files: What each file came to.
        rules: The Sigma rules that were brought along.
        matches: What they matched.
    """

    users: tuple[Report, ...]
    unreadable: tuple[Unreadable, ...]
    records: int
    files: tuple[Handed, ...] = field(default=(), compare=False)
    rules: Ruleset = NO_RULES
    matches: Matches = field(default_factory=Matches, compare=False)

    @property
    def saw_all(self) -> bool:
        """Whether everything that was handed over was read."""
        return all(one.whole for one in self.files)

    @property
    def saw_nothing(self) -> bool:
        """Whether no record was read: an empty file is no more evidence than one that cannot be read."""
        return not self.records


def analyze(
    files: Sequence[Path],
    *,
    user: str | None,
    now: datetime,
    processes: int = 2,
    tell: Callable[[Progress], None] | None = None,
    rules: Ruleset = NO_RULES,
    atlas: Atlas | None = None,
) -> Analysis:
    """Judge every user of these files, or only one.

    Args:
        files: Exported logs of any form that `graph.audit_log.files` knows, folders and archives of them,
            and workbooks; they may overlap.
        user: Any name, address or id of an account, or None for everybody.
        now: When the reports are made.
        processes: How many processes share the work.
        tell: Is told now and then how far it has come, from a thread of its own.
        rules: Sigma rules that are run over the same records.
        atlas: Where addresses are, and which networks are the organization's; the registries' countries
            unless given. It goes to every process.

    Raises:
        OSError: when a file cannot be read.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="compromise-analyze-")))
        (folder / "unpacked").mkdir()
        opened, unopened = unpack(files, folder / "unpacked")
        paths = [one.path for one in opened]
        others = processes - 1 if sum(path.stat().st_size for path in paths) >= SMALL else 0
        wanted = user.strip().casefold() if user else ""
        parts = [part for path in paths for part in blocks.parts(path, others + 1)]
        jobs = [(part, folder / f"{number:04}") for number, part in enumerate(parts)]
        several = len(paths) > 1
        read, judged = folder / READ, folder / JUDGED
        progress.prepare(read, len(jobs))
        progress.prepare(judged, PARTITIONS)
        size = sum(path.stat().st_size for path in paths)

        def reading() -> Progress:
            done, count = progress.noted(read)
            return Progress(Stage.READING, done, size, count)

        # Processes that end again no longer hold what they had to know, and the next begin with as little as
        # this one holds.
        with _pool(others and processes) as pool, progress.telling(tell, reading):
            tallies = _in_turn(pool, first_pass, [(*job, several, rules.wanted) for job in jobs])
        note_unfinished(tallies)
        repeats = repeated([(part.path, place) for part, place in jobs])
        names = {one.path: one.name for one in opened}
        missing = [
            f"{names[part.path]}: {says}"
            for part, tally in zip(parts, tallies, strict=True)
            for says in tally.notes.incomplete
        ]
        with _pool(min(1, others)) as pool:
            (settled,) = _in_turn(pool, settle, [(folder, jobs, wanted, tuple(dict.fromkeys(missing)))])
        tasks = [(folder, number, now, rules, atlas) for number in settled.partitions]
        count = sum(tally.records for tally in tallies)

        def judging() -> Progress:
            return Progress(Stage.JUDGING, progress.noted(judged)[0], settled.accounts, count)

        with _pool(others) as pool, progress.telling(tell, judging):
            matched = _share_out(pool, others, second_pass, tasks)
        _look_closer(folder, jobs, now, atlas, others)
        with without_cycles():
            reports = list(reports_of(folder, settled.partitions))
    matches = Matches()
    for some in matched:
        matches.add(some)
    if rules is not NO_RULES:
        reports = [with_matches(report, rules, matches) for report in reports]
    reports = sorted(_of_each_other(reports), key=_gravest_first)
    records = sum(tally.records for tally in tallies) - repeats.total()
    unreadable = tuple(replace(one, file=names[Path(one.file)]) for one in _unreadable(parts, tallies))
    seen = handed_over(opened, unopened, zip(parts, tallies, strict=True), repeats, settled.domains)
    return Analysis(tuple(reports), unreadable, records, seen, rules, matches)


def _look_closer(
    folder: Path, jobs: Sequence[tuple[Part, Path]], now: datetime, atlas: Atlas | None, others: int
) -> None:
    """Go back for what was only counted where somebody else may have been, and judge those accounts anew."""
    for _ in range(nearby.ROUNDS):
        wanted = nearby.partitions(folder)
        if not wanted:
            return
        place = folder / "near"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        parts = [(part, place / f"{number:04}", folder) for number, (part, _) in enumerate(jobs)]
        with _pool(others and others + 1) as pool:
            _in_turn(pool, nearby.go_back, parts)
            _in_turn(pool, third_pass, [(folder, number, now, atlas) for number in wanted])


def _gravest_first(report: Report) -> tuple[int, int, str]:
    verdict = report.verdict
    return _GRAVITY.index(verdict.answer), -verdict.points, report.subject.user_principal_name


BETWEEN: Final[tuple[Callable[[Sequence[Report]], Sequence[Report]], ...]] = (
    with_shared_destinations,
    standing.with_created,
    with_exposed,
    with_leads,
)
"""What tells the reports of each other, in the order in which one builds on the other."""


def _of_each_other(
    reports: Sequence[Report], between: Sequence[Callable[[Sequence[Report]], Sequence[Report]]] = BETWEEN
) -> Sequence[Report]:
    """Tell the reports of each other; a mistake of ours in one step costs what that step adds."""
    for step in between:
        try:
            reports = step(reports)
        except Exception as error:  # noqa: BLE001 - logged; each report stands without the others
            noted("The reports of several accounts could not be told of each other.", error)
    return reports


@contextmanager
def _pool(processes: int) -> Iterator[ProcessPoolExecutor | None]:
    """Give that many processes until they are needed no more; None where this one does all the work."""
    # A forked process has everything imported already; but a lock that a thread holds stays held in it.
    forked = threading.active_count() == 1 and "fork" in multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("fork" if forked else "spawn")
    if not processes:
        yield None
        return
    with ProcessPoolExecutor(max_workers=processes, mp_context=context) as pool:
        # The first task starts all: before a thread tells progress, which a fork would not take along.
        pool.submit(int).result()
        yield pool


def _in_turn(pool: ProcessPoolExecutor | None, work: Callable[[Any], T], tasks: Sequence[Any]) -> list[T]:
    return list(map(work, tasks) if pool is None else pool.map(work, tasks))


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


def _unreadable(parts: Sequence[Part], tallies: Sequence[Tally]) -> Iterator[Unreadable]:
    before: Counter[Path] = Counter()
    for part, tally in zip(parts, tallies, strict=True):
        for one in tally.unreadable:
            yield replace(one, line=one.line + before[part.path])
        for reason, (line, count) in tally.further_unreadable.items():
            where = line + before[part.path]
            yield Unreadable(file=str(part.path), line=where, reason=reason, raw="", count=count)
        before[part.path] += tally.lines
