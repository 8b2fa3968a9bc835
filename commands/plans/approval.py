"""How a proposal is decided: who may vote, how many are needed, and which way it goes from state to state.

A plan before people, in one table. A proposal is *open* until enough different, allowed people said yes
(*approved*), one said no (*denied*), its proposer took it back (*withdrawn*) or its time ran out (*expired*).
An approved one is carried out (*running*) exactly once and ends as *done*; where something is not as it was
approved, it is *stopped* before anything is sent.

Pure: people, time and votes come in as arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from commands.errors import NotNow
from commands.identity import NOBODY, Identity
from graph.question import Subject


class ProposalState(StrEnum):
    """Where a proposal stands."""

    OPEN = "open"
    APPROVED = "approved"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"


class Move(StrEnum):
    """What can happen to a proposal. `APPROVE` is the vote that completes the number needed."""

    APPROVE = "approve"
    DENY = "deny"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    START = "start"
    FINISH = "finish"
    STOP = "stop"


S, V = ProposalState, Move

TRANSITIONS: Final[dict[tuple[ProposalState, Move], ProposalState]] = {
    (S.OPEN, V.APPROVE): S.APPROVED,
    (S.OPEN, V.DENY): S.DENIED,
    (S.OPEN, V.WITHDRAW): S.WITHDRAWN,
    (S.OPEN, V.EXPIRE): S.EXPIRED,
    (S.APPROVED, V.WITHDRAW): S.WITHDRAWN,
    (S.APPROVED, V.START): S.RUNNING,
    (S.APPROVED, V.STOP): S.STOPPED,
    (S.RUNNING, V.FINISH): S.DONE,
}
"""Every way there is; what is not in here does not happen."""


@dataclass(frozen=True, slots=True)
class Voter:
    """Somebody who votes, as known at this very moment.

    Attributes:
        id: The Slack user id.
        addresses: Every address by which this person is known in Microsoft 365 today, lower-cased.
        barred: Why this person may not approve, one sentence; "" when they may. Not an approver, a guest, a
            bot, deactivated, external, or with an open case of their own.
        factor: Whether a second factor was shown with this vote.
        object_id: The Entra object id of this person's account; "" where nobody could tell, and then no vote
            counts.
        earlier: By what this person was known since they were named first.
    """

    id: str
    addresses: frozenset[str]
    barred: str = ""
    factor: bool = False
    object_id: str = ""
    earlier: Identity = NOBODY

    @property
    def identity(self) -> Identity:
        """By what this person is known today."""
        return Identity.of((self.id,), (self.object_id,), self.addresses)

    @property
    def ever(self) -> Identity:
        """By what this person is known, today or earlier."""
        return self.identity | self.earlier


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's recorded answer to one digest; `object_id` is "" in votes of early versions."""

    voter: str
    addresses: frozenset[str]
    yes: bool
    at: datetime
    factor: bool = False
    says: str = ""
    object_id: str = ""

    @property
    def identity(self) -> Identity:
        """By what the voter was known."""
        return Identity.of((self.voter,), (self.object_id,), self.addresses)


SHORTEST_DIGEST = 8
"""How many characters of a digest are enough to say which plan is meant."""

GRACE = timedelta(minutes=10)
"""How long after its end an approved proposal may still be begun.

The last vote may have come just in time, and the program may have been started again. Later than that, nobody
knows whether the plan still fits."""

_ENDED: Final[dict[ProposalState, str]] = {
    S.APPROVED: "It is already approved.",
    S.RUNNING: "It is already approved and being carried out.",
    S.DONE: "It was already carried out.",
    S.DENIED: "It was denied.",
    S.WITHDRAWN: "It was withdrawn.",
    S.EXPIRED: "It has expired. Propose it again.",
    S.STOPPED: "It was stopped, and nothing was done. Propose it again.",
}


def advance(state: ProposalState, verb: Move) -> ProposalState:
    """Give the state that follows.

    Raises:
        NotNow: there is no such way.
    """
    following = TRANSITIONS.get((state, verb))
    if following is None:
        raise NotNow(_ENDED.get(state, f"The proposal cannot {verb} yet: it is not approved."))
    return following


@dataclass(frozen=True, slots=True)
class Ballot:
    """What a vote is about: the proposal as far as it matters for who may vote.

    Attributes:
        state: Where it stands.
        digest: The digest of its plan.
        expires_at: When it ends.
        proposer: By what the proposer was known.
        subject: The account that it is about.
        owner: By what the owner of that account is known, now or earlier.
        needs: How many different people must approve.
        factor: Whether an approval needs a second factor.
        strict: Whether the proposer's approval does not count.
        votes: Who answered so far.
    """

    state: ProposalState
    digest: str
    expires_at: datetime
    proposer: Identity
    subject: Subject
    owner: Identity
    needs: int
    factor: bool
    strict: bool
    votes: Sequence[Vote] = ()


def why_not(ballot: Ballot, voter: Voter, *, yes: bool, digest: str, now: datetime) -> str:
    """Say why this vote does not count, in one sentence; "" when it does."""
    if ballot.state is not S.OPEN:
        return _ENDED[ballot.state]
    if now >= ballot.expires_at:
        return _ENDED[S.EXPIRED]
    if len(digest) < SHORTEST_DIGEST or not ballot.digest.startswith(digest.casefold()):
        return "The plan has changed. Review the proposal again, and vote on the current plan."
    if has_voted(ballot.votes, voter):
        return "You already voted; each person has one vote."
    if ballot.owner.is_same(voter.ever):
        return "You cannot vote on your own account."
    if voter.barred:
        return voter.barred
    if not voter.object_id:
        return "Your Microsoft 365 account could not be identified, so you cannot vote."
    if yes and ballot.strict and ballot.proposer.is_same(voter.identity):
        return "You proposed this, so someone else must approve it."
    if yes and ballot.factor and not voter.factor:
        return "This needs a code from your authenticator app. Select Approve again and enter the code."
    return ""


def has_voted(votes: Sequence[Vote], voter: Voter) -> bool:
    """Whether this person has answered, with this Slack account or another one."""
    return any(vote.identity.is_same(voter.identity) for vote in votes)


def approvals(ballot: Ballot, still_allowed: Callable[[Vote], bool] = lambda vote: True) -> int:  # noqa: ARG005
    """Count the different people who said yes and may still do so."""
    people: list[Identity] = []
    for vote in ballot.votes:
        if vote.yes and still_allowed(vote) and not any(vote.identity.is_same(one) for one in people):
            people.append(vote.identity)
    return len(people)


def is_approved(ballot: Ballot) -> bool:
    """Whether enough people said yes."""
    return approvals(ballot) >= ballot.needs


def why_not_run(ballot: Ballot, digest: str, barred: Callable[[Vote], str], now: datetime) -> str:
    """Say why an approved proposal must not be begun, in one sentence; "" when it may.

    Args:
        ballot: The proposal as the ledger has it.
        digest: The digest of the plan that would be carried out.
        barred: Says why somebody who voted may not approve any longer, "" when they may.
        now: The time.
    """
    if digest != ballot.digest:
        return "The plan differs from the approved one, so nothing was done. Propose it again."
    if now > ballot.expires_at + GRACE:
        return "It was approved but expired before it started, so nothing was done. Propose it again."
    reasons = {vote.voter: _lost(ballot, vote) or barred(vote) for vote in ballot.votes if vote.yes}
    if approvals(ballot, lambda vote: not reasons[vote.voter]) < ballot.needs:
        lost = "; ".join(f"<@{voter}>: {why.rstrip('.')}" for voter, why in reasons.items() if why)
        return (
            "Too few of the approvals are still valid, so nothing was done"
            f"{f' ({lost})' if lost else ''}. Propose it again."
        )
    return ""


def _lost(ballot: Ballot, vote: Vote) -> str:
    """Say why a vote counts no longer, whatever Slack and Microsoft say of the voter; "" when it does."""
    if ballot.owner.is_same(vote.identity):
        return "This is their own account."
    if not vote.object_id:
        return "Their Microsoft 365 account is not recorded."
    return ""
