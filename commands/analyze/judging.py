"""The second pass: reads one user after the other closely, and judges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from commands import prefilter, usual
from commands.analyze.everybody import Everybody, guesses_in
from commands.analyze.picking import spilled, without_cycles
from commands.check import judge, unjudged
from commands.faults import noted
from commands.report import Report
from graph.audit_log.contexts import Contexts
from graph.audit_log.picked import entry
from graph.audit_log.record import AuditRecord
from graph.audit_log.sign_in import LOGONS
from graph.errors import UnreadableRecord
from graph.evidence import SOURCES, Evidence, Known, Reason, Unavailable
from graph.question import Subject, Window
from graph.resources.sign_ins import RiskDetection, SignIn

CLOSELY: Final = 20_000
"""Records of one user that are read closely; beyond that the report says how many were not."""

NOT_IN_EXPORT: Final = Unavailable(Reason.NOT_IN_EXPORT, "Not part of the exported files.")
ONLY_THE_EXPORT: Final = "only what the exported files contain"


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
            found = entry(kind, text)
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


def second_pass(task: tuple[Path, int, Everybody, datetime]) -> list[Report]:
    """Judge every user of one partition."""
    with without_cycles():
        return _judge_partition(task)


def _judge_partition(task: tuple[Path, int, Everybody, datetime]) -> list[Report]:
    folder, number, everybody, now = task
    texts: dict[str, list[tuple[str, bytes]]] = defaultdict(list)
    for place in sorted(folder.glob("[0-9]*")):
        for name, kind, text in spilled(place / str(number)):
            if name in everybody.names:
                texts[name].append((kind, text))
    by_name = {name: id_ for id_, name in everybody.ids.items()}
    guesses = guesses_in(folder / "guesses")
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
        nothing = dict.fromkeys(SOURCES, Unavailable(Reason.FAILED, "Internal error while reading."))
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
        missing.append(f"{seen.further} further records of this user were not analyzed in detail")
    if seen.quiet:
        missing.append(f"{seen.quiet} routine records of this user were prefiltered")
    if seen.unread:
        missing.append(f"{seen.unread} records of this user could not be read")
    if left_out:
        missing.append(f"{left_out} routine records of all users were only counted")
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
        return entry("audit", text)
    except UnreadableRecord:
        return None  # told as a gap of the account that it is about


def _in_order(records: Iterable[AuditRecord]) -> list[AuditRecord]:
    return sorted(records, key=lambda record: (record.at, record.id))
