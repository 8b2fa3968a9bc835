"""Pure helpers that several symptoms share: whose record it is, who did it, how a finding is made of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Final

from commands.report import Finding, Owner, Sign
from commands.sentence import Piece, Sentence, around, ending, sentence, whole
from commands.usual import Usual
from graph.audit_log.pieces import mailbox_name
from graph.audit_log.record import ActorType, AuditRecord
from graph.evidence import Evidence, Unavailable, remembered
from graph.question import Subject

_GUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
# Accounts that copy attributes from another directory. Source: Microsoft Entra Connect, "Accounts and
# permissions" (Sync_<server>_<installation>@…), and cloud sync's ADToAADSyncServiceAccount.
_SYNC_ACCOUNT: Final = re.compile(
    r"(?:sync_|on-premises directory sync|adtoaadsyncserviceaccount|dirsync)", re.IGNORECASE
)
_SERVICES: Final = frozenset({ActorType.application, ActorType.service_principal, ActorType.system})
_ADDRESS: Final = re.compile(r"[^\s\[\]<>()\"';,:=@]+@[^\s\[\]<>()\"';,:=@]+\.[^\s\[\]<>()\"';,:=@]+")

TOGETHER: Final = timedelta(minutes=3)
"""Two services that record the same act do so within this time of each other."""


def done(evidence: Evidence) -> Iterator[AuditRecord]:
    """Everything that people did and that worked, oldest first; Microsoft's own service records left out."""
    return iter(_done(evidence))


@remembered
def _done(evidence: Evidence) -> tuple[AuditRecord, ...]:
    # Every symptom asks anew, and evidence never changes.
    return tuple(
        record for record in evidence.records() if not record.by_microsoft and record.succeeded is not False
    )


def changing(evidence: Evidence) -> Iterator[AuditRecord]:
    """What `done` gives without sign-ins, mail and files: only what may have changed a setting or an account.

    Nine of ten records are those others. Symptoms that would look at each in vain need not.
    """
    return iter(_changing(evidence))


@remembered
def _changing(evidence: Evidence) -> tuple[AuditRecord, ...]:
    return tuple(record for record in _done(evidence) if record.operation not in ROUTINE)


ROUTINE: Final = frozenset(
    {
        "UserLoggedIn",
        "UserLoginFailed",
        "MailItemsAccessed",
        "MailboxLogin",
        "FolderBind",
        "Send",
        "SendAs",
        "SendOnBehalf",
        "Create",
        "Update",
        "Move",
        "Copy",
        "MoveToDeletedItems",
        "SoftDelete",
        "HardDelete",
        "FileAccessed",
        "FilePreviewed",
        "FileDownloaded",
        "FileSyncDownloadedFull",
    }
)
"""Operations on single messages and files, and sign-ins: they change no setting and no account."""


MAIL_CLIENTS: Final = frozenset(
    {
        "27922004-5251-4030-b22d-91ecd9a37ea4",  # Outlook Mobile
        "5d661950-3475-41cd-a2c3-d671a3162bc1",  # Microsoft Outlook
        "9199bf20-a13f-4107-85dc-02114787ef48",  # One Outlook Web
        "d3590ed6-52b3-4102-aeff-aad2292ab01c",  # Microsoft Office
    }
)
"""Microsoft's own mail clients, which anybody may begin to use on any day.

Source: Microsoft Learn, "Verify first-party Microsoft applications in sign-in reports".
"""

PHONE_MAIL: Final = frozenset({"f8d98a96-0999-43f5-8af3-69971c7bb423"})
"""Apple Internet Accounts: the mail program that every iPhone, iPad and Mac has.

It is one and the same application in every tenant, whose user comes from wherever the telephone is.
Source: Microsoft Learn, "Using Apple iOS and iPadOS with Microsoft Entra and Exchange Online".
"""


def is_about(record: AuditRecord, subject: Subject) -> bool:
    """Say whether a record is about the subject's own account or mailbox.

    A record without an owner is about its actor. An export may name the owner by a directory id that nothing
    in it translates; what the subject then did is taken to be about their own mailbox.
    """
    if not record.owner:
        return subject.is_meant_by(record.actor)
    if subject.is_meant_by(record.owner):
        return True
    translatable = bool(_GUID.fullmatch(subject.id))
    return not translatable and bool(_GUID.fullmatch(record.owner)) and subject.is_meant_by(record.actor)


def by_subject(record: AuditRecord, subject: Subject) -> bool:
    """Say whether the subject's account did it."""
    return subject.is_meant_by(record.actor)


def by_service(record: AuditRecord) -> bool:
    """Say whether a program did it: a directory sync, a provisioning service, an application."""
    return record.actor_type in _SERVICES or bool(_SYNC_ACCOUNT.match(record.actor))


def is_familiar(record: AuditRecord, usual: Usual) -> bool:
    """Say whether a record comes from where the user ordinarily works."""
    return not usual.is_suspect_record(record) and usual.is_familiar(record.address)


def address_of(record: AuditRecord) -> str:
    """The address a record came from, "" where there is none or only one of Microsoft's."""
    return "" if record.microsoft_address or not record.address else record.address


def whence(record: AuditRecord, usual: Usual, verb: str = "") -> Piece:
    """The end of a sentence that says who and from where, such as `` by a@b from 203.0.113.7 (…)``.

    `verb` is what stands before it: ``; added``.
    """
    words = f"{verb} by {record.actor}" if record.actor else verb
    if address := address_of(record):
        words += f" from {address}"
    if usual.is_suspect_record(record):
        words += " (suspicious IP address)" if usual.is_suspect(address) else " (suspicious session)"
    return around(words)


_CODED: Final = re.compile(r"[A-Z][a-z]+-[A-Z]\w+|[A-Z][a-z]+(?:[A-Z][a-z]+)+")


def by_way_of(operation: str) -> Piece:
    """Name an operation in parentheses; a cmdlet's name, or one in camel case, tells a reader nothing."""
    words = f" ({operation})"
    return around(words) if _CODED.fullmatch(operation) else ending(words)


def found(
    symptom: str,
    sign: Sign,
    says: str | Sentence,
    record: AuditRecord,
    *,
    before: str = "",
    after: str = "",
    records: Sequence[str] = (),
    further: int = 0,
    act: str = "",
    names: Sequence[str] = (),
) -> Finding:
    """Make a finding that rests on an audit record, and on further records by id."""
    pieces = sentence(says)
    return Finding(
        symptom=symptom,
        sign=sign,
        summary=whole(pieces),
        at=record.at,
        by=record.actor,
        address=address_of(record),
        before=before,
        after=after,
        records=tuple(dict.fromkeys((record.id, *records))),
        further=further,
        act=act,
        names=tuple(names),
        pieces=pieces,
    )


def untold(evidence: Evidence, what: str) -> Piece:
    """Say, as the end of a sentence, that no record tells something, or that nobody has seen any yet."""
    logs = (evidence.audit_log, evidence.audit_log_on_mailbox)
    if any(isinstance(log, Unavailable) for log in logs):
        return around(f"; the audit log, which may show {what}, was not collected")
    return around(f"; no record shows {what}")


def message_key(internet_message_id: str) -> str:
    """Bring an internet message id into a comparable form: no brackets, no blanks, one case."""
    return internet_message_id.strip().strip("<>").strip().casefold()


def addresses_in(text: str) -> tuple[str, ...]:
    """Every mail address in a text such as ``"Drop" [SMTP:drop@evil.example];b@c.example``, lower case."""
    return tuple(dict.fromkeys(match.casefold().rstrip(".") for match in _ADDRESS.findall(text)))


WHOLE: Final = 256
"""Characters of names and addresses: what is longer nobody typed, and by a part nobody finds one again."""


_QUOTES: Final = str.maketrans(dict.fromkeys("“”„‟❝❞〝〞", '"'))


def one_line(text: str, limit: int = WHOLE) -> str:
    """Make a tenant's text fit into a sentence: one line of at most `limit` printable characters.

    Names stand between curly quotes there, so none of those is left in them: nobody can end a name and go on
    in our words.
    """
    if not text.isascii():
        text = text.translate(_QUOTES)
    if not text.isprintable():  # seldom, and looking at each letter takes long
        text = "".join(letter if letter.isprintable() else " " for letter in text)
    plain = " ".join(text.split())
    return plain if len(plain) <= limit else f"{plain[: limit - 1]}…"


def ended(text: str, limit: int) -> str:
    """Give a sentence of ours, cut off where it is too long; the names in it went through `one_line`."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def named(text: str) -> str:
    """Name an account in a sentence: in full, and of an Exchange identity path only who it is.

    >>> named("EURPR04A009.PROD.OUTLOOK.COM/Microsoft Exchange Hosted Organizations/contoso.example/adele")
    'adele'
    """
    plain = one_line(text)
    if "/" not in plain or "://" in plain:
        return plain
    return "; ".join(mailbox_name(one) for one in plain.split(";"))


def listed(names: Sequence[str], most: int = 5, last: str = "and") -> str:
    """List names in a sentence: all of up to `most`, else so many and how many more.

    >>> listed(["POP", "IMAP", "SMTP AUTH"])
    'POP, IMAP and SMTP AUTH'
    >>> listed(["a", "b", "c"], 1, "or")
    'a or 2 more'
    """
    if len(names) > most:
        return f"{', '.join(names[:most])} {last} {len(names) - most} more"
    return f" {last} ".join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)


SUBJECT: Final = 60
"""Characters of a subject line, which is found again by its beginning."""


def in_brackets(
    names: Sequence[str], what: str, *, all_of: bool = True, spell: Callable[[str], str] = one_line
) -> Piece:
    """Name three things in brackets at the end of a sentence, and how many more there are; nothing of none.

    Args:
        names: The things, each once.
        what: What one of them is, such as ``file``.
        all_of: Whether these are all; where not, it is said that there are others.
        spell: Makes a name fit into a sentence.
    """
    if not names:
        return Piece("")
    left = len(names) - 3
    more = (
        (f" and {left} more {what}{'' if left == 1 else 's'}" if all_of else " and others")
        if left > 0
        else ""
    )
    return ending(f" ({', '.join(map(spell, names[:3]))}{more})")


_WHAT_IT_DOES: Final = {
    "new": "created",
    "add": "created",
    "create": "created",
    "set": "changed",
    "edit": "changed",
    "update": "changed",
    "remove": "removed",
    "delete": "deleted",
    "disable": "disabled",
    "enable": "enabled",
}


def verb_of(operation: str) -> str:
    """Say what an operation such as ``New-JournalRule``, ``EditFlow`` or ``Update policy`` did to its object.

    >>> verb_of("New-JournalRule"), verb_of("EditFlow"), verb_of("Update named location")
    ('created', 'changed', 'changed')
    """
    first = re.match(r"[A-Za-z][a-z]*", operation)
    return _WHAT_IT_DOES.get(first.group().casefold() if first else "", "changed")


# --- changes of properties -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Changed:
    """One property that got a new value, with every record that tells of it, the most telling one first."""

    name: str
    old: str
    new: str
    record: AuditRecord
    records: tuple[str, ...]


_COLLECTIVE: Final = frozenset({"included updated properties"})


def changed_properties(records: Iterable[AuditRecord]) -> Iterator[tuple[str, str, str, AuditRecord]]:
    """Give (name, old, new, record) of each property or cmdlet parameter that a record changes."""
    for record in records:
        for change in record.changes:
            if change.name.casefold() in _COLLECTIVE or change.name.startswith("TargetId."):
                continue
            if change.old != change.new:
                yield change.name, change.old, change.new, record
        if record.operation.casefold() in {"set-user", "set-mailbox", "set-mailuser"}:
            listed = {change.name.casefold() for change in record.changes}
            for name, value in record.parameters.items():
                if name.casefold() not in listed:
                    yield name, "", value, record


def merged(changes: Iterable[tuple[str, str, str, AuditRecord]]) -> tuple[Changed, ...]:
    """Put together what several services recorded about one and the same change.

    `changes` come oldest first and with property names that already mean the same. The record that is kept
    first is the one with an address, for it says more.
    """
    kept: list[Changed] = []
    for name, old, new, record in changes:
        for place, other in enumerate(kept):
            same = other.name == name and other.new == new and record.at - other.record.at <= TOGETHER
            if same and (not old or not other.old or old == other.old):
                best = record if address_of(record) and not address_of(other.record) else other.record
                kept[place] = Changed(name, other.old or old, new, best, (*other.records, record.id))
                break
        else:
            kept.append(Changed(name, old, new, record, (record.id,)))
    return tuple(kept)


# --- who did it ----------------------------------------------------------------------------------------


class Doer(Enum):
    """Who changed something on the subject's account, as far as it matters for the weight of it."""

    SUSPECT = "suspect"  # from a suspicious IP address or in a suspicious session
    FAMILIAR = "familiar"  # the user, from a familiar IP address
    UNFAMILIAR = "unfamiliar"  # the user's account, from an unfamiliar IP address
    UNPLACED = "unplaced"  # the user's account, IP address unknown
    OTHER = "other"  # someone else in the organization
    SERVICE = "service"  # a program


def doer_of(record: AuditRecord, subject: Subject, usual: Usual) -> Doer:
    """Say who did it.

    An address is called new only where enough ordinary sign-ins are known for that, or where something else
    speaks against it, as wrong passwords before the first success do.
    """
    if usual.is_suspect_record(record):
        return Doer.SUSPECT
    if by_service(record):
        return Doer.SERVICE
    if not by_subject(record, subject):
        return Doer.OTHER
    if is_familiar(record, usual):
        return Doer.FAMILIAR
    is_new = usual.is_well_known or usual.doubt_of(record).owner is not Owner.OWNER
    return Doer.UNFAMILIAR if address_of(record) and is_new else Doer.UNPLACED
