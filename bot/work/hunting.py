"""What a hunt does, without the engine: ask everybody's questions, judge, show. Each part may be repeated.

It only reads. What was asked of Microsoft and not answered yet is remembered in the ledger, so a restart
takes up the same audit search.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from slack_sdk import WebClient

from bot.artefacts.hunt_csv import NAME, hunt_csv
from bot.cards.case import GONE, Cards, Painter
from bot.errors import BotError, SlackFailed
from bot.failing import refer
from bot.messages import Message
from bot.messages.hunt_card import hunt_card
from bot.slack.channels import demand_unshared
from bot.slack.client import call
from commands import hunt as hunting
from commands.errors import CommandError
from commands.hunt import Found
from commands.ledger import BOT, Ledger
from commands.ledger import entries as e
from commands.ledger.hunts import Hunt, hunt
from commands.report import SourceState
from commands.sweeping import Sweeping, sweep
from graph.collect import Connection, collect
from graph.errors import GraphError, NoSuchUser
from graph.evidence import Source
from graph.hunting import EVERYBODY, TenantQuery, pivot_queries
from graph.question import Question, Subject
from graph.tenants import Tenants

log = structlog.get_logger(__name__)

Progress = tuple[tuple[SourceState, ...], tuple[str, ...]]
"""The sources that have answered, and those that have not."""


class Hunting:
    """Makes hunts. Any thread may use it.

    Args:
        client: Slack's Web API.
        ledger: Where hunts are.
        tenants: Who can be asked.
        cards: Posts messages and files.
        ours: Mail domains of ours, whose addresses stay readable.
        clock: Tells the time (aware UTC).
        patience: Seconds that a slow source is waited for.
    """

    def __init__(
        self,
        client: WebClient,
        *,
        ledger: Ledger,
        tenants: Tenants,
        cards: Cards,
        ours: frozenset[str],
        clock: Callable[[], datetime],
        patience: float,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._tenants = tenants
        self._cards = cards
        self._ours = ours
        self._clock = clock
        self._patience = patience

    def post(self, name: str) -> Hunt:
        """Post the card of a hunt, and note where it is.

        Raises:
            CannotPost: Slack does not let the bot post there.
            SlackFailed: Slack did not answer.
        """
        one = hunt(self._ledger, name)
        posted = self._cards.say(one.channel, self._card(one))
        event = e.HuntCardPosted(name, posted["channel"], posted["ts"])
        self._ledger.append(event, BOT, one.case_id)
        return hunt(self._ledger, name)

    def look(self, name: str) -> None:
        """Ask and judge; whatever goes wrong ends as a failed hunt with words for people.

        Raises:
            LedgerError: the outcome cannot be written down; the engine or the next round tries again.
        """
        one = hunt(self._ledger, name)
        if one.state != "looking":
            return
        try:
            found = self._found(one)
        except CommandError:
            raise
        except GraphError as error:
            reference = refer("A hunt failed.", name)
            self._end(one, e.HuntFailed(name, f"{error.sentence} Reference: {reference}.", reference))
        except Exception:  # noqa: BLE001 - whatever it is, people are told and the log has it
            reference = refer("A hunt failed: internal error.", name)
            says = f"Internal error during this hunt. Reference: {reference}."
            self._end(one, e.HuntFailed(name, says, reference))
        else:
            self._finish(one, found)

    def _found(self, one: Hunt) -> Found:
        connection = next((each for each in self._tenants.each() if each.settings.name == one.tenant), None)
        if connection is None:
            raise NoSuchUser(f"The tenant {one.tenant} is no longer configured.")
        if one.kind == "sweep":
            return self._swept(one, connection)
        queries = pivot_queries(one.terms)
        answers: dict[str, Source[Any]] = {}
        painter = Painter[Progress](partial(self._paint, one), self._cards.edits)
        painter.thread.start()
        try:
            painter.tell(_progress(queries, answers))
            for arrived in collect(
                Question(EVERYBODY, one.window),
                connection,
                self._ledger.memory(one.id),
                patience=self._patience,
                sources=[query.name for query in queries],
                queries=queries,
            ):
                answers[arrived.source] = arrived.answer
                painter.tell(_progress(queries, answers))
        finally:
            painter.stop()
        return hunting.pivoted(one.terms, answers, self._besides(one))

    def _swept(self, one: Hunt, connection: Connection) -> Found:
        """Sweep to the end, or until somebody stops it; the card shows how far it is, and whom it found."""
        painter = Painter[Sweeping](partial(self._paint_sweep, one), self._cards.edits)
        painter.thread.start()
        found = Found((), ())
        memory = self._ledger.memory(one.id)
        try:
            with closing(sweep(one.window, connection, memory, patience=self._patience)) as pieces:
                for progress in pieces:
                    found = progress.found
                    painter.tell(progress)
                    if hunt(self._ledger, one.id).state != "looking":
                        self._leave(one, found)
                        break
        finally:
            painter.stop()
        return found

    def _leave(self, one: Hunt, found: Found) -> None:
        """Keep what a sweep had found when it was stopped."""
        with self._ledger.writing() as writing:
            if hunt(writing, one.id).state == "canceled":
                kept = writing.keep(hunting.dump(found))
                writing.append(e.HuntLeft(one.id, len(found.touched), kept), BOT, one.case_id)

    def _besides(self, one: Hunt) -> Subject | None:
        """The account whose case a pivot came from: that it was touched is known."""
        return self._ledger.case(one.case_id).subject if one.case_id else None

    def _finish(self, one: Hunt, found: Found) -> None:
        states = {source.id: source.state.value for source in found.sources}
        with self._ledger.writing() as writing:
            if hunt(writing, one.id).state == "looking":
                kept = writing.keep(hunting.dump(found))
                event = e.HuntFinished(one.id, len(found.touched), kept, states)
                writing.append(event, BOT, one.case_id)
        log.info("A hunt is done.", action="hunt.done", hunt=one.id, accounts=len(found.touched))

    def _end(self, one: Hunt, event: e.HuntFailed) -> None:
        with self._ledger.writing() as writing:
            if hunt(writing, one.id).state == "looking":
                writing.append(event, BOT, one.case_id)

    def show(self, name: str) -> None:
        """Show how a hunt ended: the card, and the file with everybody in its thread.

        Raises:
            SlackFailed: Slack did not answer for a long time.
            LedgerError: what was shown cannot be noted.
        """
        one = hunt(self._ledger, name)
        if one.shown or one.state == "looking":
            return
        if not one.card:
            one = self.post(name)
        found = hunting.load(one.found) if one.found else None
        self._cards.persist(lambda: self._repaint(one, found))
        if found is not None and found.touched:
            upload = {"filename": NAME, "title": NAME, "content": hunt_csv(found)}
            self._cards.attach(one.channel, one.card, [upload])
        self._ledger.append(e.HuntShown(name), BOT, one.case_id)

    def _repaint(self, one: Hunt, found: Found | None) -> None:
        demand_unshared(self._client, one.channel)
        message = self._card(one, found)
        try:
            call(self._client.chat_update, channel=one.channel, ts=one.card, **message.arguments)
        except SlackFailed as error:
            if error.code not in GONE:
                raise
            self._cards.say(one.channel, message)

    def _card(self, one: Hunt, found: Found | None = None) -> Any:
        return hunt_card(one, self._ours, found=found)

    def _paint(self, one: Hunt, progress: Progress) -> float:
        done, waiting = progress
        return self._edit(one, lambda: hunt_card(one, self._ours, done=done, waiting=waiting))

    def _paint_sweep(self, one: Hunt, progress: Sweeping) -> float:
        return self._edit(one, lambda: hunt_card(one, self._ours, progress=progress))

    def _edit(self, one: Hunt, drawn: Callable[[], Message]) -> float:
        try:
            if one.card and hunt(self._ledger, one.id).state == "looking":
                demand_unshared(self._client, one.channel)
                message = drawn()
                call(self._client.chat_update, channel=one.channel, ts=one.card, **message.arguments)
        except BotError as error:
            log.info("A hunt's card waits.", action="slack.later", hunt=one.id, error=str(error))
        return self._cards.edits.apart


def _progress(queries: tuple[TenantQuery, ...], answers: dict[str, Source[Any]]) -> Progress:
    waiting = tuple(query.name for query in queries if query.name not in answers)
    return hunting.states(answers), waiting
