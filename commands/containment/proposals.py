"""Proposals: put before people, voted on, carried out; each step is one transaction of the ledger.

What a proposal says, who voted and what was sent are entries, and tables that follow from them; unique keys
make one vote a person, one undecided proposal an account, and one intent a change.

Longer than other files because every transaction of a proposal stands beside those that it may race with.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from commands.containment.manual_tasks import add_tasks
from commands.containment.outcome_words import look_yourself
from commands.errors import (
    AlreadyBegun,
    AlreadyProposed,
    NoSuchProposal,
    NotNow,
    VoteRefused,
)
from commands.identity import Identity
from commands.ledger import BOT, Ledger, Writing
from commands.ledger import entries as e
from commands.ledger import proposals as stored
from commands.ledger.entries import whole
from commands.ledger.ids import new_proposal_id
from commands.ledger.proposals import Action, Proposal, Standing
from commands.ledger.tasks import TaskState
from commands.ledger.verify import verified
from commands.plans.approval import (
    Ballot,
    Move,
    ProposalState,
    Vote,
    Voter,
    advance,
    is_approved,
    why_not,
)
from commands.plans.outcomes import DONE, PERHAPS_MADE, Outcome
from commands.plans.plan import Plan, State, plan_facts
from graph.question import Subject

__all__ = ["DONE", "PERHAPS_MADE", "SECRET_LIFE", "Action", "Outcome", "Proposal", "Proposals", "TaskState"]

SECRET_LIFE = timedelta(minutes=15)
"""How long a password that the bot made can be shown."""

_MOVES: dict[Move, type[e.Moved]] = {
    Move.APPROVE: e.Approved,
    Move.DENY: e.Denied,
    Move.WITHDRAW: e.Withdrawn,
    Move.EXPIRE: e.Expired,
    Move.START: e.ExecutionStarted,
    Move.STOP: e.ExecutionStopped,
    Move.FINISH: e.ExecutionFinished,
}
"""The entry that each verb leaves."""


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
        found = stored.read(self.ledger, "id = ?", [proposal_id])
        if not found:
            raise NoSuchProposal(proposal_id)
        return found[0]

    def of_case(self, case_id: str) -> tuple[Proposal, ...]:
        """Give the proposals of a case, the oldest first."""
        return stored.read(self.ledger, "case_id = ?", [case_id])

    def asked_for(self, request: str) -> Proposal | None:
        """Give what was proposed for a request: taken up after a restart, it proposes nothing again."""
        found = stored.read(self.ledger, "request = ?", [request]) if request else ()
        return found[0] if found else None

    def waiting(self) -> tuple[Proposal, ...]:
        """Give the proposals that people have not decided."""
        return stored.read(self.ledger, "state = 'open'")

    def unfinished(self) -> tuple[Proposal, ...]:
        """Give the proposals that are approved or being carried out, or whose end nobody was shown."""
        return stored.read(self.ledger, "state IN ('approved', 'running') OR (state <> 'open' AND shown = 0)")

    def ballot(self, proposal: Proposal) -> Ballot:
        """Give what a vote on this proposal is about."""
        subject = self.ledger.case(proposal.plan.case_id).subject
        return _ballot(proposal, subject, self.ledger.owner(subject, proposal.plan.tenant))

    def sealed(self, proposal_id: str, change_id: str, now: datetime) -> bytes | None:
        """Give the sealed password of a change, None where there is none or its time is over."""
        return stored.sealed_password(self.ledger, proposal_id, change_id, now)

    def proven(self, proposal_id: str) -> Proposal:
        """Read a proposal from the entries of the ledger, after seeing that all of it is what was written.

        Raises:
            LedgerTampered: it is not; nothing may be done for it.
            NoSuchProposal: there is none with this id.
        """
        with verified(self.ledger.path) as (_, rebuilt):
            found = stored.read(rebuilt, "id = ?", [proposal_id])
        if not found:
            raise NoSuchProposal(proposal_id)
        return found[0]

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
        proposer_object: str = "",
    ) -> Proposal:
        """Put a plan before people, and its manual tasks on the case's list.

        Raises:
            AlreadyProposed: another proposal about this account is not decided or not carried out yet.
        """
        with self.ledger.writing() as writing:
            other = stored.undecided(writing, f"{plan.tenant}/{plan.subject_id}")
            if other:
                raise AlreadyProposed(*other)
            event = e.ProposedByAccount(
                proposal=new_proposal_id(),
                kind=kind,
                digest=plan.digest,
                plan=plan_facts(plan),
                proposer=tuple(sorted(proposer)),
                reason=reason,
                needs=needs,
                factor=factor,
                strict=strict,
                expires_at=expires_at,
                channel=channel,
                request=request,
                object_id=proposer_object,
            )
            writing.append(event, proposed_by, plan.case_id)
            add_tasks(writing, plan)
        return self.get(event.proposal)

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
        with self.ledger.writing() as writing:
            proposal = self._inside(writing, proposal_id)
            ballot = self.ballot(proposal)
            now = self._known_time(writing, proposal)
            refused = why_not(ballot, voter, yes=yes, digest=digest, now=now)
            case_id = proposal.plan.case_id
            if refused:
                writing.append(e.VoteRefused(proposal_id, yes, refused), voter.id, case_id)
                if proposal.state is ProposalState.OPEN and now >= proposal.expires_at:
                    self._go(writing, proposal, Move.EXPIRE, BOT)
            else:
                addresses = tuple(sorted(voter.addresses))
                event = e.VotedByAccount(
                    proposal_id, proposal.digest, yes, voter.factor, addresses, whole(says), voter.object_id
                )
                writing.append(event, voter.id, case_id)
                factor, object_id = voter.factor, voter.object_id
                vote = Vote(voter.id, voter.addresses, yes, writing.now, factor, event.says, object_id)
                counted = replace(ballot, votes=(*ballot.votes, vote))
                if not yes:
                    self._go(writing, proposal, Move.DENY, voter.id, event.says)
                elif is_approved(counted):
                    self._go(writing, proposal, Move.APPROVE, voter.id)
        if refused:
            raise VoteRefused(refused)
        return self.get(proposal_id)

    def strike(
        self,
        proposal_id: str,
        digest: str,
        voter: Voter,
        *,
        plan: Plan,
        says: str,
        needs: int,
        factor: bool,
        strict: bool,
        expires_at: datetime,
        request: str = "",
    ) -> Proposal:
        """Close a proposal and put a smaller plan in its place, in one transaction; give the new proposal.

        Whoever strikes shaped the new plan, and counts as its proposer. Votes stay with the old plan.

        Args:
            proposal_id: The proposal that is open.
            digest: The digest of its plan, or its first eight characters at least.
            voter: Who strikes, as known at this moment: somebody who may deny it.
            plan: What is left.
            says: Why, in this person's words.
            needs: How many people must approve what is left.
            factor: Whether each of them needs a second factor.
            strict: Whether the new proposer's own approval does not count.
            expires_at: When the new proposal ends undecided.
            request: The id of the request.

        Raises:
            VoteRefused: this person may not decide; that was written down with the reason.
            NoSuchProposal: there is none with this id.
        """
        with self.ledger.writing() as writing:
            proposal = self._inside(writing, proposal_id)
            now = self._known_time(writing, proposal)
            refused = why_not(self.ballot(proposal), voter, yes=False, digest=digest, now=now)
            case_id, addresses = proposal.plan.case_id, tuple(sorted(voter.addresses))
            event = e.ProposedByAccount(
                proposal=new_proposal_id(),
                kind=proposal.kind,
                digest=plan.digest,
                plan=plan_facts(plan),
                proposer=addresses,
                reason=whole(f"{proposal.reason} (without {_struck(proposal.plan, plan)}: {says})"),
                needs=needs,
                factor=factor,
                strict=strict,
                expires_at=expires_at,
                channel=proposal.channel,
                request=request,
                object_id=voter.object_id,
            )
            if refused:
                writing.append(e.VoteRefused(proposal_id, False, refused), voter.id, case_id)
            else:
                why = whole(
                    f"{_struck(proposal.plan, plan)} struck out, the rest is {event.proposal}: {says}"
                )
                vote = e.VotedByAccount(
                    proposal_id, proposal.digest, False, voter.factor, addresses, why, voter.object_id
                )
                writing.append(vote, voter.id, case_id)
                self._go(writing, proposal, Move.DENY, voter.id, why)
                writing.append(event, voter.id, case_id)
        if refused:
            raise VoteRefused(refused)
        return self.get(event.proposal)

    @staticmethod
    def _known_time(writing: Writing, proposal: Proposal) -> datetime:
        """How late it is known to be: a clock that goes back gives no proposal its time again."""
        return max(writing.now, stored.latest_time(writing, proposal))

    def withdraw(self, proposal_id: str, user: str, why: str = "") -> Proposal:
        """Take a proposal back before it is carried out. Who may do so is for the caller to say.

        Raises:
            NotNow: it is decided otherwise, or being carried out.
        """
        return self._decide(proposal_id, Move.WITHDRAW, user, why)

    def expire(self, proposal_id: str) -> bool:
        """End a proposal whose time is over; False when it is not, or not open any longer."""
        with self.ledger.writing() as writing:
            proposal = self._inside(writing, proposal_id)
            is_over = self._known_time(writing, proposal) >= proposal.expires_at
            if proposal.state is not ProposalState.OPEN or not is_over:
                return False
            self._go(writing, proposal, Move.EXPIRE, BOT)
        return True

    def start(self, proposal_id: str) -> Proposal:
        """Note that an approved proposal is being carried out; only one caller ever gets past this.

        Raises:
            NotNow: it is not approved, or somebody else began.
        """
        return self._decide(proposal_id, Move.START, BOT)

    def stop(self, proposal_id: str, why: str) -> Proposal:
        """End an approved proposal without doing anything; `why` is one sentence for people.

        Raises:
            NotNow: it is not approved, or was begun.
        """
        return self._decide(proposal_id, Move.STOP, BOT, why)

    def put_away(self, why: str) -> tuple[str, ...]:
        """End everything that is open or approved, and every change that has no outcome, and send nothing.

        What was sent before is still read back, once the proposal is taken up again.

        Args:
            why: One sentence for people.

        Returns:
            The proposals that this is about.
        """
        with self.ledger.writing() as writing:
            known = stored.read(writing, "state IN ('open', 'approved', 'running')", [])
            for one in known:
                if one.state is ProposalState.RUNNING:
                    self._end_all(writing, one, why)
                else:
                    verb = Move.EXPIRE if one.state is ProposalState.OPEN else Move.STOP
                    self._go(writing, one, verb, BOT, why)
        return tuple(one.id for one in known)

    def _end_all(self, writing: Writing, proposal: Proposal, why: str) -> None:
        begun = {action.change: action for action in proposal.actions}
        for change in proposal.plan.changes:
            action = begun.get(change.id)
            if action is None or action.outcome is None:
                outcome = Outcome.REFUSED if action is None else Outcome.UNKNOWN
                says = why if action is None else f"{why} {look_yourself(change)}"
                event = e.ChangeEnded(proposal.id, change.id, str(outcome), says)
                writing.append(event, BOT, proposal.plan.case_id)

    def finish(self, proposal_id: str) -> Proposal:
        """Note that every change has an outcome.

        Raises:
            NotNow: it is not being carried out, or a change has no outcome yet.
        """
        return self._decide(proposal_id, Move.FINISH, BOT)

    def _decide(self, proposal_id: str, verb: Move, user: str, why: str = "") -> Proposal:
        with self.ledger.writing() as writing:
            proposal = self._inside(writing, proposal_id)
            if verb is Move.FINISH:
                ended = {action.change for action in proposal.actions if action.outcome}
                if any(change.id not in ended for change in proposal.plan.changes):
                    raise NotNow(f"Proposal {proposal_id} has changes without an outcome.")
            self._go(writing, proposal, verb, user, why)
        return self.get(proposal_id)

    def _go(self, writing: Writing, proposal: Proposal, verb: Move, user: str, says: str = "") -> None:
        """Move a proposal on, with its entry.

        Raises:
            NotNow: it does not go that way from where it stands.
        """
        advance(proposal.state, verb)
        event = _MOVES[verb](proposal.id, proposal.digest, says)
        if isinstance(event, e.ExecutionFinished):
            event = replace(event, outcomes={one.change: str(one.outcome) for one in proposal.actions})
        writing.append(event, user, proposal.plan.case_id)

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
            if stored.action(writing, proposal_id, change_id) is not None:
                raise AlreadyBegun(proposal_id, change_id)
            case_id = proposal.case_id
            writing.append(e.Intended(proposal_id, proposal.digest, change_id, 1, saw), BOT, case_id)
            if sealed:
                until, digest = writing.now + SECRET_LIFE, writing.keep(sealed)
                writing.append(e.PasswordMade(proposal_id, change_id, digest, until), BOT, case_id)
        return self.action(proposal_id, change_id)

    def again(self, proposal_id: str, change_id: str, saw: State) -> Action:
        """Write down that a change in doubt, whose effect cannot be seen, is about to be sent once more.

        Raises:
            AlreadyBegun: it has an outcome, so nothing is in doubt.
            NotNow: the proposal is not being carried out.
        """
        with self.ledger.writing() as writing:
            proposal = self._running(writing, proposal_id)
            action = stored.action(writing, proposal_id, change_id)
            if action is None or action.outcome is not None:
                raise AlreadyBegun(proposal_id, change_id)
            event = e.Intended(proposal_id, proposal.digest, change_id, action.attempt + 1, saw)
            writing.append(event, BOT, proposal.case_id)
        return self.action(proposal_id, change_id)

    def action(self, proposal_id: str, change_id: str) -> Action:
        """Give what became of one change so far.

        Raises:
            KeyError: it was not begun.
        """
        found = stored.action(self.ledger, proposal_id, change_id)
        if found is None:
            raise KeyError(change_id)
        return found

    def ended(
        self, proposal_id: str, change_id: str, outcome: Outcome, says: str = "", request_id: str = ""
    ) -> Action:
        """Write down how a change ended; also for one that was never sent.

        Raises:
            AlreadyBegun: it has an outcome already.
            NotNow: the proposal is not being carried out.
        """
        with self.ledger.writing() as writing:
            proposal = self._running(writing, proposal_id)
            known = stored.action(writing, proposal_id, change_id)
            if known is not None and known.outcome is not None:
                raise AlreadyBegun(proposal_id, change_id)
            event = e.ChangeEnded(proposal_id, change_id, str(outcome), says, request_id)
            writing.append(event, BOT, proposal.case_id)
        return self.action(proposal_id, change_id)

    def confirmed(self, proposal_id: str, change_id: str) -> Action:
        """Write down that a change was read back and has taken effect."""
        self._note(proposal_id, e.ChangeConfirmed(proposal_id, change_id))
        return self.action(proposal_id, change_id)

    def not_confirmed(self, proposal_id: str, change_id: str, says: str) -> Action:
        """Write down that a change cannot be read back yet; `says` is one sentence for people."""
        self._note(proposal_id, e.ChangeNotConfirmed(proposal_id, change_id, says))
        return self.action(proposal_id, change_id)

    def _running(self, writing: Writing, proposal_id: str) -> Standing:
        proposal = _standing(writing, proposal_id)
        if proposal.state is not ProposalState.RUNNING:
            raise NotNow(f"Proposal {proposal_id} is {proposal.state}, so nothing is sent for it.")
        return proposal

    # --- what was shown ------------------------------------------------------------------------------------

    def card_posted(self, proposal_id: str, channel: str, ts: str) -> None:
        """Note where the proposal's card is."""
        self._note(proposal_id, e.ProposalCardPosted(proposal_id, channel, ts))

    def copy_posted(self, proposal_id: str, channel: str, ts: str) -> None:
        """Note where a copy of the proposal's card is."""
        self._note(proposal_id, e.ProposalCopyPosted(proposal_id, channel, ts))

    def copy_closed(self, proposal_id: str, channel: str) -> None:
        """Note that a copy of the proposal's card tells nothing any more."""
        self._note(proposal_id, e.ProposalCopyClosed(proposal_id, channel))

    def shown(self, proposal_id: str) -> None:
        """Note that every copy of the card shows how the proposal ended."""
        self._note(proposal_id, e.ProposalShown(proposal_id))

    def _note(self, proposal_id: str, event: e.Event) -> None:
        """Append what the bot did about a proposal."""
        with self.ledger.writing() as writing:
            writing.append(event, BOT, _standing(writing, proposal_id).case_id)

    def password_shown(self, proposal_id: str, change_id: str, user: str) -> bool:
        """Note that somebody is being shown a password, and forget it; False when it was gone already."""
        with self.ledger.writing() as writing:
            proposal = _standing(writing, proposal_id)
            is_there = stored.has_password(writing, proposal_id, change_id)
            writing.append(e.PasswordShown(proposal_id, change_id, is_there), user, proposal.case_id)
        return is_there

    def forget_secrets(self, now: datetime) -> tuple[str, ...]:
        """Forget the passwords whose time is over; give the proposals that they were of."""
        if not stored.passwords_over(self.ledger, now):
            return ()
        with self.ledger.writing() as writing:
            over = stored.passwords_over(writing, now)
            for proposal_id, change_id, case_id in over:
                writing.append(e.PasswordForgotten(proposal_id, change_id), BOT, case_id)
        return tuple(dict.fromkeys(proposal_id for proposal_id, _, _ in over))

    def _inside(self, writing: Writing, proposal_id: str) -> Proposal:
        found = stored.read(writing, "id = ?", [proposal_id])
        if not found:
            raise NoSuchProposal(proposal_id)
        return found[0]


def _standing(writing: Writing, proposal_id: str) -> Standing:
    found = stored.standing(writing, proposal_id)
    if found is None:
        raise NoSuchProposal(proposal_id)
    return found


def _ballot(proposal: Proposal, subject: Subject, owner: Identity) -> Ballot:
    return Ballot(
        state=proposal.state,
        digest=proposal.digest,
        expires_at=proposal.expires_at,
        proposer=proposal.proposer_identity,
        subject=subject,
        owner=owner,
        needs=proposal.needs,
        factor=proposal.factor,
        strict=proposal.strict,
        votes=proposal.votes,
    )


def _struck(before: Plan, after: Plan) -> str:
    """The numbers of the changes that one plan has and the other has not."""
    left = {change.id for change in after.changes}
    numbers = [str(n) for n, change in enumerate(before.changes, start=1) if change.id not in left]
    return f"{'change' if len(numbers) == 1 else 'changes'} {', '.join(numbers)}"
