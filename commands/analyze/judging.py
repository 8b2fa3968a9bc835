"""The second pass: reads one user after the other closely, and judges."""

from __future__ import annotations

import pickle
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from commands import prefilter, usual
from commands.accounts import kind_of
from commands.analyze import everyday, nearby, progress
from commands.analyze.everybody import Guesses, guesses_in, known_of
from commands.analyze.everyday import NOTHING, Everyday
from commands.analyze.folded import Folded
from commands.analyze.nearby import Want
from commands.analyze.picking import PARTITIONS, spilled, without_cycles
from commands.check import judge, unjudged
from commands.counts import ROUTINE
from commands.faults import noted
from commands.report import Report
from commands.sigma.shapes import Matches, Ruleset
from commands.usual.agents import agent_of
from commands.usual.places import Atlas
from graph.audit_log.contexts import EVERYDAY, Contexts, Habit, LeftOut
from graph.audit_log.listed_rules import ListedRule
from graph.audit_log.picked import entry
from graph.audit_log.record import AuditRecord
from graph.audit_log.sign_in import LOGONS
from graph.audit_log.traced import Traced
from graph.errors import UnreadableRecord
from graph.evidence import NOT_IN_EXPORT, SOURCES, Evidence, Known, Reason, Unavailable
from graph.question import AccountKind, Subject, Window
from graph.resources.directory import Domain
from graph.resources.mail import TracedMessage
from graph.resources.rules import HiddenInboxRule
from graph.resources.sign_ins import RiskDetection, SignIn

if TYPE_CHECKING:
    from commands.sigma.running import Matcher

CLOSELY: Final = 20_000
"""Records of one user that are read closely; beyond that the report says how many were not."""

JUDGED: Final = "judged"
"""The file in which the second pass writes how far it has come."""

_LOGON: Final = b'"Operation":"UserLoggedIn"'
More = tuple[Want, Sequence[bytes]]
"""What is wanted of an account, and records of it that had only been counted."""

RULES_AS_LISTED: Final = "rules as a listing shows them, hidden ones only where it was asked for them"
ONLY_THE_EXPORT: Final = "only what the exported files contain"


@dataclass(slots=True)
class _Seen:
    """What the files say about one user."""

    records: dict[tuple[str, datetime, str, str], AuditRecord] = field(default_factory=dict)
    directory: dict[tuple[str, datetime, str, str], AuditRecord] = field(default_factory=dict)
    sign_ins: dict[str, SignIn] = field(default_factory=dict)
    risks: dict[str, RiskDetection] = field(default_factory=dict)
    messages: dict[tuple[str, str], TracedMessage] = field(default_factory=dict)
    rules: dict[str, HiddenInboxRule] = field(default_factory=dict)
    further: int = 0
    quiet: int = 0
    unread: int = 0

    def add(self, kind: str, text: bytes) -> None:
        held = len(self.records) + len(self.directory) + len(self.sign_ins) + len(self.messages)
        held += len(self.rules)
        if held >= CLOSELY:
            self.further += 1
            return
        try:
            found = entry(kind, text)
        except UnreadableRecord:
            # The first pass, which reads less of it, let it pass. It is told with the user's gaps.
            self.unread += 1
            return
        if isinstance(found, AuditRecord):
            kept = self.directory if kind == "directory" else self.records
            kept.setdefault((found.id, found.at, found.operation, found.actor), found)
        elif isinstance(found, SignIn):
            self.sign_ins.setdefault(found.id, found)
        elif isinstance(found, ListedRule):
            self.rules.setdefault(found.id, found.rule)
        elif isinstance(found, Traced):
            for row in found.rows:
                self.messages.setdefault((row.message_id or row.id, row.recipient_address), row)
        else:
            self.risks.setdefault(found.id, found)


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


def reports_of(folder: Path) -> Iterator[Report]:
    """Read the reports that the passes laid down."""
    for number in range(PARTITIONS):
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
        return  # told with the user's gaps, as in `_Seen.add`


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


@dataclass(frozen=True, slots=True)
class Around:
    """What has to be known beside a user's own records.

    Attributes:
        guesses: Failed sign-ins of some accounts.
        left_out: How many routine records of all users were only counted.
        contexts: How many of this user's were, by what they have in common.
        domains: The tenant's own mail domains.
        habits: From where the user did everyday work, on how many days and last when.
        missing: What files say is missing from them.
        shared_networks: The networks that most accounts of the tenant signed in from.
        atlas: Where addresses are; the registries' countries unless given.
    """

    guesses: Guesses = field(default_factory=Guesses)
    left_out: int = 0
    contexts: Mapping[LeftOut, int] = field(default_factory=dict)
    domains: frozenset[str] = frozenset()
    habits: Mapping[str, Habit] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    shared_networks: frozenset[str] = frozenset()
    atlas: Atlas | None = None


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
    seen = _Seen()
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


def _look_again(subject: Subject, seen: _Seen, around: Around, now: datetime, more: More) -> Evidence:
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


def evidence_of(subject: Subject, seen: _Seen, around: Around, now: datetime) -> Evidence:
    """Build the evidence that exported files give about one user; pure."""
    mine = [_named(record, subject) for record in seen.records.values() if subject.is_meant_by(record.actor)]
    others = [record for record in seen.records.values() if not subject.is_meant_by(record.actor)]
    times = [
        *(record.at for record in seen.records.values()),
        *(record.at for record in seen.directory.values()),
        *(one.created_date_time for one in seen.sign_ins.values()),
        *(one.received_date_time for one in seen.messages.values()),
    ]
    start, end = (min(times), max(times)) if times else (now, now)
    missing = [ONLY_THE_EXPORT, *around.missing]
    if seen.further:
        missing.append(f"{seen.further} further records of this user were not analyzed in detail")
    if seen.unread:
        missing.append(f"{seen.unread} records of this user could not be read")
    gaps = tuple(missing)
    if seen.quiet:
        missing.append(f"{ROUTINE} of this user that were prefiltered: {seen.quiet}")
    if around.left_out:
        missing.append(f"{ROUTINE} of all users that were only counted: {around.left_out}")
    found: dict[str, Any] = dict.fromkeys(SOURCES, NOT_IN_EXPORT)
    others_than_these = (seen.directory, seen.sign_ins, seen.risks, seen.messages, seen.rules)
    if seen.records or not any(others_than_these):
        mine.extend(_tried_too(mine, seen.sign_ins.values(), subject, around.guesses))
        found["audit_log"] = Known(tuple(_in_order(mine)), missing=tuple(missing))
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
    if seen.messages:
        rows = sorted(seen.messages.values(), key=lambda row: (row.received_date_time, row.message_id))
        found["message_trace"] = Known(tuple(rows), missing=gaps)
    if seen.rules:
        found["hidden_inbox_rules"] = Known(tuple(seen.rules.values()), missing=(*gaps, RULES_AS_LISTED))
    if around.domains:
        domains = (Domain(id=one, is_verified=True) for one in sorted(around.domains))
        found["domains"] = Known(tuple(domains), missing=(ONLY_THE_EXPORT,))
    window = Window(start=start, end=end + timedelta(seconds=1))
    by_others = (*others, *(record for record in seen.directory.values() if record not in mine))
    kind = kind_of(subject, mine, by_others, signed_in=bool(seen.sign_ins))
    return Evidence(
        subject=replace(subject, kind=kind),
        window=window,
        left_out=tuple(around.contexts.items()),
        habits=tuple(sorted(around.habits.items())),
        shared_networks=around.shared_networks,
        **found,
    )


def _named(record: AuditRecord, subject: Subject) -> AuditRecord:
    """Give a record of the user's own with his name where it has an id or an alias in its place."""
    if "@" in record.actor or "@" not in subject.user_principal_name:
        return record
    return replace(record, actor=subject.user_principal_name)


def _tried_too(
    mine: Iterable[AuditRecord], sign_ins: Iterable[SignIn], subject: Subject, guesses: Guesses
) -> Iterator[AuditRecord]:
    """Give failed sign-ins of other accounts from the addresses of this one's sign-ins, where they matter.

    They do where they came as a guessing tool's do, and where a program signed in that is no person's.
    """
    logons = [record for record in mine if record.operation in LOGONS]
    telling = guesses.tried.keys() & {record.address for record in logons}
    agents = {record.user_agent for record in logons} | {one.user_agent for one in sign_ins}
    if not any(map(agent_of, agents)):
        telling &= guesses.bursts
    for address in sorted(telling):
        for actor, text in guesses.tried[address].items():
            if subject.is_meant_by(actor):
                continue
            found = _guess(text)
            if isinstance(found, AuditRecord):
                yield found


@lru_cache(maxsize=1024)
def _guess(text: bytes) -> object:
    # Behind the exit of an office everybody is shown the same failures of the others.
    try:
        return entry("audit", text)
    except UnreadableRecord:
        return None  # told as a gap of the account that it is about


def _in_order(records: Iterable[AuditRecord]) -> list[AuditRecord]:
    return sorted(records, key=lambda record: (record.at, record.id))
