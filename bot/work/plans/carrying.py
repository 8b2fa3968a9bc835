"""What is done for an approved proposal, without the engine: carry it out, look again, show how it ended.

Each part may be repeated: what was done is read from the ledger first. People's rights are read anew from
Slack right before anything is sent.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.cards.case import Cards
from bot.cards.proposal import ProposalCards
from bot.errors import AlreadyCarriedOut, BotError, VoterUnknown
from bot.messages import answers
from bot.people.persons import People
from bot.work.rechecks.keeper import seen_of
from commands.containment.carry_out import Patience, carry_out
from commands.containment.proposals import Proposal, Proposals
from commands.errors import CommandError, LedgerError, LedgerFull, NotNow
from commands.ledger import Case, Ledger
from commands.ledger.entries import ExecutionFinished, Rechecked
from commands.plans.approval import ProposalState, Vote
from commands.plans.planning_input import Guard
from commands.rechecks import schedule as rechecks
from commands.rechecks.watch import Doors, look_again, says
from commands.signing_key import SigningKey
from commands.usual.places import Atlas
from graph.errors import NoSuchUser
from graph.tenants import Tenants

log = structlog.get_logger(__name__)

LOOKS = (
    *(timedelta(hours=hours) for hours in (1, 24, 72)),
    *(timedelta(weeks=weeks) for weeks in (1, 2)),
    *(timedelta(days=days) for days in range(30, 361, 30)),
)
"""When a case is looked at again after its account was taken back: ever more rarely, and for a year, which is
how long a case stays open. An attacker who waits for the watch to end would have to wait that long."""

WAITS = timedelta(minutes=15)
"""How long after its last vote a plan waits for Microsoft to say who voted; then it is stopped."""


class Carrying:
    """Carries proposals out and looks again afterwards. Any thread may use it.

    Args:
        proposals: Where proposals are kept.
        tenants: Who can be asked.
        cards: The cards of cases.
        papers: The cards of proposals.
        people: Says who may still approve.
        keys: Seals a new password.
        guard: Whom no one may touch in a tenant, by its name.
        clock: Tells the time (aware UTC).
        patience: How long to wait for Microsoft while something is carried out.
        seconds: How many seconds a slow source is waited for when looking again.
        post_checkpoint: Keeps the head of the ledger outside of it; called after each plan and in each round.
        atlas: Where addresses are, where Microsoft does not say.
        sleep: Waits for so many seconds.
    """

    def __init__(
        self,
        *,
        proposals: Proposals,
        tenants: Tenants,
        cards: Cards,
        papers: ProposalCards,
        people: People,
        keys: SigningKey,
        guard: Callable[[str], Guard],
        clock: Callable[[], datetime],
        patience: Patience,
        seconds: float,
        post_checkpoint: Callable[[], object],
        atlas: Atlas | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._proposals = proposals
        self._tenants = tenants
        self._cards = cards
        self._papers = papers
        self._people = people
        self._keys = keys
        self._guard = guard
        self._clock = clock
        self._patience = patience
        self._seconds = seconds
        self._post_checkpoint = post_checkpoint
        self._atlas = atlas
        self._sleep = sleep
        self._lock = threading.Lock()
        self._at: set[str] = set()
        self._warned: set[tuple[str, str]] = set()

    @property
    def _ledger(self) -> Ledger:
        return self._proposals.ledger

    # --- one proposal --------------------------------------------------------------------------------------

    def carry_out(self, proposal_id: str) -> None:
        """Carry a proposal out, or go on with it; its cards follow.

        Raises:
            AlreadyCarriedOut: somebody is at it, so nothing was sent here.
            LedgerError: nothing further was sent; the next round goes on.
            SlackFailed: Slack did not say who may still approve, so nothing was sent.
            VoterUnknown: Microsoft cannot say for a moment who they are, so nothing was sent; the next round
                asks again, until the plan was approved too long ago.
        """
        with self._alone(proposal_id):
            try:
                self._carry_out(proposal_id)
            except LedgerError as error:
                self.warn(proposal_id, str(error))
                raise

    def warn(self, proposal_id: str, why: str) -> None:
        """Tell people below the card that a plan does not go on, once for each reason."""
        if (proposal_id, why) in self._warned:
            return
        try:
            self._papers.warn_in_thread(
                self._proposals.get(proposal_id), answers.plan_stuck(proposal_id, why)
            )
        except (BotError, CommandError) as error:
            log.warning("Nobody was warned.", action="plan.not_warned", proposal=proposal_id, why=str(error))
        else:
            self._warned.add((proposal_id, why))

    @contextmanager
    def _alone(self, proposal_id: str) -> Iterator[None]:
        """Be the only one that is at a proposal, whatever the job database says of who is.

        A change that somebody else just sent looks like one that was left in doubt, and would go out again.
        """
        with self._lock:
            if proposal_id in self._at:
                raise AlreadyCarriedOut(proposal_id)
            self._at.add(proposal_id)
        try:
            yield
        finally:
            with self._lock:
                self._at.discard(proposal_id)

    def _carry_out(self, proposal_id: str) -> None:
        proposal = self._proposals.get(proposal_id)
        case = self._ledger.case(proposal.plan.case_id)
        try:
            connection = self._tenants.named(case.tenant)
        except NoSuchUser as error:
            self._stop(proposal, error.sentence)
            return
        # What was begun goes on while Microsoft cannot be asked: the people were compared when it began.
        live = proposal.state is ProposalState.APPROVED
        since = self._clock() - (proposal.decided_at or proposal.made_at)
        waits = live and since < WAITS
        try:
            with self._papers.painting(proposal_id) as tell:
                carry_out(
                    proposal_id,
                    proposals=self._proposals,
                    connection=connection,
                    keys=self._keys,
                    barred=lambda vote: self._barred(vote, case, live=live, waits=waits),
                    clock=self._clock,
                    sleep=self._sleep,
                    patience=self._patience,
                    tell=tell,
                    guard=self._guard(case.tenant),
                )
        except VoterUnknown as error:
            log.warning(
                "A plan waits for who voted.", action="plan.waits", proposal=proposal_id, why=str(error)
            )
            self._papers.say_in_thread(proposal, "waits", answers.plan_waits(proposal.id, WAITS))
            raise
        proposal = self._proposals.get(proposal_id)
        log.info(
            "A plan came to its end.", action="plan.ended", proposal=proposal_id, state=proposal.state.value
        )
        self._papers.repaint(proposal_id)

    def _stop(self, proposal: Proposal, why: str) -> None:
        try:
            self._proposals.stop(proposal.id, why)
        except NotNow:
            log.warning("A plan waits for its tenant.", action="plan.waits", proposal=proposal.id, why=why)

    def _barred(self, vote: Vote, case: Case, *, live: bool, waits: bool) -> str:
        """Say why someone who voted may not approve any longer; Slack and Microsoft are asked anew."""
        voter = self._people.voter(vote.voter, tenant=case.tenant, live=live, waits=waits)
        # The address in Slack may be another one by now; it is the same person all the same.
        person = voter.ever | vote.identity
        if self._ledger.owner(case.subject, case.tenant).is_same(person):
            return "This is their own account."
        if voter.barred:
            return voter.barred
        if voter.object_id != vote.object_id:
            return "Their Microsoft 365 account changed after they voted."
        return self._people.doubt_about(person, case.tenant)

    def look_at_once(self, proposal_id: str) -> None:
        """Look at the back doors right after a plan was carried out, and note when to do so again.

        Raises:
            AlreadyCarriedOut: somebody is at it.
            LedgerError: it cannot be noted.
        """
        with self._alone(proposal_id):
            self._look_at_once(proposal_id)

    def _look_at_once(self, proposal_id: str) -> None:
        proposal = self._proposals.get(proposal_id)
        if proposal.state is not ProposalState.DONE or self._is_looked_at(proposal):
            return
        case = self._ledger.case(proposal.plan.case_id)
        doors = self.look(case)
        if proposal.kind == "contain":
            rechecks.set_rechecks(self._proposals.ledger, case.id, LOOKS)
        rechecks.note_recheck(
            self._proposals.ledger, case.id, seen_of(doors, 0, raised=bool(doors.new or doors.late))
        )
        if not doors.is_quiet:
            self._papers.say_in_thread(proposal, "looked again", answers.looked_again(says(doors), case))

    def _is_looked_at(self, proposal: Proposal) -> bool:
        """Whether the case was looked at after this proposal was carried out."""
        finished = False
        kinds = (ExecutionFinished.KIND, Rechecked.KIND)
        for entry in self._ledger.entries(case_id=proposal.plan.case_id, kinds=kinds):
            match entry.event:
                case ExecutionFinished(proposal=proposal.id):
                    finished = True
                case Rechecked() if finished:
                    return True
        return False

    def show(self, proposal_id: str) -> None:
        """Show how it ended on every card, and keep the head of the ledger outside of it.

        Raises:
            SlackFailed: Slack did not answer for a long time.
            LedgerError: what was shown cannot be noted.
        """
        self._papers.show(proposal_id)
        self._post_checkpoint()

    def look(self, case: Case) -> Doors:
        """Look at the back doors of a case now; nothing is changed or noted.

        Raises:
            NoSuchUser: the tenant is no longer configured.
            LedgerError: the ledger cannot be read.
        """
        return look_again(
            case.id,
            proposals=self._proposals,
            connection=self._tenants.named(case.tenant),
            guard=self._guard(case.tenant),
            clock=self._clock,
            patience=self._seconds,
            atlas=self._atlas,
        )

    # --- what no one works on ------------------------------------------------------------------------------

    def tidy(self, age: timedelta, enqueue_plan: Callable[[str], object]) -> None:
        """End what is over, and take up what no one works on.

        Args:
            age: Proposals younger than this are left to whoever made them.
            enqueue_plan: Puts an approved proposal on the queue, unless it is there.

        Raises:
            LedgerError: the ledger cannot be used.
        """
        now = self._clock()
        for proposal in self._proposals.waiting():
            self._tried(proposal.id, partial(self._tidy_open, proposal, now, age))
        for proposal in self._proposals.unfinished():
            if proposal.state in (ProposalState.APPROVED, ProposalState.RUNNING, ProposalState.DONE):
                self._warn_of_full_disk(proposal)
                self._tried(proposal.id, partial(enqueue_plan, proposal.id))
            else:
                self._tried(proposal.id, partial(self._papers.show, proposal.id))
        self._forget(now)
        self._post_checkpoint()

    def _warn_of_full_disk(self, proposal: Proposal) -> None:
        """Tell below the card of a plan that waits for room: the engine may not even begin it."""
        if proposal.state is not ProposalState.DONE:
            try:
                self._ledger.demand_room()
            except LedgerFull as error:
                self.warn(proposal.id, str(error))

    def _tidy_open(self, proposal: Proposal, now: datetime, age: timedelta) -> None:
        if self._proposals.expire(proposal.id):
            log.info("A proposal has expired.", action="proposal.expired", proposal=proposal.id)
            self._papers.show(proposal.id)
        elif now - proposal.made_at >= age and not self._papers.is_posted(proposal):
            log.info("A proposal is posted late.", action="proposal.posted_late", proposal=proposal.id)
            self._papers.post(proposal.id)

    def _forget(self, now: datetime) -> None:
        """Forget the passwords whose time is over; their buttons go."""
        for proposal_id in self._proposals.forget_secrets(now):
            self._papers.repaint(proposal_id)

    @staticmethod
    def _tried(proposal_id: str, act: Callable[[], object]) -> None:
        """Do something about one proposal; what fails for one must not keep the others waiting."""
        try:
            act()
        except (BotError, CommandError) as error:
            log.warning("A proposal waits.", action="proposal.waits", proposal=proposal_id, error=str(error))
