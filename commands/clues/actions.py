"""Actions: what people did, by the subject or to the subject, as the symptoms beyond the document look at it.

A change is told apart by where it came from. The same action is graver from a suspect address or session, and
no news from one of the user's own networks; everything else lies in between.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from commands.clues import records
from commands.report import Finding, Sign
from commands.usual import Usual
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence
from graph.question import Subject

AUDITS: Final = (
    "audit_log",
    "audit_log_on_mailbox",
    "directory_audits_on_user",
    "directory_audits_by_user",
)
"""The sources that `Evidence.records` reads."""

THIS_ACCOUNT: Final = "this account"
"""How a sentence names the subject."""


def actions(evidence: Evidence, operations: Collection[str]) -> Iterator[AuditRecord]:
    """Give what worked, was no service of Microsoft's, and was done by the subject or to the subject.

    Args:
        evidence: The evidence.
        operations: The operations to give, in lower case.
    """
    for record in records.changing(evidence):
        if record.operation.casefold() in operations and concerns(record, evidence.subject):
            yield record


def concerns(record: AuditRecord, subject: Subject) -> bool:
    """Say whether the subject did it or whether it was done to the subject."""
    return records.by_subject(record, subject) or records.is_about(record, subject)


def to_subject(record: AuditRecord, subject: Subject) -> bool:
    """Say whether it was done to the subject's own account or mailbox."""
    return bool(record.owner) and records.is_about(record, subject)


def graded(
    record: AuditRecord, usual: Usual, *, suspect: Sign, plain: Sign, familiar: Sign | None = None
) -> Sign:
    """Choose the sign by where the record came from; `familiar` is `plain` when it is left out."""
    if usual.is_suspect_record(record):
        return suspect
    return familiar if familiar is not None and at_own_place(record, usual) else plain


def at_own_place(record: AuditRecord, usual: Usual) -> bool:
    """Say whether it was done where the user always works: by address, or by session where there is none."""
    if record.address and not record.microsoft_address:
        return records.is_familiar(record, usual)
    return record.session_id in usual.own_sessions and record.session_id not in usual.suspect_sessions


def given(record: AuditRecord) -> Mapping[str, str]:
    """Give a cmdlet's parameters under lower-case names: some exports change the case."""
    return {name.casefold(): value for name, value in record.parameters.items()}


def on(value: str) -> bool:
    """Say whether a parameter's text means yes."""
    return value.strip().lstrip("$").casefold() in {"true", "1", "yes"}


def off(value: str) -> bool:
    """Say whether a parameter's text means no."""
    return value.strip().lstrip("$").casefold() in {"false", "0", "no"}


def made_member(record: AuditRecord, subject: Subject) -> bool:
    """Say whether a cmdlet on a role group or a role names the subject as the one who is to have it."""
    parameters = given(record)
    named = ";".join(parameters.get(name, "") for name in ("members", "member", "user"))
    return any(subject.is_meant_by(one.strip()) for one in named.split(";") if one.strip())


def on_subject(record: AuditRecord, subject: Subject) -> bool:
    """Say whether it was done to the subject, or gave them a role, whose record names them in a parameter."""
    return to_subject(record, subject) or made_member(record, subject)


def changed(record: AuditRecord, name: str) -> tuple[str, str]:
    """Give old and new value of a changed property, both "" where the record does not change it."""
    wanted = name.casefold()
    return next(((one.old, one.new) for one in record.changes if one.name.casefold() == wanted), ("", ""))


def whom(record: AuditRecord, subject: Subject) -> str:
    """Name the account that was acted on, for a sentence."""
    if to_subject(record, subject):
        return THIS_ACCOUNT
    return records.named(record.owner or record.object_id or "the tenant")


def whose(record: AuditRecord, subject: Subject) -> str:
    """Give the account that was acted on, in comparable form: "" for the subject's own."""
    name = record.owner or record.object_id
    own = to_subject(record, subject) or subject.is_meant_by(records.named(name))
    return "" if own else name.casefold()


def _did(finding: Finding) -> tuple[str, ...]:
    """What was done, to what, by whom and from where."""
    return finding.act, finding.before, finding.after, finding.by, finding.address


def once(findings: Iterable[Finding], *, by_sign: bool = False) -> Iterator[Finding]:
    """Put findings of one action together: two services often record the same, a few seconds apart.

    Findings of one sign that lie within `records.TOGETHER` become one, which rests on the records of all,
    where they agree in what was done (`act`), to what (`before` and `after`), by whom and from where. With
    `by_sign` the sign and the time are enough; the one that says most is kept.
    """
    kept: list[Finding] = []
    # Places by what has to agree, in the order of their times, so that only those near are looked at.
    alike: dict[tuple[str, ...], list[tuple[datetime, int]]] = defaultdict(list)
    for finding in findings:
        if finding.at is None:
            kept.append(finding)
            continue
        times = alike[finding.sign.id, *(() if by_sign else _did(finding))]
        first = bisect_left(times, (finding.at - records.TOGETHER, -1))
        last = bisect_right(times, (finding.at + records.TOGETHER, len(kept)))
        if first == last:
            insort(times, (finding.at, len(kept)))
            kept.append(finding)
            continue
        at, place = min(times[first:last], key=lambda one: one[1])
        other = kept[place]
        best = finding if by_sign and finding.after and not other.after else other
        both = tuple(dict.fromkeys((*other.records, *finding.records)))
        kept[place] = replace(best, records=both)
        if best is finding:
            times.remove((at, place))
            insort(times, (finding.at, place))
    yield from kept
