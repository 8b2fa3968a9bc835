"""What the card of a proposal shows, read from the ledger: the plan, who may decide it, what is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import structlog
from pydantic import ValidationError

from bot.artefacts import report_store
from bot.cards.papers import handled_of, what_now
from bot.errors import BotError
from bot.messages import Message
from bot.messages.case_card import situation
from bot.messages.proposal_card import proposal_card
from bot.messages.roles_gone import Gone, roles_gone
from bot.messages.what_now import WhatNow
from bot.people.persons import People
from commands.containment import effects
from commands.containment.proposals import Proposal, Proposals
from commands.ledger import Case, Ledger
from commands.ledger import proposals as stored
from commands.ledger import tasks as listed
from commands.plans.approval import ProposalState
from commands.plans.plan import Change, offer_from
from commands.rechecks.watch import never_carried_out

log = structlog.get_logger(__name__)


class ProposalView:
    """Draws the cards of proposals. Any thread may use it.

    Args:
        proposals: Where proposals are kept.
        people: Who is to be asked for an approval.
        titles: The steps' titles by step id, with the document's numbering.
        link: Gives the web address of a case's card, "" where Slack does not tell it.
    """

    def __init__(
        self,
        proposals: Proposals,
        people: People,
        titles: Mapping[str, str],
        link: Callable[[Case], str],
    ) -> None:
        self._proposals = proposals
        self._people = people
        self._titles = titles
        self._link = link
        self._links: dict[str, str] = {}
        self._voters: dict[str, tuple[str, ...]] = {}
        self._situations: dict[tuple[str, int, Gone], str] = {}

    @property
    def _ledger(self) -> Ledger:
        return self._proposals.ledger

    def card(self, proposal: Proposal, now: datetime) -> Message:
        """Draw the card as it stands.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        case = self._ledger.case(proposal.plan.case_id)
        return proposal_card(
            proposal,
            names=self._titles,
            now=now,
            decided_at=proposal.decided_at,
            case_link=self._link_of(case),
            password_shown_to=stored.password_shown_to(self._proposals.ledger, proposal),
            situation=self._situation_of(case),
            may_approve=self.may_approve(proposal) if proposal.state is ProposalState.OPEN else (),
            left=self._left(proposal, case),
            left_out=self._left_out(proposal, case),
        )

    def _left_out(self, proposal: Proposal, case: Case) -> tuple[str, ...]:
        """What the findings ask for, and neither a plan that is to be decided nor one before it does."""
        if proposal.kind != "contain" or proposal.state is not ProposalState.OPEN:
            return ()
        planned = {change.id for change in proposal.plan.changes}
        offered = [one for one in offer_from(case.offer or "[]") if isinstance(one, Change)]
        return tuple(
            one.says for one in never_carried_out(self._proposals, case.id, offered) if one.id not in planned
        )

    def _left(self, proposal: Proposal, case: Case) -> WhatNow | None:
        """What is left to do in the case, for a plan that was carried out against the attacker."""
        if not says_what_is_left(proposal) or not case.report:
            return None
        try:
            report = report_store.load(case.report)
        except ValidationError as error:
            log.warning(
                "A report is unreadable.", action="proposal.no_report", case=case.id, error=str(error)
            )
            return None
        return what_now(
            report, handled_of(self._ledger, case), listed.watched_until(self._proposals.ledger, case.id)
        )

    def _situation_of(self, case: Case) -> str:
        """What the case's last check says; read once a run, because a report is long."""
        done = effects.done_since(self._proposals.ledger, case.id, case.finished_at)
        roles = roles_gone(offer_from(case.offer or "[]"), done)
        key = (case.id, case.run, roles)
        if case.report and key not in self._situations:
            try:
                self._situations[key] = situation(report_store.load(case.report), roles)
            except ValidationError as error:
                # The plan can be decided without it; whoever wants the reasons has the case's own card.
                log.warning(
                    "A report is unreadable.", action="proposal.no_report", case=case.id, error=str(error)
                )
                self._situations[key] = ""
        return self._situations.get(key, "")

    def _link_of(self, case: Case) -> str:
        if case.card and not self._links.get(case.card):
            self._links[case.card] = self._link(case)
        return self._links.get(case.card, "")

    def may_approve(self, proposal: Proposal) -> tuple[str, ...]:
        """Give who may approve, as far as is known without asking Microsoft; looked up once, after the start.

        It only tells people beforehand: whoever votes is looked up anew.
        """
        if proposal.id not in self._voters:
            owner = self._proposals.ballot(proposal).owner
            found = []
            try:
                approvers = self._people.approvers(proposal.plan.tenant)
            except BotError as error:
                log.warning("The approvers are not known.", action="proposal.nobody_known", error=str(error))
                return ()
            for user in approvers:
                try:
                    voter = self._people.voter(user, tenant=proposal.plan.tenant, live=False)
                except BotError as error:
                    unasked(proposal, user, error)
                    continue
                own = proposal.strict and user == proposal.proposed_by
                if not (voter.barred or own or owner.is_same(voter.ever)):
                    found.append(user)
            self._voters[proposal.id] = tuple(found)
        return self._voters[proposal.id]


def unasked(proposal: Proposal, user: str, error: BotError) -> None:
    """Note who could not be asked. The card in the channel is there, and an approver can use that one."""
    log.warning(
        "An approver could not be asked.",
        action="proposal.not_asked",
        proposal=proposal.id,
        user=user,
        error=str(error),
    )


def says_what_is_left(proposal: Proposal) -> bool:
    """Whether it is a plan against the attacker that was carried out, or an undo that is to be decided."""
    decided = ProposalState.OPEN if proposal.kind == "restore" else ProposalState.DONE
    return proposal.state is decided
