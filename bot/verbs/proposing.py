"""What `plan`, `contain` and `restore` share: what a case offers, and the way from a plan to a proposal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

from bot.errors import NotUnderstood, SlackFailed
from bot.messages import decisions
from bot.people.meant import About
from bot.people.persons import Person
from bot.slack.intake import Asked
from bot.verbs.shape import Answer, Tools
from commands import steps
from commands.containment.proposals import Proposal
from commands.containment.propose import needs_of_plan, step_id, wants_factor
from commands.errors import AlreadyProposed
from commands.ledger import Case
from commands.ledger import entries as e
from commands.plans.approval import ProposalState
from commands.plans.plan import Plan, Planned, offer_from

log = structlog.get_logger(__name__)

FRESH: Final = timedelta(hours=24)
"""How old a check may be that something is proposed from: later, the account is no longer as it was seen."""

TITLES: Final[Mapping[str, str]] = {step_id(step): step.TITLE for step in steps.STEPS}
SOURCES: Final[Mapping[str, str]] = {step_id(step): step.SOURCE for step in steps.STEPS}


@dataclass(frozen=True, slots=True)
class MayPropose:
    """Who asks, about which finished case."""

    asker: Person
    case: Case


@dataclass(frozen=True, slots=True)
class Opened:
    """A window in which someone chooses."""

    window: str
    case: Case


@dataclass(frozen=True, slots=True)
class OfferChanged:
    """What was chosen from is no longer what the case offers."""

    case: Case


@dataclass(frozen=True, slots=True)
class NothingToUndo:
    """Nothing was done in a case that can be undone."""

    case: Case


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal that was made; for one that was open before, why no other was."""

    proposal: Proposal
    instead: str = ""


Outcome = Opened | OfferChanged | NothingToUndo | Proposed


def who_may_propose(about: About, asked: Asked, tools: Tools) -> MayPropose:
    """Find the finished case that is meant, and see that this person may ask about it.

    Raises:
        Barred: this person may not ask, or not about this account.
        NotUnderstood: no check has come to an end yet.
    """
    case = tools.gate.finished_case(about, asked)
    return MayPropose(tools.gate.asker_about(asked, case), case)


def offered(case: Case) -> tuple[Planned, ...]:
    """Give what the steps planned from a check.

    Raises:
        NotUnderstood: it was made before there were steps.
    """
    if not case.offer:
        raise NotUnderstood(
            f"The check of case {case.id} offers no changes. Check again first: /compromise check "
            f"{case.subject.mail}"
        )
    return offer_from(case.offer)


def fresh_offer(case: Case, tools: Tools) -> tuple[Planned, ...]:
    """Give what the case offers.

    Raises:
        NotUnderstood: the check is too old, or offered nothing, or something reappeared since.
    """
    offer = offered(case)
    if case.finished_at is None or tools.clock() - case.finished_at > FRESH:
        raise NotUnderstood(
            f"The check of case {case.id} is more than a day old and may be out of date. Check "
            f"again first: /compromise check {case.subject.mail}"
        )
    seen = tools.ledger.last_recheck(case.id)
    if seen is not None and seen.raised:
        raise NotUnderstood(
            f"A recheck found something open that the check of case {case.id} does not offer. "
            f"To close exactly what is open: /compromise close {case.id}"
        )
    return offer


def proposed_before(asked: Asked, tools: Tools) -> Proposed | None:
    """Give the proposal that this very question made before the program ended."""
    earlier = tools.proposals.asked_for(asked.id)
    return Proposed(earlier) if earlier else None


def propose(kind: str, plan: Plan, because: str, may: MayPropose, *, asked: Asked, tools: Tools) -> Proposed:
    """Put a plan before people, and post its card.

    Raises:
        CannotPost: the case's channel is none to post in any more.
        CommandError: it cannot be proposed; says why.
    """
    room = tools.room(may.case.tenant, may.case.channel)
    policy = tools.tenancy.of(may.case.tenant).policy
    try:
        proposal = tools.proposals.propose(
            kind=kind,
            plan=plan,
            proposed_by=may.asker.id,
            proposer=may.asker.addresses,
            proposer_object=may.asker.object_id,
            reason=because,
            needs=needs_of_plan(plan, policy),
            factor=wants_factor(plan, policy),
            strict=policy.strict,
            expires_at=tools.clock() + policy.expires,
            channel=room.id,
            request=asked.id,
        )
    except AlreadyProposed as error:
        known = tools.proposals.get(error.proposal_id)
        if known.state is not ProposalState.OPEN:
            raise
        return Proposed(known, str(error))
    by = may.asker.id
    log.info("A plan was proposed.", action="proposal.made", proposal=proposal.id, proposed_by=by)
    try:
        proposal = tools.papers.post(proposal.id)
    except SlackFailed as error:
        # It is in the ledger; the next round posts its card.
        log.warning("A proposal's card waits.", action="proposal.waits", error=str(error))
    return Proposed(proposal)


def shows(done: Outcome, tools: Tools) -> Answer:
    """Say where the proposal is, or why there is none."""
    match done:
        case Opened(window, case):
            return Answer(e.ModalOpened(window=window), case.id)
        case OfferChanged(case):
            message = decisions.offer_changed(case.id)
            return Answer(e.NotAnswered(says="the offer changed"), case.id, (message,))
        case NothingToUndo(case):
            message = decisions.nothing_to_undo(case.id)
            return Answer(e.NotAnswered(says="nothing to undo"), case.id, (message,))
        case Proposed(proposal, ""):
            message = decisions.proposal_posted(proposal, tools.papers.link(proposal))
            return Answer(e.Answered(proposal=proposal.id), proposal.plan.case_id, (message,))
        case Proposed(proposal, instead):
            message = decisions.proposal_open(proposal, tools.papers.link(proposal))
            return Answer(e.NotAnswered(says=instead), proposal.plan.case_id, (message,))
