"""Proposals, their votes and what was done for them, in tables that only change together with the ledger.

What a proposal says, who voted and what was sent can all be read from the ledger's entries; the tables make
one vote a person, one undecided proposal an account, and one intent a change. `Proposals.proven` compares the
two before anything is carried out.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from commands.approval import Ballot, ProposalState, Verb, Vote, Voter, advance, is_approved, why_not
from commands.errors import (
    AlreadyBegun,
    AlreadyProposed,
    LedgerTampered,
    NoSuchErrand,
    NoSuchProposal,
    NotNow,
    VoteRefused,
)
from commands.ledger import CASE_LETTERS, Ledger, Writing, moment
from commands.plan import RESTORING, Change, Plan, State, Undoable, plan_facts, plan_from
from commands.soundness import verify_ledger
from graph.question import Subject

SECRET_LIFE = timedelta(minutes=15)
"""How long a password that the bot made can be shown."""


class Outcome(StrEnum):
    """How one change ended."""

    CONFIRMED = "done and confirmed"
    UNCONFIRMED = "done, not confirmed yet"
    ALREADY = "already so"
    CHANGED = "left alone, because it had changed"
    REFUSED = "refused"
    SKIPPED = "left out, because it depends on another"
    FAILED = "failed"
    UNKNOWN = "nobody knows"


DONE: frozenset[Outcome] = frozenset({Outcome.CONFIRMED, Outcome.UNCONFIRMED})
"""The outcomes of a change that was made, and can therefore be undone."""

PERHAPS_MADE: frozenset[Outcome] = DONE | {Outcome.UNKNOWN}
"""The outcomes of a change that may be in force, so that a password which it set may be needed."""


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


@dataclass(frozen=True, slots=True)
class ErrandState:
    """An errand of a case: what a person is to do, and whether somebody said that it is done.

    Attributes:
        id: The errand's id.
        number: Its number in the case, from 1, by which people tick it off.
        says: What is to be done.
        how: Exact instructions, one line each.
        done_by: The Slack user id of whoever ticked it off; "" while it is open.
        done_at: When.
        note: What they said about it.
    """

    id: str
    number: int
    says: str
    how: tuple[str, ...]
    done_by: str = ""
    done_at: datetime | None = None
    note: str = ""


class Proposals:
    """The proposals in a ledger. Any thread may use it; each method is one transaction.

    All methods raise LedgerUnwritable when the ledger cannot be used; then nothing was kept.

    Args:
        ledger: The ledger.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    # --- reading -------------------------------------------------------------------------------------------

    def get(self, proposal_id: str) -> Proposal:
        """Read one proposal.

        Raises:
            NoSuchProposal: there is none with this id.
        """
        found = self._read("id = ?", [proposal_id])
        if not found:
            raise NoSuchProposal(proposal_id)
        return found[0]

    def of_case(self, case_id: str) -> tuple[Proposal, ...]:
        """Give the proposals of a case, the oldest first."""
        return self._read("case_id = ?", [case_id])

    def asked_for(self, request: str) -> Proposal | None:
        """Give what was proposed for a request: taken up after a restart, it proposes nothing again."""
        asked = "SELECT body FROM ledger WHERE kind = 'proposed' AND instr(body, ?)"
        told = [json.loads(row["body"]) for row in self.ledger.rows(asked, [request])] if request else []
        known = [facts["proposal"] for facts in told if facts.get("request") == request]
        return self.get(known[0]) if known else None

    def waiting(self) -> tuple[Proposal, ...]:
        """Give the proposals that people have not decided."""
        return self._read("state = 'open'")

    def unfinished(self) -> tuple[Proposal, ...]:
        """Give the proposals that are approved or being carried out, or whose end nobody was shown."""
        return self._read("state IN ('approved', 'running') OR (state <> 'open' AND shown = 0)")

    def ballot(self, proposal: Proposal) -> Ballot:
        """Give what a vote on this proposal is about."""
        return _ballot(proposal, self.ledger.case(proposal.plan.case_id).subject)

    def confirmed_changes(self, case_id: str) -> frozenset[str]:
        """Give the ids of the changes of a case that are known to have taken effect, and not undone since."""
        rows = self.ledger.rows(
            "SELECT change FROM actions JOIN proposals ON proposals.id = actions.proposal"
            " WHERE case_id = ? AND kind = 'contain' AND undone = 0 AND outcome IN (?, ?)",
            [case_id, Outcome.CONFIRMED, Outcome.ALREADY],
        )
        return frozenset(row["change"] for row in rows)

    def undoable(self, case_id: str) -> tuple[Undoable, ...]:
        """Give the changes of a case that can be undone: the last one made first."""
        found = [
            Undoable(proposal.id, change)
            for proposal in self.of_case(case_id)
            if proposal.kind == "contain"
            for change in made(proposal)
            if change.undo is not None
        ]
        undone = {
            (row["proposal"], row["change"])
            for row in self.ledger.rows("SELECT proposal, change FROM actions WHERE undone = 1")
        }
        return tuple(one for one in reversed(found) if (one.proposal_id, one.change.id) not in undone)

    def copies(self, proposal_id: str) -> tuple[tuple[str, str], ...]:
        """Give where copies of the card are: channel and timestamp."""
        rows = self.ledger.rows(
            "SELECT channel, ts FROM copies WHERE proposal = ? ORDER BY rowid", [proposal_id]
        )
        return tuple((row["channel"], row["ts"]) for row in rows)

    def sealed(self, proposal_id: str, change_id: str, now: datetime) -> bytes | None:
        """Give the sealed password of a change, None where there is none or its time is over."""
        rows = self.ledger.rows(
            "SELECT sealed FROM secrets WHERE proposal = ? AND change = ? AND until > ?",
            [proposal_id, change_id, moment(now)],
        )
        return bytes(rows[0]["sealed"]) if rows else None

    def errands(self, case_id: str) -> tuple[ErrandState, ...]:
        """Give the errands of a case by number."""
        rows = self.ledger.rows("SELECT * FROM errands WHERE case_id = ? ORDER BY number", [case_id])
        return tuple(_errand(row) for row in rows)

    def watches_due(self, now: datetime) -> tuple[tuple[str, int], ...]:
        """Give the cases that are to be looked at again by now, each once, with the number of the last round.

        After a long absence several rounds are due; one look answers for all of them.
        """
        rows = self.ledger.rows(
            "SELECT case_id, max(round) AS round FROM watches WHERE done = 0 AND due <= ?"
            " GROUP BY case_id ORDER BY min(due)",
            [moment(now)],
        )
        return tuple((row["case_id"], row["round"]) for row in rows)

    def proven(self, proposal_id: str) -> Proposal:
        """Read a proposal, and see that its entries in the ledger say the same as its tables.

        Raises:
            LedgerTampered: they do not, or the chain is broken; nothing may be done for it.
            NoSuchProposal: there is none with this id.
        """
        verify_ledger(self.ledger.path)
        proposal = self.get(proposal_id)
        told = [
            entry
            for entry in self.ledger.entries(case_id=proposal.plan.case_id)
            if entry.kind in ("proposed", "vote") and entry.facts.get("proposal") == proposal_id
        ]
        proposed = [entry for entry in told if entry.kind == "proposed"]
        votes = [entry for entry in told if entry.kind == "vote"]
        # For which request it was made stands in the entry alone.
        told_of = [{k: v for k, v in entry.facts.items() if k != "request"} for entry in proposed]
        if [_proposed(proposal)] != told_of:
            raise LedgerTampered(f"does not know the proposal {proposal_id} as its table has it")
        if [_voted(proposal, vote) for vote in proposal.votes] != [entry.facts for entry in votes]:
            raise LedgerTampered(f"does not know the votes on {proposal_id} as their table has them")
        if [vote.voter for vote in proposal.votes] != [entry.actor for entry in votes]:
            raise LedgerTampered(f"knows other voters on {proposal_id} than their table has")
        return proposal

    def _read(self, where: str, values: Sequence[Any] = ()) -> tuple[Proposal, ...]:
        rows = self.ledger.rows(f"SELECT * FROM proposals WHERE {where} ORDER BY made_at, rowid", values)  # noqa: S608 - `where` is ours
        return tuple(self._whole(row, self.ledger.rows) for row in rows)

    @staticmethod
    def _whole(row: sqlite3.Row, read: Any) -> Proposal:
        votes = read("SELECT * FROM votes WHERE proposal = ? ORDER BY rowid", [row["id"]])
        actions = read("SELECT * FROM actions WHERE proposal = ? ORDER BY rowid", [row["id"]])
        return _proposal(row, votes, actions)

    # --- proposing and deciding ----------------------------------------------------------------------------

    def propose(
        self,
        *,
        kind: str,
        plan: Plan,
        proposed_by: str,
        proposer: frozenset[str],
        reason: str,
        needs: int,
        factor: bool,
        strict: bool,
        expires_at: datetime,
        channel: str,
        request: str = "",
    ) -> Proposal:
        """Put a plan before people, and its errands on the case's list.

        Raises:
            AlreadyProposed: another proposal about this account is not decided or not carried out yet.
        """
        with self.ledger.writing() as writing:
            account = f"{plan.tenant}/{plan.subject_id}"
            other = writing.rows(
                "SELECT id, state FROM proposals"
                " WHERE account = ? AND state IN ('open', 'approved', 'running')",
                [account],
            )
            if other:
                raise AlreadyProposed(other[0]["id"], other[0]["state"])
            proposal = Proposal(
                id="P-" + "".join(secrets.choice(CASE_LETTERS) for _ in range(5)),
                plan=plan,
                digest=plan.digest,
                kind=kind,
                proposed_by=proposed_by,
                proposer=proposer,
                reason=_whole(reason),
                needs=needs,
                factor=factor,
                strict=strict,
                made_at=writing.now,
                expires_at=expires_at,
                state=ProposalState.OPEN,
                channel=channel,
            )
            writing.append("proposed", proposed_by, plan.case_id, {**_proposed(proposal), "request": request})
            writing.execute(
                "INSERT INTO proposals (id, case_id, account, kind, plan, digest, proposed_by, proposer,"
                " reason, needs, factor, strict, made_at, expires_at, state, channel)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    proposal.id,
                    plan.case_id,
                    account,
                    kind,
                    json.dumps(plan_facts(plan), ensure_ascii=True),
                    proposal.digest,
                    proposed_by,
                    json.dumps(sorted(proposer)),
                    proposal.reason,
                    needs,
                    factor,
                    strict,
                    moment(writing.now),
                    moment(expires_at),
                    ProposalState.OPEN,
                    channel,
                ],
            )
            self._add_errands(writing, plan)
        return self.get(proposal.id)

    def vote(self, proposal_id: str, digest: str, voter: Voter, *, yes: bool, says: str = "") -> Proposal:
        """Count a vote, if it counts; the one that completes the number approves in the same transaction.

        Args:
            proposal_id: The proposal.
            digest: The digest of the plan that the voter read, or its first eight characters at least.
            voter: Who votes, as known at this moment.
            yes: False denies, which decides at once.
            says: Why, in the voter's words.

        Raises:
            VoteRefused: it does not count; that was written down with the reason.
            NoSuchProposal: there is none with this id.
        """
        refused = ""
        with self.ledger.writing() as writing:
            proposal = self._inside(writing, proposal_id)
            ballot = self.ballot(proposal)
            refused = why_not(ballot, voter, yes=yes, digest=digest, now=writing.now)
            if refused:
                facts = {"proposal": proposal_id, "yes": yes, "why": refused}
                writing.append("vote refused", voter.id, proposal.plan.case_id, facts)
            else:
                words = _whole(says)
                vote = Vote(voter.id, voter.addresses, yes, writing.now, voter.factor, words)
                writing.append("vote", voter.id, proposal.plan.case_id, _voted(proposal, vote))
                writing.execute(
                    "INSERT INTO votes (proposal, voter, addresses, yes, factor, at, says)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    [
                        proposal_id,
                        vote.voter,
                        json.dumps(sorted(vote.addresses)),
                        yes,
                        vote.factor,
                        moment(vote.at),
                        vote.says,
                    ],
                )
                counted = replace(ballot, votes=(*ballot.votes, vote))
                if not yes:
                    self._go(writing, proposal, Verb.DENY, voter.id, words)
                elif is_approved(counted):
                    self._go(writing, proposal, Verb.APPROVE, voter.id)
        if refused:
            raise VoteRefused(refused)
        return self.get(proposal_id)

    def withdraw(self, proposal_id: str, user: str, why: str = "") -> Proposal:
        """Take a proposal back before it is carried out. Who may do so is for the caller to say.

        Raises:
            NotNow: it is decided otherwise, or being carried out.
        """
        return self._decide(proposal_id, Verb.WITHDRAW, user, why)

    def expire(self, proposal_id: str) -> bool:
        """End a proposal whose time is over; False when it is not, or not open any longer."""
        with self.ledger.writing() as writing:
            proposal = self._inside(writing, proposal_id)
            if proposal.state is not ProposalState.OPEN or writing.now < proposal.expires_at:
                return False
            self._go(writing, proposal, Verb.EXPIRE, "bot")
        return True

    def start(self, proposal_id: str) -> Proposal:
        """Note that an approved proposal is being carried out; only one caller ever gets past this.

        Raises:
            NotNow: it is not approved, or somebody else began.
        """
        return self._decide(proposal_id, Verb.START, "bot")

    def stop(self, proposal_id: str, why: str) -> Proposal:
        """End an approved proposal without doing anything; `why` is one sentence for people.

        Raises:
            NotNow: it is not approved, or was begun.
        """
        return self._decide(proposal_id, Verb.STOP, "bot", why)

    def finish(self, proposal_id: str) -> Proposal:
        """Note that every change has an outcome.

        Raises:
            NotNow: it is not being carried out, or a change has no outcome yet.
        """
        return self._decide(proposal_id, Verb.FINISH, "bot")

    def _decide(self, proposal_id: str, verb: Verb, user: str, why: str = "") -> Proposal:
        with self.ledger.writing() as writing:
            proposal = self._inside(writing, proposal_id)
            if verb is Verb.FINISH:
                ended = {action.change for action in proposal.actions if action.outcome}
                if any(change.id not in ended for change in proposal.plan.changes):
                    raise NotNow(f"Proposal {proposal_id} has changes without an outcome.")
            self._go(writing, proposal, verb, user, _whole(why))
        return self.get(proposal_id)

    def _go(self, writing: Writing, proposal: Proposal, verb: Verb, user: str, why: str = "") -> None:
        """Move a proposal on, with its entry."""
        following = advance(proposal.state, verb)
        facts: dict[str, Any] = {"proposal": proposal.id, "digest": proposal.digest, "why": why}
        if verb is Verb.FINISH:
            facts["outcomes"] = {one.change: str(one.outcome) for one in proposal.actions}
        writing.append(_KIND[verb], user, proposal.plan.case_id, facts)
        changed = writing.execute(
            "UPDATE proposals SET state = ?, decided_by = CASE WHEN ? THEN ? ELSE decided_by END,"
            " decided_at = CASE WHEN decided_at = '' THEN ? ELSE decided_at END,"
            " note = CASE WHEN ? <> '' THEN ? ELSE note END, shown = 0 WHERE id = ? AND state = ?",
            [
                following,
                verb in (Verb.DENY, Verb.WITHDRAW),
                user,
                moment(writing.now),
                why,
                why,
                proposal.id,
                proposal.state,
            ],
        )
        if changed != 1:
            raise NotNow(f"Proposal {proposal.id} changed at the same moment. Look at it again.")

    # --- carrying out --------------------------------------------------------------------------------------

    def intend(self, proposal_id: str, change_id: str, saw: State, *, sealed: bytes = b"") -> Action:
        """Write down that a change is about to be sent, and what was seen right before.

        Args:
            proposal_id: The proposal.
            change_id: The change.
            saw: The state that was read.
            sealed: The sealed password that will be sent with it.

        Raises:
            AlreadyBegun: it was begun before; look at its action.
            NotNow: the proposal is not being carried out.
        """
        with self.ledger.writing() as writing:
            proposal = self._running(writing, proposal_id)
            if any(action.change == change_id for action in proposal.actions):
                raise AlreadyBegun(proposal_id, change_id)
            self._note_intent(writing, proposal, change_id, saw, 1)
            writing.execute(
                "INSERT INTO actions (proposal, change, attempt, saw, intended_at) VALUES (?, ?, 1, ?, ?)",
                [proposal_id, change_id, json.dumps(saw), moment(writing.now)],
            )
            if sealed:
                until = moment(writing.now + SECRET_LIFE)
                writing.append(
                    "password made", "bot", proposal.plan.case_id, {"proposal": proposal_id, "until": until}
                )
                writing.execute(
                    "INSERT INTO secrets (proposal, change, sealed, until) VALUES (?, ?, ?, ?)",
                    [proposal_id, change_id, sealed, until],
                )
        return self.action(proposal_id, change_id)

    def again(self, proposal_id: str, change_id: str, saw: State) -> Action:
        """Write down that a change in doubt, whose effect cannot be seen, is about to be sent once more.

        Raises:
            AlreadyBegun: it has an outcome, so nothing is in doubt.
            NotNow: the proposal is not being carried out.
        """
        with self.ledger.writing() as writing:
            proposal = self._running(writing, proposal_id)
            action = next((one for one in proposal.actions if one.change == change_id), None)
            if action is None or action.outcome is not None:
                raise AlreadyBegun(proposal_id, change_id)
            self._note_intent(writing, proposal, change_id, saw, action.attempt + 1)
            writing.execute(
                "UPDATE actions SET attempt = attempt + 1 WHERE proposal = ? AND change = ?",
                [proposal_id, change_id],
            )
        return self.action(proposal_id, change_id)

    def action(self, proposal_id: str, change_id: str) -> Action:
        """Give what became of one change so far.

        Raises:
            KeyError: it was not begun.
        """
        found = {action.change: action for action in self.get(proposal_id).actions}
        return found[change_id]

    def ended(
        self, proposal_id: str, change_id: str, outcome: Outcome, says: str = "", request_id: str = ""
    ) -> Action:
        """Write down how a change ended; also for one that was never sent.

        Raises:
            AlreadyBegun: it has an outcome already.
            NotNow: the proposal is not being carried out.
        """
        # It may quote the tenant, and half a character must not keep a plan from ever coming to its end.
        says, request_id = _whole(says), _whole(request_id)
        with self.ledger.writing() as writing:
            proposal = self._running(writing, proposal_id)
            known = next((one for one in proposal.actions if one.change == change_id), None)
            if known is not None and known.outcome is not None:
                raise AlreadyBegun(proposal_id, change_id)
            facts = {"proposal": proposal_id, "change": change_id, "outcome": str(outcome), "says": says}
            writing.append("outcome", "bot", proposal.plan.case_id, {**facts, "request_id": request_id})
            now = moment(writing.now)
            writing.execute(
                "INSERT INTO actions (proposal, change, attempt, saw, intended_at, outcome, says, ended_at,"
                " request_id) VALUES (?, ?, 0, 'null', ?, ?, ?, ?, ?) ON CONFLICT (proposal, change)"
                " DO UPDATE SET outcome = excluded.outcome, says = excluded.says,"
                " ended_at = excluded.ended_at, request_id = excluded.request_id",
                [proposal_id, change_id, now, outcome, says, now, request_id],
            )
            if outcome in DONE or outcome is Outcome.ALREADY:
                self._note_undone(writing, change_id)
        return self.action(proposal_id, change_id)

    def confirmed(self, proposal_id: str, change_id: str) -> None:
        """Write down that a change was read back and has taken effect."""
        self._confirm(proposal_id, change_id, Outcome.CONFIRMED, "confirmed", "")

    def not_confirmed(self, proposal_id: str, change_id: str, says: str) -> None:
        """Write down that a change cannot be read back yet; `says` is one sentence for people."""
        self._confirm(proposal_id, change_id, Outcome.UNCONFIRMED, "not confirmed", says)

    def _confirm(self, proposal_id: str, change_id: str, outcome: Outcome, kind: str, says: str) -> None:
        says = _whole(says)
        with self.ledger.writing() as writing:
            proposal = self._inside(writing, proposal_id)
            facts = {"proposal": proposal_id, "change": change_id, **({"says": says} if says else {})}
            writing.append(kind, "bot", proposal.plan.case_id, facts)
            writing.execute(
                "UPDATE actions SET outcome = ?, says = ? WHERE proposal = ? AND change = ? AND outcome = ?",
                [outcome, says, proposal_id, change_id, Outcome.UNCONFIRMED],
            )

    def _running(self, writing: Writing, proposal_id: str) -> Proposal:
        proposal = self._inside(writing, proposal_id)
        if proposal.state is not ProposalState.RUNNING:
            raise NotNow(f"Proposal {proposal_id} is {proposal.state}, so nothing is sent for it.")
        return proposal

    @staticmethod
    def _note_intent(writing: Writing, proposal: Proposal, change_id: str, saw: State, attempt: int) -> None:
        facts = {"proposal": proposal.id, "digest": proposal.digest, "change": change_id}
        writing.append("intent", "bot", proposal.plan.case_id, {**facts, "attempt": attempt, "saw": saw})

    @staticmethod
    def _note_undone(writing: Writing, change_id: str) -> None:
        if change_id.startswith(RESTORING):
            restored, _, change = change_id.removeprefix(RESTORING).partition(":")
            writing.execute(
                "UPDATE actions SET undone = 1 WHERE proposal = ? AND change = ?", [restored, change]
            )

    # --- what was shown ------------------------------------------------------------------------------------

    def card_posted(self, proposal_id: str, channel: str, ts: str) -> None:
        """Note where the proposal's card is."""
        facts = {"proposal": proposal_id, "channel": channel, "ts": ts}
        with self.ledger.writing() as writing:
            writing.append("card posted", "bot", self._inside(writing, proposal_id).plan.case_id, facts)
            writing.execute(
                "UPDATE proposals SET channel = ?, card = ? WHERE id = ?", [channel, ts, proposal_id]
            )

    def copy_posted(self, proposal_id: str, channel: str, ts: str) -> None:
        """Note where a copy of the proposal's card is."""
        facts = {"proposal": proposal_id, "channel": channel, "ts": ts, "copy": True}
        with self.ledger.writing() as writing:
            writing.append("card posted", "bot", self._inside(writing, proposal_id).plan.case_id, facts)
            writing.execute(
                "INSERT INTO copies (proposal, channel, ts) VALUES (?, ?, ?) ON CONFLICT (proposal, channel)"
                " DO UPDATE SET ts = excluded.ts",
                [proposal_id, channel, ts],
            )

    def shown(self, proposal_id: str) -> None:
        """Note that every copy of the card shows how the proposal ended."""
        with self.ledger.writing() as writing:
            proposal = self._inside(writing, proposal_id)
            facts = {"proposal": proposal_id, "how": f"as {proposal.state}"}
            writing.append("shown", "bot", proposal.plan.case_id, facts)
            writing.execute("UPDATE proposals SET shown = 1 WHERE id = ?", [proposal_id])

    def password_shown(self, proposal_id: str, change_id: str, user: str) -> bool:
        """Note that somebody is being shown a password, and forget it; False when it was gone already."""
        with self.ledger.writing() as writing:
            proposal = self._inside(writing, proposal_id)
            gone = writing.execute(
                "DELETE FROM secrets WHERE proposal = ? AND change = ?", [proposal_id, change_id]
            )
            facts = {"proposal": proposal_id, "change": change_id, "shown": bool(gone)}
            writing.append("password shown", user, proposal.plan.case_id, facts)
        return bool(gone)

    def forget_secrets(self, now: datetime) -> int:
        """Forget the passwords whose time is over; give how many."""
        if not self.ledger.rows("SELECT 1 FROM secrets WHERE until <= ?", [moment(now)]):
            return 0
        with self.ledger.writing() as writing:
            gone = writing.rows("SELECT proposal FROM secrets WHERE until <= ?", [moment(now)])
            for row in gone:
                case_id = self._inside(writing, row["proposal"]).plan.case_id
                writing.append("password forgotten", "bot", case_id, {"proposal": row["proposal"]})
            writing.execute("DELETE FROM secrets WHERE until <= ?", [moment(now)])
        return len(gone)

    # --- errands and watches -------------------------------------------------------------------------------

    @staticmethod
    def _add_errands(writing: Writing, plan: Plan) -> None:
        known = writing.rows("SELECT id, number FROM errands WHERE case_id = ?", [plan.case_id])
        ids = {row["id"] for row in known}
        number = max((row["number"] for row in known), default=0)
        for errand in plan.errands:
            if errand.id in ids:
                continue
            number += 1
            facts = {"number": number, "errand": errand.id, "says": errand.says}
            writing.append("errand added", "bot", plan.case_id, facts)
            writing.execute(
                "INSERT INTO errands (case_id, number, id, says, how) VALUES (?, ?, ?, ?, ?)",
                [plan.case_id, number, errand.id, errand.says, json.dumps(errand.how)],
            )

    def tick(self, case_id: str, number: int, user: str, note: str = "") -> ErrandState:
        """Note that a person did an errand; a second time changes nothing.

        Raises:
            NoSuchErrand: the case has none of this number.
        """
        with self.ledger.writing() as writing:
            found = writing.rows("SELECT * FROM errands WHERE case_id = ? AND number = ?", [case_id, number])
            if not found:
                raise NoSuchErrand(case_id, number)
            if not found[0]["done_by"]:
                note = _whole(note)
                facts = {"number": number, "errand": found[0]["id"], "note": note}
                writing.append("errand done", user, case_id, facts)
                writing.execute(
                    "UPDATE errands SET done_by = ?, done_at = ?, note = ? WHERE case_id = ? AND number = ?",
                    [user, moment(writing.now), note, case_id, number],
                )
        return next(one for one in self.errands(case_id) if one.number == number)

    def set_watches(self, case_id: str, spans: Iterable[timedelta]) -> None:
        """Note when a case is to be looked at again, counted from now; rounds that were set before go on."""
        with self.ledger.writing() as writing:
            rows = writing.rows("SELECT max(round) AS last FROM watches WHERE case_id = ?", [case_id])
            last = int(rows[0]["last"] or 0)
            dues = [moment(writing.now + span) for span in spans]
            writing.append("watch set", "bot", case_id, {"due": dues})
            for number, due in enumerate(dues, last + 1):
                writing.execute(
                    "INSERT INTO watches (case_id, round, due) VALUES (?, ?, ?)", [case_id, number, due]
                )

    def watched(self, case_id: str, number: int, facts: dict[str, Any]) -> None:
        """Note what was seen when a case was looked at again; `number` 0 stands for a look out of turn.

        Earlier rounds that were missed are answered by it as well.
        """
        with self.ledger.writing() as writing:
            writing.append("looked again", "bot", case_id, {"round": number, **facts})
            writing.execute("UPDATE watches SET done = 1 WHERE case_id = ? AND round <= ?", [case_id, number])

    def _inside(self, writing: Writing, proposal_id: str) -> Proposal:
        rows = writing.rows("SELECT * FROM proposals WHERE id = ?", [proposal_id])
        if not rows:
            raise NoSuchProposal(proposal_id)
        return self._whole(rows[0], writing.rows)


def _whole(text: str) -> str:
    """Put a question mark in place of half a character, which no table can hold."""
    return text.encode("utf-8", "replace").decode()


def made(proposal: Proposal) -> tuple[Change, ...]:
    """Give the changes of a proposal that were made, in the order in which they were."""
    changes = {change.id: change for change in proposal.plan.changes}
    return tuple(changes[action.change] for action in proposal.actions if action.outcome in DONE)


_KIND = {
    Verb.APPROVE: "approved",
    Verb.DENY: "denied",
    Verb.WITHDRAW: "withdrawn",
    Verb.EXPIRE: "expired",
    Verb.START: "carrying out",
    Verb.STOP: "stopped",
    Verb.FINISH: "carried out",
}
"""The kind of the entry that each verb leaves."""


def _ballot(proposal: Proposal, subject: Subject) -> Ballot:
    return Ballot(
        state=proposal.state,
        digest=proposal.digest,
        expires_at=proposal.expires_at,
        proposed_by=proposal.proposed_by,
        proposer=proposal.proposer,
        subject=subject,
        needs=proposal.needs,
        factor=proposal.factor,
        strict=proposal.strict,
        votes=proposal.votes,
    )


def _proposed(proposal: Proposal) -> dict[str, Any]:
    """What the ledger's entry says of a proposal: everything that people approve."""
    return {
        "proposal": proposal.id,
        "kind": proposal.kind,
        "digest": proposal.digest,
        "plan": plan_facts(proposal.plan),
        "proposer": sorted(proposal.proposer),
        "proposed_by": proposal.proposed_by,
        "reason": proposal.reason,
        "needs": proposal.needs,
        "factor": proposal.factor,
        "strict": proposal.strict,
        "expires_at": moment(proposal.expires_at),
    }


def _voted(proposal: Proposal, vote: Vote) -> dict[str, Any]:
    return {
        "proposal": proposal.id,
        "digest": proposal.digest,
        "yes": vote.yes,
        "factor": vote.factor,
        "addresses": sorted(vote.addresses),
        "says": vote.says,
    }


def _proposal(row: sqlite3.Row, votes: Iterable[sqlite3.Row], actions: Iterable[sqlite3.Row]) -> Proposal:
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
    )


def _vote(row: sqlite3.Row) -> Vote:
    return Vote(
        voter=row["voter"],
        addresses=frozenset(json.loads(row["addresses"])),
        yes=bool(row["yes"]),
        at=datetime.fromisoformat(row["at"]),
        factor=bool(row["factor"]),
        says=row["says"],
    )


def _action(row: sqlite3.Row) -> Action:
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


def _errand(row: sqlite3.Row) -> ErrandState:
    return ErrandState(
        id=row["id"],
        number=row["number"],
        says=row["says"],
        how=tuple(json.loads(row["how"])),
        done_by=row["done_by"],
        done_at=datetime.fromisoformat(row["done_at"]) if row["done_at"] else None,
        note=row["note"],
    )
