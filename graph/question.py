"""Who is asked about, and over which span of time."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from graph.audit_log.record import AuditRecord

BASELINE = timedelta(days=30)
"""How far back ordinary behaviour is learnt: what Entra ID keeps of sign-ins with a premium license.

Source: Microsoft Entra, "How long does Microsoft Entra ID store reporting data?".
"""


class AccountKind(StrEnum):
    """What kind of account it is."""

    PERSON = "person"
    SHARED_MAILBOX = "shared or group mailbox"
    SERVICE = "service"
    APPLICATION = "application"
    SYSTEM = "system"
    GUEST = "guest"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Subject:
    """The account under investigation.

    Attributes:
        id: The directory object id.
        user_principal_name: The name it signs in with, lower-cased.
        mail: Its primary address, lower-cased; the user principal name when it has no mailbox.
        addresses: Every address that means this account, lower-cased, the primary one first.
        display_name: The name that people see.
        names: What else records call it, lower-cased: aliases without domain, passport unique ids, security
            identifiers, the id of its mailbox.
        kind: What kind of account it is.
    """

    id: str
    user_principal_name: str
    mail: str
    addresses: tuple[str, ...]
    display_name: str = ""
    names: tuple[str, ...] = ()
    kind: AccountKind = AccountKind.UNKNOWN

    def is_meant_by(self, address: str) -> bool:
        """Say whether an address, alias or id means this account."""
        wanted = address.casefold()
        if wanted in self.addresses or wanted in self.names:
            return True
        return wanted in (self.user_principal_name.casefold(), self.id.casefold())


@dataclass(frozen=True, slots=True)
class Window:
    """The span of time looked at; both ends are aware UTC times, the start included, the end not."""

    start: datetime
    end: datetime

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    @property
    def baseline_start(self) -> datetime:
        """From when on sign-ins are read, so that the window can be compared with ordinary days."""
        return min(self.start, self.end - BASELINE)


@dataclass(frozen=True, slots=True)
class Question:
    """Everything a query needs to know to ask.

    Attributes:
        subject: The account.
        window: The span of time.
        remembered: What an earlier, interrupted run of the same query left behind, such as the id of an
            audit search that Microsoft is still working on.
        audit_api: The version of Graph that audit searches are sent to first.
        global_cloud: False in the national clouds, where Graph has neither audit searches nor message traces.
        seen: The audit records that the queries of one check have read so far, by their ids: two of them
            bring largely the same ones.
        reading: Held while records are read. Both searches bring the same page at about the same moment, and
            would else read and keep it twice.
    """

    subject: Subject
    window: Window
    remembered: Mapping[str, str] = field(default_factory=dict)
    audit_api: str = "beta"
    global_cloud: bool = True
    seen: dict[str, AuditRecord] = field(default_factory=dict, compare=False, repr=False)
    reading: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)
