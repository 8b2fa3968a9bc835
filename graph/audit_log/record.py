"""One normal form for unified audit records, whatever they came in.

Source: Office 365 Management Activity API schema (AuditData), and what real records show beyond it. Beside
this file lie `parse`, which reads AuditData, and a reader for each form that AuditData is wrapped in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, TypeAlias

from pydantic import PlainSerializer

CONTACT_OPERATIONS: Final = (
    "New-MailContact",
    "Set-MailContact",
    "Enable-MailContact",
    "New-MailUser",
    "Set-MailUser",
    "Enable-MailUser",
)
"""What gives a recipient of the tenant an address outside, so that mail sent to its name leaves the tenant.
Source: Exchange PowerShell, each of these (ExternalEmailAddress)."""


class ActorType(StrEnum):
    """What kind of account acted."""

    regular = "regular"
    admin = "admin"
    system = "system"
    application = "application"
    service_principal = "service_principal"
    guest = "guest"
    partner = "partner"
    other = "other"


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """One changed property, values as plain text; "" when the record does not say."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Item:
    """One message or other mailbox item; `folder` is its folder's path, "" when unknown."""

    subject: str
    internet_message_id: str
    folder: str
    id: str


Table: TypeAlias = Annotated[Mapping[str, str], PlainSerializer(dict, return_type=dict[str, str])]
"""Names and texts; whatever holds them in memory is written as a plain object."""


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One thing that somebody did, in the terms of the unified audit log.

    Attributes:
        id: The record's id; made from its content when the export left it out.
        at: When, aware UTC.
        operation: What, without surrounding blanks and trailing period.
        record_type: The type's name, such as ``ExchangeAdmin``; "" when unknown.
        workload: The service that wrote the record, as given.
        actor: Who, as given; lower case when it is an address.
        actor_type: What kind of account that is.
        by_microsoft: Microsoft's own service did it; no sign of anything. Alerts count as False: they speak
            about somebody.
        owner: The account or mailbox acted on, lower case; its directory id where the record has no address;
            "" when the record does not concern one account.
        object_id: ObjectId as given.
        address: Where from; the first one that is not Microsoft's own, else the first; None when there is
        none.
        microsoft_address: `address` is one of Microsoft's own.
        user_agent: The browser or program that names itself.
        client: ClientInfoString of mailbox records.
        session_id: The sign-in session where given (AADSessionId), else the service's own session.
        app_id: The calling application's id.
        succeeded: Outcome; None when the record does not tell.
        error_code: The sign-in error number as text, "" when there is none.
        parameters: A cmdlet's parameters, all values as text.
        changes: What was changed from what to what.
        items: The mailbox items concerned.
        details: Further facts by their original names, as text.
        raw: The record as it came.
    """

    id: str
    at: datetime
    operation: str
    record_type: str
    workload: str
    actor: str
    actor_type: ActorType
    by_microsoft: bool
    owner: str
    object_id: str
    address: str | None
    microsoft_address: bool
    user_agent: str
    client: str
    session_id: str
    app_id: str
    succeeded: bool | None
    error_code: str
    parameters: Table
    changes: tuple[PropertyChange, ...]
    items: tuple[Item, ...]
    details: Table
    raw: Annotated[Mapping[str, Any], PlainSerializer(dict)]

    @property
    def is_sync(self) -> bool:
        """Whether it tells that a whole folder was copied. Source: Microsoft Purview, "MailItemsAccessed"."""
        return self.details.get("MailAccessType", "").casefold() == "sync"
