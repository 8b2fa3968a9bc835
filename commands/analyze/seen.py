"""What exported files say about one user: the records that were picked, as evidence like that of a check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from commands.accounts import kind_of
from commands.analyze.everybody import Guesses
from commands.usual.agents import agent_of
from commands.usual.places import Atlas
from graph.audit_log.contexts import Habit, LeftOut
from graph.audit_log.listed_rules import ListedRule
from graph.audit_log.picked import entry
from graph.audit_log.record import AuditRecord
from graph.audit_log.same import Key, keep, sharing
from graph.audit_log.sign_in import LOGONS
from graph.audit_log.traced import Traced
from graph.errors import UnreadableRecord
from graph.evidence import NOT_IN_EXPORT, SOURCES, Evidence, Known
from graph.question import Subject, Window
from graph.resources.directory import Domain
from graph.resources.mail import TracedMessage
from graph.resources.rules import HiddenInboxRule
from graph.resources.sign_ins import RiskDetection, SignIn

if TYPE_CHECKING:
    pass

CLOSELY: Final = 20_000
"""Records of one user that are read closely; beyond that the report says how many were not."""

RULES_AS_LISTED: Final = "rules as they are listed, hidden ones only where the listing includes them"

ONLY_THE_EXPORT: Final = "only what the exported files contain"


@dataclass(slots=True)
class Seen:
    """What the files say about one user.

    Attributes:
        records: Records of the unified audit log, by what tells each from all others.
        directory: Those of the directory's log.
        sign_ins: Sign-ins, by id.
        risks: Risk detections, by id.
        messages: Rows of a message trace, by message and recipient.
        rules: Inbox rules as a listing shows them, by id.
        further: How many records more there were than are read closely.
        quiet: How many routine records were not read.
        unread: How many could not be read.
    """

    records: dict[Key, AuditRecord] = field(default_factory=dict)
    directory: dict[Key, AuditRecord] = field(default_factory=dict)
    sign_ins: dict[str, SignIn] = field(default_factory=dict)
    risks: dict[str, RiskDetection] = field(default_factory=dict)
    messages: dict[tuple[str, str], TracedMessage] = field(default_factory=dict)
    rules: dict[str, HiddenInboxRule] = field(default_factory=dict)
    further: int = 0
    quiet: int = 0
    unread: int = 0

    def add(self, kind: str, text: bytes) -> None:
        """Read one picked record and keep it; beyond `CLOSELY` it is only counted."""
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
            keep(kept, found)
        elif isinstance(found, SignIn):
            self.sign_ins.setdefault(found.id, found)
        elif isinstance(found, ListedRule):
            self.rules.setdefault(found.id, found.rule)
        elif isinstance(found, Traced):
            for row in found.rows:
                self.messages.setdefault((row.message_id or row.id, row.recipient_address), row)
        else:
            self.risks.setdefault(found.id, found)


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


def evidence_of(subject: Subject, seen: Seen, around: Around, now: datetime) -> Evidence:
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
    if shared := sharing((*seen.records.values(), *seen.directory.values())):
        missing.append(f"records that share an ID with another one, each counted: {shared}")
    counted = []
    if seen.quiet:
        counted.append(f"routine records of this user that were prefiltered: {seen.quiet}")
    if around.left_out:
        counted.append(f"routine records of all users that were only counted: {around.left_out}")
    found: dict[str, Any] = dict.fromkeys(SOURCES, NOT_IN_EXPORT)
    others_than_these = (seen.directory, seen.sign_ins, seen.risks, seen.messages, seen.rules)
    if seen.records or not any(others_than_these):
        mine.extend(_tried_too(mine, seen.sign_ins.values(), subject, around.guesses))
        found["audit_log"] = Known(
            tuple(_in_order(mine)), missing=(*missing, *counted), counted=tuple(counted)
        )
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
    """Give a record of the user's own with the user's name where it has an id or an alias in its place."""
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
