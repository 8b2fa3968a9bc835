"""The copies of a proposal's card that its approvers have, each in a direct message.

Whoever may no longer approve has their copy closed, without a word about the account.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from functools import partial

import structlog

from bot.cards.proposal_view import ProposalView, unasked
from bot.errors import BotError, MessageGone, SlackFailed
from bot.messages import Message, answers
from bot.people.persons import People
from bot.slack.rooms import Rooms
from commands.containment.proposals import Proposal, Proposals
from commands.ledger import proposals as stored

log = structlog.get_logger(__name__)


class ProposalCopies:
    """Posts and edits them. Any thread may use it.

    Args:
        rooms: Where messages go.
        proposals: Where proposals and their copies are kept.
        people: Who is to be asked for an approval.
        view: Draws the card.
        clock: Tells the time (aware UTC).
    """

    def __init__(
        self,
        rooms: Rooms,
        proposals: Proposals,
        people: People,
        view: ProposalView,
        clock: Callable[[], datetime],
    ) -> None:
        self._rooms = rooms
        self._proposals = proposals
        self._people = people
        self._view = view
        self._clock = clock
        self._direct: dict[str, str] = {}
        self._readers: dict[str, dict[str, bool]] = {}

    def ask(self, proposal: Proposal, turn: Callable[[str], AbstractContextManager[None]]) -> None:
        """Send a copy to each approver who may vote; who is barred, or is the subject, learns nothing.

        Args:
            proposal: What is to be decided.
            turn: Held while a card of it is posted or edited, by its id.
        """
        known = {channel for channel, _ in stored.copies(self._proposals.ledger, proposal.id)}
        for user in self._view.may_approve(proposal):
            try:
                channel = self._room_of(user)
                if channel in known:
                    continue
                with turn(proposal.id):
                    current = self._proposals.get(proposal.id)
                    posted = self._rooms.say(channel, self._view.card(current, self._clock()), noted=True)
                    self._proposals.copy_posted(proposal.id, posted["channel"], posted["ts"])
            except BotError as error:
                unasked(proposal, user, error)

    def edit(self, proposal: Proposal, *, hasty: bool) -> int:
        """Edit all copies; what Slack does not do now is left to the next time. Give how many there are."""
        message = self._view.card(proposal, self._clock())
        copies = stored.copies(self._proposals.ledger, proposal.id)
        try:
            if copies and (not hasty or proposal.id not in self._readers):
                self._readers[proposal.id] = self._readers_of(proposal, copies)
        except BotError as error:
            log.info("The copies wait.", action="slack.later", proposal=proposal.id, error=str(error))
            return 0
        for copy in copies:
            try:
                self._edit_one(proposal, copy, message, hasty=hasty)
            except BotError as error:
                log.info(
                    "A copy of a card waits.", action="slack.later", proposal=proposal.id, error=str(error)
                )
        return len(copies)

    def _edit_one(
        self,
        proposal: Proposal,
        copy: tuple[str, str],
        message: Message,
        *,
        hasty: bool = False,
        ends: bool = False,
    ) -> None:
        """Edit one copy, or close it for ever where whoever has it may no longer approve.

        Who is in doubt learns nothing meanwhile; at the end their copy is closed, too.

        Raises:
            SlackFailed: Slack did not take it.
        """
        channel, ts = copy
        may = self._readers[proposal.id].get(channel)
        if may:
            self._rooms.edit_direct(channel, ts, message, hasty=hasty)
        elif may is None or ends:
            with suppress(MessageGone):
                self._rooms.edit_direct(channel, ts, answers.no_longer_asked(), hasty=hasty)
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
        if user not in self._direct:
            self._direct[user] = self._rooms.direct(user)
        return self._direct[user]

    def show(self, proposal: Proposal) -> None:
        """Show the end on every copy that Slack lets us edit.

        Raises:
            SlackFailed: Slack did not answer for a long time.
        """
        message = self._view.card(proposal, self._clock())
        copies = stored.copies(self._proposals.ledger, proposal.id)
        if copies:
            self._readers[proposal.id] = self._rooms.persist(partial(self._readers_of, proposal, copies))
        for copy in copies:
            edit = partial(self._edit_one, proposal, copy, message, ends=True)
            try:
                self._rooms.persist(edit)
            except SlackFailed as error:
                if error.passing:
                    raise
                log.warning(
                    "A copy of a card stays as it is.",
                    action="proposal.copy_gone",
                    proposal=proposal.id,
                    error=str(error),
                )
