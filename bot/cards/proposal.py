"""What people see of a proposal in Slack: one card in the case's channel, and a copy for each approver.

All copies are edited together whenever something changes, and their buttons go once it is decided. What was
posted is noted in the ledger, so a restart goes on with the same cards.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial

import structlog

from bot.cards.case import Cards
from bot.cards.painter import Painter
from bot.cards.proposal_copies import ProposalCopies
from bot.cards.proposal_view import ProposalView, says_what_is_left
from bot.errors import BotError, MessageGone, RoomShared
from bot.messages import Message
from bot.messages.ended import ended, event
from bot.messages.proposal_details import proposal_details
from bot.messages.proposal_results import results_in_full
from bot.people.persons import People
from bot.slack.rooms import Rooms
from commands.containment.proposals import Proposal, Proposals
from commands.ledger import Ledger
from commands.plans.approval import ProposalState
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
    f"approved and send it from another mailbox to everyone in *{LIST}*."
)


class ProposalCards:
    """Posts and edits what belongs to proposals. Any thread may use it.

    Args:
        rooms: Where messages go.
        cards: The cards of cases.
        proposals: Where proposals and what was posted of them are kept.
        people: Who is to be asked for an approval.
        titles: The steps' titles by step id, with the document's numbering.
        clock: Tells the time (aware UTC).

    Attributes:
        view: Draws the card, and knows who may approve.
    """

    def __init__(
        self,
        rooms: Rooms,
        *,
        cards: Cards,
        proposals: Proposals,
        people: People,
        titles: Mapping[str, str],
        clock: Callable[[], datetime],
    ) -> None:
        self._rooms = rooms
        self._cards = cards
        self._proposals = proposals
        self._titles = titles
        self._clock = clock
        self.view = ProposalView(proposals, people, titles, cards.link)
        self._copies = ProposalCopies(rooms, proposals, people, self.view, clock)
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
                card = self._rooms.persist(
                    lambda: self._rooms.say(
                        proposal.channel,
                        self.view.card(proposal, self._clock()),
                        tenant=proposal.plan.tenant,
                        noted=True,
                    )
                )
                self._proposals.card_posted(proposal.id, card["channel"], card["ts"])
                proposal = self._proposals.get(proposal_id)
        self._copies.ask(proposal, self._turn)
        self._explain(proposal)
        self._cards.refresh(proposal.plan.case_id)
        return self._proposals.get(proposal_id)

    def is_posted(self, proposal: Proposal) -> bool:
        """Whether the card and all that goes with it was posted; the whole plan in its thread comes last."""
        return bool(proposal.card) and not self._is_new(proposal, "plan 1")

    def link(self, proposal: Proposal) -> str:
        """Give the web address of the card, "" where Slack does not tell it."""
        return self._rooms.link(proposal.channel, proposal.card)

    def repaint(self, proposal_id: str) -> None:
        """Bring every copy of the card up to date; a copy that cannot be edited now waits for the next time.

        Raises:
            LedgerError: the proposal cannot be read.
        """
        with self._turn(proposal_id):
            proposal = self._proposals.get(proposal_id)
            if proposal.card:
                self._edit_all(proposal)
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
                    self._rooms.persist(lambda: self._edit_main(proposal))
                except RoomShared as shared:
                    # The approvers' copies, and the Home tab, still tell how it ended.
                    log.warning("A card stays as it is.", action="proposal.room_shared", why=str(shared))
                self._copies.show(proposal)
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
                self._edit_all(proposal)

    def _saying_what_is_left(self, case_id: str) -> Iterator[Proposal]:
        """Give the proposals whose cards say what is left to do."""
        for one in self._proposals.of_case(case_id):
            if says_what_is_left(one):
                yield one

    def say_in_thread(self, proposal: Proposal, what: str, message: Message) -> None:
        """Say something below the card, once for each `what`.

        Raises:
            SlackFailed: Slack did not answer for a long time.
        """
        if proposal.card and self._is_new(proposal, what):
            try:
                posted = self._rooms.persist(
                    partial(
                        self._rooms.say,
                        proposal.channel,
                        message,
                        proposal.card,
                        tenant=proposal.plan.tenant,
                        noted=True,
                    )
                )
            except RoomShared as shared:
                log.warning("A thread stays as it is.", action="proposal.room_shared", why=str(shared))
                return
            self._note(proposal, what, proposal.channel, posted["ts"])

    def warn_in_thread(self, proposal: Proposal, message: Message) -> None:
        """Say something below the card without noting it, for when nothing can be noted.

        Raises:
            SlackFailed: Slack did not answer.
            RoomShared: the channel is shared with another company by now.
        """
        if proposal.card:
            self._rooms.say(proposal.channel, message, proposal.card, tenant=proposal.plan.tenant)

    # --- posting -------------------------------------------------------------------------------------------

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
        self._rooms.attach(proposal.channel, proposal.card, uploads, proposal.plan.tenant, comment)
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
            edits = self._edit_all(self._proposals.get(proposal_id), hasty=True)
        return max(self._cards.edits.apart, edits * self._cards.edits.each)

    def _edit_all(self, proposal: Proposal, *, hasty: bool = False) -> int:
        """Edit all copies; what Slack does not do now is left to the next time. Give how many there are."""
        try:
            self._edit_main(proposal, hasty=hasty)
        except BotError as error:
            log.info("A card waits.", action="slack.later", proposal=proposal.id, error=str(error))
        return 1 + self._copies.edit(proposal, hasty=hasty)

    def _edit_main(self, proposal: Proposal, *, hasty: bool = False) -> None:
        message, tenant = self.view.card(proposal, self._clock()), proposal.plan.tenant
        try:
            self._rooms.edit(proposal.channel, proposal.card, message, tenant=tenant, hasty=hasty)
        except MessageGone:
            log.warning(
                "A card was gone and is posted anew.", action="proposal.card_gone", proposal=proposal.id
            )
            card = self._rooms.say(proposal.channel, message, tenant=tenant, noted=True)
            self._proposals.card_posted(proposal.id, card["channel"], card["ts"])

    @contextmanager
    def _turn(self, proposal_id: str) -> Iterator[None]:
        with self._lock:
            turn = self._turns[proposal_id]
        with turn:
            yield
