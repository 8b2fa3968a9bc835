"""The second pass: reads one user after the other closely, and judges; the third, of whom more was read."""

from __future__ import annotations

import pickle
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from commands import prefilter, usual
from commands.analyze import everyday, nearby, progress
from commands.analyze.everybody import guesses_in, known_of
from commands.analyze.everyday import NOTHING, Everyday
from commands.analyze.folded import Folded
from commands.analyze.nearby import Want
from commands.analyze.picking import spilled
from commands.analyze.seen import Around, Seen, evidence_of
from commands.check import judge, unjudged
from commands.cycles import without_cycles
from commands.faults import noted
from commands.report import Report
from commands.sigma.shapes import Matches, Ruleset
from commands.usual.places import Atlas
from graph.audit_log.contexts import EVERYDAY, Contexts, LeftOut
from graph.audit_log.picked import entry
from graph.errors import UnreadableRecord
from graph.evidence import SOURCES, Evidence, Reason, Unavailable
from graph.question import AccountKind, Subject, Window

if TYPE_CHECKING:
    from commands.sigma.running import Matcher

JUDGED: Final = "judged"
"""The file in which the second pass writes how far it has come."""

_LOGON: Final = b'"Operation":"UserLoggedIn"'

More = tuple[Want, Sequence[bytes]]
"""What is wanted of an account, and records of it that had only been counted."""


def second_pass(task: tuple[Path, int, datetime, Ruleset, Atlas | None]) -> Matches:
    """Judge every user of one partition, and say which rules that were brought along match of them.

    The reports are laid down for `reports_of`: sent from process to process, those of ten thousand accounts
    left behind twice their size in buffers.
    """
    folder, number, now, ruleset, atlas = task
    matcher: Matcher | None = None
    with without_cycles(), ExitStack() as stack:
        if ruleset.rules:
            from commands.sigma.running import Matcher  # noqa: PLC0415 - only whoever brings rules needs it

            matcher = stack.enter_context(Matcher(ruleset))
        reports, wants = _judge_partition(folder, number, now, atlas, matcher=matcher)
        with (folder / f"reports{number}").open("wb") as stream:
            pickle.dump(reports, stream)
        nearby.lay_down(folder, number, wants)
        return matcher.matches() if matcher else Matches()


def third_pass(task: tuple[Path, int, datetime, Atlas | None]) -> None:
    """Judge those of one partition anew of whom more was read; their reports take the place of the others."""
    folder, number, now, atlas = task
    wants = {one.account: one for one in nearby.wanted_in(folder, number)}
    near: dict[str, list[bytes]] = defaultdict(list)
    for account, text in nearby.read_again(folder, number):
        near[account].append(text)
    with without_cycles():
        anew, further = _judge_partition(
            folder, number, now, atlas, again={name: (want, near[name]) for name, want in wants.items()}
        )
        by_name = {one.subject.user_principal_name: one for one in anew}
        reports = [by_name.get(one.subject.user_principal_name, one) for one in _laid_down(folder, number)]
        with (folder / f"reports{number}").open("wb") as stream:
            pickle.dump(reports, stream)
    nearby.lay_down(folder, number, [one for one in further if one.goes_beyond(wants.get(one.account))])


def reports_of(folder: Path, partitions: Sequence[int]) -> Iterator[Report]:
    """Read the reports that the passes laid down for these partitions."""
    for number in partitions:
        yield from _laid_down(folder, number)


def _laid_down(folder: Path, number: int) -> list[Report]:
    with (folder / f"reports{number}").open("rb") as stream:
        found: list[Report] = pickle.load(stream)  # noqa: S301 - written by this very program
        return found


def _judge_partition(
    folder: Path,
    number: int,
    now: datetime,
    atlas: Atlas | None,
    *,
    matcher: Matcher | None = None,
    again: Mapping[str, More] | None = None,
) -> tuple[list[Report], list[Want]]:
    """Judge the users of one partition, or only those of whom more was read; say what is wanted of whom."""
    everybody = known_of(folder, number)
    texts: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
    only_counted: dict[str, Everyday] = defaultdict(Everyday)
    name_of = everybody.directory.name_of
    for place in sorted(folder.glob("[0-9]*")):
        file = everybody.files[int(place.name)]
        for name, kind, text in spilled(place / str(number)):
            right = name_of(name)
            if right not in everybody.names or (again is not None and right not in again):
                continue
            if kind == everyday.DONE:
                only_counted[right].add(file, everyday.read(text), own=True)
            elif kind == everyday.SUFFERED:
                one = everyday.read(text)
                if name_of(one.what.actor) != right:  # else it lies here as the account's own as well
                    only_counted[right].add(file, one, own=False)
            else:
                texts[right].append((kind, text))
    guesses = guesses_in(folder / "guesses")
    reports, wants = [], []
    for judged, name in enumerate(sorted(again if again is not None else everybody.names)):
        if again is None:
            progress.note(folder / JUDGED, number, judged, 0)
        account = everybody.directory.account_of(name)
        mine = texts.pop(name, [])
        if len(account.names) > 1:  # a record that calls both doer and owner otherwise was laid down twice
            mine = list(dict.fromkeys(mine))
        beside = only_counted.pop(name, NOTHING)
        around = Around(
            guesses,
            everybody.left_out,
            beside.left_out(),
            everybody.domains,
            beside.habits,
            everybody.missing,
            everybody.shared_networks,
            atlas,
        )
        subject = account.subject()
        shown = [one for one in mine if one[0] != "ruled"] if matcher else mine
        report, want = _judged(subject, shown, around, now, again[name] if again is not None else None)
        if want:
            wants.append(want)
        if not _is_somebody(report):
            continue
        reports.append(replace(report, timeline=Folded(report.timeline)))
        if matcher:
            for kind, text in mine:
                _ruled(matcher, subject.user_principal_name, kind, text)
    return reports, wants


def _ruled(matcher: Matcher, who: str, kind: str, text: bytes) -> None:
    """Show a record to the rules."""
    try:
        matcher.add(who, entry(kind, text))
    except UnreadableRecord:
        return  # told with the user's gaps, as in `Seen.add`


def _is_somebody(report: Report) -> bool:
    """Say whether a report is about an account: what acted only as a service under a bare name is none."""
    subject = report.subject
    nobody = subject.kind in {AccountKind.SYSTEM, AccountKind.APPLICATION, AccountKind.UNKNOWN}
    if not nobody or "@" in subject.user_principal_name:
        return True
    seen = any(source.records for source in report.sources if source.id != "domains")
    return any(finding.severity > 0 for finding in report.findings) or (
        subject.kind is AccountKind.UNKNOWN and seen
    )


def _judged(
    subject: Subject,
    texts: Collection[tuple[str, bytes]],
    around: Around,
    now: datetime,
    more: More | None = None,
) -> tuple[Report, Want | None]:
    """Report on one user, whatever a record does to us: all the others are still to be told of."""
    try:
        evidence, quiet = _look(subject, texts, around, now, more)
        report = judge(evidence, now, around.atlas)
        ordinary = usual.learn(evidence, atlas=around.atlas)
        return report, nearby.want_of(report, evidence, ordinary, left=bool(quiet or around.left_out))
    except Exception as error:  # noqa: BLE001 - logged, and told in the report in the place of the answers
        reference = noted("A user of exported logs could not be judged.", error)
        nothing: dict[str, Any] = dict.fromkeys(
            SOURCES, Unavailable(Reason.FAILED, "Internal error while reading.")
        )
        return unjudged(Evidence(subject=subject, window=Window(now, now), **nothing), now, reference), None


def _look(
    subject: Subject,
    texts: Collection[tuple[str, bytes]],
    around: Around,
    now: datetime,
    more: More | None = None,
) -> tuple[Evidence, int]:
    """Read one user's picked records closely, the quiet ones among them only where they may matter.

    Gives how many quiet ones were not read as well. Where `more` is wanted, all of them are.
    """
    seen = Seen()
    contexts = Contexts()
    quiet: list[bytes] = []
    own = frozenset(name.encode() for name in (*subject.addresses, *subject.names, subject.id.lower()))
    for kind, text in texts:
        if kind == "burst" or contexts.keep(text):
            if kind in {"audit", "burst"} and prefilter.is_quiet(text, own):
                quiet.append(text)
            else:
                seen.add(kind, text)
    beside = Everyday(dict(around.habits))
    for one in contexts.counted():
        beside.add(0, one, own=True)
    left_out = beside.left_out()
    around = replace(
        around,
        habits=beside.habits,
        contexts=Counter(around.contexts) + Counter(left_out),
        left_out=around.left_out + sum(left_out.values()),
    )
    told = set(prefilter.ends(quiet))  # they show how far the log reaches
    if not any(kind == "sign-in" or _LOGON in text for kind, text in texts):
        told.update(prefilter.visits(quiet))  # nothing else shows where somebody was
    for text in told:
        seen.add("audit", text)
    seen.quiet = len(set(quiet)) - len(told)
    evidence = evidence_of(subject, seen, around, now)
    # Asked with the same words as `judge` does, so that what was learnt is remembered for it.
    if more:
        want, near = more
        return _look_again(subject, seen, around, now, (want, [*quiet, *near])), 0
    if not seen.quiet:
        return evidence, 0
    if not prefilter.matter(quiet, evidence.records(), usual.learn(evidence, atlas=around.atlas)):
        return evidence, seen.quiet
    seen.quiet = 0
    for text in quiet:
        seen.add("audit", text)
    return evidence_of(subject, seen, around, now), 0


def _look_again(subject: Subject, seen: Seen, around: Around, now: datetime, more: More) -> Evidence:
    """Read all of these as well, and take what was read out of what was only counted."""
    want, texts = more
    seen.quiet = 0
    before = set(seen.records)
    for text in texts:
        seen.add("audit", text)
    read = [
        LeftOut(one.operation, one.actor, one.owner, one.address or "")
        for key, one in seen.records.items()
        if key not in before
    ]
    left = nearby.still_counted(around.contexts, want, read)
    # What is never picked is counted by its operation alone, and stands in no context.
    fewer = sum(around.contexts.values()) - sum(left.values())
    fewer += sum(EVERYDAY.get(one.operation) == 0 for one in read)
    around = replace(around, contexts=left, left_out=max(0, around.left_out - fewer))
    return evidence_of(subject, seen, around, now)
