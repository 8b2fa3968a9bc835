"""Files searched for, fetched by programs and deleted in bulk, in SharePoint and OneDrive.

Source: Microsoft Purview, "Audit log activities" (file and page activities, SearchQueryPerformed); Microsoft
Defender for Cloud Apps, "Anomaly detection policies" (mass deletion, ransomware); detections D24, D25 and D28
of the public rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from commands.clues.actions import AUDITS, at_own_place, graded
from commands.clues.alerts import alerts_of, tells
from commands.clues.phrases import Plain, group
from commands.clues.records import address_of, by_service, by_subject, done, found, listed, one_line, whence
from commands.counts import further_like
from commands.report import Finding, Sign, weighed
from commands.sentence import Sentence, ending, sentence
from commands.usual import Usual
from commands.usual.agents import agent_of, family_of
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence

TITLE = "Files searched for, fetched by a program or deleted in bulk"
SOURCE = "additional indicator"
NEEDS: Final = ("audit_log",)
HELPS: Final = AUDITS[1:]

SCRIPTED = weighed("files_fetched_by_program")
SCRIPTED_AT_WORK = weighed("files_fetched_by_program_at_own_place")
DELETED_BY_INTRUDER = weighed("files_deleted_by_intruder")
DELETED = weighed("files_deleted_in_bulk")
DELETED_AT_WORK = weighed("files_deleted_at_own_place")
SEARCHED_BY_INTRUDER = weighed("secrets_searched_by_intruder")
SEARCHED = weighed("secrets_searched_for")
ALERT = weighed("file_alert")
SIGNS: Final = (
    SCRIPTED,
    SCRIPTED_AT_WORK,
    DELETED_BY_INTRUDER,
    DELETED,
    DELETED_AT_WORK,
    SEARCHED_BY_INTRUDER,
    SEARCHED,
    ALERT,
)

MANY_DELETED: Final = 50
"""Deleted files within an hour from which on they are told together."""

FETCHED: Final = frozenset(
    {"FileAccessed", "FileAccessedExtended", "FileCopied", "FileDownloaded", "FileSyncDownloadedFull"}
    | {"FileUploaded"}
)
DELETED_FILES: Final = frozenset(
    {"FileDeleted", "FileRecycled", "FileDeletedFirstStageRecycleBin", "FileDeletedSecondStageRecycleBin"}
)
SEARCH: Final = "SearchQueryPerformed"
_SECRETS: Final = ("rule_security", "rule_money")


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield what this account's programs and searches did with files in the window."""
    groups: dict[tuple[Sign, str], list[AuditRecord]] = defaultdict(list)
    for record in done(evidence):
        if not by_subject(record, evidence.subject) or by_service(record):
            continue
        where = address_of(record) or record.session_id
        if sign := _fetched(record, usual):
            groups[sign, f"{where} {family_of(record.user_agent)}"].append(record)
        elif record.operation in DELETED_FILES:
            sign = graded(record, usual, suspect=DELETED_BY_INTRUDER, plain=DELETED, familiar=DELETED_AT_WORK)
            groups[sign, f"{where} {record.at:%Y-%m-%d %H}"].append(record)
        elif record.operation == SEARCH and (sign := _searched(record, usual)):
            groups[sign, where].append(record)
    for (sign, _), records in groups.items():
        if sign in {DELETED_BY_INTRUDER, DELETED, DELETED_AT_WORK} and len(records) < MANY_DELETED:
            continue
        more = further_like(evidence, records)
        says = sentence(_what(sign, records, more), whence(records[0], usual))
        ids = [record.id for record in records]
        yield found("file_activity", sign, says, records[0], records=ids, further=more)
    for alert in alerts_of(evidence):
        if tells(alert, "files"):
            summary = f"Microsoft raised the alert “{one_line(alert.name)}”"
            yield found("file_activity", ALERT, summary, alert.record, records=alert.records)


def _fetched(record: AuditRecord, usual: Usual) -> Sign | None:
    if record.operation not in FETCHED or agent_of(record.user_agent) is None:
        return None
    if family_of(record.user_agent) in usual.agents or at_own_place(record, usual):
        return SCRIPTED_AT_WORK
    return SCRIPTED


def _searched(record: AuditRecord, usual: Usual) -> Sign | None:
    text = Plain.of(_query(record))
    if not any(group(name).is_in(text) for name in _SECRETS) or at_own_place(record, usual):
        return None
    return graded(record, usual, suspect=SEARCHED_BY_INTRUDER, plain=SEARCHED)


def _query(record: AuditRecord) -> str:
    return record.details.get("SearchQueryText", "") or record.details.get("SearchQuery", "")


def _what(sign: Sign, records: Sequence[AuditRecord], more: int) -> Sentence:
    if sign in {SEARCHED, SEARCHED_BY_INTRUDER}:
        words = dict.fromkeys(one_line(_query(record), 60) for record in records)
        return sentence(f"Searched files for {listed([f'“{word}”' for word in words], 3)}")
    names = dict.fromkeys(
        one_line(record.details.get("SourceFileName", "") or record.object_id) for record in records
    )
    shown = ending(f" ({listed([name for name in names if name], 3)})")
    total = len(records) + more
    number = "1 file was" if total == 1 else f"{total} files were"
    if sign in {SCRIPTED, SCRIPTED_AT_WORK}:
        agent = agent_of(records[0].user_agent)
        program = agent.name if agent else "a program"
        return sentence(f"{number} opened, fetched or stored with {program}", shown)
    # How many of those that were only counted fell into this hour is unknown.
    least = f"At least {len(records)} files were" if more else number
    return sentence(f"{least} deleted within an hour", shown)
