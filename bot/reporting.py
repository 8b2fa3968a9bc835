"""Accounts that look taken over, reported by anybody of the company.

A responder's report is a check. Anybody else's is told to the responders, in the configured channel, and
starts nothing: whoever presses its button is a responder, and is asked for the right to do so like anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from slack_sdk import WebClient

from bot.cards.case import Cards
from bot.deciding import Answer
from bot.errors import Barred, CannotPost, NotUnderstood
from bot.gate import Gate
from bot.grammar import Address, Alias, Days, Mention, Since, Suspect, Who, read, spelled
from bot.messages import parts
from bot.messages.report_modal import MOST_CANDIDATES, check_modal, report_modal
from bot.messages.reported import reported, thanks, whom_to_ask
from bot.people import People, Person
from bot.slack import channels
from bot.slack.intake import Asked
from bot.slack.mentions import named_in
from bot.slack.modals import open_window
from commands.ledger import Ledger
from commands.ledger import entries as e

log = structlog.get_logger(__name__)

MOST_REPORTS: Final = 3
WITHIN: Final = timedelta(hours=1)
"""How many reports one person may make in which time: responders must be able to read them."""

_MENTIONS_READ = 5
"""How many mentions of one message are looked up: a window must be open within three seconds."""


class Reporting:
    """Opens the forms, and tells the responders. Any thread may use it.

    Args:
        client: Slack's Web API.
        ledger: Where reports are written down.
        gate: Who may ask.
        people: Who may report, and who the responders are.
        cards: Posts.
        clock: Tells the time (aware UTC).
        channel: Where reports go; "" for nowhere, and then people are told whom to ask.
    """

    def __init__(
        self,
        client: WebClient,
        *,
        ledger: Ledger,
        gate: Gate,
        people: People,
        cards: Cards,
        clock: Callable[[], datetime],
        channel: str,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._gate = gate
        self._people = people
        self._cards = cards
        self._clock = clock
        self._channel = channel

    def open_form(self, asked: Asked, account: str = "") -> Answer:
        """Open the form for whoever may report; `account` stands in it from the start.

        Raises:
            Barred: this person may not report anything.
            NotUnderstood: the moment in which Slack opens a window is over.
            SlackFailed: Slack did not answer.
        """
        self._people.reporter(asked.user, asked.team)
        modal = report_modal(starts=self._may_ask(asked), account=account, channel=asked.channel)
        open_window(self._client, asked.trigger, modal)
        return Answer(e.ModalOpened(window=modal.callback_id))

    def open_check(self, asked: Asked, message: Mapping[str, Any]) -> None:
        """Open the window that checks the account in a message; for others than responders, the form.

        Raises:
            BotError: as for `open_form`.
        """
        found = self._addresses_in(message)
        if self._may_ask(asked):
            modal = check_modal(found, ours=self._gate.ours, channel=asked.channel)
            open_window(self._client, asked.trigger, modal)
        else:
            self.open_form(asked, next(iter(found), ""))

    def starts_check(self, asked: Asked, wish: Suspect) -> bool:
        """Whether a report is a check, because a responder makes it, and not about their own account.

        Raises:
            SlackFailed: Slack did not answer, so nobody knows.
        """
        try:
            asker = self._gate.asker(asked)
        except Barred:
            return False
        return not self._is_own(asker, wish.who)

    def hear(self, asked: Asked, wish: Suspect) -> Answer:
        """Tell the responders what somebody reports.

        Raises:
            Barred: this person may not report anything, or has done so too often.
            NotUnderstood: Slack knows no address of who was mentioned.
            SlackFailed: Slack did not answer.
            LedgerError: nothing could be written down, so nobody was told.
        """
        reporter = self._people.reporter(asked.user, asked.team)
        account = self._account(wish.who)
        room = self._room()
        if room is None:
            message = whom_to_ask(self._people.responders())
            return Answer(e.NotAnswered(says="there is no channel for reports"), "", (message,))
        self._count(asked, account, wish.noticed)
        posted = self._cards.say(
            room.id,
            reported(
                asked.id,
                by=reporter.id,
                account=account,
                since=_in_words(wish.when),
                noticed=wish.noticed,
                own=self._is_own(reporter, wish.who),
                ours=self._gate.ours,
            ),
        )
        log.info("An account was reported.", action="account.reported", request=asked.id, by=reporter.id)
        return Answer(e.Answered(channel=room.id, ts=str(posted["ts"])), "", (thanks(),))

    def check_words(self, report_id: str) -> str:
        """Give the words that check the account of a report.

        Raises:
            NotUnderstood: there is no such report.
        """
        words = self._ledger.request_words(report_id)
        wish = read(words) if words else None
        if not isinstance(wish, Suspect):
            raise NotUnderstood("I do not know this report. Type: /compromise check and the address.")
        return f"check {spelled(wish.who)}{_typed(wish.when)}"

    def _may_ask(self, asked: Asked) -> bool:
        try:
            self._gate.asker(asked)
        except Barred:
            return False
        return True

    def _is_own(self, person: Person, who: Who) -> bool:
        addresses = self._people.addresses_of(person)
        match who:
            case Mention(user):
                return user == person.id
            case Address(address):
                return address in addresses
            case Alias(alias):
                return any(f"{alias}@{domain}" in addresses for domain in self._gate.ours)

    def _account(self, who: Who) -> str:
        """Give the reported account as text. A mention would call the one whom others may impersonate."""
        match who:
            case Mention(user):
                return self._people.address_behind(user)
            case Address(address):
                return address
            case Alias(alias):
                return alias

    def _room(self) -> channels.Room | None:
        if not self._channel:
            return None
        try:
            return channels.room(self._client, self._channel)
        except CannotPost as error:
            log.warning("Reports cannot be posted.", action="report.no_channel", why=str(error))
            return None

    def _count(self, asked: Asked, account: str, noticed: str) -> None:
        """Write the report down, unless there were too many; one that is heard again counts once.

        Raises:
            Barred: there were too many.
        """
        with self._ledger.writing() as writing:
            known = {
                entry.facts["report"]
                for entry in self._ledger.entries(kinds=(e.AccountReported.KIND,))
                if entry.actor == asked.user and self._clock() - datetime.fromisoformat(entry.at) < WITHIN
            }
            if asked.id in known:
                return
            if len(known) >= MOST_REPORTS:
                raise Barred(
                    "You have reported three accounts within an hour, and the responders know of them. "
                    "If it is urgent, call them."
                )
            # Not under "request": that would say that it is answered, which it is once it is posted.
            writing.append(e.AccountReported(asked.id, account, noticed), asked.user)

    def _addresses_in(self, message: Mapping[str, Any]) -> tuple[str, ...]:
        """Give the addresses that a message names; those of our own domains, where accounts are, first."""
        found: dict[str, None] = {}
        read_so_far = 0
        for one in named_in(message):
            if isinstance(one, Address):
                found[one.address] = None
            elif read_so_far < _MENTIONS_READ:
                read_so_far += 1
                try:
                    found[self._people.address_behind(one.user)] = None
                except NotUnderstood as error:
                    log.info("A mention means nobody.", action="shortcut.nobody", why=str(error))
        known = [one for one in found if len(one) <= parts.OPTION_TEXT]
        known.sort(key=lambda one: one.rpartition("@")[2] not in self._gate.ours)
        return tuple(known[:MOST_CANDIDATES])


def _typed(when: Since | Days | None) -> str:
    """Write a span as it is typed, with a blank before it; "" for none."""
    match when:
        case Since(span):
            return f" since {max(1, round(span / timedelta(hours=1)))}h"
        case Days(first, last):
            return f" window {first}..{last}"
        case None:
            return ""


def _in_words(when: Since | Days | None) -> str:
    match when:
        case Since(span) if span >= timedelta(days=1):
            return f"about {parts.counted(span.days, 'day')} ago"
        case Since(span):
            return f"about {parts.counted(max(1, round(span / timedelta(hours=1))), 'hour')} ago"
        case Days(first, last):
            return f"{first} to {last}"
        case None:
            return ""
