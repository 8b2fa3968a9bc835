"""What `approve` and `deny` share: a vote, counted or refused, and the alarm about who must not vote."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from bot.errors import BotError, SlackFailed
from bot.messages import Message, answers, decisions
from bot.slack.intake import Asked
from bot.verbs.shape import Answer, Tools
from commands.containment.proposals import Proposal
from commands.errors import NoSuchProposal, VoteRefused
from commands.ledger import entries as e
from commands.plans.approval import ProposalState, Voter, has_voted

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MayVote:
    """Who votes about what; whether the vote counts is decided when it is written."""

    voter: Voter
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class Opened:
    """A window that asks for what is missing."""

    window: str
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class Counted:
    """A vote that counts, and whether what it approved waits for the job database."""

    proposal: Proposal
    voter: Voter
    waits: bool


@dataclass(frozen=True, slots=True)
class NotCounted:
    """A vote that does not count, and why."""

    proposal: Proposal
    voter: Voter
    why: str


Outcome = Opened | Counted | NotCounted


def vote(
    proposal: Proposal, voter: Voter, digest: str, *, yes: bool, says: str, tools: Tools
) -> Counted | NotCounted:
    """Write a vote down; with the last that is needed, what it is about is carried out.

    Raises:
        LedgerError: it could not be written, so it does not count.
    """
    try:
        proposal = tools.proposals.vote(proposal.id, digest, voter, yes=yes, says=says)
    except VoteRefused as error:
        return refused(proposal.id, voter, str(error), tools)
    log.info(
        "A vote was counted.",
        action="proposal.vote",
        proposal=proposal.id,
        voter=voter.id,
        yes=yes,
        state=proposal.state.value,
    )
    approved = proposal.state is ProposalState.APPROVED
    waits = approved and not tools.jobs.enqueue_plan(proposal.id)
    repaint(proposal, tools)
    return Counted(proposal, voter, waits)


def proposal_for(proposal_id: str, asked: Asked, tools: Tools) -> Proposal:
    """Give the proposal that someone means; one of a tenant that they may not see is none.

    Raises:
        NoSuchProposal: there is none with this id.
        Barred: it is none of this channel's.
        SlackFailed: Slack did not answer, so no one knows what this person may see.
    """
    proposal = tools.proposals.get(proposal_id)
    tenant = tools.ledger.case(proposal.plan.case_id).tenant
    if tools.gate.is_foreign(asked, tenant):
        _raise_alarm(proposal, tools.gate.voter(asked, tenant), tools)
        raise NoSuchProposal(proposal_id)
    tools.gate.demand_here(asked, tenant)
    return proposal


def refused(proposal_id: str, voter: Voter, why: str, tools: Tools) -> NotCounted:
    """Give a vote that was not counted, after telling whoever must know of it."""
    known = tools.proposals.get(proposal_id)
    if known.state is ProposalState.EXPIRED and not known.shown:
        repaint(known, tools)
    _raise_alarm(known, voter, tools)
    return NotCounted(known, voter, why)


def shows(done: Outcome, tools: Tools) -> Answer:
    """Say whether the vote counts."""
    case_id = done.proposal.plan.case_id
    match done:
        case Opened(window, _):
            return Answer(e.ModalOpened(window=window), case_id)
        case Counted(proposal, voter, waits):
            message = decisions.vote_noted(proposal, voter.id, waits=waits)
            return Answer(e.Answered(proposal=proposal.id), case_id, (message,))
        case NotCounted(proposal, voter, why):
            message = _refused(proposal, voter, why, tools)
            return Answer(e.NotCounted(proposal=proposal.id, says=why), case_id, (message,))


def repaint(proposal: Proposal, tools: Tools) -> None:
    """Bring all copies up to date; what fails here is done in the next round."""
    try:
        if proposal.state in (ProposalState.DENIED, ProposalState.WITHDRAWN, ProposalState.EXPIRED):
            tools.papers.show(proposal.id)
        else:
            tools.papers.repaint(proposal.id)
    except SlackFailed as error:
        log.warning("A card waits.", action="slack.later", proposal=proposal.id, error=str(error))


def _refused(proposal: Proposal, voter: Voter, sentence: str, tools: Tools) -> Message:
    """Say politely why a vote does not count."""
    if proposal.state is not ProposalState.OPEN:
        return decisions.too_late(proposal)
    if has_voted(proposal.votes, voter):
        return decisions.vote_repeated(proposal)
    # Whoever is in doubt learns nothing here; anybody else learns whom to ask.
    others = () if _in_doubt(proposal, voter, tools) else tools.papers.view.may_approve(proposal)
    return decisions.vote_refused(
        proposal.id,
        sentence,
        tools.gate.readable_for(voter.id),
        [one for one in others if one != voter.id],
    )


def _in_doubt(proposal: Proposal, voter: Voter, tools: Tools) -> bool:
    """Whether it is the voter's own account, or that account is under investigation itself."""
    case = tools.ledger.case(proposal.plan.case_id)
    own = tools.ledger.owner(case.subject, case.tenant).is_same(voter.ever)
    return own or bool(tools.people.doubt_about(voter.ever, case.tenant))


def _raise_alarm(proposal: Proposal, voter: Voter, tools: Tools) -> None:
    """Tell the case's thread when someone whose own account is in doubt tried to decide."""
    if not _in_doubt(proposal, voter, tools):
        return
    case = tools.ledger.case(proposal.plan.case_id)
    own = tools.ledger.owner(case.subject, case.tenant).is_same(voter.ever)
    log.warning(
        "Somebody whose own account is in doubt tried to decide.",
        action="proposal.alarm",
        proposal=proposal.id,
        user=voter.id,
    )
    try:
        what = f"{proposal.id} alarm {voter.id}"
        tools.cards.say_in_thread(case, what, answers.tried_to_decide(proposal, voter.id, own=own))
    except BotError as error:
        log.warning("An alarm was not told.", action="proposal.alarm_lost", error=str(error))
