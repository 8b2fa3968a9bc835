"""The keeper's part of a hunt: what was found is written down and shown. Each part may be repeated.

Where the keeper looks itself, what was asked of Microsoft and not answered yet is remembered in the ledger,
or in the job database where there are workers, so that a restart or a worker takes up the same audit search.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from types import MappingProxyType

import structlog

from bot.artefacts.hunt_csv import NAME, hunt_csv
from bot.cards.case import Cards
from bot.cards.painter import Painter
from bot.errors import BotError, MessageGone
from bot.messages import Message
from bot.messages.awaited import Awaited
from bot.messages.hunt_card import hunt_card
from bot.slack.rooms import Rooms
from bot.work.crossing.failed import RUNS, Failed, gave_up
from bot.work.crossing.receiving import Receiving
from bot.work.crossing.seal import CUT_OFF, RESULT, Seal, text_of
from bot.work.crossing.store import Store
from bot.work.hunts.maker import HuntMaker
from bot.work.hunts.task import PROGRESS, TASKS, HuntProgress, HuntTask, task_of, unpack
from commands.hunts import hunt as hunting
from commands.hunts.hunt import Found
from commands.ledger import BOT, Ledger
from commands.ledger import entries as e
from commands.ledger.hunts import Hunt, HuntState, hunt, unfinished
from graph.memory import Memory

log = structlog.get_logger(__name__)


class HuntKeeper:
    """Makes hunts. Any thread may use it.

    Args:
        rooms: Where cards and files go.
        ledger: Where hunts are.
        maker: Asks and judges.
        cards: Say how far apart a card is edited.
        ours: Gives the mail domains of a tenant, whose addresses stay readable.
        store: Where workers leave what they found; None where there are none.
        seal: Opens what they left; None where nobody is believed.
        ids: The id of each tenant by every name that it has or had.
    """

    def __init__(
        self,
        *,
        rooms: Rooms,
        ledger: Ledger,
        maker: HuntMaker,
        cards: Cards,
        ours: Callable[[str], frozenset[str]],
        store: Store | None = None,
        seal: Seal | None = None,
        ids: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._ids = ids
        self._rooms = rooms
        self._ledger = ledger
        self._maker = maker
        self._cards = cards
        self._ours = ours
        self._store = store
        self._seal = seal
        self._receiving = Receiving("hunt", store, seal, ledger.path.parent)
        self._receiving.show_progress(runs=self._under_way, about=self._about, draw=self._draw)

    def post(self, name: str) -> Hunt:
        """Post the card of a hunt, and note where it is.

        Raises:
            CannotPost: Slack does not let the bot post there.
            SlackFailed: Slack did not answer.
        """
        one = hunt(self._ledger, name)
        posted = self._rooms.say(one.channel, self._card(one), tenant=one.tenant, noted=True)
        event = e.HuntCardPosted(name, posted["channel"], posted["ts"])
        self._ledger.append(event, BOT, one.case_id)
        return hunt(self._ledger, name)

    def look(self, name: str, run: int) -> None:
        """Look here; whatever goes wrong ends as a failed hunt with words for people.

        Raises:
            LedgerError: the outcome cannot be written down; the engine or the next round tries again.
        """
        one = hunt(self._ledger, name)
        if one.state != HuntState.LOOKING:
            return
        painter = Painter[HuntProgress](partial(self._paint, one), self._cards.edits)
        painter.thread.start()
        try:
            found = self._maker.look(
                self.task(one, run), self._memory(name), painter.tell, lambda: self._is_wanted(name)
            )
        finally:
            painter.stop()
        self._write_down(one, found)

    def task(self, one: Hunt, run: int) -> HuntTask:
        """Give the task of a run of a hunt."""
        besides = self._ledger.case(one.case_id).subject if one.case_id else None
        return task_of(one, run, besides, self._ids.get(one.tenant, ""))

    def _memory(self, name: str) -> Memory:
        """Where the parts of a hunt are kept: where a worker finds them, too, if there are any."""
        if self._store is None or self._seal is None:
            return self._ledger.memory(name)
        return self._store.memory(name, self._seal)

    def _is_wanted(self, name: str) -> bool:
        return hunt(self._ledger, name).state == HuntState.LOOKING

    def receive(self, name: str, run: int) -> None:
        """Write down what a worker found, unless it is there, or nobody asks for it.

        Raises:
            LedgerError: it cannot be written down; the engine or the next round tries again.
        """
        one = hunt(self._ledger, name)
        if one.found or one.state not in (HuntState.LOOKING, HuntState.CANCELED):
            return
        # What was cut off counts for a hunt alone that was stopped here.
        kinds = (RESULT, CUT_OFF) if one.state == HuntState.CANCELED else (RESULT,)
        about = self._about(name, run)
        found = self._receiving.take(name, run, about, lambda sent, _: unpack(sent), kinds)
        if found is not None:
            self._write_down(one, found)

    def forget(self, name: str, run: int) -> None:
        """Drop what lies between keeper and workers about a run that was delivered."""
        self._receiving.forget(name, run)

    def stop(self) -> None:
        """Let what is being read count as no death: the bot is stopped by people."""
        self._receiving.stop()

    def give_up(self, one: Hunt, runs: int) -> None:
        """End a hunt that never came to an end.

        Raises:
            LedgerError: it cannot be written down.
        """
        failed = gave_up("hunt", one.id, runs)
        self._end(one, e.HuntFailed(one.id, failed.says, failed.reference))

    def follow(self) -> None:
        """Show how far workers are, on the cards of hunts.

        Raises:
            SQLAlchemyError: the job database cannot be read.
            LedgerError: the ledger cannot be read.
        """
        self._receiving.follow()

    def show_waiting(self, awaited: Awaited | None) -> None:
        """Show on the cards what hunts wait for; None for nothing any more.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        names = dict.fromkeys(name for name, _ in self._under_way())
        self._receiving.show_waiting(awaited, names, self._draw_waiting)

    def _draw_waiting(self, name: str, awaited: Awaited | None) -> None:
        self._edit(hunt(self._ledger, name), lambda one: self._card(one, awaited=awaited))

    def _under_way(self) -> Iterator[tuple[str, int]]:
        for one in unfinished(self._ledger):
            if one.state == HuntState.LOOKING and one.card:
                yield from ((one.id, run) for run in range(1, RUNS + 1))

    def _about(self, name: str, run: int) -> str:
        return text_of(TASKS.write(self.task(hunt(self._ledger, name), run)))

    def _draw(self, name: str, _: int, packed: bytes) -> None:
        """Draw how far a run of a worker is."""
        far = PROGRESS.unpack(packed)
        self._edit(hunt(self._ledger, name), lambda one: self._card_so_far(one, far))

    def _write_down(self, one: Hunt, found: Found | Failed) -> None:
        with self._receiving.drawing:
            if isinstance(found, Failed):
                self._end(one, e.HuntFailed(one.id, found.says, found.reference))
            elif hunt(self._ledger, one.id).state == HuntState.CANCELED:
                self._leave(one, found)
            else:
                self._finish(one, found)

    def _leave(self, one: Hunt, found: Found) -> None:
        """Keep what a sweep had found when it was stopped."""
        with self._ledger.writing() as writing:
            now = hunt(writing, one.id)
            if now.kind == "sweep" and now.state == HuntState.CANCELED and not now.found:
                kept = writing.keep(hunting.dump(found))
                writing.append(e.HuntLeft(one.id, len(found.touched), kept), BOT, one.case_id)

    def _finish(self, one: Hunt, found: Found) -> None:
        states = {source.id: source.state.value for source in found.sources}
        with self._ledger.writing() as writing:
            if hunt(writing, one.id).state == HuntState.LOOKING:
                kept = writing.keep(hunting.dump(found))
                event = e.HuntFinished(one.id, len(found.touched), kept, states)
                writing.append(event, BOT, one.case_id)
        log.info("A hunt is done.", action="hunt.done", hunt=one.id, accounts=len(found.touched))

    def _end(self, one: Hunt, event: e.HuntFailed) -> None:
        with self._ledger.writing() as writing:
            if hunt(writing, one.id).state == HuntState.LOOKING:
                writing.append(event, BOT, one.case_id)

    def show(self, name: str) -> None:
        """Show how a hunt ended: the card, and the file with everybody in its thread.

        Raises:
            SlackFailed: Slack did not answer for a long time.
            LedgerError: what was shown cannot be noted.
        """
        one = hunt(self._ledger, name)
        if one.shown or one.state == HuntState.LOOKING:
            return
        if not one.card:
            one = self.post(name)
        found = hunting.load(one.found) if one.found else None
        self._rooms.persist(lambda: self._repaint(one, found))
        if found is not None and found.touched:
            upload = {"filename": NAME, "title": NAME, "content": hunt_csv(found)}
            self._rooms.attach(one.channel, one.card, [upload], one.tenant)
        self._ledger.append(e.HuntShown(name), BOT, one.case_id)

    def _repaint(self, one: Hunt, found: Found | None) -> None:
        message = self._card(one, found)
        try:
            self._rooms.edit(one.channel, one.card, message, tenant=one.tenant)
        except MessageGone:
            self._rooms.say(one.channel, message, tenant=one.tenant, noted=True)

    def _card(self, one: Hunt, found: Found | None = None, awaited: Awaited | None = None) -> Message:
        return hunt_card(one, self._ours(one.tenant), found=found, awaited=awaited)

    def _card_so_far(self, one: Hunt, far: HuntProgress) -> Message:
        return hunt_card(one, self._ours(one.tenant), done=far.done, waiting=far.waiting, progress=far.sweep)

    def _paint(self, one: Hunt, far: HuntProgress) -> float:
        try:
            self._edit(hunt(self._ledger, one.id), lambda now: self._card_so_far(now, far))
        except BotError as error:
            log.info("A hunt's card waits.", action="slack.later", hunt=one.id, error=str(error))
        return self._cards.edits.apart

    def _edit(self, one: Hunt, drawn: Callable[[Hunt], Message]) -> None:
        if one.card and one.state == HuntState.LOOKING:
            self._rooms.edit(one.channel, one.card, drawn(one), tenant=one.tenant)
