"""What Microsoft 365 said about one account: the values of every source, and the evidence as a whole.

The values themselves are in `graph.resources`. A source is `Known` (complete, or partial with what is
missing) or `Unavailable` with the reason; there is no third way in which an empty answer could pass for a
clean one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from functools import wraps
from typing import Any, Concatenate, Final, Generic, ParamSpec, TypeAlias, TypeVar

from graph.audit_log.contexts import Habit, LeftOut
from graph.audit_log.record import AuditRecord
from graph.audit_log.same import Key, keep
from graph.errors import NO_MAILBOX
from graph.question import Subject, Window
from graph.resources.applications import AppRoleAssignment, OAuthGrant
from graph.resources.devices import MobileDevice, RegisteredDevice
from graph.resources.directory import DirectoryRole, Domain, RoleGroup, User
from graph.resources.mail import MailFolder, Message, PassedOn, TracedMessage
from graph.resources.mailbox import (
    AutoReply,
    BlockedSender,
    Delegate,
    JunkLists,
    Mailbox,
    MailProtocols,
    Signature,
)
from graph.resources.rules import HiddenInboxRule, InboxRule, SweepRule, TransportRule
from graph.resources.sign_ins import RegisteredMethods, RiskDetection, RiskyUser, SignIn

T = TypeVar("T")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """What a source gave.

    Attributes:
        value: The answer.
        missing: What the answer lacks, one phrase each; empty when it is complete.
        counted: Those of `missing` that tell how many everyday records were only counted.
        texts: Those of `missing` that are about texts alone, so that nothing else of an entry is missing.
        complete_until: Up to when the service had everything, when that is earlier than now.
        complete_from: From when on the service keeps everything, when that is later than the window's start;
            `missing` says so as well.
    """

    value: T
    missing: tuple[str, ...] = ()
    complete_until: datetime | None = None
    complete_from: datetime | None = None
    counted: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()

    @property
    def in_short(self) -> tuple[str, ...]:
        """What is missing without what was only counted, which the sources tell once.

        Where nothing else is missing, it is what makes the source incomplete, and is given.
        """
        return tuple(one for one in self.missing if one not in self.counted) or self.missing

    def seen(self, otherwise: object = None) -> T:
        """The answer."""
        return self.value


class Reason(StrEnum):
    """Why a source could not be looked at."""

    PERMISSION = "permission"
    LICENSE = "licence"  # as it was always stored
    THROTTLING = "throttling"
    TIME = "time"
    NO_MAILBOX = "no mailbox"
    AUDITING_OFF = "auditing is off"
    NOT_FOUND = "not found"
    FAILED = "failed"
    NOT_ASKED = "not collected"
    NOT_IN_EXPORT = "not in this export"


@dataclass(frozen=True, slots=True)
class Unavailable:
    """A source that could not be looked at.

    Attributes:
        reason: The kind of reason.
        says: One sentence for people.
        needs: The permission, role or license that is lacking, or "".
    """

    reason: Reason
    says: str
    needs: str = ""

    def seen(self, otherwise: T) -> T:
        """`otherwise`: there is nothing to see. Only the symptom's verdict knows that this is no absence."""
        return otherwise


Source: TypeAlias = Known[T] | Unavailable

NOT_ASKED = Unavailable(Reason.NOT_ASKED, "This source was not queried.")
NOT_IN_EXPORT = Unavailable(Reason.NOT_IN_EXPORT, "Not part of the exported files.")


class _Remembering:
    """Where `remembered` keeps what was made of evidence: it goes as soon as the evidence does."""

    __slots__ = ("__weakref__", "_made")
    _made: dict[Any, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Evidence(_Remembering):
    """Everything that the sources gave about one subject in one window. One field is one source.

    Four are no source: `left_out` says how many everyday records of an export were counted and not read, by
    what they have in common; `habits` on how many days and last when they came, by address; `shared_networks`
    from where most accounts of the organization signed in (as `graph.addresses.network_of` writes networks);
    `forwarded` how much went to the addresses that mail was sent on to, which only the sources tell.
    """

    subject: Subject
    window: Window
    left_out: tuple[tuple[LeftOut, int], ...] = ()
    habits: tuple[tuple[str, Habit], ...] = ()
    shared_networks: frozenset[str] = frozenset()
    forwarded: Source[tuple[PassedOn, ...]] = NOT_ASKED
    user: Source[User] = NOT_ASKED
    domains: Source[tuple[Domain, ...]] = NOT_ASKED
    sign_ins: Source[tuple[SignIn, ...]] = NOT_ASKED
    sign_ins_non_interactive: Source[tuple[SignIn, ...]] = NOT_ASKED
    directory_audits_on_user: Source[tuple[AuditRecord, ...]] = NOT_ASKED
    directory_audits_by_user: Source[tuple[AuditRecord, ...]] = NOT_ASKED
    audit_log: Source[tuple[AuditRecord, ...]] = NOT_ASKED
    audit_log_on_mailbox: Source[tuple[AuditRecord, ...]] = NOT_ASKED
    inbox_rules: Source[tuple[InboxRule, ...]] = NOT_ASKED
    hidden_inbox_rules: Source[tuple[HiddenInboxRule, ...]] = NOT_ASKED
    sweep_rules: Source[tuple[SweepRule, ...]] = NOT_ASKED
    mail_folders: Source[tuple[MailFolder, ...]] = NOT_ASKED
    mailbox: Source[Mailbox] = NOT_ASKED
    sent_items: Source[tuple[Message, ...]] = NOT_ASKED
    deleted_items: Source[tuple[Message, ...]] = NOT_ASKED
    recoverable_items: Source[tuple[Message, ...]] = NOT_ASKED
    message_trace: Source[tuple[TracedMessage, ...]] = NOT_ASKED
    signature: Source[Signature] = NOT_ASKED
    auto_reply: Source[AutoReply] = NOT_ASKED
    junk_lists: Source[JunkLists] = NOT_ASKED
    blocked_senders: Source[tuple[BlockedSender, ...]] = NOT_ASKED
    mail_protocols: Source[MailProtocols] = NOT_ASKED
    authentication_methods: Source[RegisteredMethods] = NOT_ASKED
    oauth_grants: Source[tuple[OAuthGrant, ...]] = NOT_ASKED
    app_role_assignments: Source[tuple[AppRoleAssignment, ...]] = NOT_ASKED
    delegates: Source[tuple[Delegate, ...]] = NOT_ASKED
    mobile_devices: Source[tuple[MobileDevice, ...]] = NOT_ASKED
    registered_devices: Source[tuple[RegisteredDevice, ...]] = NOT_ASKED
    directory_roles: Source[tuple[DirectoryRole, ...]] = NOT_ASKED
    exchange_role_groups: Source[tuple[RoleGroup, ...]] = NOT_ASKED
    purview_role_groups: Source[tuple[RoleGroup, ...]] = NOT_ASKED
    risky_user: Source[RiskyUser | None] = NOT_ASKED
    risk_detections: Source[tuple[RiskDetection, ...]] = NOT_ASKED
    transport_rules: Source[tuple[TransportRule, ...]] = NOT_ASKED
    password_reset_mail: Source[tuple[Message, ...]] = NOT_ASKED

    @property
    def sources(self) -> dict[str, Source[Any]]:
        """Every source by its id, in the order above."""
        return {name: getattr(self, name) for name in SOURCES}

    def records(self) -> tuple[AuditRecord, ...]:
        """Every audit record that could be seen, directory and unified, each once, oldest first."""
        return _merged(self)


def remembered(make: Callable[Concatenate[Evidence, P], T]) -> Callable[Concatenate[Evidence, P], T]:
    """Let something be made once of each evidence, which never changes; kept for as long as that is there.

    A cache of functools would hold the evidence: that of a full mailbox has hundreds of megabytes, which are
    wanted back when it has been judged and planned for. And eight checks at once would push each other out.
    """

    @wraps(make)
    def made(evidence: Evidence, /, *rest: P.args, **named: P.kwargs) -> T:
        try:
            known = evidence._made  # noqa: SLF001 - what it is there for
        except AttributeError:
            known = {}
            object.__setattr__(evidence, "_made", known)
        key = (make, rest, *named.values())
        try:
            found: T = known[key]
        except KeyError:
            found = known[key] = make(evidence, *rest, **named)
        return found

    return made


@remembered
def _merged(evidence: Evidence) -> tuple[AuditRecord, ...]:
    """Merge the audit sources once: every symptom asks for them, and evidence never changes.

    What shares no more than its id is no repeat: some exports replace ids.
    """
    found: dict[Key, AuditRecord] = {}
    for source in (
        evidence.audit_log,
        evidence.audit_log_on_mailbox,
        evidence.directory_audits_on_user,
        evidence.directory_audits_by_user,
    ):
        for record in source.seen(()):
            keep(found, record)
    return tuple(sorted(found.values(), key=lambda record: (record.at, record.id)))


SOURCES: tuple[str, ...] = tuple(
    item.name
    for item in fields(Evidence)
    if item.name not in ("subject", "window", "left_out", "habits", "shared_networks", "forwarded")
)
"""The ids of all sources."""


OF_THE_MAILBOX: Final = (
    *("inbox_rules", "hidden_inbox_rules", "sweep_rules", "mail_folders", "mailbox", "sent_items"),
    *("deleted_items", "recoverable_items", "signature", "auto_reply", "junk_lists", "mail_protocols"),
    *("delegates", "mobile_devices", "password_reset_mail"),
)
"""The sources that an account without a mailbox does not have."""


def without_mailbox(evidence: Evidence) -> Evidence:
    """Say the same of all sources of a mailbox where Graph says that there is none.

    Exchange only says of each cmdlet that it found nothing, which tells people less.
    """
    states = {name: getattr(evidence, name) for name in OF_THE_MAILBOX}
    unseen = {name: one for name, one in states.items() if isinstance(one, Unavailable)}
    if all(one.reason is not Reason.NO_MAILBOX for one in unseen.values()):
        return evidence
    none = Unavailable(Reason.NO_MAILBOX, NO_MAILBOX)
    same: dict[str, Any] = {name: none for name, one in unseen.items() if one.reason is Reason.NOT_FOUND}
    return replace(evidence, **same)
