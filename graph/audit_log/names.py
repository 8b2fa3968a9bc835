"""By what the accounts of a log are known: every id, and the names that records show beside it.

Microsoft writes one account in many ways: as user principal name, as directory object id, as passport unique
id (UserKey of Exchange and SharePoint), as security identifier, as the id of its mailbox. A record that shows
two of them together says that they are one account. Source: Office 365 Management Activity API schema,
"Common schema" (UserId, UserKey), "Exchange Mailbox schema" (MailboxGuid, MailboxOwnerSid, LogonUserSid) and
"Azure Active Directory Base schema" (Actor, Target).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from graph.audit_log.ids import id_of
from graph.audit_log.pieces import GUID, as_text
from graph.audit_log.record import ActorType, AuditRecord

MOST: Final = 500_000
"""Ids that are kept; the names beside any further one are not."""

NAMES: Final = 8
"""Names of one id from which on it stands for nobody: whoever made a log anonymous put it in many places."""

MAILBOX: Final = "mailbox:"
"""Stands before the id of a mailbox, which is not that of its owner."""

SHOWN: Final = "shown:"
"""Stands before a display name."""

_RENAMED: Final = frozenset({"userprincipalname", "windowsliveid", "microsoftonlineservicesid"})
_PROXIES: Final = frozenset({"proxyaddresses", "emailaddresses"})
_SMTP: Final = re.compile(r"smtp:([^\s;,\"'\]\[]+@[^\s;,\"'\]\[]+)", re.IGNORECASE)


@dataclass(slots=True)
class Names:
    """What a log shows of who is who.

    Attributes:
        by_id: For every id (object id, `MAILBOX` and its id, passport unique id, security identifier, or
            `SHOWN` and a display name) the names seen beside it, each with when last, as recorded. A name
            that was changed for another stands among the ids as well.
        domains: The tenant's own mail domains.
        no_account: Ids of tenants and applications, which act for nobody.
    """

    by_id: dict[str, dict[str, str]] = field(default_factory=dict)
    domains: set[str] = field(default_factory=set)
    no_account: set[str] = field(default_factory=set)

    def note(self, id_: str, name: str, at: str) -> None:
        """Remember that a record of that time shows an id beside a name; not where either is empty."""
        if not id_ or "@" not in name:
            return
        known = self.by_id.get(id_)
        if known is None:
            if len(self.by_id) >= MOST:
                return
            known = self.by_id[id_] = {}
        if name in known or len(known) < NAMES:
            known[name] = max(at, known.get(name, ""))

    def update(self, other: Names) -> None:
        """Add what another part of the log shows."""
        if not self.by_id:  # as the first part does, and there may be half a million
            self.by_id = dict(other.by_id)
        else:
            for id_, names in other.by_id.items():
                for name, at in names.items():
                    self.note(id_, name, at)
        self.domains |= other.domains
        self.no_account |= other.no_account

    def learn(self, record: AuditRecord) -> None:
        """Remember everything that one record shows."""
        at = record.at.isoformat()
        for id_, name in _shown(record):
            self.note(id_, name, at)
        details = record.details
        if organization := details.get("OrganizationName"):
            self.own(organization)
        self.own(as_text(record.raw.get("MailboxOwnerUPN")))
        for key in ("OrganizationId", "AppId", "ClientAppId", "ApplicationId"):
            if GUID.fullmatch(id_ := as_text(record.raw.get(key))):
                self.no_account.add(id_.lower())

    def own(self, name: str) -> None:
        """Remember the domain of one of the tenant's own mailboxes, or of the tenant itself."""
        domain = name.rpartition("@")[2].strip().lower()
        if "." in domain and "{" not in name and " " not in domain:
            self.domains.add(domain)


def _shown(record: AuditRecord) -> Iterator[tuple[str, str]]:
    details = record.details
    if (
        record.actor_type is not ActorType.service_principal
        and details.get("ActorKind") != "ServicePrincipal"
    ):
        actor = record.actor if "@" in record.actor else details.get("ActorUpn", "").lower()
        yield id_of(as_text(record.raw.get("UserKey"))), actor
        for key in ("ActorId", "ActorPuid", "LogonUserSid"):
            yield id_of(details.get(key, "")), actor
    owner = as_text(record.raw.get("MailboxOwnerUPN")).lower()
    if "{" not in owner:
        yield id_of(details.get("MailboxOwnerSid", "")), owner
        if guid := id_of(details.get("MailboxGuid", "")):
            yield MAILBOX + guid, owner
    target = details.get("TargetUpn", "").lower()
    about = id_of(details.get("TargetId", ""))
    if details.get("TargetKind", "User") == "User":
        yield about, target
        yield id_of(details.get("TargetPuid", "")), target
    shown = details.get("TargetName", "").strip().casefold()
    if shown and "@" not in shown:
        yield SHOWN + shown, target
    yield from _changed(record, about, target or record.owner)


def _changed(record: AuditRecord, about: str, owner: str) -> Iterator[tuple[str, str]]:
    """Names that an account got: a new sign-in name beside the old one, and further addresses."""
    if record.succeeded is False:
        return
    for change in record.changes:
        name = change.name.casefold()
        if name in _RENAMED and "@" in change.old and "@" in change.new:
            yield change.old.lower(), change.new.lower()
        elif name in _PROXIES:
            for address in _SMTP.findall(change.new):
                yield about or owner, address.lower()
    for name, value in record.parameters.items():
        if name.casefold() in _PROXIES:
            for address in _SMTP.findall(value):
                yield owner, address.lower()
