"""What people see of a proposal in Slack: one card in the case's channel, and a copy for each approver.

All copies are edited together whenever something changes, and their buttons go once it is decided. What was
posted is noted in the ledger, so a restart goes on with the same cards.

Longer than other files because whoever edits one copy of a card must know all of them.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial

import structlog
from pydantic import ValidationError
from slack_sdk import WebClient

from bot.artefacts import report_store
from bot.cards.case import GONE, Cards
from bot.cards.painter import Painter
from bot.cards.papers import handled_of, what_now
from bot.errors import BotError, RoomShared, SlackFailed
from bot.messages import Message, answers
from bot.messages.case_card import situation
from bot.messages.ended import ended, event
from bot.messages.proposal_card import proposal_card
from bot.messages.proposal_details import proposal_details
from bot.messages.proposal_results import results_in_full
from bot.messages.what_now import WhatNow
from bot.people.persons import People
from bot.slack.client import call
from bot.slack.posting import Posting
from commands.containment.approval import ProposalState
from commands.containment.plan import Change, offer_from
from commands.containment.proposals import Proposal, Proposals
from commands.ledger import Case, Ledger
from commands.ledger import proposals as stored
from commands.ledger import tasks as listed
from commands.rechecks.watch import never_carried_out
from commands.steps.warn_recipients import DRAFT, LIST

log = structlog.get_logger(__name__)

ENDED = frozenset(
    {
        ProposalState.DONE,
        ProposalState.DENIED,
        ProposalState.WITHDRAWN,
        ProposalState.EXPIRED,
        ProposalState.STOPPED,
    }
)
"""The states after which nothing more happens to a proposal."""

_TITLES = {
    DRAFT: "DRAFT to send, nothing was sent: warning to recipients",
    LIST: "LIST of the recipients to warn, one a row",
}
"""What files for manual tasks are called in Slack, where the name alone could be taken for more."""

_DRAFTED = (
    f"Files for the manual tasks. *{DRAFT}* is a draft: the bot sends no mail. Complete it, have it "
    f"approved and send it from another mailbox to everybody in *{LIST}*."
)


class ProposalCards:
    """Posts and edits what belongs to proposals. Any thread may use it.

    Args:
        client: Slack's Web API, which waits where Slack asks for it.
        hasty: The same without waiting, for edits that the next one makes needless.
        cards: The cards of cases.
        proposals: Where proposals and what was posted of them are kept.
        people: Who is to be asked for an approval.
        titles: The steps' titles by step id, with the document's numbering.
        clock: Tells the time (aware UTC).
    """

    def __init__(
        self,
        client: WebClient,
        hasty: WebClient,
        *,
        cards: Cards,
        proposals: Proposals,
        people: People,
        titles: Mapping[str, str],
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._hasty = hasty
        self._posting = {client: Posting(client), hasty: Posting(hasty)}
        self._cards = cards
        self._proposals = proposals
        self._people = people
        self._titles = titles
        self._clock = clock
        self._links: dict[str, str] = {}
        self._voters: dict[str, tuple[str, ...]] = {}
        self._rooms: dict[str, str] = {}
        self._readers: dict[str, dict[str, bool]] = {}
        self._situations: dict[tuple[str, int], str] = {}
        self._lock = threading.Lock()
        # Two threads that edit one card at the same time would let the older state win.
        self._turns: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)

    @property
    def _ledger(self) -> Ledger:
        return self._proposals.ledger

    def post(self, proposal_id: str) -> Proposal:
        """Post the card of a proposal, ask the approvers, and put the whole plan into the thread.

        May be called again after an interruption; it goes on where it stopped.

        Raises:
            CannotPost: Slack does not let the bot post there.
            SlackFailed: Slack did not answer for a long time.
        """
        with self._turn(proposal_id):
            proposal = self._proposals.get(proposal_id)
            if not proposal.card:
                card = self._cards.persist(
                    lambda: self._cards.say(
                        proposal.channel, self._card(proposal, self._clock()), tenant=proposal.plan.tenant
                    )
                )
                self._proposals.card_posted(proposal.id, card["channel"], card["ts"])
                proposal = self._proposals.get(proposal_id)
        self._ask_approvers(proposal)
        self._explain(proposal)
        self._cards.refresh(proposal.plan.case_id)
        return self._proposals.get(proposal_id)

    def is_posted(self, proposal: Proposal) -> bool:
        """Whether the card and all that goes with it was posted; the whole plan in its thread comes last."""
        return bool(proposal.card) and not self._is_new(proposal, "plan 1")

    def link(self, proposal: Proposal) -> str:
        """Give the web address of the card, "" where Slack does not tell it."""
        return self._cards.permalink(proposal.channel, proposal.card)

    def repaint(self, proposal_id: str) -> None:
        """Bring every copy of the card up to date; a copy that cannot be edited now waits for the next time.

        Raises:
            LedgerError: the proposal cannot be read.
        """
        with self._turn(proposal_id):
            proposal = self._proposals.get(proposal_id)
            if proposal.card:
                self._edit_all(self._client, proposal)
        self._cards.refresh(proposal.plan.case_id)

    @contextmanager
    def painting(self, proposal_id: str) -> Iterator[Callable[[], None]]:
        """Give a function that shows progress on all copies without ever holding up whoever calls it."""
        painter = Painter[str](self._paint, self._cards.edits)
        painter.thread.start()
        try:
            yield lambda: painter.tell(proposal_id)
        finally:
            painter.stop()

    def show(self, proposal_id: str) -> None:
        """Show how a proposal ended on every copy of its card and on the case's card, and tell the proposer.

        May be called again after an interruption.

        It counts as shown when every copy says it: a button that stayed would ask for a vote that counts no
        more.

        Raises:
            SlackFailed: Slack did not answer for a long time.
            LedgerError: what was shown cannot be noted.
        """
        known = self._proposals.get(proposal_id)
        if known.actions and not known.shown and known.state in ENDED:
            # Before its own turn: two that end at once must not wait for each other.
            self._follow(known)
        with self._turn(proposal_id):
            proposal = self._proposals.get(proposal_id)
            if proposal.shown or proposal.state not in ENDED:
                return
            if proposal.card:
                try:
                    self._cards.persist(lambda: self._edit_main(self._client, proposal, self._clock()))
                except RoomShared as shared:
                    # The approvers' copies, and the Home tab, still tell how it ended.
                    log.warning("A card stays as it is.", action="proposal.room_shared", why=str(shared))
                self._show_copies(proposal)
            for number, message in enumerate(results_in_full(proposal), 1):
                self.say_in_thread(proposal, f"results {number}", message)
            told = ended(proposal)
            if told is not None:
                self.say_in_thread(proposal, "ended", told)
            if (happened := event(proposal)) is not None:
                case = self._ledger.case(proposal.plan.case_id)
                self._cards.say_in_thread(case, f"{proposal.id} in the case", happened)
            self._cards.refresh(proposal.plan.case_id, insist=True)
            self._proposals.shown(proposal.id)
        log.info(
            "The end of a proposal was shown.",
            action="proposal.shown",
            proposal=proposal.id,
            state=proposal.state.value,
        )

    def what_is_left(self, case_id: str) -> None:
        """Bring the cards up to date that say what is left to do: the case's, and its plans'.

        Raises:
            LedgerError: the case cannot be read.
        """
        for one in self._saying_what_is_left(case_id):
            self._edit_again(one)
        self._cards.refresh(case_id)

    def _follow(self, ended: Proposal) -> None:
        """Bring the other plans' cards up to date: what was carried out or undone changes what they say.

        A card that cannot be edited now waits for the next time.
        """
        for one in self._saying_what_is_left(ended.plan.case_id):
            if one.id != ended.id:
                self._edit_again(one)

    def _edit_again(self, proposal: Proposal) -> None:
        with self._turn(proposal.id):
            if proposal.card:
                self._edit_all(self._client, proposal)

    def _saying_what_is_left(self, case_id: str) -> Iterator[Proposal]:
        """Give the proposals whose cards say what is left to do."""
        for one in self._proposals.of_case(case_id):
            if _says_what_is_left(one):
                yield one

    def say_in_thread(self, proposal: Proposal, what: str, message: Message) -> None:
        """Say something below the card, once for each `what`.

        Raises:
            SlackFailed: Slack did not answer for a long time.
        """
        if proposal.card and self._is_new(proposal, what):
            try:
                posted = self._cards.persist(
                    partial(
                        self._cards.say,
                        proposal.channel,
                        message,
                        proposal.card,
                        tenant=proposal.plan.tenant,
                    )
                )
            except RoomShared as shared:
                log.warning("A thread stays as it is.", action="proposal.room_shared", why=str(shared))
                return
            self._note(proposal, what, proposal.channel, posted["ts"])

    # --- posting -------------------------------------------------------------------------------------------

    def _ask_approvers(self, proposal: Proposal) -> None:
        """Send a copy to each approver who may vote; who is barred, or is the subject, learns nothing."""
        known = {channel for channel, _ in stored.copies(self._proposals.ledger, proposal.id)}
        for user in self.may_approve(proposal):
            try:
                channel = self._room_of(user)
                if channel in known:
                    continue
                with self._turn(proposal.id):
                    current = self._proposals.get(proposal.id)
                    posted = self._cards.say(channel, self._card(current, self._clock()))
                    self._proposals.copy_posted(proposal.id, posted["channel"], posted["ts"])
            except BotError as error:
                _unasked(proposal, user, error)

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
                    _unasked(proposal, user, error)
                    continue
                own = proposal.strict and user == proposal.proposed_by
                if not (voter.barred or own or owner.is_same(voter.ever)):
                    found.append(user)
            self._voters[proposal.id] = tuple(found)
        return self._voters[proposal.id]

    def _explain(self, proposal: Proposal) -> None:
        """Put the whole plan, and the files that help with its manual tasks, into the card's thread."""
        for number, message in enumerate(proposal_details(proposal, names=self._titles), 1):
            self.say_in_thread(proposal, f"plan {number}", message)
        files = {name: text for task in proposal.plan.tasks for name, text in task.files.items()}
        if not files or not self._is_new(proposal, "files"):
            return
        uploads = [
            {"filename": name, "title": _TITLES.get(name, name), "content": text}
            for name, text in files.items()
        ]
        comment = _DRAFTED if DRAFT in files else ""
        self._cards.attach(proposal.channel, proposal.card, uploads, proposal.plan.tenant, comment)
        self._note(proposal, "files", proposal.channel, ", ".join(files))

    def _is_new(self, proposal: Proposal, what: str) -> bool:
        case = self._ledger.case(proposal.plan.case_id)
        return f"{proposal.id} {what}" not in self._ledger.posted(case.id, case.run)

    def _note(self, proposal: Proposal, what: str, channel: str, name: str) -> None:
        case = self._ledger.case(proposal.plan.case_id)
        with self._ledger.writing() as writing:
            writing.posted(case.id, case.run, f"{proposal.id} {what}", channel, name)

    # --- editing -------------------------------------------------------------------------------------------

    def _paint(self, proposal_id: str) -> float:
        with self._turn(proposal_id):
            edits = self._edit_all(self._hasty, self._proposals.get(proposal_id))
        return max(self._cards.edits.apart, edits * self._cards.edits.each)

    def _edit_all(self, client: WebClient, proposal: Proposal) -> int:
        """Edit all copies; what Slack does not do now is left to the next time. Give how many there are."""
        try:
            self._edit_main(client, proposal, self._clock())
        except BotError as error:
            log.info("A card waits.", action="slack.later", proposal=proposal.id, error=str(error))
        return 1 + self._edit_copies(client, proposal, self._clock())

    def _edit_main(self, client: WebClient, proposal: Proposal, now: datetime) -> None:
        message = self._card(proposal, now)
        self._cards.demand_room(client, proposal.channel, proposal.plan.tenant)
        try:
            self._posting[client].edit(proposal.channel, proposal.card, message)
        except SlackFailed as error:
            if error.code not in GONE:
                raise
            log.warning(
                "A card was gone and is posted anew.", action="proposal.card_gone", proposal=proposal.id
            )
            card = self._cards.say(proposal.channel, message, tenant=proposal.plan.tenant)
            self._proposals.card_posted(proposal.id, card["channel"], card["ts"])

    def _edit_copies(self, client: WebClient, proposal: Proposal, now: datetime) -> int:
        message = self._card(proposal, now)
        copies = stored.copies(self._proposals.ledger, proposal.id)
        try:
            if copies and (client is self._client or proposal.id not in self._readers):
                self._readers[proposal.id] = self._readers_of(proposal, copies)
        except BotError as error:
            log.info("The copies wait.", action="slack.later", proposal=proposal.id, error=str(error))
            return 0
        for copy in copies:
            try:
                self._edit_copy(client, proposal, copy, message, ends=False)
            except BotError as error:
                log.info(
                    "A copy of a card waits.", action="slack.later", proposal=proposal.id, error=str(error)
                )
        return len(copies)

    def _edit_copy(
        self, client: WebClient, proposal: Proposal, copy: tuple[str, str], message: Message, *, ends: bool
    ) -> None:
        """Edit one copy, or close it for ever where whoever has it may no longer approve.

        Who is in doubt learns nothing meanwhile; at the end their copy is closed, too.

        Raises:
            SlackFailed: Slack did not take it.
        """
        channel, ts = copy
        may = self._readers[proposal.id].get(channel)
        if may:
            self._posting[client].edit(channel, ts, message)
        elif may is None or ends:
            try:
                self._posting[client].edit(channel, ts, answers.no_longer_asked())
            except SlackFailed as error:
                if error.code not in GONE:
                    raise
            self._proposals.copy_closed(proposal.id, channel)
            log.info("A copy of a card was closed.", action="proposal.copy_closed", proposal=proposal.id)

    def _readers_of(self, proposal: Proposal, copies: Sequence[tuple[str, str]]) -> dict[str, bool]:
        """Give the direct messages with each approver who has a copy, and whether this one may vote.

        They are looked up anew, and nobody else is: Slack allows a hundred such calls a minute.

        Raises:
            SlackFailed: Slack did not answer, so nobody knows.
        """
        held = {channel for channel, _ in copies}
        readers: dict[str, bool] = {}
        for user in self._people.approvers(proposal.plan.tenant):
            try:
                room = self._room_of(user)
            except SlackFailed as error:
                if error.passing:
                    raise
                log.info("An approver takes no messages.", action="approver.no_room", error=str(error))
                continue
            if room in held:
                voter = self._people.voter(user, tenant=proposal.plan.tenant, live=False)
                readers[room] = not voter.barred
        return readers

    def _room_of(self, user: str) -> str:
        """Give the channel of the direct messages with somebody; it stays the same for ever.

        Raises:
            SlackFailed: Slack did not answer.
        """
        if user not in self._rooms:
            self._rooms[user] = str(call(self._client.conversations_open, users=user)["channel"]["id"])
        return self._rooms[user]

    def _show_copies(self, proposal: Proposal) -> None:
        """Show the end on every copy that Slack lets us edit.

        Raises:
            SlackFailed: Slack did not answer for a long time.
        """
        message = self._card(proposal, self._clock())
        copies = stored.copies(self._proposals.ledger, proposal.id)
        if copies:
            self._readers[proposal.id] = self._cards.persist(partial(self._readers_of, proposal, copies))
        for copy in copies:
            edit = partial(self._edit_copy, self._client, proposal, copy, message, ends=True)
            try:
                self._cards.persist(edit)
            except SlackFailed as error:
                if error.passing:
                    raise
                log.warning(
                    "A copy of a card stays as it is.",
                    action="proposal.copy_gone",
                    proposal=proposal.id,
                    error=str(error),
                )

    def _card(self, proposal: Proposal, now: datetime) -> Message:
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
        if not _says_what_is_left(proposal) or not case.report:
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
        key = (case.id, case.run)
        if case.report and key not in self._situations:
            try:
                self._situations[key] = situation(report_store.load(case.report))
            except ValidationError as error:
                # The plan can be decided without it; whoever wants the reasons has the case's own card.
                log.warning(
                    "A report is unreadable.", action="proposal.no_report", case=case.id, error=str(error)
                )
                self._situations[key] = ""
        return self._situations.get(key, "")

    def _link_of(self, case: Case) -> str:
        if case.card and not self._links.get(case.card):
            self._links[case.card] = self._cards.link(case)
        return self._links.get(case.card, "")

    @contextmanager
    def _turn(self, proposal_id: str) -> Iterator[None]:
        with self._lock:
            turn = self._turns[proposal_id]
        with turn:
            yield


def _unasked(proposal: Proposal, user: str, error: BotError) -> None:
    """Note who could not be asked. The card in the channel is there, and an approver can use that one."""
    log.warning(
        "An approver could not be asked.",
        action="proposal.not_asked",
        proposal=proposal.id,
        user=user,
        error=str(error),
    )


def _says_what_is_left(proposal: Proposal) -> bool:
    """Whether it is a plan against the attacker that was carried out, or an undo that is to be decided."""
    decided = ProposalState.OPEN if proposal.kind == "restore" else ProposalState.DONE
    return proposal.state is decided
