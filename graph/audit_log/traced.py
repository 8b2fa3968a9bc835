"""Message trace and mail events as one value: a message that passed through, with a row for each recipient.

Source: Microsoft Graph v1.0, "exchangeMessageTrace resource type", whose names the forms translate to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graph.addresses import address_of
from graph.audit_log.pieces import as_text, content_id, time_text
from graph.errors import UnreadableRecord
from graph.resources.mail import TracedMessage
from graph.times import record_time


@dataclass(frozen=True, slots=True)
class Traced:
    """One row of a message trace.

    Attributes:
        rows: One for each recipient that it names, at least one.
        incoming: Whether the message came from outside; None where the row does not tell.
        organization: A domain of the organization, "" where the row names none.
    """

    rows: tuple[TracedMessage, ...]
    incoming: bool | None = None
    organization: str = ""

    @property
    def sender(self) -> str:
        """Who sent it, lower case."""
        return self.rows[0].sender_address

    @property
    def domains(self) -> frozenset[str]:
        """The domains of sender and recipients."""
        names = (self.sender, *(row.recipient_address for row in self.rows))
        return frozenset(domain for name in names if (domain := name.rpartition("@")[2]))


def is_one(raw: Mapping[str, Any]) -> bool:
    """Say whether this is a row as the forms of message traces give it."""
    return "recipients" in raw and "senderAddress" in raw


def parse(raw: Mapping[str, Any]) -> Traced:
    """Read one row.

    Raises:
        UnreadableRecord: when it names no sender or has no readable time.
    """
    sender = as_text(raw.get("senderAddress")).lower()
    if not sender:
        raise UnreadableRecord("The message names no sender.")
    size = as_text(raw.get("size"))
    row = TracedMessage(
        id=as_text(raw.get("id")) or content_id(raw),
        sender_address=sender,
        message_id=as_text(raw.get("messageId")),
        received_date_time=record_time(time_text(raw.get("receivedDateTime"))),
        subject=as_text(raw.get("subject")),
        size=int(size) if size.isdecimal() and len(size) < _DIGITS else None,
        from_ip=address_of(as_text(raw.get("fromIP"))) or "",
    )
    rows = tuple(
        row.model_copy(update={"recipient_address": address.lower(), "status": status})
        for address, status in raw["recipients"]
    )
    incoming = raw.get("incoming")
    return Traced(
        rows=rows or (row,),
        incoming=incoming if isinstance(incoming, bool) else None,
        organization=as_text(raw.get("organization")).lower(),
    )


_DIGITS = 16
