"""What every verb has, and what it works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from slack_sdk import WebClient

from bot.cards.case import Cards
from bot.cards.proposal import ProposalCards
from bot.errors import CannotPost
from bot.messages import Message, Modal
from bot.messages.help import HelpRow
from bot.people.gate import Gate
from bot.people.persons import People
from bot.people.second_factor import SecondFactor
from bot.people.tenancy import Tenancy
from bot.slack import channels
from bot.slack.intake import Asked
from bot.slack.modals import open_window
from bot.slack.rooms import Rooms
from bot.work.hunts.keeper import HuntKeeper
from bot.work.jobs import Jobs
from commands.containment.proposals import Proposals
from commands.ledger import Case, Ledger
from commands.ledger import entries as e
from commands.rechecks.watch import Doors
from commands.signing_key import SigningKey


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


@dataclass(frozen=True, slots=True)
class Tools:
    """What verbs work with. Any thread may use it.

    Attributes:
        client: Slack's Web API.
        ledger: Where everything asked is written down.
        gate: Who may ask, and which account or case is meant.
        people: Who someone in Slack is.
        rooms: Posts messages where they may go.
        cards: What is shown of cases.
        papers: What is shown of proposals.
        proposals: Where proposals are kept.
        jobs: Who does the work.
        hunts: Shows hunts through a tenant.
        tenancy: Whose each tenant is: its people, policy and channels.
        look_again: Looks at the back doors of a case now.
        factor: The approvers' second factors.
        keys: Opens a new password for the one who hands it over.
        clock: Tells the time (aware UTC).
        usual: How far back to look unless asked otherwise.
    """

    client: WebClient
    ledger: Ledger
    gate: Gate
    people: People
    rooms: Rooms
    cards: Cards
    papers: ProposalCards
    proposals: Proposals
    jobs: Jobs
    hunts: HuntKeeper
    tenancy: Tenancy
    look_again: Callable[[Case], Doors]
    factor: SecondFactor
    keys: SigningKey
    clock: Callable[[], datetime]
    usual: timedelta

    def room(self, tenant: str, channel: str) -> channels.Room:
        """Look whether something of a tenant may be posted in a channel.

        Raises:
            CannotPost: it may not; says why and what to do.
            SlackFailed: Slack did not answer.
        """
        why = self.tenancy.why_not_posted(tenant, channel)
        if why:
            raise CannotPost(why)
        found = channels.room(self.client, channel)
        # Slack may know a channel by another id than the one that was asked for.
        why = self.tenancy.why_not_posted(tenant, found.id)
        if why:
            raise CannotPost(why)
        return found

    def open(self, asked: Asked, modal: Modal) -> str:
        """Open a window for the person who asked; give its id.

        It remembers in which channel it was asked for: whoever read a copy of a card in a direct message is
        answered there.

        Raises:
            NotUnderstood: the moment in which Slack opens one is over.
            SlackFailed: Slack did not open it for another reason.
        """
        about = modal.private_metadata
        if about and asked.channel and not about.endswith(asked.channel):
            modal = replace(modal, private_metadata=f"{about} {asked.channel}")
        return open_window(self.client, asked.trigger, modal, on_view=asked.on_view)


class Verb(HelpRow, Protocol):
    """The shape of a verb's module.

    `may` finds what is meant, sees that this person may have it, and gives what `do` needs of both. All of
    them raise `BotError`, `CommandError` or `GraphError` with a sentence that says why not.
    """

    def read(self, words: list[str], text: str) -> Any:
        """Read the words behind the verb, and the line as it was typed, into a wish.

        Raises:
            NotUnderstood: says what was not understood, and what to type.
        """

    def may(self, wish: Any, asked: Asked, tools: Tools) -> Any:
        """Give what is meant and who asks, when this person may have it.

        Raises:
            Barred: this person may not.
        """

    def do(self, wish: Any, may: Any, asked: Asked, tools: Tools) -> Any:
        """Do it, and give what came of it."""

    def shows(self, done: Any, tools: Tools) -> Answer:
        """Say what came of it."""
