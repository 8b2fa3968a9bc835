"""The story of a case or of an account, told from the ledger: one sentence an entry, in plain words.

What is bookkeeping only (a card was posted, a query remembered a mark) is counted and not told. An entry that
this version cannot read is named by its kind, so that nothing is kept from the reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from bot.messages import Block, Message, parts
from bot.messages.escape import plain, said
from bot.messages.limits import fit, pack
from bot.messages.outcomes import in_words
from commands.ledger import BOT, Entry
from commands.ledger import entries as e

_SAYS = 300

BOOKKEEPING: Final = (
    e.CaseCardPosted
    | e.ProposalCardPosted
    | e.ProposalCopyPosted
    | e.ProposalCopyClosed
    | e.MessagePosted
    | e.CaseShown
    | e.ProposalShown
    | e.Remembered
    | e.ModalOpened
    | e.PlanShown
    | e.TasksShown
    | e.HistoryShown
    | e.AlertsShown
    | e.AlertsRead
    | e.Delivered
    | e.HuntCardPosted
    | e.HuntShown
)
"""Kinds of entries that tell a reader nothing about the account."""


@dataclass(slots=True)
class _Story:
    """The lines so far, the words that entries gave to ids, and whose addresses stay readable."""

    ours: frozenset[str]
    lines: list[str] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    left_out: int = 0

    def safe(self, text: object) -> str:
        """A text from an entry, harmless."""
        return said(str(text), _SAYS, self.ours)

    def because(self, text: str) -> str:
        """A colon and a text; "" for none."""
        found = self.safe(text).rstrip(".")
        return f": {found}" if found else ""

    def named(self, name: str, fallback: str = "") -> str:
        """A change or task in its own words where they are known, else by its id."""
        return f"“{self.safe(self.words.get(name) or fallback or name)}”"

    def learn(self, event: e.Event) -> None:
        """Take note of the words of every change and task that an entry spells out."""
        match event:
            case e.Proposed():
                for one in (*event.plan["changes"], *event.plan["tasks"]):
                    self.words[one["id"]] = one["says"]
            case e.TaskAdded():
                self.words[event.task] = event.says


def history(entries: Sequence[Entry], heading: str, ours: Iterable[str] = ()) -> tuple[Message, ...]:
    """Tell the story, in as many messages as it needs, the oldest entry first.

    Args:
        entries: Entries of the ledger in their order.
        heading: Whose story it is, in plain text: ``Adele Vance`` or ``C-7Q2M``.
        ours: Mail domains of ours, lower-cased, whose addresses stay readable.
    """
    story = _Story(frozenset(ours))
    events = [(entry, _event(entry)) for entry in entries]
    repeated = _repeated(events)
    for entry, event in events:
        story.learn(event)
        if isinstance(event, BOOKKEEPING) or entry.seq in repeated:
            story.left_out += 1
            continue
        story.lines.append(f"{_when(entry.at)} · {sentence(entry, event, story)}")
    title = f"History: {plain(heading, 100, story.ours)}"
    blocks: list[Block] = [parts.header(title)]
    if story.lines:
        blocks += parts.paragraphs("", story.lines)
        blocks.append(parts.context(_small_print(entries, story.left_out)))
    else:
        blocks.append(parts.section("The ledger has no entries about this yet."))
    return tuple(fit(message) for message in pack(blocks, said(title, 200, story.ours)))


def _event(entry: Entry) -> e.Event:
    """Read an entry; of one that a later version wrote only the kind is known."""
    try:
        return entry.event
    except ValueError:
        return e.Event()


def sentence(entry: Entry, event: e.Event, story: _Story) -> str:  # noqa: D103 - the module says what it does
    who = "The bot" if entry.actor == BOT else parts.mention(entry.actor)
    because, safe, named = story.because, story.safe, story.named
    match event:
        # --- questions
        case e.Asked():
            return f"{who} made a request{because(event.words)}"
        case e.NotUnderstood():
            return f"{who} entered a command that was not understood{because(event.says)}"
        case e.Refused():
            return f"{who} was refused{because(event.says)}"
        case e.Answered():
            return f"{who} got an answer{because(event.says or event.verdict)}"
        case e.NotAnswered():
            return f"{who} made a request that was declined{because(event.says)}"
        case e.NotCounted():
            return f"{who} cast a vote that did not count{because(event.says)}"
        case e.NotCollected():
            return f"{who} got no result{because(event.says)}"
        case e.InternalError():
            return f"{who} got no result: internal error, reference {safe(event.reference)}"
        case e.AlreadyRunning():
            return f"{who} was told that a check was already running"
        case e.CheckStarted():
            return f"{who} started a check"
        case e.ReportPosted():
            return f"{who} posted the report"
        case e.AccountReported():
            return f"{who} reported {safe(event.account)}{because(event.noticed)}"
        # --- checks
        case e.CaseOpened():
            return f"Case {said(entry.case_id, 40)} was opened for {who}"
        case e.CheckRestarted():
            return f"The check was started again by {who}{because(event.why)}"
        case e.OwnerBound(users=()):
            return f"No Slack account of the account owner was found{because(event.missing)}"
        case e.OwnerBound():
            owners = ", ".join(map(parts.mention, event.users))
            return f"The owner's Slack accounts were recorded, and have no vote here: {owners}"
        case e.CheckFinished():
            return f"The check finished, verdict{because(event.verdict.replace('-', ' '))}"
        case e.CheckFailed():
            return f"The check failed{because(event.says)}"
        case e.EvidencePacked():
            without = "" if event.answers else ", without raw responses"
            return f"The evidence archive was created, SHA-256 {safe(event.sha256)}{without}"
        # --- alerts
        case e.AlertRaised():
            about = f" about {safe(event.account)}" if event.account else ""
            return f"An alert was raised{about}{because(event.title)}"
        case e.AlertsNotCollected():
            return f"Alerts of {safe(event.source)} were not collected{because(event.says)}"
        case e.TicketFiled():
            return f"A ticket was filed{because(event.name)}"
        case e.TicketNotFiled():
            return f"No ticket was filed{because(event.says)}"
        # --- hunts
        case e.HuntStarted():
            return f"{who} started a {safe(event.kind)} through the tenant, {safe(event.hunt)}"
        case e.HuntFinished():
            number = parts.counted(event.accounts, "account")
            return f"Hunt {safe(event.hunt)} finished and found {number}"
        case e.HuntFailed():
            return f"Hunt {safe(event.hunt)} failed{because(event.says)}"
        case e.HuntCanceled():
            return f"{who} stopped hunt {safe(event.hunt)}"
        case e.HuntLeft():
            number = parts.counted(event.accounts, "account")
            return f"Hunt {safe(event.hunt)} had found {number} when it was stopped"
        # --- proposals and votes
        case e.Proposed():
            return f"{who} proposed {_proposal(event)}{because(event.reason)}"
        case e.Voted(yes=True):
            code = " with a code" if event.factor else ""
            return f"{who} approved proposal {safe(event.proposal)}{code}"
        case e.Voted():
            return f"{who} denied proposal {safe(event.proposal)}{because(event.says)}"
        case e.VoteRefused():
            return f"{who} was not allowed to vote on proposal {safe(event.proposal)}{because(event.says)}"
        case e.Withdrawn():
            return f"{who} withdrew proposal {safe(event.proposal)}{because(event.says)}"
        case e.Moved():
            return f"Proposal {safe(event.proposal)} {_MOVED[type(event)]}{because(event.says)}"
        # --- people
        case e.PersonNamed():
            return f"{who} recorded the identity of {parts.mention(event.user)}"
        case e.PersonChanged():
            return (
                f"The Slack address or account of {parts.mention(event.user)} changed since it was recorded"
            )
        # --- changes
        case e.Intended():
            return f"The bot started {named(event.change)}; no outcome recorded yet"
        case e.ChangeEnded():
            return f"{named(event.change)}: {safe(in_words(event.outcome))}{because(event.says)}"
        case e.ChangeConfirmed():
            return f"{named(event.change)} was confirmed"
        case e.ChangeNotConfirmed():
            return f"{named(event.change)} could not be confirmed yet{because(event.says)}"
        case e.PasswordMade():
            return f"A new password was created for proposal {safe(event.proposal)}; it is not recorded"
        case e.PasswordShown(shown=True):
            return f"{who} was shown the new password of proposal {safe(event.proposal)}, once"
        case e.PasswordShown():
            return (
                f"{who} requested the new password of proposal {safe(event.proposal)}, which "
                "was no longer available"
            )
        case e.PasswordForgotten():
            return f"The new password of proposal {safe(event.proposal)} expired and was deleted"
        # --- manual tasks, and looking again
        case e.TaskAdded():
            return f"Manual task {event.number} {named(event.task)} was added"
        case e.TaskDone():
            return f"{who} completed manual task {event.number} {named(event.task)}{because(event.note)}"
        case e.WatchSet():
            times = parts.counted(len(event.due), "more time")
            return f"The bot will recheck {times} for persistence"
        case e.Rechecked():
            how = "found that the check did not collect" if event.only_late else "reappeared"
            raised = f"Persistence {how}. " if event.raised else ""
            return f"{raised}The bot rechecked the account{because(event.seen)}"
        # --- second factors
        case e.FactorOffered():
            return f"{who} started second-factor enrollment"
        case e.FactorEnrolled():
            return f"{who} enrolled a second factor"
        case e.FactorUsed():
            return f"{who} entered a second-factor code"
        case e.FactorRefused():
            return f"{who} entered an invalid code{because(event.why.replace('_', ' '))}"
        case e.FactorLocked():
            return f"{who} entered too many wrong codes; locked until {parts.utc(event.until)}"
        case e.FactorRemoved():
            return f"{who} removed the second factor of {parts.mention(event.user)}"
        # --- the ledger itself
        case e.TenantNamed():
            return f"The name {safe(event.name)} was recorded for tenant {safe(event.tenant_id)}"
        case e.CheckpointSigned():
            return f"A checkpoint was signed at entry {event.size}"
        case _:
            return f"{who}: {said(entry.kind, 60)}"


_MOVED: Final[Mapping[type[e.Event], str]] = {
    e.Approved: "was approved",
    e.Denied: "was denied",
    e.Expired: "expired without enough approvals",
    e.ExecutionStarted: "started",
    e.ExecutionStopped: "was stopped before anything was sent",
    e.ExecutionFinished: "was carried out",
}


def _proposal(event: e.Proposed) -> str:
    what = [
        parts.counted(len(items), name)
        for name, items in (("change", event.plan["changes"]), ("manual task", event.plan["tasks"]))
        if items
    ]
    number = f" ({' and '.join(what)})" if what else ""
    kind = "undoing changes" if event.kind == "restore" else "to contain the account"
    return f"{kind}, proposal {said(event.proposal, 40)}{number}"


def _repeated(events: Sequence[tuple[Entry, e.Event]]) -> frozenset[int]:
    """The entries that only say before or after what another one says with more words.

    These are an intent whose outcome is written, an answer to words that an entry of their own tells of, and
    the answer to a vote that was refused.
    """
    found: set[int] = set()
    begun: dict[tuple[str, str], int] = {}
    refused: set[tuple[str, str]] = set()
    for entry, event in events:
        match event:
            case e.Intended():
                begun[event.proposal, event.change] = entry.seq
            case e.ChangeEnded() if (event.proposal, event.change) in begun:
                found.add(begun.pop((event.proposal, event.change)))
            case e.VoteRefused():
                refused.add((entry.actor, event.proposal))
            case e.Answered(says="", verdict=""):
                found.add(entry.seq)
            case e.NotCounted() if (entry.actor, event.proposal) in refused:
                found.add(entry.seq)
    return frozenset(found)


def _small_print(entries: Sequence[Entry], left_out: int) -> str:
    line = f"Ledger entries {entries[0].seq} to {entries[-1].seq}"
    if left_out:
        line += f"; {left_out} internal {'entry' if left_out == 1 else 'entries'} omitted"
    return f"{line}. `compromise ledger show` has every entry."


def _when(at: str) -> str:
    try:
        return parts.utc(datetime.fromisoformat(at))
    except ValueError:
        return said(at, 40)
