"""Messages that hacked accounts send, in the Sent or Deleted Items.

Source: Microsoft's document, symptom 6. Texts are told by families (see `lures`), and mass mail by its
reach.

Longer than other files because texts, reach and whose mailbox it was are looked at together, so that each
message is told once.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Final

from commands import counts
from commands.clues.actions import at_own_place
from commands.clues.busiest import busiest
from commands.clues.lures import families_in, is_newsletter, own_words, sent_families
from commands.clues.phrases import Plain
from commands.clues.phrases import group as words_of
from commands.clues.records import (
    address_of,
    by_service,
    by_subject,
    done,
    found,
    listed,
    message_key,
    named,
    one_line,
    whence,
)
from commands.clues.sending import SENDS, Sent, in_their_name, sent_as, sent_of
from commands.clues.subject_lines import topic
from commands.counts import further_like
from commands.facts import Family
from commands.report import Finding, Owner, Sign, weighed
from commands.sentence import Piece, Sentence, around, ending, further, sentence, thing, whole
from commands.usual import Usual
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence
from graph.resources.mail import Message

TITLE = "The Sent or Deleted Items folders contain common hacked-account messages"
SOURCE = "symptom 6"
NEEDS = ("sent_items", "deleted_items")
HELPS = (
    "recoverable_items",
    "message_trace",
    "audit_log",
    "audit_log_on_mailbox",
    "directory_audits_on_user",
    "directory_audits_by_user",
)

TEXT_FROM_SUSPECT = weighed("hacked_text_from_suspect_address")
TEXT = weighed("hacked_text")
DIVERSION = weighed("money_diversion_text")
DIVERSION_SUBJECT = weighed("money_diversion_subject")
AS_USUAL = weighed("money_subject_as_usual")
LURE = weighed("lure_text")
WIDE = weighed("hacked_text_to_many")
OPENING = weighed("opening_line")
SENT_BY_SUSPECT = weighed("mail_sent_from_suspect_address")
MASS_BY_SUSPECT = weighed("mass_mail_from_suspect_address")
MASS = weighed("mass_mail")
BROAD = weighed("broad_mail")
AS_OTHER_BY_SUSPECT = weighed("mail_sent_as_other_mailbox_by_intruder")
AS_OTHER = weighed("mail_sent_as_other_mailbox_in_bulk")
SIGNS = (
    TEXT_FROM_SUSPECT,
    TEXT,
    DIVERSION,
    DIVERSION_SUBJECT,
    AS_USUAL,
    LURE,
    WIDE,
    OPENING,
    SENT_BY_SUSPECT,
    MASS_BY_SUSPECT,
    MASS,
    BROAD,
    AS_OTHER_BY_SUSPECT,
    AS_OTHER,
)

BROAD_FROM: Final = 20
MASS_FROM: Final = 100
"""Recipients outside the tenant, within a day. Public tools draw the first line; the second is ours."""

WIDE_FROM: Final = 5
"""Recipients, from which on a doubtful text is no longer a matter between two people."""

_ID: Final = "hacked_account_messages"
_DIVERSIONS: Final = frozenset({"bank_details", "payroll", "invoice_fraud"})
_LURES: Final = frozenset({"shared_file_lure", "credential_lure"})
_OPENER: Final = "opener"


@dataclass(frozen=True, slots=True)
class _Letter:
    """One message as written by the subject, with what the logs know of its sending."""

    message: Message
    folder: str
    sent: Sent | None

    @property
    def at(self) -> datetime | None:
        return self.message.sent_date_time or self.message.received_date_time

    @property
    def suspect(self) -> bool:
        return self.sent is not None and self.sent.suspect

    @property
    def recipients(self) -> tuple[str, ...]:
        logged = self.sent.recipients if self.sent else ()
        return tuple(dict.fromkeys((*self.message.recipients, *logged)))


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield a finding for each family and subject line, for mass mail, and for other mail by suspects."""
    sent = sent_of(evidence, usual)
    letters = _letters(evidence, sent)
    told: set[str] = set()
    families: dict[tuple[str, str], list[_Letter]] = {}
    kinds: dict[str, Family] = {}
    for letter in letters:
        text = f"{letter.message.subject}\n{own_words(letter.message.text)}"
        for family in families_in(text, sent_families())[:1]:
            kinds[family.id] = family
            families.setdefault((family.id, topic(letter.message.subject)), []).append(letter)
            told.add(message_key(letter.message.internet_message_id))
    for (family_id, _), group in families.items():
        yield _about_text(kinds[family_id], group, evidence)
    mass = tuple(_mass(letters, sent, evidence, usual))
    yield from mass
    yield from _subjects_only(sent, told, usual)
    yield from _unread(sent, told, {record for one in mass for record in one.records}, evidence)
    yield from _as_others(evidence, usual)


def _as_others(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Mail that this account sent as other mailboxes: from suspect places any, from doubtful ones in bulk.

    Whoever answers for a team does so at their desk first; a mailbox that was used there is one of theirs.
    """
    groups: dict[tuple[Sign, str, str], list[AuditRecord]] = defaultdict(list)
    own: set[str] = set()
    for record in done(evidence):
        operation = record.operation.casefold()
        if not by_subject(record, evidence.subject) or by_service(record):
            continue
        if operation not in SENDS | {"mailitemsaccessed"}:
            continue
        mailbox = sent_as(record).casefold()
        if at_own_place(record, usual):
            own.add(mailbox)
        elif operation in {"sendas", "sendonbehalf"} and not in_their_name(record, evidence):
            where = address_of(record) or record.session_id
            if usual.is_suspect_record(record):
                groups[AS_OTHER_BY_SUSPECT, mailbox, where].append(record)
            elif usual.doubt_of(record).owner is Owner.DOUBTFUL:
                groups[AS_OTHER, mailbox, where].append(record)
    for (sign, mailbox, _), records in groups.items():
        told: Sequence[AuditRecord] = records
        if sign is AS_OTHER:
            told = busiest(records, timedelta(hours=24), attrgetter("at"))
            if mailbox in own or len(told) < BROAD_FROM:
                continue
        yield _as_other(sign, told, evidence, usual)


def _as_other(sign: Sign, records: Sequence[AuditRecord], evidence: Evidence, usual: Usual) -> Finding:
    first = records[0]
    more = further_like(evidence, records)
    count = len(records) + more
    least = "At least " if more and sign is AS_OTHER else ""
    number = len(records) if least else count
    messages = f"{least}{number} messages were" if count > 1 else "A message was"
    how = "as" if first.operation.casefold() == "sendas" else "on behalf of"
    span = " within a day" if sign is AS_OTHER else ""
    subjects = list(
        dict.fromkeys(one_line(item.subject, 60) for one in records for item in one.items if item.subject)
    )
    named_subjects = ending(f" ({_quoted(subjects)})" if subjects else "")
    mailbox = named(sent_as(first) or "another mailbox")
    return found(
        _ID,
        sign,
        sentence(f"{messages} sent {how} ", thing(mailbox), span, named_subjects, whence(first, usual)),
        first,
        after=mailbox,
        records=[one.id for one in records],
        further=more,
    )


def _letters(evidence: Evidence, sent: Sequence[Sent]) -> tuple[_Letter, ...]:
    """Every message of the subject's own making that lies in the folders, once."""
    by_key = {one.key: one for one in sent if one.key}
    letters: dict[str, _Letter] = {}
    for folder, source in (
        ("Sent Items", evidence.sent_items),
        ("Deleted Items", evidence.deleted_items),
        ("Recoverable Items", evidence.recoverable_items),
    ):
        for message in source.seen(()):
            author = message.from_.email_address.address if message.from_ else ""
            # What others wrote is in Deleted Items because the user threw it away.
            if folder != "Sent Items" and not evidence.subject.is_meant_by(author):
                continue
            key = message_key(message.internet_message_id)
            letters.setdefault(key or message.id, _Letter(message, folder, by_key.get(key)))
    return tuple(letters.values())


def _about_text(family: Family, group: Sequence[_Letter], evidence: Evidence) -> Finding:
    people = tuple(dict.fromkeys(address for letter in group for address in letter.recipients))
    if any(letter.suspect for letter in group):
        sign = TEXT_FROM_SUSPECT
    elif family.id in _DIVERSIONS or family.id in _LURES or family.id == _OPENER:
        narrow = DIVERSION if family.id in _DIVERSIONS else LURE if family.id in _LURES else OPENING
        sign = WIDE if len(people) >= WIDE_FROM and family.id != _OPENER else narrow
    else:
        sign = TEXT
    first = min(group, key=lambda letter: letter.at or evidence.window.end)
    addresses = [address for letter in group if letter.sent for address in letter.sent.addresses]
    count = f"{len(group)} messages" if len(group) > 1 else "A message"
    reach = f" to {len(people)} recipients" if len(people) > 1 else f" to {people[0]}" if people else ""
    folders = " and ".join(dict.fromkeys(letter.folder for letter in group))
    says = sentence(
        f"{count} in {folders} “{one_line(first.message.subject)}”{reach} "
        f"{'match' if len(group) > 1 else 'matches'} the lure “{family.name}”",
        around(f"; sent from {addresses[0]}" if addresses else ""),
    )
    answers = _answers(topic(first.message.subject), evidence)
    return Finding(
        symptom=_ID,
        sign=sign,
        summary=whole(says),
        at=first.at,
        by=evidence.subject.mail,
        address=addresses[0] if addresses else "",
        records=tuple(dict.fromkeys((*(letter.message.id for letter in group), *answers))),
        pieces=says,
    )


def _answers(wanted: str, evidence: Evidence) -> tuple[str, ...]:
    """The ids of what others answered, as far as it was thrown away."""
    if not wanted:
        return ()
    thrown_away = (*evidence.deleted_items.seen(()), *evidence.recoverable_items.seen(()))
    return tuple(
        message.id
        for message in thrown_away
        if topic(message.subject) == wanted
        and message.from_
        and not evidence.subject.is_meant_by(message.from_.email_address.address)
    )


def _mass(
    letters: Sequence[_Letter], sent: Sequence[Sent], evidence: Evidence, usual: Usual
) -> Iterator[Finding]:
    """The same subject line to many people within a day, by the folders and the logs together."""
    reach: dict[str, list[tuple[datetime, tuple[str, ...], bool, str, str]]] = {}
    seen: set[str] = set()
    for letter in letters:
        seen.add(message_key(letter.message.internet_message_id))
        if letter.at is not None:
            row = (letter.at, letter.recipients, letter.suspect, letter.message.id, letter.message.subject)
            reach.setdefault(topic(letter.message.subject), []).append(row)
    for one in sent:
        if not one.key or one.key not in seen:
            row = (one.at, one.recipients, one.suspect, one.records[0], one.subject)
            reach.setdefault(topic(one.subject), []).append(row)
    sampled = any(one.operation.casefold() in SENDS for one, _ in evidence.left_out)
    least = "at least " if sampled else ""
    for subject, rows in reach.items():
        rows.sort(key=lambda row: row[0])
        group = _busiest_day(rows)
        outside = {address for _, people, _, _, _ in group for address in people if usual.is_outside(address)}
        # An audit record names no recipient; a message went to somebody, who may be inside.
        unnamed = sum(not people for _, people, _, _, _ in group)
        wide = len(outside) + unnamed
        suspect = any(row[2] for row in group)
        if not subject or wide < BROAD_FROM or (not suspect and _is_mailing(subject, letters)):
            continue
        sign = MASS_BY_SUSPECT if suspect else MASS if wide >= MASS_FROM else BROAD
        says = sentence(f"“{one_line(group[0][4])}” ", _reach(len(outside), unnamed, least))
        yield Finding(
            symptom=_ID,
            sign=sign,
            summary=whole(says),
            at=group[0][0],
            records=tuple(dict.fromkeys(row[3] for row in group)),
            pieces=says,
        )


def _reach(outside: int, unnamed: int, least: str) -> Sentence:
    """Say how far one subject line went: the recipients that are named, and the messages that name none."""
    if not unnamed:
        return sentence(f"went to {least}{outside} external recipients within a day")
    if outside:
        more = f"{unnamed} more messages" if unnamed > 1 else "one more message"
        return sentence(
            f"went to {least}{outside} external recipients within a day",
            further(f"; no record names the recipients of {more}"),
        )
    messages = f"{unnamed} messages" if unnamed > 1 else "one message"
    unknown = further("; no record names the recipients")
    return sentence(f"was sent in {least}{messages} within a day", unknown)


def _is_mailing(subject: str, letters: Sequence[_Letter]) -> bool:
    """Say whether what went out under a subject line offers to be unsubscribed from."""
    return any(
        is_newsletter(letter.message.text) for letter in letters if topic(letter.message.subject) == subject
    )


def _busiest_day(
    rows: Sequence[tuple[datetime, tuple[str, ...], bool, str, str]],
) -> Sequence[tuple[datetime, tuple[str, ...], bool, str, str]]:
    """The 24 hours with the most recipients, at least one a message; `rows` come oldest first."""
    best: Sequence[tuple[datetime, tuple[str, ...], bool, str, str]] = ()
    most, start, total = 0, 0, 0
    for end, row in enumerate(rows):
        total += len(row[1]) or 1
        while row[0] - rows[start][0] > timedelta(hours=24):
            total -= len(rows[start][1]) or 1
            start += 1
        if total > most:
            most, best = total, rows[start : end + 1]
    return best


_WRITES: Final = re.compile(r"[^\W\d_]", re.UNICODE)


def _subjects_only(sent: Sequence[Sent], told: set[str], usual: Usual) -> Iterator[Finding]:
    """Subject lines on bank details, of unread mail that was sent in sessions that may not be the user's.

    In the user's own sessions accountants write such mail every week, and then on a journey as well.
    """
    places: dict[str, list[Sent]] = {}
    about = [
        one
        for one in sent
        if one.addresses and not one.delegate and words_of("bank_details").is_in(Plain.of(one.subject))
    ]
    own = {one.records for one in about if _is_own(one, usual)}
    sign = AS_USUAL if own else DIVERSION_SUBJECT
    for one in about:
        is_new = usual.is_well_known or usual.doubt_at(one.addresses[0]).owner is not Owner.OWNER
        if one.records not in own and is_new and one.key not in told:
            places.setdefault(one.addresses[0], []).append(one)
    for address, mails in places.items():
        subjects = list(dict.fromkeys(one_line(one.subject, 60) for one in mails))
        count = f"{len(mails)} messages were" if len(mails) > 1 else "A message was"
        quoted = ending(f" ({_quoted(subjects)})")
        says = sentence(f"{count} sent", around(f" from {address}"), " about bank details", quoted)
        yield Finding(
            symptom=_ID,
            sign=sign,
            summary=whole(says),
            at=mails[0].at,
            by=mails[0].by,
            address=address,
            records=tuple(dict.fromkeys(identity for one in mails for identity in one.records)),
            pieces=says,
        )


def _is_own(one: Sent, usual: Usual) -> bool:
    """Say whether a message left from the user's own place, or from where the user's own session was seen."""
    if one.familiar or one.suspect:
        return one.familiar
    return all(usual.is_owners(address) for address in one.addresses)


def _quoted(subjects: Sequence[str]) -> str:
    return listed([f"“{subject}”" for subject in subjects], 3)


def _unread(
    sent: Sequence[Sent], told: set[str], wide: Collection[str], evidence: Evidence
) -> Iterator[Finding]:
    """Other mail that left from suspect addresses, one finding for each address.

    It says how many messages left from there in all, and tells of those that no other finding tells of.

    Args:
        sent: Everything that was sent.
        told: Keys of the messages that a finding tells of by their text.
        wide: Ids of records of the messages that a finding tells of by how many got them.
        evidence: Everything that was seen.
    """
    places: dict[str, list[Sent]] = {}
    for one in sent:
        if one.suspect:
            places.setdefault(one.addresses[0] if one.addresses else "", []).append(one)
    for address, every in places.items():
        group = [one for one in every if one.key not in told]
        if not group:
            continue
        rest = [one for one in group if not set(wide).intersection(one.records)]
        shown = rest or group
        subjects = list(
            dict.fromkeys(one_line(one.subject, 60) for one in shown if _WRITES.search(one.subject))
        )
        about = ending(f" ({_quoted(subjects)})" if subjects else "")
        more = counts.further(evidence, SENDS, {address}) if address else 0
        where = around(f" from {address}") if address else Piece(" from a suspect session")
        says = sentence(_so_many(len(rest) + more, len(every) + more, where), about)
        yield Finding(
            symptom=_ID,
            sign=SENT_BY_SUSPECT,
            summary=whole(says),
            at=shown[0].at,  # those that the sentence counts as more
            by=shown[0].by,
            address=address,
            records=tuple(dict.fromkeys(identity for one in group for identity in one.records)),
            further=more,
            pieces=says,
        )


def _so_many(rest: int, total: int, where: Piece) -> Sentence:
    """Count messages, `rest` of which no other finding tells of."""
    if rest in (0, total):
        in_all = "" if rest or total == 1 else " in all"
        return sentence(f"{total} messages were sent" if total > 1 else "A message was sent", where, in_all)
    more = f"{rest} more messages were sent" if rest > 1 else "One more message was sent"
    return sentence(more, where, f", {total} in all")
