"""What the ledger can say: one frozen class for each kind of entry.

`KIND` is the short code that is stored, and `VERSION` counts the forms that a kind has had. Both are for
ever: an entry that was written once must be readable by every later program. So a class never changes once
it was released; a kind that needs other fields gets another class with the next version, and `apply` takes
both.

An entry's number, time, actor (a Slack user id, ``bot`` or ``cli``) and case are not in here: every entry has
them. Values are codes, ids, times and what people typed or were told word for word; what is said *about* an
entry is for `bot.messages.history`. No token, password or mail body belongs in here, and what cannot be in
here and must be kept (reports, sealed secrets) is named by its SHA-256.

Longer than other files because it is a table: docs/reference/ledger.md is made from it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, ClassVar, Final, TypeAlias

from pydantic import ConfigDict, TypeAdapter

Facts: TypeAlias = Mapping[str, Any]
"""A JSON object that is kept as it came, so that its digest stays the same for ever."""


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all kinds."""

    KIND: ClassVar[str] = ""
    VERSION: ClassVar[int] = 1
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", defer_build=True)


# --- questions, and what became of them --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked(Event):
    """Somebody asked something, in these words."""

    KIND: ClassVar[str] = "asked"
    request: str = ""
    channel: str = ""
    words: str = ""
    span: str = ""


@dataclass(frozen=True, slots=True)
class Response(Event):
    """Base of what closes a request: the case stands in the entry."""

    request: str = ""


@dataclass(frozen=True, slots=True)
class NotUnderstood(Response):
    """The words meant nothing; says what the person was told."""

    KIND: ClassVar[str] = "not_understood"
    says: str = ""


@dataclass(frozen=True, slots=True)
class Refused(Response):
    """The person may not ask this; says what they were told."""

    KIND: ClassVar[str] = "refused"
    says: str = ""


@dataclass(frozen=True, slots=True)
class Answered(Response):
    """It was done, or answered; a check on the command line names account and verdict."""

    KIND: ClassVar[str] = "answered"
    says: str = ""
    proposal: str = ""
    subject: str = ""
    verdict: str = ""
    channel: str = ""
    ts: str = ""


@dataclass(frozen=True, slots=True)
class NotAnswered(Response):
    """It could not be done; says what the person was told."""

    KIND: ClassVar[str] = "not_answered"
    says: str = ""


@dataclass(frozen=True, slots=True)
class NotCounted(Response):
    """A vote did not count; `vote_refused` tells of the vote itself."""

    KIND: ClassVar[str] = "not_counted"
    proposal: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class NotCollected(Response):
    """A check on the command line could collect nothing."""

    KIND: ClassVar[str] = "not_collected"
    words: str = ""
    subject: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True)
class InternalError(Response):
    """A mistake of the bot ended it; the log has more under the reference."""

    KIND: ClassVar[str] = "internal_error"
    reference: str = ""


@dataclass(frozen=True, slots=True)
class AlreadyRunning(Response):
    """A check of the account was running already."""

    KIND: ClassVar[str] = "already_running"


@dataclass(frozen=True, slots=True)
class CheckStarted(Response):
    """A check was started, with its card in this channel."""

    KIND: ClassVar[str] = "check_started"
    channel: str = ""


@dataclass(frozen=True, slots=True)
class ReportPosted(Response):
    """The report of a case was posted into this channel."""

    KIND: ClassVar[str] = "report_posted"
    channel: str = ""


@dataclass(frozen=True, slots=True)
class PlanShown(Response):
    """Somebody was shown what the steps would do."""

    KIND: ClassVar[str] = "plan_shown"


@dataclass(frozen=True, slots=True)
class TasksShown(Response):
    """Somebody was shown the manual tasks."""

    KIND: ClassVar[str] = "tasks_shown"


@dataclass(frozen=True, slots=True)
class HistoryShown(Response):
    """Somebody was shown the history."""

    KIND: ClassVar[str] = "history_shown"


@dataclass(frozen=True, slots=True)
class ModalOpened(Response):
    """A modal was opened for somebody."""

    KIND: ClassVar[str] = "modal_opened"
    window: str = ""


@dataclass(frozen=True, slots=True)
class AccountReported(Event):
    """Somebody outside the team reported an account."""

    KIND: ClassVar[str] = "account_reported"
    report: str
    account: str
    noticed: str


# --- checks ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CaseOpened(Event):
    """A case was opened, and its check begins; for a request, or of itself."""

    KIND: ClassVar[str] = "case_opened"
    tenant: str
    subject: Facts
    window_start: datetime
    window_end: datetime
    channel: str
    note: str = ""
    request: str = ""


@dataclass(frozen=True, slots=True)
class OwnerBound(Event):
    """Who owns the account of a case: whoever matches any of it decides nothing about the account.

    `users` are the Slack accounts found under the addresses; `missing` is Slack's code where it could not be
    asked for all of them, and then this is written once more later.
    """

    KIND: ClassVar[str] = "owner_bound"
    object_id: str
    addresses: tuple[str, ...]
    users: tuple[str, ...]
    missing: str = ""


@dataclass(frozen=True, slots=True)
class OwnerBoundByTenant(OwnerBound):
    """The same, with the addresses for which the tenant answers, and the Slack accounts found under these.

    Only by these, and by the object id, somebody counts as the owner in other tenants.
    """

    VERSION: ClassVar[int] = 2
    verified: tuple[str, ...] = ()
    verified_users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseCardPosted(Event):
    """The case's card is here."""

    KIND: ClassVar[str] = "case_card_posted"
    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class CheckRestarted(Event):
    """The check was started once more."""

    KIND: ClassVar[str] = "check_restarted"
    run: int
    why: str


@dataclass(frozen=True, slots=True)
class CheckFinished(Event):
    """The check ended with this verdict; report and offer are kept beside, the sources' answers in a file."""

    KIND: ClassVar[str] = "check_finished"
    verdict: str
    report_sha256: str
    offer_sha256: str
    run: int = 1
    sources: Mapping[str, str] = field(default_factory=dict)
    answers_sha256: str = ""


@dataclass(frozen=True, slots=True)
class CheckFailed(Event):
    """The check could not be made; says what people are told."""

    KIND: ClassVar[str] = "check_failed"
    says: str
    reference: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Remembered(Event):
    """A query that a restart may interrupt left a mark, such as the id of an audit search."""

    KIND: ClassVar[str] = "remembered"
    source: str
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class MessagePosted(Event):
    """Something of a case was posted, and under which name Slack has it."""

    KIND: ClassVar[str] = "message_posted"
    run: int
    what: str
    channel: str
    name: str


@dataclass(frozen=True, slots=True)
class CaseShown(Event):
    """Nothing is left to be shown of how the check ended."""

    KIND: ClassVar[str] = "case_shown"
    how: str


@dataclass(frozen=True, slots=True)
class EvidencePacked(Event):
    """An evidence archive was made."""

    KIND: ClassVar[str] = "evidence_packed"
    run: int
    name: str
    size: int
    sha256: str
    answers: bool


# --- alerts from elsewhere ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AlertRaised(Event):
    """A product raised an alert about an account; the case stands in the entry where it joined one.

    `account` is named as the alert names it; `object_id` is "" where no such account was found.
    """

    KIND: ClassVar[str] = "alert_raised"
    alert: str
    tenant: str
    source: str
    title: str
    severity: str
    at: datetime
    account: str = ""
    object_id: str = ""
    link: str = ""
    more: int = 0


@dataclass(frozen=True, slots=True)
class AlertsShown(Event):
    """Alerts were shown: as a line, in a thread, in a digest, aloud beside it, or by a check of their own."""

    KIND: ClassVar[str] = "alerts_shown"
    alerts: tuple[str, ...]
    how: str
    channel: str = ""
    ts: str = ""


@dataclass(frozen=True, slots=True)
class AlertsRead(Event):
    """A source of alerts was read until this moment."""

    KIND: ClassVar[str] = "alerts_read"
    tenant: str
    source: str
    until: datetime


@dataclass(frozen=True, slots=True)
class AlertsNotCollected(Event):
    """A source of alerts does not answer; says why. Written when that begins."""

    KIND: ClassVar[str] = "alerts_not_collected"
    tenant: str
    source: str
    says: str


@dataclass(frozen=True, slots=True)
class Delivered(Event):
    """Everything until this entry was sent to a SIEM, or looked at for tickets; what follows may be too."""

    KIND: ClassVar[str] = "delivered"
    target: str
    until: int


@dataclass(frozen=True, slots=True)
class TicketFiled(Event):
    """A ticket was filed for a case; `name` is what the other side calls it, "" where it did not say."""

    KIND: ClassVar[str] = "ticket_filed"
    name: str = ""


@dataclass(frozen=True, slots=True)
class TicketNotFiled(Event):
    """No ticket can be filed for a case; says why."""

    KIND: ClassVar[str] = "ticket_not_filed"
    says: str


# --- hunts through the whole tenant -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HuntStarted(Event):
    """A hunt through the whole tenant began: a pivot on `terms` (``address 203.0.113.9``), or a sweep."""

    KIND: ClassVar[str] = "hunt_started"
    hunt: str
    kind: str
    tenant: str
    terms: tuple[str, ...]
    window_start: datetime
    window_end: datetime
    channel: str
    request: str = ""


@dataclass(frozen=True, slots=True)
class HuntCardPosted(Event):
    """The hunt's card is here."""

    KIND: ClassVar[str] = "hunt_card_posted"
    hunt: str
    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class HuntFinished(Event):
    """The hunt ended, with so many accounts; what it found is kept beside."""

    KIND: ClassVar[str] = "hunt_finished"
    hunt: str
    accounts: int
    found_sha256: str
    sources: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HuntFailed(Event):
    """The hunt could not be made; says what people are told."""

    KIND: ClassVar[str] = "hunt_failed"
    hunt: str
    says: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class HuntCanceled(Event):
    """Somebody stopped the hunt."""

    KIND: ClassVar[str] = "hunt_canceled"
    hunt: str


@dataclass(frozen=True, slots=True)
class HuntLeft(Event):
    """A sweep that was stopped had found so many accounts; what it had found is kept beside."""

    KIND: ClassVar[str] = "hunt_left"
    hunt: str
    accounts: int
    found_sha256: str


@dataclass(frozen=True, slots=True)
class HuntShown(Event):
    """The card shows how the hunt ended."""

    KIND: ClassVar[str] = "hunt_shown"
    hunt: str


# --- proposals and votes -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Proposed(Event):
    """A plan was put before people: everything that they approve."""

    KIND: ClassVar[str] = "proposed"
    proposal: str
    kind: str
    digest: str
    plan: Facts
    proposer: tuple[str, ...]
    reason: str
    needs: int
    factor: bool
    strict: bool
    expires_at: datetime
    channel: str
    request: str = ""


@dataclass(frozen=True, slots=True)
class ProposedByAccount(Proposed):
    """The same, with the Entra object id of the proposer's account, "" where nobody could tell."""

    VERSION: ClassVar[int] = 2
    object_id: str = ""


@dataclass(frozen=True, slots=True)
class Voted(Event):
    """A vote that counts, for the plan with this digest."""

    KIND: ClassVar[str] = "voted"
    proposal: str
    digest: str
    yes: bool
    factor: bool
    addresses: tuple[str, ...]
    says: str = ""


@dataclass(frozen=True, slots=True)
class VotedByAccount(Voted):
    """The same, with the Entra object id of the voter's account: two people are two of these."""

    VERSION: ClassVar[int] = 2
    object_id: str = ""


@dataclass(frozen=True, slots=True)
class VoteRefused(Event):
    """A vote that does not count, and what the person was told."""

    KIND: ClassVar[str] = "vote_refused"
    proposal: str
    yes: bool
    says: str


@dataclass(frozen=True, slots=True)
class Moved(Event):
    """Base of what moves a proposal to another state."""

    STATE: ClassVar[str] = ""
    proposal: str
    digest: str
    says: str = ""


@dataclass(frozen=True, slots=True)
class Approved(Moved):
    """Enough people said yes."""

    KIND: ClassVar[str] = "approved"
    STATE: ClassVar[str] = "approved"


@dataclass(frozen=True, slots=True)
class Denied(Moved):
    """Somebody said no."""

    KIND: ClassVar[str] = "denied"
    STATE: ClassVar[str] = "denied"


@dataclass(frozen=True, slots=True)
class Withdrawn(Moved):
    """Its proposer took it back."""

    KIND: ClassVar[str] = "withdrawn"
    STATE: ClassVar[str] = "withdrawn"


@dataclass(frozen=True, slots=True)
class Expired(Moved):
    """Its time was over before enough people said yes."""

    KIND: ClassVar[str] = "expired"
    STATE: ClassVar[str] = "expired"


@dataclass(frozen=True, slots=True)
class ExecutionStarted(Moved):
    """The bot began to carry it out."""

    KIND: ClassVar[str] = "execution_started"
    STATE: ClassVar[str] = "running"


@dataclass(frozen=True, slots=True)
class ExecutionStopped(Moved):
    """Something was not as it was approved, so nothing was sent."""

    KIND: ClassVar[str] = "execution_stopped"
    STATE: ClassVar[str] = "stopped"


@dataclass(frozen=True, slots=True)
class ExecutionFinished(Moved):
    """Every change has an outcome."""

    KIND: ClassVar[str] = "execution_finished"
    STATE: ClassVar[str] = "done"
    outcomes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProposalCardPosted(Event):
    """The proposal's card is here."""

    KIND: ClassVar[str] = "proposal_card_posted"
    proposal: str
    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class ProposalCopyPosted(Event):
    """A copy of the proposal's card is here."""

    KIND: ClassVar[str] = "proposal_copy_posted"
    proposal: str
    channel: str
    ts: str


@dataclass(frozen=True, slots=True)
class ProposalCopyClosed(Event):
    """Whoever has this copy may no longer approve: it tells nothing any more, and is left alone."""

    KIND: ClassVar[str] = "proposal_copy_closed"
    proposal: str
    channel: str


@dataclass(frozen=True, slots=True)
class ProposalShown(Event):
    """Every copy of the card shows how the proposal ended."""

    KIND: ClassVar[str] = "proposal_shown"
    proposal: str


# --- changes -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Intended(Event):
    """A change is about to be sent, for the so-many-th time, and this was read right before."""

    KIND: ClassVar[str] = "intended"
    proposal: str
    digest: str
    change: str
    attempt: int
    saw: Facts | None


@dataclass(frozen=True, slots=True)
class ChangeEnded(Event):
    """A change has an outcome, also one that was never sent."""

    KIND: ClassVar[str] = "change_ended"
    proposal: str
    change: str
    outcome: str
    says: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class ChangeConfirmed(Event):
    """A change was read back, and has taken effect."""

    KIND: ClassVar[str] = "change_confirmed"
    proposal: str
    change: str


@dataclass(frozen=True, slots=True)
class ChangeNotConfirmed(Event):
    """A change that was made cannot be seen to have taken effect yet."""

    KIND: ClassVar[str] = "change_not_confirmed"
    proposal: str
    change: str
    says: str


@dataclass(frozen=True, slots=True)
class PasswordMade(Event):
    """A new password was made and sealed; it can be shown until then."""

    KIND: ClassVar[str] = "password_made"
    proposal: str
    change: str
    sealed_sha256: str
    until: datetime


@dataclass(frozen=True, slots=True)
class PasswordShown(Event):
    """Somebody asked for the new password, and was shown it unless it was gone."""

    KIND: ClassVar[str] = "password_shown"
    proposal: str
    change: str
    shown: bool


@dataclass(frozen=True, slots=True)
class PasswordForgotten(Event):
    """The new password's time was over."""

    KIND: ClassVar[str] = "password_forgotten"
    proposal: str
    change: str


# --- manual tasks, and looking again -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TaskAdded(Event):
    """A plan gave people something to do."""

    KIND: ClassVar[str] = "task_added"
    number: int
    task: str
    says: str
    how: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TaskDone(Event):
    """Somebody ticked it off."""

    KIND: ClassVar[str] = "task_done"
    number: int
    task: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class WatchSet(Event):
    """The case is to be looked at again at these times."""

    KIND: ClassVar[str] = "watch_set"
    due: tuple[datetime, ...]


RECHECKED: Final = "Rechecked: "
"""How what a recheck says begins, on a card that says other things as well."""


@dataclass(frozen=True, slots=True)
class Rechecked(Event):
    """The case was looked at again; round 0 is a look out of turn. Lists hold ids of changes.

    `late` is what is open now and could not be seen by the check.
    """

    KIND: ClassVar[str] = "rechecked"
    round: int
    says: str = ""
    raised: bool = False
    closed: tuple[str, ...] = ()
    came_back: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    not_seen: tuple[str, ...] = ()
    late: tuple[str, ...] = ()

    @property
    def seen(self) -> str:
        """What it says, where other words tell that it was a recheck."""
        return self.says.removeprefix(RECHECKED)

    @property
    def only_late(self) -> bool:
        """Whether nothing is open but what the check could not see."""
        return bool(self.late) and not (self.came_back or self.new)


# --- second factors ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FactorOffered(Event):
    """Somebody was given the secret of a second factor, which is kept sealed."""

    KIND: ClassVar[str] = "factor_offered"
    sealed_sha256: str


@dataclass(frozen=True, slots=True)
class FactorEnrolled(Event):
    """They showed the first code of it, of this half minute since 1970."""

    KIND: ClassVar[str] = "factor_enrolled"
    step: int


@dataclass(frozen=True, slots=True)
class FactorUsed(Event):
    """They showed a code with an approval."""

    KIND: ClassVar[str] = "factor_used"
    step: int


@dataclass(frozen=True, slots=True)
class FactorRefused(Event):
    """A code did not count; `wrong` counts those in a row that were wrong."""

    KIND: ClassVar[str] = "factor_refused"
    why: str
    enrolling: bool
    wrong: int


@dataclass(frozen=True, slots=True)
class FactorLocked(Event):
    """Too many codes in a row were wrong; none counts until then."""

    KIND: ClassVar[str] = "factor_locked"
    until: datetime


@dataclass(frozen=True, slots=True)
class FactorRemoved(Event):
    """Somebody's factor was removed on the command line."""

    KIND: ClassVar[str] = "factor_removed"
    user: str


# --- people ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PersonNamed(Event):
    """Who somebody that the settings name is, as Slack and Microsoft said when they were first seen.

    `email` is the address in Slack, `addresses` are all of the account. Written once more where an operator
    confirms a change on the command line.
    """

    KIND: ClassVar[str] = "person_named"
    user: str
    email: str
    object_id: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PersonChanged(Event):
    """They were seen with another address or account, so they may do nothing until that is confirmed."""

    KIND: ClassVar[str] = "person_changed"
    user: str
    email: str
    object_id: str = ""


@dataclass(frozen=True, slots=True)
class TenantNamed(Event):
    """Which tenant a name of the settings stands for, since it was first seen and for ever."""

    KIND: ClassVar[str] = "tenant_named"
    name: str
    tenant_id: str


# --- the ledger itself -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CheckpointSigned(Event):
    """The head of the ledger was signed, and posted where channel and timestamp say."""

    KIND: ClassVar[str] = "checkpoint_signed"
    size: int
    head: str
    text: str
    why: str = ""
    channel: str = ""
    ts: str = ""


EVENTS: Final[Mapping[str, tuple[type[Event], ...]]] = {
    "Requests and results": (
        Asked,
        NotUnderstood,
        Refused,
        Answered,
        NotAnswered,
        NotCounted,
        NotCollected,
        InternalError,
        AlreadyRunning,
        CheckStarted,
        ReportPosted,
        PlanShown,
        TasksShown,
        HistoryShown,
        ModalOpened,
        AccountReported,
    ),
    "Checks": (
        CaseOpened,
        OwnerBound,
        OwnerBoundByTenant,
        CaseCardPosted,
        CheckRestarted,
        CheckFinished,
        CheckFailed,
        Remembered,
        MessagePosted,
        CaseShown,
        EvidencePacked,
    ),
    "Alerts": (AlertRaised, AlertsShown, AlertsRead, AlertsNotCollected),
    "Hunts": (HuntStarted, HuntCardPosted, HuntFinished, HuntFailed, HuntCanceled, HuntLeft, HuntShown),
    "Sent elsewhere": (Delivered, TicketFiled, TicketNotFiled),
    "Proposals and votes": (
        Proposed,
        ProposedByAccount,
        Voted,
        VotedByAccount,
        VoteRefused,
        Approved,
        Denied,
        Withdrawn,
        Expired,
        ExecutionStarted,
        ExecutionStopped,
        ExecutionFinished,
        ProposalCardPosted,
        ProposalCopyPosted,
        ProposalCopyClosed,
        ProposalShown,
    ),
    "Changes": (
        Intended,
        ChangeEnded,
        ChangeConfirmed,
        ChangeNotConfirmed,
        PasswordMade,
        PasswordShown,
        PasswordForgotten,
    ),
    "Manual tasks and rechecks": (TaskAdded, TaskDone, WatchSet, Rechecked),
    "Second factors": (
        FactorOffered,
        FactorEnrolled,
        FactorUsed,
        FactorRefused,
        FactorLocked,
        FactorRemoved,
    ),
    "People": (PersonNamed, PersonChanged),
    "Tenants": (TenantNamed,),
    "The ledger itself": (CheckpointSigned,),
}
"""Every kind, by what it is about, in the order of the page that is made of it."""

_READERS: Final[Mapping[tuple[str, int], TypeAdapter[Event]]] = {
    (event.KIND, event.VERSION): TypeAdapter(event) for events in EVENTS.values() for event in events
}


_FAST: Final[dict[tuple[str, int], Callable[..., Event]]] = {}


def body_of(event: Event) -> str:
    """Write an event as the text that is hashed and stored: canonical JSON in ASCII.

    Half characters, which tenants do send and no table can hold, become question marks.
    """
    facts = _READERS[event.KIND, event.VERSION].dump_python(_whole_event(event), mode="json")
    return json.dumps(facts, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def event_of(kind: str, version: int, body: str | bytes) -> Event:
    """Read an event.

    Raises:
        ValueError: this program knows no such kind in this version, or it has other fields than that.
    """
    read = _FAST.get((kind, version)) or _reader(kind, version)
    return read(body, strict=False)


def _reader(kind: str, version: int) -> Callable[..., Event]:
    """Give what reads a kind, without the adapter around it, which costs as much again as the reading."""
    adapter = _READERS.get((kind, version))
    if adapter is None:
        raise ValueError(f"{kind}, version {version}")
    adapter.rebuild()
    return _FAST.setdefault((kind, version), adapter.validator.validate_json)


def whole(value: Any) -> Any:
    """Put a question mark in place of half a character, in a text or anything made of texts."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, Mapping):
        return {whole(name): whole(one) for name, one in value.items()}
    return tuple(whole(one) for one in value) if isinstance(value, (list, tuple)) else value


def _whole_event(event: Event) -> Event:
    return replace(event, **{one.name: whole(getattr(event, one.name)) for one in fields(event)})
