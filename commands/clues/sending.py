"""What the subject's account sent, put together from every log by internet message id."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from commands.clues.records import address_of, by_subject, done, is_about, message_key
from commands.usual import Usual
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence, remembered

SENDS: Final = frozenset({"send", "sendas", "sendonbehalf"})

FAILED: Final = "failed"
"""The status of a trace row whose recipient did not get the message.

Source: Microsoft Graph v1.0, "exchangeMessageTrace resource type", status.
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """One message that was sent, or that somebody tried to send.

    Attributes:
        key: Its internet message id in comparable form, "" where no log has it.
        subject: Its subject line.
        at: When it was sent, by the earliest log.
        recipients: To whom, lower case, as far as the logs say; without those of `undelivered`.
        undelivered: To whom it was not delivered, lower case: the message trace says that it failed.
        addresses: From which IP addresses.
        suspect: It came from a suspect address or session.
        familiar: It came from a usual address, and from no other.
        by: Who sent it.
        delegate: Somebody else sent it in the subject's name.
        left: Something else tells of it than trace rows that failed.
        records: The ids of the audit records and trace rows.
    """

    key: str
    subject: str
    at: datetime
    recipients: tuple[str, ...] = ()
    undelivered: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    suspect: bool = False
    familiar: bool = False
    by: str = ""
    delegate: bool = False
    left: bool = True
    records: tuple[str, ...] = ()


def sent_of(evidence: Evidence, usual: Usual) -> tuple[Sent, ...]:
    """Everything that message trace and audit log say was sent in the subject's name, oldest first.

    What the message trace alone tells of, and tells as failed, is left out.
    """
    return tuple(one for one in tried_of(evidence, usual) if one.left)


@remembered
def tried_of(evidence: Evidence, usual: Usual) -> tuple[Sent, ...]:
    """The same as `sent_of`, with what failed for every recipient."""
    # Three symptoms and the exposure ask, and neither argument ever changes.
    found: dict[str, Sent] = {}
    for one in (*_traced(evidence, usual), *_recorded(evidence, usual)):
        place = one.key or one.records[0]
        before = found.get(place)
        found[place] = _both(before, one) if before else one
    return tuple(sorted(found.values(), key=lambda sent: (sent.at, sent.key)))


def _both(one: Sent, other: Sent) -> Sent:
    # Only an audit record knows who sent; a trace row knows to whom, and where from only for some programs.
    return replace(
        one,
        subject=one.subject or other.subject,
        at=min(one.at, other.at),
        recipients=tuple(dict.fromkeys((*one.recipients, *other.recipients))),
        undelivered=tuple(
            address
            for address in dict.fromkeys((*one.undelivered, *other.undelivered))
            if address not in {*one.recipients, *other.recipients}
        ),
        addresses=tuple(dict.fromkeys((*one.addresses, *other.addresses))),
        suspect=one.suspect or other.suspect,
        familiar=(one.familiar or not one.addresses) and (other.familiar or not other.addresses)
        and (one.familiar or other.familiar),
        by=other.by or one.by,
        delegate=one.delegate or other.delegate,
        left=one.left or other.left,
        records=tuple(dict.fromkeys((*one.records, *other.records))),
    )  # fmt: skip


def _traced(evidence: Evidence, usual: Usual) -> Iterator[Sent]:
    for row in evidence.message_trace.seen(()):
        if not evidence.subject.is_meant_by(row.sender_address):
            continue
        to = (row.recipient_address.casefold(),) if row.recipient_address else ()
        failed = row.status.casefold() == FAILED
        yield Sent(
            key=message_key(row.message_id),
            subject=row.subject,
            at=row.received_date_time,
            recipients=() if failed else to,
            undelivered=to if failed else (),
            left=not failed,
            addresses=(row.from_ip,) if row.from_ip else (),
            suspect=usual.is_suspect(row.from_ip),
            familiar=usual.is_familiar(row.from_ip),
            records=(row.id or f"trace {row.message_id}",),
        )


def _recorded(evidence: Evidence, usual: Usual) -> Iterator[Sent]:
    for record in done(evidence):
        if record.operation.casefold() not in SENDS or not in_their_name(record, evidence):
            continue
        for item in record.items:
            address = address_of(record)
            yield Sent(
                key=message_key(item.internet_message_id),
                subject=item.subject,
                at=record.at,
                addresses=(address,) if address else (),
                suspect=usual.is_suspect_record(record),
                familiar=usual.is_familiar(address) and not usual.is_suspect_record(record),
                by=record.actor,
                delegate=not by_subject(record, evidence.subject),
                records=(record.id,),
            )


def in_their_name(record: AuditRecord, evidence: Evidence) -> bool:
    """Say whether it went in the subject's own name; a copy of what goes in another's may lie there."""
    subject = evidence.subject
    if record.operation.casefold() == "send":
        return is_about(record, subject)
    name = record.details.get("SendAsUserSmtp") or record.details.get("SendOnBehalfOfUserSmtp") or ""
    return subject.is_meant_by(name) if name else is_about(record, subject)


def sent_as(record: AuditRecord) -> str:
    """Name the mailbox in whose name a message was sent."""
    given = record.details
    return given.get("SendAsUserSmtp") or given.get("SendOnBehalfOfUserSmtp") or record.owner
