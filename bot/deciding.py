"""What people ask for about a finished check: propose, vote, withdraw, take back, tick off, read the story.

Each verb is answered in a thread of the desk. Who somebody is and what they may do is read anew each time;
what counts is decided by `commands.approval`, and the ledger has it before anybody is told.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog
from slack_sdk import WebClient

from bot.cards.case import Cards
from bot.cards.proposal import ProposalCards
from bot.errors import Barred, BotError, NotUnderstood, SlackFailed
from bot.gate import Gate
from bot.grammar import (
    Approve,
    Choice,
    Contain,
    Deny,
    Enrol,
    Restore,
    ShowErrands,
    ShowHistory,
    ShowPassword,
    ShowPlan,
    TickErrand,
    Wish,
    Withdraw,
)
from bot.jobs import Jobs
from bot.messages import Message, Modal, answers, decisions
from bot.messages.code_modal import code_modal
from bot.messages.deny_modal import deny_modal
from bot.messages.enrol_modal import enrol_modal
from bot.messages.errands import errand_done_modal, errands
from bot.messages.history import history
from bot.messages.password_modal import password_modal
from bot.messages.plans import offer_reference
from bot.messages.propose_modal import dry_run, propose_modal
from bot.messages.restore_modal import restore_modal
from bot.people import People
from bot.second_factor import Checked, SecondFactor, uri
from bot.slack import channels
from bot.slack.client import call
from bot.slack.intake import Asked
from bot.slack.modals import open_window
from commands import steps
from commands.approval import ProposalState, Voter, is_same_person, why_not
from commands.carry_out import secret_name
from commands.errors import AlreadyProposed, CommandError, NotNow, VoteRefused
from commands.ledger import Case, Ledger
from commands.ledger import entries as e
from commands.plan import Change, Plan, Planned, Undoable, holds_password, offer_from
from commands.proposals import PERHAPS_MADE, Action, Proposal, Proposals
from commands.propose import (
    Policy,
    assemble,
    needs_of,
    needs_of_plan,
    restoring,
    step_id,
    wants_factor,
)
from commands.signing_key import SigningKey

log = structlog.get_logger(__name__)

FRESH = timedelta(hours=24)
"""How old a check may be that something is proposed from: later, the account is no longer as it was seen."""

TITLES: Mapping[str, str] = {step_id(step): step.TITLE for step in steps.STEPS}
SOURCES: Mapping[str, str] = {step_id(step): step.SOURCE for step in steps.STEPS}


@dataclass(frozen=True, slots=True)
class Answer:
    """How a question ended: what the ledger notes, and what the person is told; nothing after a window.

    Attributes:
        event: What is noted; the desk puts the request in.
        case_id: The case that it is about, "" for none.
        messages: What the person is told, in this order.
    """

    event: e.Response
    case_id: str = ""
    messages: tuple[Message, ...] = ()


class Deciding:
    """Answers what is asked about finished checks and about proposals. Any thread may use it.

    Args:
        client: Slack's Web API.
        gate: Who may ask, and which case is meant.
        people: Who may approve.
        cards: What is shown of cases.
        papers: What is shown of proposals.
        proposals: Where proposals are kept.
        jobs: Who carries them out.
        policy: What it takes to carry something out.
        factor: The approvers' second factors.
        keys: Opens a new password for the one who hands it over.
        clock: Tells the time (aware UTC).
        channel: Where enrolments are announced; "" for where they were asked for, and each approver.
    """

    def __init__(
        self,
        client: WebClient,
        *,
        gate: Gate,
        people: People,
        cards: Cards,
        papers: ProposalCards,
        proposals: Proposals,
        jobs: Jobs,
        policy: Policy,
        factor: SecondFactor,
        keys: SigningKey,
        clock: Callable[[], datetime],
        channel: str,
    ) -> None:
        self._client = client
        self._gate = gate
        self._people = people
        self._cards = cards
        self._papers = papers
        self._proposals = proposals
        self._jobs = jobs
        self._policy = policy
        self._factor = factor
        self._keys = keys
        self._clock = clock
        self._channel = channel

    @property
    def _ledger(self) -> Ledger:
        return self._proposals.ledger

    def answer(self, asked: Asked, wish: Wish) -> Answer:
        """Do what is wished, and say how it ended.

        Raises:
            BotError, CommandError: it was not done; says why.
        """
        match wish:
            case ShowPlan(about):
                return self._show_plan(asked, self._gate.finished_case(about))
            case Contain(about, None):
                return self._choose(asked, self._gate.finished_case(about))
            case Contain(about, Choice() as choice):
                return self._contain(asked, self._gate.finished_case(about), choice)
            case Restore(about, None):
                return self._choose_undo(asked, self._gate.finished_case(about))
            case Restore(about, Choice() as choice):
                return self._restore(asked, self._gate.finished_case(about), choice)
            case Approve():
                return self._approve(asked, wish)
            case Deny():
                return self._deny(asked, wish)
            case Withdraw():
                return self._withdraw(asked, wish)
            case ShowErrands(about):
                return self._show_errands(asked, self._gate.finished_case(about))
            case TickErrand():
                return self._tick(asked, wish)
            case ShowHistory(about):
                return self._tell_history(asked, self._gate.cases(about))
            case ShowPassword():
                return self._show_password(asked, wish)
            case Enrol():
                return self._open_enrolment(asked)
            case _:
                raise NotUnderstood("I do not know how to do that.")

    # --- proposing -----------------------------------------------------------------------------------------

    def _show_plan(self, asked: Asked, case: Case) -> Answer:
        self._gate.reader_about(asked, case.subject)
        messages = dry_run(
            case.id,
            case.subject,
            _offered(case),
            titles=TITLES,
            sources=SOURCES,
            needs=partial(needs_of, policy=self._policy),
        )
        return Answer(e.PlanShown(), case.id, messages)

    def _choose(self, asked: Asked, case: Case) -> Answer:
        """Open the window in which somebody chooses what to propose."""
        self._gate.asker_about(asked, case.subject)
        modal = propose_modal(
            case.id,
            case.subject,
            self._fresh_offer(case),
            titles=TITLES,
            sources=SOURCES,
            needs=partial(needs_of, policy=self._policy),
        )
        self._open(asked, modal)
        return Answer(e.ModalOpened(window=modal.callback_id), case.id)

    def _contain(self, asked: Asked, case: Case, choice: Choice) -> Answer:
        offer = self._fresh_offer(case)
        if choice.offer and offer_reference(case.id, offer) != f"{case.id} {choice.offer}":
            return Answer(
                e.NotAnswered(says="the offer changed"), case.id, (decisions.offer_changed(case.id),)
            )
        plan = assemble(
            case_id=case.id,
            tenant=case.tenant,
            subject=case.subject,
            offer=offer,
            chosen=choice.numbers,
            confirmed=self._proposals.confirmed_changes(case.id),
            nonce=secrets.token_hex(16),
        )
        return self._propose(asked, case, "contain", plan, choice.because)

    def _choose_undo(self, asked: Asked, case: Case) -> Answer:
        """Open the window in which somebody chooses what to take back."""
        self._gate.asker_about(asked, case.subject)
        done = self._done(case)
        if not done:
            return Answer(
                e.NotAnswered(says="nothing to undo"), case.id, (decisions.nothing_to_undo(case.id),)
            )
        modal = restore_modal(case.id, case.subject, [(one.change, action) for one, action in done])
        self._open(asked, modal)
        return Answer(e.ModalOpened(window=modal.callback_id), case.id)

    def _restore(self, asked: Asked, case: Case, choice: Choice) -> Answer:
        undoable = [one for one, _ in self._done(case)]
        # What is taken back is what was approved once, and not what somebody wrote into the file since.
        for proposal_id in {one.proposal_id for one in undoable}:
            self._proposals.proven(proposal_id)
        changes = [one.change for one in undoable]
        if choice.offer and offer_reference(case.id, changes) != f"{case.id} {choice.offer}":
            return Answer(
                e.NotAnswered(says="the offer changed"), case.id, (decisions.offer_changed(case.id),)
            )
        if any(number >= len(undoable) for number in choice.numbers):
            raise NotUnderstood(f"There are only {len(undoable)} changes to undo in case {case.id}.")
        plan = restoring(
            case_id=case.id,
            tenant=case.tenant,
            subject=case.subject,
            undoable=[undoable[number] for number in choice.numbers],
            nonce=secrets.token_hex(16),
        )
        return self._propose(asked, case, "restore", plan, choice.because)

    def _done(self, case: Case) -> list[tuple[Undoable, Action]]:
        """What was done in a case and can be undone, with how it was done."""
        actions = {
            (proposal.id, action.change): action
            for proposal in self._proposals.of_case(case.id)
            for action in proposal.actions
        }
        return [(one, actions[one.proposal_id, one.change.id]) for one in self._proposals.undoable(case.id)]

    def _propose(self, asked: Asked, case: Case, kind: str, plan: Plan, because: str) -> Answer:
        asker = self._gate.asker_about(asked, case.subject)
        earlier = self._proposals.asked_for(asked.id)
        if earlier:
            return self._posted(earlier)
        room = channels.room(self._client, case.channel)
        try:
            proposal = self._proposals.propose(
                kind=kind,
                plan=plan,
                proposed_by=asker.id,
                proposer=self._people.addresses_of(asker),
                reason=because,
                needs=needs_of_plan(plan, self._policy),
                factor=wants_factor(plan, self._policy),
                strict=self._policy.strict,
                expires_at=self._clock() + self._policy.expires,
                channel=room.id,
                request=asked.id,
            )
        except AlreadyProposed as error:
            known = self._proposals.get(error.proposal_id)
            if known.state is not ProposalState.OPEN:
                raise
            message = decisions.proposal_open(known, self._papers.link(known))
            return Answer(e.NotAnswered(says=str(error)), case.id, (message,))
        log.info("A plan was proposed.", action="proposal.made", proposal=proposal.id, proposed_by=asker.id)
        try:
            proposal = self._papers.post(proposal.id)
        except SlackFailed as error:
            # It is in the ledger; the next round posts its card.
            log.warning("A proposal's card waits.", action="proposal.waits", error=str(error))
        return self._posted(proposal)

    def _posted(self, proposal: Proposal) -> Answer:
        message = decisions.proposal_posted(proposal, self._papers.link(proposal))
        return Answer(e.Answered(proposal=proposal.id), proposal.plan.case_id, (message,))

    def _fresh_offer(self, case: Case) -> tuple[Planned, ...]:
        """Give what the case offers.

        Raises:
            NotUnderstood: the check is too old, or offered nothing.
        """
        offer = _offered(case)
        if case.finished_at is None or self._clock() - case.finished_at > FRESH:
            raise NotUnderstood(
                f"The check of case {case.id} is older than a day, and the account may not be as it was. "
                f"Check again first: /compromise check {case.subject.mail}"
            )
        return offer

    # --- deciding ------------------------------------------------------------------------------------------

    def _approve(self, asked: Asked, wish: Approve) -> Answer:
        proposal = self._proposals.get(wish.proposal_id)
        digest = wish.digest or proposal.digest
        voter = self._gate.voter(asked, factor=asked.factor)
        has_factor = self._factor.is_enrolled(asked.user)
        if (proposal.factor or has_factor) and not asked.factor:
            # Whoever may not approve anyway is told so before any code is asked for.
            with_code = replace(voter, factor=True)
            ballot = self._proposals.ballot(proposal)
            if not why_not(ballot, with_code, yes=True, digest=digest, now=self._clock()):
                if has_factor and asked.trigger:
                    self._open(asked, code_modal(proposal))
                    return Answer(e.ModalOpened(window="approve_with_code"), proposal.plan.case_id)
                voter = replace(voter, barred=_no_code(enrolled=has_factor))
        return self._vote(asked, proposal, voter, digest, yes=True, says="")

    def _deny(self, asked: Asked, wish: Deny) -> Answer:
        proposal = self._proposals.get(wish.proposal_id)
        digest = wish.digest or proposal.digest
        voter = self._gate.voter(asked)
        if asked.clicked and asked.trigger:
            ballot = self._proposals.ballot(proposal)
            if not why_not(ballot, voter, yes=False, digest=digest, now=self._clock()):
                self._open(asked, deny_modal(proposal))
                return Answer(e.ModalOpened(window="deny"), proposal.plan.case_id)
        return self._vote(asked, proposal, voter, digest, yes=False, says=wish.because)

    def _vote(
        self, asked: Asked, proposal: Proposal, voter: Voter, digest: str, *, yes: bool, says: str
    ) -> Answer:
        case_id = proposal.plan.case_id
        try:
            proposal = self._proposals.vote(proposal.id, digest, voter, yes=yes, says=says)
        except VoteRefused as error:
            now = self._proposals.get(proposal.id)
            if now.state is ProposalState.EXPIRED and not now.shown:
                self._repaint(now)
            message = self._refused(now, voter, str(error))
            self._raise_alarm(now, voter)
            return Answer(e.NotCounted(proposal=proposal.id, says=str(error)), case_id, (message,))
        log.info(
            "A vote was counted.",
            action="proposal.vote",
            proposal=proposal.id,
            voter=voter.id,
            yes=yes,
            state=proposal.state.value,
        )
        if proposal.state is ProposalState.APPROVED:
            self._jobs.enqueue_plan(proposal.id)
        self._repaint(proposal)
        message = decisions.vote_noted(proposal, voter.id)
        return Answer(e.Answered(proposal=proposal.id), case_id, (message,))

    def _refused(self, proposal: Proposal, voter: Voter, sentence: str) -> Message:
        """Say politely why a vote does not count."""
        if proposal.state is not ProposalState.OPEN:
            return decisions.too_late(proposal)
        if any(is_same_person(voter, vote.voter, vote.addresses) for vote in proposal.votes):
            return decisions.vote_repeated(proposal)
        return decisions.vote_refused(proposal.id, sentence, self._gate.ours)

    def _raise_alarm(self, proposal: Proposal, voter: Voter) -> None:
        """Tell the case's thread when somebody whose own account is in doubt tried to decide."""
        case = self._ledger.case(proposal.plan.case_id)
        own = any(case.subject.is_meant_by(address) for address in voter.addresses)
        if not own and not self._people.doubt_about(voter.addresses):
            return
        log.warning(
            "Somebody whose own account is in doubt tried to decide.",
            action="proposal.alarm",
            proposal=proposal.id,
            user=voter.id,
        )
        try:
            what = f"{proposal.id} alarm {voter.id}"
            self._cards.say_in_thread(case, what, answers.tried_to_decide(proposal, voter.id, own=own))
        except BotError as error:
            log.warning("An alarm was not told.", action="proposal.alarm_lost", error=str(error))

    def _withdraw(self, asked: Asked, wish: Withdraw) -> Answer:
        proposal = self._proposals.get(wish.proposal_id)
        voter = self._gate.voter(asked)
        if not is_same_person(voter, proposal.proposed_by, proposal.proposer):
            raise Barred("Only the one who proposed it can withdraw it. An approver can deny it.")
        try:
            proposal = self._proposals.withdraw(proposal.id, asked.user, wish.because)
        except NotNow as error:
            message = decisions.too_late(self._proposals.get(proposal.id))
            return Answer(e.NotAnswered(says=str(error)), proposal.plan.case_id, (message,))
        self._repaint(proposal)
        return Answer(
            e.Answered(proposal=proposal.id), proposal.plan.case_id, (decisions.withdrawn(proposal),)
        )

    def _repaint(self, proposal: Proposal) -> None:
        """Bring all copies up to date; what fails here is done in the next round."""
        try:
            if proposal.state in (ProposalState.DENIED, ProposalState.WITHDRAWN, ProposalState.EXPIRED):
                self._papers.show(proposal.id)
            else:
                self._papers.repaint(proposal.id)
        except SlackFailed as error:
            log.warning("A card waits.", action="slack.later", proposal=proposal.id, error=str(error))

    # --- errands, story, password, second factor -----------------------------------------------------------

    def _show_errands(self, asked: Asked, case: Case) -> Answer:
        self._gate.reader_about(asked, case.subject)
        message = errands(case.id, case.subject, self._proposals.errands(case.id))
        return Answer(e.TasksShown(), case.id, (message,))

    def _tick(self, asked: Asked, wish: TickErrand) -> Answer:
        case = self._gate.finished_case(wish.about)
        self._gate.reader_about(asked, case.subject)
        if asked.clicked and asked.trigger:
            known = {errand.number: errand for errand in self._proposals.errands(case.id)}
            if wish.number in known and not known[wish.number].done_by:
                self._open(asked, errand_done_modal(case.id, case.subject, known[wish.number]))
                return Answer(e.ModalOpened(window="errand_done"), case.id)
        errand = self._proposals.tick(case.id, wish.number, asked.user, wish.note)
        left = sum(1 for one in self._proposals.errands(case.id) if not one.done_by)
        return Answer(e.Answered(), case.id, (decisions.errand_ticked(errand, left, self._gate.ours),))

    def _tell_history(self, asked: Asked, cases: Sequence[Case]) -> Answer:
        newest = cases[0]
        self._gate.reader_about(asked, newest.subject)
        entries = [entry for case in cases for entry in self._ledger.entries(case_id=case.id)]
        entries.sort(key=lambda entry: entry.seq)
        heading = newest.subject.display_name or newest.subject.mail if len(cases) > 1 else newest.id
        return Answer(e.HistoryShown(), newest.id, history(entries, heading, self._gate.ours))

    def _show_password(self, asked: Asked, wish: ShowPassword) -> Answer:
        """Show a new password once, to somebody who proposed or approved that it was made."""
        proposal = self._proposals.get(wish.proposal_id)
        case = self._ledger.case(proposal.plan.case_id)
        voter = self._gate.voter(asked)
        self._keep_from_password(asked, proposal, case, voter)
        change, sealed = self._sealed(proposal)
        if change is None or sealed is None:
            return Answer(e.NotAnswered(says="the password is gone"), case.id, (decisions.password_gone(),))
        password = self._keys.open(sealed, secret_name(proposal.id, change.id)).decode()
        # Opened first, and empty: a window that Slack does not open must not cost the password.
        view_id = self._open(asked, replace(password_modal("…", case.subject.mail, case_id=case.id)))
        if not self._proposals.password_shown(proposal.id, change.id, asked.user):
            self._close(view_id, "Somebody else was shown it a moment ago.")
            return Answer(e.NotAnswered(says="the password is gone"), case.id, (decisions.password_gone(),))
        shown = password_modal(password, case.subject.mail, case_id=case.id)
        self._cards.persist(lambda: call(self._client.views_update, view_id=view_id, view=shown.view))
        self._papers.repaint(proposal.id)
        return Answer(e.ModalOpened(window="password"), case.id)

    def _keep_from_password(self, asked: Asked, proposal: Proposal, case: Case, voter: Voter) -> None:
        """See that only who proposed or approved it, and may still do so, sees a new password."""
        if any(case.subject.is_meant_by(address) for address in voter.addresses):
            raise Barred("It is the password of your own account; a colleague hands it over to you.")
        if is_same_person(voter, proposal.proposed_by, proposal.proposer):
            self._gate.asker_about(asked, case.subject)
            doubt = self._people.doubt_about(voter.addresses)
            if doubt:
                raise Barred(doubt)
            return
        if not any(vote.yes and is_same_person(voter, vote.voter, vote.addresses) for vote in proposal.votes):
            raise Barred("Only the one who proposed it and those who approved it may see the new password.")
        if voter.barred:
            raise Barred(voter.barred)

    def _sealed(self, proposal: Proposal) -> tuple[Change | None, bytes | None]:
        """Give the change that made a password which can still be shown."""
        ended = {action.change: action.outcome for action in proposal.actions}
        for change in proposal.plan.changes:
            if holds_password(change.do) and ended.get(change.id) in PERHAPS_MADE:
                sealed = self._proposals.sealed(proposal.id, change.id, self._clock())
                if sealed is not None:
                    return change, sealed
        return None, None

    def _close(self, view_id: str, sentence: str) -> None:
        modal = Modal("password", "The new password", decisions.password_gone(sentence).blocks, close="Close")
        try:
            call(self._client.views_update, view_id=view_id, view=modal.view)
        except SlackFailed as error:
            log.info("A window could not be changed.", action="modal.not_changed", error=str(error))

    def _open_enrolment(self, asked: Asked) -> Answer:
        voter = self._gate.voter(asked)
        if voter.barred:
            raise Barred(voter.barred)
        secret = self._factor.enrol(asked.user)
        name = next(iter(sorted(voter.addresses)), asked.user)
        self._open(asked, enrol_modal(secret, uri(secret, name), private_metadata=asked.channel))
        return Answer(e.ModalOpened(window="enrol"))

    def wrong_code(self, user: str, code: str) -> str:
        """Take the code that goes with an approval; give why it does not count, "" when it does."""
        return self._says(self._factor.check, user, code)

    def enrol(self, user: str, code: str) -> str:
        """Take the first code of a new second factor; give why it does not count, "" when it does."""
        return self._says(self._factor.confirm, user, code)

    @staticmethod
    def _says(take: Callable[[str, str], Checked], user: str, code: str) -> str:
        try:
            checked = take(user, code)
        except CommandError as error:
            log.error("A code could not be checked.", action="factor.unusable", error=str(error))  # noqa: TRY400
            return str(error)
        return "" if checked.right else checked.says

    def announce_enrolment(self, asked: Asked) -> Message:
        """Tell the team who has a second factor from now on; give what the person is told."""
        try:
            rooms = [self._channel or asked.channel]
            if not self._channel:
                # Where it was asked may be seen by nobody else, so the others are told one by one.
                rooms += self._direct_rooms(asked.user)
            for room in filter(None, rooms):
                self._cards.say(room, answers.enrolled(asked.user))
        except BotError as error:
            log.warning("An enrolment was not announced.", action="factor.not_announced", error=str(error))
        return decisions.enrolled(asked.user)

    def _direct_rooms(self, but: str) -> Iterator[str]:
        """Give the rooms in which each approver but one is told something alone."""
        for user in self._people.approvers():
            if user == but:
                continue
            try:
                yield str(call(self._client.conversations_open, users=user)["channel"]["id"])
            except SlackFailed as error:
                log.info("An approver was not told.", action="approver.not_told", error=str(error))

    # --- windows -------------------------------------------------------------------------------------------

    def _open(self, asked: Asked, modal: Modal) -> str:
        """Open a window for the person who asked; give its id.

        Raises:
            NotUnderstood: the moment in which Slack opens one is over.
            SlackFailed: Slack did not open it for another reason.
        """
        return open_window(self._client, asked.trigger, modal)


def _offered(case: Case) -> tuple[Planned, ...]:
    """Give what the steps planned from a check.

    Raises:
        NotUnderstood: it was made before there were steps.
    """
    if not case.offer:
        raise NotUnderstood(
            f"The check of case {case.id} offers nothing to do. "
            f"Check again first: /compromise check {case.subject.mail}"
        )
    return offer_from(case.offer)


def _no_code(*, enrolled: bool) -> str:
    if enrolled:
        return "Your approvals need a code. Press Approve on the card once more, and type the code."
    return "This needs a code of a second factor, and you have none. Type /compromise enrol first."
