"""What was seen of mailbox and files: from suspect addresses and sessions, in bulk, and by applications.

Reading rules: *Bind* names single messages; *Sync* copies a whole folder, so that all of it counts as taken;
when the service stopped recording because there was too much (IsThrottled), everything of that day counts as
seen. An application that the user consented to reads with its own id (ClientAppId), from its maker's servers.
Source: Microsoft Purview, "Use MailItemsAccessed to investigate compromised accounts"; detections D14, D17,
D18, D23.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final

from commands.clues.actions import AUDITS, at_own_place
from commands.clues.consents import app_names, consented_apps, names_itself, with_own_credentials
from commands.clues.records import (
    MAIL_CLIENTS,
    PHONE_MAIL,
    SUBJECT,
    address_of,
    by_service,
    by_subject,
    done,
    in_brackets,
    is_about,
    listed,
    named,
    one_line,
    whence,
)
from commands.counts import further_like
from commands.report import Finding, Owner, Sign, weighed
from commands.sentence import Piece, Sentence, further, sentence, whole
from commands.usual import Usual, networks
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
FILES_MANY = weighed("many_files_taken_by_intruder")
OTHERS = weighed("read_by_other_account")
OTHERS_ELSEWHERE = weighed("others_mail_read_elsewhere")
BULK = weighed("many_files_fetched")
MANY_READ = weighed("mail_read_in_bulk")
MANY_READ_AT_WORK = weighed("mail_read_in_bulk_at_own_place")
NEW_APP = weighed("mail_read_by_new_app")
NEW_APP_FEW = weighed("some_mail_read_by_new_app")
NEW_APP_FILES = weighed("files_taken_by_new_app")
STRANGE_APP = weighed("mail_read_by_unfamiliar_app")
APP = weighed("mail_read_by_app")
SIGNS: Final = (
    SYNCED,
    READ,
    UNCOUNTED,
    FILES,
    FILES_MANY,
    OTHERS,
    OTHERS_ELSEWHERE,
    BULK,
    NEW_APP,
    NEW_APP_FEW,
    NEW_APP_FILES,
    STRANGE_APP,
    MANY_READ,
    MANY_READ_AT_WORK,
    APP,
)

MANY_FILES: Final = 50

MANY_MESSAGES: Final = 100
"""Messages opened within an hour from which on it is bulk, away from where the user always works."""

MANY_MESSAGES_AT_WORK: Final = 500
"""The same where the user always works: a mail program that fills its cache opens many."""

TRICKLE: Final = 20
"""Messages within an hour up to which an application reads mail as it comes."""

TRICKLE_DAYS: Final = 2
"""Days on which it must have done so: of one day nobody knows what follows."""

FILE_OPERATIONS: Final = frozenset(
    {
        "FileDownloaded",
        "FileSyncDownloadedFull",
        "FileAccessed",
        "FileAccessedExtended",
        "FilePreviewed",
        "FileCopied",
    }
)
"""What opens or fetches a file."""

_FETCHED: Final = frozenset({"FileDownloaded", "FileSyncDownloadedFull"})


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield what was read or fetched, one finding for each source and kind of access."""
    groups: dict[tuple[Sign, str], list[AuditRecord]] = defaultdict(list)
    hours: dict[tuple[Sign, str], list[AuditRecord]] = defaultdict(list)
    apps = _Apps(evidence, usual)
    known = _known_mailboxes(evidence, usual)
    for record in done(evidence):
        where = address_of(record) or record.session_id
        if record.operation == "MailItemsAccessed" and is_about(record, evidence.subject):
            for sign in _mail(record, evidence, usual):
                groups[sign, record.actor if sign is OTHERS else where].append(record)
            if not usual.is_suspect_record(record):
                if sign_of_app := apps.sign(record):
                    groups[sign_of_app, record.app_id].append(record)
                if by_subject(record, evidence.subject):
                    bulk = MANY_READ_AT_WORK if at_own_place(record, usual) else MANY_READ
                    hours[bulk, f"{where} {record.at:%Y-%m-%d %H}"].append(record)
        elif record.operation == "MailItemsAccessed" and by_subject(record, evidence.subject):
            for sign in _in_others(record, usual, known):
                groups[sign, f"{where} {record.owner}"].append(record)
        elif record.operation in FILE_OPERATIONS and by_subject(record, evidence.subject):
            if usual.is_suspect_record(record):
                groups[FILES, where].append(record)
                if record.operation in _FETCHED:
                    groups[FILES_MANY, f"{where} {record.at:%Y-%m-%d %H}"].append(record)
            elif app := apps.behind(record):
                groups[NEW_APP_FILES, app].append(record)
            elif record.operation in _FETCHED and where and not usual.is_familiar(record.address):
                groups[BULK, f"{where} {record.at:%Y-%m-%d %H}"].append(record)
    for (sign, key), records in groups.items():
        if sign in {BULK, FILES_MANY} and len(records) < MANY_FILES:
            continue
        if sign is NEW_APP and _is_trickle(records, evidence):
            yield _finding(NEW_APP_FEW, records, evidence, usual)
            continue
        if sign is NEW_APP_FILES:
            # Its id stands where no record of a file names it, so that the story knows who let it in.
            yield replace(_finding(sign, records, evidence, usual), after=key)
        elif sign is not BULK or usual.is_well_known:
            yield _finding(sign, records, evidence, usual)
    for (sign, _), records in hours.items():
        most = MANY_MESSAGES if sign is MANY_READ else MANY_MESSAGES_AT_WORK
        throttled = sign is MANY_READ and any(map(_is_throttled, records))
        if throttled or sum(map(_messages, records)) >= most:
            yield _finding(sign, records, evidence, usual)


def _known_mailboxes(evidence: Evidence, usual: Usual) -> frozenset[str]:
    """Give the mailboxes that the user opened where the user always works: the director's, the team's."""
    return frozenset(
        record.owner.casefold()
        for record in done(evidence)
        if record.operation == "MailItemsAccessed"
        and by_subject(record, evidence.subject)
        and at_own_place(record, usual)
    )


def _in_others(record: AuditRecord, usual: Usual, known: frozenset[str]) -> Iterator[Sign]:
    """Tell what was read with this account in another mailbox, which it may open."""
    if by_service(record):
        return
    if usual.is_suspect_record(record):
        yield SYNCED if record.is_sync else READ
    elif record.owner.casefold() not in known and usual.doubt_of(record).owner is Owner.DOUBTFUL:
        yield OTHERS_ELSEWHERE


class _Apps:
    """The applications that read the mailbox: those just consented to, and those that always do."""

    def __init__(self, evidence: Evidence, usual: Usual) -> None:
        self._evidence = evidence
        self._usual = usual
        self._new = consented_apps(evidence)
        self._names = app_names(evidence)
        self._ours = with_own_credentials(evidence, lambda record: at_own_place(record, usual))
        self._own = frozenset(
            record.app_id
            for record in done(evidence)
            if record.operation == "MailItemsAccessed" and record.app_id and at_own_place(record, usual)
        )

    def behind(self, record: AuditRecord) -> str:
        """Give the id of the application just consented to that fetched a file; "" where it was none.

        A record of a file names the application by its id, or by its user agent alone.
        """
        if not self._new or at_own_place(record, self._usual):
            return ""
        if (app := record.app_id.casefold()) in self._new:
            return app
        named_so = (one for one, name in self._names.items() if names_itself(record.user_agent, name))
        return "" if record.app_id else next(named_so, "")

    def sign(self, record: AuditRecord) -> Sign | None:
        """What the application behind a record is a sign of; None where it is one of the user's own."""
        away = not at_own_place(record, self._usual)
        if record.app_id.casefold() in self._ours:
            return APP  # whoever set its credentials at work holds them: it is the organization's own
        if record.app_id.casefold() in self._new - PHONE_MAIL and away:
            return NEW_APP
        if by_service(record):
            return APP
        is_new = self._own and record.app_id not in self._own
        strange = (
            record.app_id and is_new and record.app_id.casefold() not in MAIL_CLIENTS and address_of(record)
        )
        return STRANGE_APP if strange and away and by_subject(record, self._evidence.subject) else None


def _is_trickle(records: Sequence[AuditRecord], evidence: Evidence) -> bool:
    """Say whether an application reads mail as it comes, on several days, and never much at once.

    Products for customers, tickets and meetings read so; whoever wants the mailbox takes it as fast as it
    goes, and hides where they sit.
    """
    hours: dict[str, int] = defaultdict(int)
    for record in records:
        network = networks.listed(record.address, None) if record.address else None
        if (
            record.is_sync
            or _is_throttled(record)
            or (network is not None and network.kind in networks.PUBLIC)
        ):
            return False
        hours[f"{record.at:%Y-%m-%d %H}"] += _messages(record)
    days = {hour[:10] for hour in hours}
    most = TRICKLE * (records[-1].at - records[0].at) / timedelta(hours=1)
    unread = further_like(evidence, records)
    return len(days) >= TRICKLE_DAYS and max(hours.values()) <= TRICKLE and unread <= most


def _is_throttled(record: AuditRecord) -> bool:
    return record.details.get("IsThrottled", "").casefold() == "true"


def _messages(record: AuditRecord) -> int:
    """How many messages a record tells of: it lists them, or says how many there were."""
    count = record.details.get("OperationCount", "")
    return max(len(record.items), int(count) if count.isdigit() else 1)


def _mail(record: AuditRecord, evidence: Evidence, usual: Usual) -> Iterator[Sign]:
    if usual.is_suspect_record(record):
        yield SYNCED if record.is_sync else READ
        if _is_throttled(record):
            yield UNCOUNTED
    elif not by_subject(record, evidence.subject) and not by_service(record):
        yield OTHERS


def _finding(sign: Sign, records: Sequence[AuditRecord], evidence: Evidence, usual: Usual) -> Finding:
    first = records[0]
    more = further_like(evidence, records)
    says = sentence(
        _what(sign, records, more, evidence),
        _where(first, evidence),
        _by(sign, first, usual),
        _gap(sign, records),
    )
    return Finding(
        symptom="mail_access",
        sign=sign,
        summary=whole(says),
        at=first.at,
        by=first.actor,
        address=address_of(first),
        records=tuple(dict.fromkeys(record.id for record in records)),
        further=more,
        pieces=says,
    )


def _where(record: AuditRecord, evidence: Evidence) -> str:
    """Name the mailbox where it is not the subject's own."""
    if record.operation != "MailItemsAccessed" or is_about(record, evidence.subject):
        return ""
    return f" in the mailbox {named(record.owner)}"


def _by(sign: Sign, record: AuditRecord, usual: Usual) -> Sentence:
    """Who did it and from where; an application does it in somebody's name, from its maker's address."""
    if sign not in {NEW_APP, NEW_APP_FEW, NEW_APP_FILES, STRANGE_APP, APP}:
        return sentence(whence(record, usual))
    name = f" in the name of {record.actor}" if record.actor else ""
    return sentence(name, whence(replace(record, actor=""), usual))


def _stopped(records: Sequence[AuditRecord]) -> bool:
    """Whether recording stopped, which it does after more than a thousand records in a day.

    What is listed then is no lower bound that anybody could use: it would be absurdly low.
    """
    return records[0].operation == "MailItemsAccessed" and any(map(_is_throttled, records))


def _gap(sign: Sign, records: Sequence[AuditRecord]) -> Piece:
    counts = sign not in {SYNCED, UNCOUNTED} and _stopped(records)
    gap = "; Exchange stopped recording opened mail, so take the mailbox as read"
    return further(gap if counts else "")


def _what(sign: Sign, records: Sequence[AuditRecord], more: int, evidence: Evidence) -> Sentence:
    """Say what was read; `more` records like these were only counted."""
    # How many messages each of those tells of is unknown, and how many fell into one hour.
    stopped = _stopped(records)
    least = "At least " if more and not stopped else ""
    message = "listed message" if stopped else "message"
    if sign in {FILES, FILES_MANY, BULK}:
        names = dict.fromkeys(name for record in records if (name := record.details.get("SourceFileName")))
        number = len(names) or len(records)  # one file that was opened again and again is one
        total = _count(number + more, "file") if sign is FILES else least + _count(number, "file")
        span = "" if sign is FILES else " within an hour"
        return sentence(
            f"{total} opened or downloaded{span}", in_brackets(list(names), "file", all_of=not more)
        )
    if sign is NEW_APP_FILES:
        names = dict.fromkeys(name for record in records if (name := record.details.get("SourceFileName")))
        number = (len(names) or len(records)) + more
        files = f"{number} file{'' if number == 1 else 's'}"
        what = f"The application {_called(records[0], evidence)} opened or downloaded {files}"
        return sentence(what, in_brackets(list(names), "file", all_of=not more))
    folders = dict.fromkeys(
        path
        for record in records
        for path in (*(item.folder for item in record.items), record.details.get("Folder", ""))
        if path
    )
    if sign is SYNCED:
        if not folders:
            return sentence("Whole folders were synced")
        named = [one_line(path) for path in folders]
        left = (
            [f"{len(named) - 3} more {'folder' if len(named) == 4 else 'folders'}"] if len(named) > 3 else []
        )
        return sentence(f"All of {listed([*named[:3], *left])} was synced")
    if sign in {MANY_READ, MANY_READ_AT_WORK}:
        count = _count(sum(map(_messages, records)), message)
        some = in_brackets(list(folders), "folder", all_of=not more)
        return sentence(f"{least}{count} opened within an hour", some)
    if sign in {NEW_APP, NEW_APP_FEW, STRANGE_APP, APP}:
        given = records[0].details.get("ClientAppName", "") or app_names(evidence).get(
            records[0].app_id.casefold(), ""
        )
        app = one_line(given or records[0].app_id or records[0].actor)
        if all(record.is_sync for record in records):
            synced = (
                f"all of {listed([one_line(path) for path in folders], 3)}" if folders else "whole folders"
            )
            return sentence(f"The application {app} synced {synced}")
        what = f"The application {app} opened {least.lower()}{_opened(records, message)}"
        return sentence(what, in_brackets(list(folders), "folder"))
    if sign is UNCOUNTED:
        return sentence("More messages were opened than the audit log lists")
    messages = {item.internet_message_id or item.id for record in records for item in record.items}
    subjects = dict.fromkeys(item.subject for record in records for item in record.items if item.subject)
    count = _count(len(messages) or len(records), message)
    if subjects:
        cut = partial(one_line, limit=SUBJECT)
        some = in_brackets(list(subjects), "subject", all_of=not more, spell=cut)
    else:
        some = in_brackets(list(folders), "folder", all_of=not more)
    return sentence(f"{least}{count} opened", some)


def _called(record: AuditRecord, evidence: Evidence) -> str:
    """Name the application that fetched a file, which consented applications' names tell."""
    names = app_names(evidence)
    by_agent = (name for name in names.values() if names_itself(record.user_agent, name))
    return one_line(names.get(record.app_id.casefold()) or next(by_agent, "") or record.app_id)


def _opened(records: Sequence[AuditRecord], message: str) -> str:
    number = sum(map(_messages, records))
    return f"{number} {message}{'' if number == 1 else 's'}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing} was" if number == 1 else f"{number} {thing}s were"
