"""Reading proposals, their votes, and what became of their changes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from commands.identity import Identity
from commands.ledger.book import Ledger
from commands.ledger.chain import moment
from commands.ledger.entries import PasswordShown
from commands.ledger.reading import Readable, Row
from commands.plans.approval import ProposalState, Vote
from commands.plans.outcomes import Outcome
from commands.plans.plan import Plan, State, plan_from


@dataclass(frozen=True, slots=True)
class Action:
    """What became of one change of a proposal.

    Attributes:
        change: The change's id.
        attempt: How many times it was begun, counted from 1.
        saw: What was read right before it was sent, or None.
        intended_at: When the intent was written down (aware UTC).
        outcome: How it ended; None while it is under way, or when the program ended in the middle.
        says: One sentence for people: why, and what to do now; "" where there is nothing to add.
        ended_at: When the outcome was written down.
        request_id: Microsoft's id of the request, for a support case.
    """

    change: str
    attempt: int
    saw: State
    intended_at: datetime
    outcome: Outcome | None = None
    says: str = ""
    ended_at: datetime | None = None
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan put before people.

    Attributes:
        id: Such as ``P-7F3K2``.
        plan: What it is about.
        digest: The plan's digest when it was proposed, in hexadecimal; approvals are given to this.
        kind: ``contain`` or ``restore``.
        proposed_by: The Slack user id.
        proposer: The proposer's addresses, lower-cased.
        reason: Why, in the proposer's words.
        needs: How many different people must approve.
        factor: Whether each approval must come with a second factor.
        strict: Whether the proposer's own approval does not count.
        made_at: When it was proposed (aware UTC).
        expires_at: When it ends by itself if it is still open.
        state: Where it stands.
        decided_by: Who denied or withdrew it; "" otherwise.
        note: Why it was denied or stopped, or what else people should know; one sentence.
        votes: Who answered, in the order in which they did.
        actions: What became of each change, in the order in which they were begun.
        channel: The channel of its card.
        card: The card's timestamp; "" before it is posted.
        shown: Whether the card shows how it ended.
        decided_at: When it was decided; None while it is open.
        proposer_object: The Entra object id of the proposer's account, "" where nobody could tell.
    """

    id: str
    plan: Plan
    digest: str
    kind: str
    proposed_by: str
    proposer: frozenset[str]
    reason: str
    needs: int
    factor: bool
    strict: bool
    made_at: datetime
    expires_at: datetime
    state: ProposalState
    decided_by: str = ""
    note: str = ""
    votes: tuple[Vote, ...] = ()
    actions: tuple[Action, ...] = ()
    channel: str = ""
    card: str = ""
    shown: bool = False
    decided_at: datetime | None = None
    proposer_object: str = ""

    @property
    def proposer_identity(self) -> Identity:
        """By what the proposer was known."""
        return Identity.of((self.proposed_by,), (self.proposer_object,), self.proposer)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a proposal stands, without its plan and what became of it.

    Attributes:
        case_id: Its case.
        digest: Its plan's digest.
        state: Where it stands.
    """

    case_id: str
    digest: str
    state: ProposalState


def read(book: Readable, where: str, values: Sequence[Any] = ()) -> tuple[Proposal, ...]:
    """Read proposals with their votes and actions, the oldest first; `where` is a condition of ours."""
    rows = book.rows(f"SELECT * FROM proposals WHERE {where} ORDER BY seq", values)  # noqa: S608 - `where` is ours
    return tuple(_whole(row, book) for row in rows)


def standing(book: Readable, proposal_id: str) -> Standing | None:
    """Give where a proposal stands, None where there is none: one row, whatever it plans."""
    rows = book.rows("SELECT case_id, digest, state FROM proposals WHERE id = ?", [proposal_id])
    if not rows:
        return None
    return Standing(rows[0]["case_id"], rows[0]["digest"], ProposalState(rows[0]["state"]))


def action(book: Readable, proposal_id: str, change_id: str) -> Action | None:
    """Give what became of one change so far, None where it was not begun."""
    rows = book.rows("SELECT * FROM actions WHERE proposal = ? AND change = ?", [proposal_id, change_id])
    return _action(rows[0]) if rows else None


def undecided(book: Readable, account: str) -> tuple[str, str] | None:
    """Give id and state of the proposal about an account that is not decided, or not carried out yet."""
    rows = book.rows(
        "SELECT id, state FROM proposals WHERE account = ? AND state IN ('open', 'approved', 'running')",
        [account],
    )
    return (rows[0]["id"], rows[0]["state"]) if rows else None


def confirmed_changes(book: Readable, case_id: str) -> frozenset[str]:
    """Give the ids of the changes of a case that are known to have taken effect, and not undone since."""
    rows = book.rows(
        "SELECT change FROM actions JOIN proposals ON proposals.id = actions.proposal"
        " WHERE case_id = ? AND kind = 'contain' AND undone = 0 AND outcome IN (?, ?)",
        [case_id, Outcome.CONFIRMED, Outcome.ALREADY],
    )
    return frozenset(row["change"] for row in rows)


def undone(book: Readable) -> frozenset[tuple[str, str]]:
    """Give every change that was taken back: its proposal, and its id."""
    rows = book.rows("SELECT proposal, change FROM actions WHERE undone = 1")
    return frozenset((row["proposal"], row["change"]) for row in rows)


def copies(book: Readable, proposal_id: str) -> tuple[tuple[str, str], ...]:
    """Give where copies of the card are: channel and timestamp."""
    rows = book.rows("SELECT channel, ts FROM copies WHERE proposal = ? ORDER BY seq", [proposal_id])
    return tuple((row["channel"], row["ts"]) for row in rows)


def sealed_password(book: Readable, proposal_id: str, change_id: str, now: datetime) -> bytes | None:
    """Give the sealed password of a change, None where there is none or its time is over."""
    rows = book.rows(
        "SELECT content FROM passwords JOIN contents ON sha256 = sealed"
        " WHERE proposal = ? AND change = ? AND until > ?",
        [proposal_id, change_id, moment(now)],
    )
    return bytes(rows[0]["content"]) if rows else None


def has_password(book: Readable, proposal_id: str, change_id: str) -> bool:
    """Say whether a password is kept for a change."""
    found = [proposal_id, change_id]
    return bool(book.rows("SELECT 1 FROM passwords WHERE proposal = ? AND change = ?", found))


def passwords_over(book: Readable, now: datetime) -> tuple[tuple[str, str, str], ...]:
    """Give the passwords whose time is over: proposal, change and case."""
    rows = book.rows(
        "SELECT proposal, change, case_id FROM passwords JOIN proposals ON proposals.id = proposal"
        " WHERE until <= ? ORDER BY proposal, change",
        [moment(now)],
    )
    return tuple((row["proposal"], row["change"], row["case_id"]) for row in rows)


def password_shown_to(ledger: Ledger, proposal: Proposal) -> str:
    """Give who was shown the new password of a proposal, "" for nobody."""
    for entry in ledger.entries(case_id=proposal.plan.case_id, kinds=(PasswordShown.KIND,)):
        match entry.event:
            case PasswordShown(proposal=proposal.id, shown=True):
                return entry.actor
    return ""


def latest_time(book: Readable, since: Proposal) -> datetime:
    """Give the latest time that an entry has since a proposal was made: how late it is known to be."""
    rows = book.rows(
        "SELECT max(ledger.at) AS at FROM ledger, proposals"
        " WHERE proposals.id = ? AND ledger.seq >= proposals.seq",
        [since.id],
    )
    return datetime.fromisoformat(rows[0]["at"])


def _whole(row: Row, book: Readable) -> Proposal:
    votes = book.rows("SELECT * FROM votes WHERE proposal = ? ORDER BY seq", [row["id"]])
    actions = book.rows("SELECT * FROM actions WHERE proposal = ? ORDER BY seq", [row["id"]])
    return _proposal(row, votes, actions)


def _proposal(row: Row, votes: Iterable[Row], actions: Iterable[Row]) -> Proposal:
    return Proposal(
        id=row["id"],
        plan=plan_from(row["plan"]),
        digest=row["digest"],
        kind=row["kind"],
        proposed_by=row["proposed_by"],
        proposer=frozenset(json.loads(row["proposer"])),
        reason=row["reason"],
        needs=row["needs"],
        factor=bool(row["factor"]),
        strict=bool(row["strict"]),
        made_at=datetime.fromisoformat(row["made_at"]),
        expires_at=datetime.fromisoformat(row["expires_at"]),
        state=ProposalState(row["state"]),
        decided_by=row["decided_by"],
        note=row["note"],
        votes=tuple(_vote(vote) for vote in votes),
        actions=tuple(_action(action) for action in actions),
        channel=row["channel"],
        card=row["card"],
        shown=bool(row["shown"]),
        decided_at=datetime.fromisoformat(row["decided_at"]) if row["decided_at"] else None,
        proposer_object=row["proposer_object"],
    )


def _vote(row: Row) -> Vote:
    return Vote(
        voter=row["voter"],
        addresses=frozenset(json.loads(row["addresses"])),
        yes=bool(row["yes"]),
        at=datetime.fromisoformat(row["at"]),
        factor=bool(row["factor"]),
        says=row["says"],
        object_id=row["object_id"],
    )


def _action(row: Row) -> Action:
    return Action(
        change=row["change"],
        attempt=row["attempt"],
        saw=json.loads(row["saw"]),
        intended_at=datetime.fromisoformat(row["intended_at"]),
        outcome=Outcome(row["outcome"]) if row["outcome"] else None,
        says=row["says"],
        ended_at=datetime.fromisoformat(row["ended_at"]) if row["ended_at"] else None,
        request_id=row["request_id"],
    )
