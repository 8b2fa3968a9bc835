"""What of the mailbox and the files was seen from suspect addresses and sessions.

Reading rules: *Bind* names single messages; *Sync* copies a whole folder, so that all of it counts as taken;
when the service stopped recording because there was too much (IsThrottled), everything of that day counts as
seen. Source: Microsoft Purview, "Use MailItemsAccessed to investigate compromised accounts"; detections D14,
D17, D23.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from commands.clues.actions import AUDITS
from commands.clues.records import address_of, by_service, by_subject, done, is_about, one_line, whence
from commands.report import Finding, Sign, weighed
from commands.usual import Usual
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence

TITLE = "Mail and files accessed by others"
SOURCE = "additional indicator"
NEEDS: Final = ("audit_log",)
HELPS: Final = AUDITS[1:]

SYNCED = weighed("mail_synced_by_intruder")
READ = weighed("mail_read_by_intruder")
UNCOUNTED = weighed("mail_read_uncounted")
FILES = weighed("files_taken_by_intruder")
OTHERS = weighed("read_by_other_account")
BULK = weighed("many_files_fetched")
SIGNS: Final = (SYNCED, READ, UNCOUNTED, FILES, OTHERS, BULK)

MANY_FILES: Final = 50

_FILE_OPERATIONS: Final = frozenset(
    {
        "FileDownloaded",
        "FileSyncDownloadedFull",
        "FileAccessed",
        "FileAccessedExtended",
        "FilePreviewed",
        "FileCopied",
    }
)
_FETCHED: Final = frozenset({"FileDownloaded", "FileSyncDownloadedFull"})


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield what was read or fetched, one finding for each source and kind of access."""
    groups: dict[tuple[Sign, str], list[AuditRecord]] = defaultdict(list)
    for record in done(evidence):
        where = address_of(record) or record.session_id
        if record.operation == "MailItemsAccessed" and is_about(record, evidence.subject):
            for sign in _mail(record, evidence, usual):
                groups[sign, record.actor if sign is OTHERS else where].append(record)
        elif record.operation in _FILE_OPERATIONS and by_subject(record, evidence.subject):
            if usual.is_suspect_record(record):
                groups[FILES, where].append(record)
            elif record.operation in _FETCHED and where and not usual.is_familiar(record.address):
                groups[BULK, f"{where} {record.at:%Y-%m-%d %H}"].append(record)
    for (sign, _), records in groups.items():
        if sign is not BULK or (len(records) >= MANY_FILES and usual.is_well_known):
            yield _finding(sign, records, usual)


def _mail(record: AuditRecord, evidence: Evidence, usual: Usual) -> Iterator[Sign]:
    if usual.is_suspect_record(record):
        synced = record.details.get("MailAccessType", "").casefold() == "sync"
        yield SYNCED if synced else READ
        if record.details.get("IsThrottled", "").casefold() == "true":
            yield UNCOUNTED
    elif not by_subject(record, evidence.subject) and not by_service(record):
        yield OTHERS


def _finding(sign: Sign, records: Sequence[AuditRecord], usual: Usual) -> Finding:
    first = records[0]
    return Finding(
        symptom="mail_access",
        sign=sign,
        summary=f"{_what(sign, records)}{whence(first, usual)}",
        at=first.at,
        by=first.actor,
        address=address_of(first),
        records=tuple(dict.fromkeys(record.id for record in records)),
    )


def _what(sign: Sign, records: Sequence[AuditRecord]) -> str:
    if sign in {FILES, BULK}:
        names = dict.fromkeys(name for record in records if (name := record.details.get("SourceFileName")))
        return f"{_count(len(records), 'file')} opened or downloaded{_some(list(names))}"
    folders = dict.fromkeys(
        path
        for record in records
        for path in (*(item.folder for item in record.items), record.details.get("Folder", ""))
        if path
    )
    if sign is SYNCED:
        return f"Whole folders were synced{_some(list(folders))}"
    if sign is UNCOUNTED:
        return "More messages were opened than were audited"
    messages = {item.internet_message_id or item.id for record in records for item in record.items}
    subjects = dict.fromkeys(item.subject for record in records for item in record.items if item.subject)
    return (
        f"{_count(len(messages) or len(records), 'message')} opened{_some(list(subjects) or list(folders))}"
    )


def _count(number: int, thing: str) -> str:
    return f"{number} {thing} was" if number == 1 else f"{number} {thing}s were"


def _some(names: Sequence[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f" ({', '.join(one_line(name, 60) for name in names[:3])}{more})"
