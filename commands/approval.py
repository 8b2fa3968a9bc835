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


class Verb(StrEnum):
    """What can happen to a proposal. `APPROVE` is the vote that completes the number needed."""

    APPROVE = "approve"
    DENY = "deny"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    START = "start"
    FINISH = "finish"
    STOP = "stop"


S, V = ProposalState, Verb

TRANSITIONS: Final[dict[tuple[ProposalState, Verb], ProposalState]] = {
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
        addresses: Every address by which this person may be known in Microsoft 365, lower-cased.
        barred: Why this person may not approve, one sentence; "" when they may. Not an approver, a guest, a
            bot, deactivated, external, or with an open case of their own.
        factor: Whether a second factor was shown with this vote.
    """

    id: str
    addresses: frozenset[str]
    barred: str = ""
    factor: bool = False


@dataclass(frozen=True, slots=True)
class Vote:
    """One person's recorded answer to one digest."""

    voter: str
    addresses: frozenset[str]
    yes: bool
    at: datetime
    factor: bool = False
    says: str = ""


SHORTEST_DIGEST = 8
"""How many characters of a digest are enough to say which plan is meant."""

GRACE = timedelta(minutes=10)
"""How long after its end an approved proposal may still be begun.

The last vote may have come just in time, and the program may have been started again. Later than that, nobody
knows whether the plan still fits."""

_ENDED: Final[dict[ProposalState, str]] = {
    S.APPROVED: "It is approved already.",
    S.RUNNING: "It is approved already, and being carried out.",
    S.DONE: "It is carried out already.",
    S.DENIED: "It was denied.",
    S.WITHDRAWN: "It was withdrawn.",
    S.EXPIRED: "It has expired. Propose it again.",
    S.STOPPED: "It was stopped, and nothing was done. Propose it again.",
}


def advance(state: ProposalState, verb: Verb) -> ProposalState:
    """Give the state that follows.

    Raises:
        NotNow: there is no such way.
    """
    following = TRANSITIONS.get((state, verb))
    if following is None:
        raise NotNow(_ENDED.get(state, f"An open proposal cannot {verb} yet: it is not approved."))
    return following


@dataclass(frozen=True, slots=True)
class Ballot:
    """What a vote is about: the proposal as far as it matters for who may vote.

    Attributes:
        state: Where it stands.
        digest: The digest of its plan.
        expires_at: When it ends.
        proposed_by: The proposer's Slack user id.
        proposer: The proposer's addresses.
        subject: The account that it is about.
        needs: How many different people must approve.
        factor: Whether an approval needs a second factor.
        strict: Whether the proposer's approval does not count.
        votes: Who answered so far.
    """

    state: ProposalState
    digest: str
    expires_at: datetime
    proposed_by: str
    proposer: frozenset[str]
    subject: Subject
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
        return "That is not the plan that is proposed now. Read the proposal again, and vote on what it says."
    if any(is_same_person(voter, vote.voter, vote.addresses) for vote in ballot.votes):
        return "You have answered already; one person has one vote."
    if any(ballot.subject.is_meant_by(address) for address in voter.addresses):
        return "You may not decide about your own account."
    if voter.barred:
        return voter.barred
    if yes and ballot.strict and is_same_person(voter, ballot.proposed_by, ballot.proposer):
        return "You proposed this, so somebody else must approve it."
    if yes and ballot.factor and not voter.factor:
        return "This needs a code from your authenticator app. Press Approve once more and type the code."
    return ""


def is_same_person(voter: Voter, other: str, addresses: frozenset[str]) -> bool:
    """Whether two Slack accounts belong to one person: the same account, or a shared address."""
    return voter.id == other or bool(voter.addresses & addresses)


def approvals(ballot: Ballot, still_allowed: Callable[[Vote], bool] = lambda vote: True) -> int:  # noqa: ARG005
    """Count the different people who said yes and may still do so."""
    return sum(1 for vote in ballot.votes if vote.yes and still_allowed(vote))


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
        return "The plan is not the one that was approved, so nothing was done. Propose it again."
    if now > ballot.expires_at + GRACE:
        return "It was approved, and then not begun before its end, so nothing was done. Propose it again."
    reasons = {vote.voter: barred(vote) for vote in ballot.votes if vote.yes}
    if approvals(ballot, lambda vote: not reasons[vote.voter]) < ballot.needs:
        lost = "; ".join(f"<@{voter}>: {why.rstrip('.')}" for voter, why in reasons.items() if why)
        return (
            "Too few of those who approved may still do so, so nothing was done"
            f"{f' ({lost})' if lost else ''}. Propose it again."
        )
    return ""
