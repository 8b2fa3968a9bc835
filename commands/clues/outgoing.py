"""What left the mailbox while somebody else was in it, and to whom, from every source that tells.

Message trace and Send records tell what really left, and mail folders keep copies with their recipients. A
message is the intruder's when a record says that it came from a suspect address or session, or when a grave
finding names it; it is the user's own when it came from a usual address; of the rest nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from commands.clues.records import message_key
from commands.clues.sending import tried_of
from commands.report import Report, Severity, spoken
from commands.usual import Usual
from graph.evidence import Evidence, Known
from graph.resources.mail import Message, Recipient

COPIES: Final = ("sent_items", "deleted_items", "recoverable_items")
"""The folders in which copies of sent mail lie, also when somebody cleared them away."""

SOURCES: Final = ("message_trace", *COPIES, "audit_log", "audit_log_on_mailbox")
"""Everything that tells of mail that left."""

_TELLING: Final = ("mail_missing_from_sent_items", "hacked_account_messages")
"""Symptoms whose findings rest on single messages that were sent."""


class Origin(StrEnum):
    """Who sent a message, as far as anything tells."""

    INTRUDER = "the attacker"
    UNKNOWN = "unknown"
    USER = "the user"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message that left, or was sent and came to nobody.

    Attributes:
        key: Its internet message id in comparable form, "" where nothing tells it.
        at: When it was sent (aware UTC).
        subject: Its subject line, as the sender wrote it.
        recipients: To whom, lower case, as far as anything tells; without those of `undelivered`.
        addresses: The IP addresses that it was sent from.
        origin: Who sent it.
        records: The ids of records, trace rows and messages that tell of it.
        undelivered: To whom it was not delivered, lower case, by the message trace.
    """

    key: str
    at: datetime
    subject: str
    recipients: tuple[str, ...]
    addresses: tuple[str, ...]
    origin: Origin
    records: tuple[str, ...]
    undelivered: tuple[str, ...] = ()

    @property
    def is_lost(self) -> bool:
        """Whether nobody got it, as far as anything tells."""
        return bool(self.undelivered) and not self.recipients


@dataclass(frozen=True, slots=True)
class Outbox:
    """The mail that somebody has to look at.

    Attributes:
        messages: What was sent since the intruder came and did not surely come from the user, oldest first;
            everything of the window where nobody knows of an intruder.
        since: When the intruder first got in, or the start of the window where no record tells.
        told: Whether records tell of an intruder's sign-in or deeds.
        own: How many messages since then came from a usual address of the user's and are left out.
        seen: The sources that were seen.
        unseen: One phrase for each source that was not seen, or not wholly, with the reason.
    """

    messages: tuple[Outgoing, ...]
    since: datetime
    told: bool
    own: int
    seen: tuple[str, ...]
    unseen: tuple[str, ...]

    @property
    def by_intruder(self) -> int:
        """How many of the messages surely came from the intruder, delivered or not."""
        return sum(one.origin is Origin.INTRUDER for one in self.messages)

    @property
    def lost(self) -> int:
        """How many of the messages were delivered to nobody."""
        return sum(one.is_lost for one in self.messages)


def outbox_of(evidence: Evidence, report: Report, ordinary: Usual) -> Outbox:
    """Put together what left the mailbox since somebody else was in it.

    Args:
        evidence: Everything that was seen.
        report: What the check found.
        ordinary: What is ordinary for the user.
    """
    named = {
        record
        for finding in report.findings
        if finding.symptom in _TELLING and finding.severity >= Severity.HIGH
        for record in finding.records
    }
    # What the story tells as theirs is theirs here as well.
    named.update(
        record for clause in (report.story.sent if report.story else ()) for record in clause.records
    )
    everything = [
        replace(one, origin=Origin.INTRUDER)
        if one.origin is Origin.UNKNOWN and named.intersection(one.records)
        else one
        for one in _everything(evidence, ordinary)
    ]
    # A service notes the sending in the second of the way in, or a moment before it.
    first = min(_came(evidence, ordinary), default=None)
    earliest = [one.at for one in everything if one.origin is Origin.INTRUDER]
    since = min([first, *earliest]) if first else evidence.window.start
    late = [one for one in everything if one.at >= since and one.at in evidence.window]
    chosen = [one for one in late if first is None or one.origin is not Origin.USER]
    return Outbox(
        messages=tuple(sorted(chosen, key=lambda one: (one.at, one.key))),
        since=since,
        told=first is not None,
        own=len(late) - len(chosen),
        seen=tuple(_name(source) for source in SOURCES if isinstance(getattr(evidence, source), Known)),
        unseen=tuple(_gaps(evidence)),
    )


def sent_anything(evidence: Evidence, ordinary: Usual) -> bool:
    """Say whether any source tells of a message that the account sent, or tried to send."""
    return bool(tried_of(evidence, ordinary)) or any(getattr(evidence, source).seen(()) for source in COPIES)


def _came(evidence: Evidence, ordinary: Usual) -> Iterator[datetime]:
    """When somebody else was in: suspect sign-ins that succeeded, and whatever was done from there."""
    for one in ordinary.sign_ins:
        if one.succeeded and ordinary.is_suspect(one.ip_address) and one.created_date_time in evidence.window:
            yield one.created_date_time
    for record in evidence.records():
        # A refused attempt is no way in, and guessing begins long before it.
        inside = record.succeeded is not False and evidence.subject.is_meant_by(record.actor)
        if inside and record.at in evidence.window and ordinary.is_suspect_record(record):
            yield record.at


def _everything(evidence: Evidence, ordinary: Usual) -> Iterable[Outgoing]:
    found: dict[str, Outgoing] = {}
    failed = set()
    for sent in tried_of(evidence, ordinary):
        origin = Origin.INTRUDER if sent.suspect else Origin.USER if sent.familiar else Origin.UNKNOWN
        found[sent.key or sent.records[0]] = Outgoing(
            sent.key,
            sent.at,
            sent.subject,
            sent.recipients,
            sent.addresses,
            origin,
            sent.records,
            sent.undelivered,
        )
        if not sent.left and origin is not Origin.INTRUDER:
            failed.add(sent.key or sent.records[0])
    for source in COPIES:
        for message in getattr(evidence, source).seen(()):
            copy = _copy(message, source, evidence)
            if copy is not None:
                before = found.get(copy.key or copy.records[0])
                found[copy.key or copy.records[0]] = _both(before, copy) if before else copy
                failed.discard(copy.key)
    return [one for place, one in found.items() if place not in failed]


def _copy(message: Message, source: str, evidence: Evidence) -> Outgoing | None:
    """Read a copy; None for a draft, which was sent at no time, and for mail from somebody else."""
    at = message.sent_date_time or message.received_date_time
    writer = (message.from_ or message.sender or Recipient()).email_address.address
    if at is None or not (source == "sent_items" or evidence.subject.is_meant_by(writer)):
        return None
    return Outgoing(
        key=message_key(message.internet_message_id),
        at=at,
        subject=message.subject,
        recipients=tuple(dict.fromkeys(one for one in message.recipients if one)),
        addresses=(),
        origin=Origin.UNKNOWN,
        records=(message.id,),
    )


def _both(one: Outgoing, copy: Outgoing) -> Outgoing:
    return replace(
        one,
        subject=one.subject or copy.subject,
        recipients=tuple(
            address
            for address in dict.fromkeys((*one.recipients, *copy.recipients))
            if address not in one.undelivered
        ),
        records=tuple(dict.fromkeys((*one.records, *copy.records))),
    )


def _gaps(evidence: Evidence) -> Iterator[str]:
    for source in SOURCES:
        state = getattr(evidence, source)
        if not isinstance(state, Known):
            yield f"{_name(source)} ({state.says.rstrip('.')})"
        elif state.missing:
            yield f"{_name(source)} (incomplete: {'; '.join(state.in_short)})"


def _name(source: str) -> str:
    return {
        "audit_log": "audit log (Send records)",
        "audit_log_on_mailbox": "audit log on the mailbox (Send records of others)",
    }.get(source, spoken(source))
