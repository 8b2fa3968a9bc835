"""The keeper's part of a recheck: what was read is judged, written down and shown. Each part may be repeated.

What reappeared is told to the room until it was: the ledger knows what is still to be told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

import structlog

from bot.cards.case import Cards
from bot.messages import answers
from bot.messages.awaited import Awaited
from bot.messages.case_card import all_closed
from bot.work.crossing.failed import Failed, gave_up
from bot.work.crossing.receiving import Receiving
from bot.work.crossing.seal import Seal, text_of
from bot.work.crossing.store import Store
from bot.work.rechecks.maker import RecheckMaker
from bot.work.rechecks.task import TASKS, RecheckTask, named, recheck_name, unpack
from commands.containment.proposals import Proposals
from commands.ledger import Ledger
from commands.ledger import tasks as listed
from commands.ledger.entries import RECHECKED, Rechecked
from commands.ledger.tasks import alarm_name, alarms, is_due
from commands.plans.planning_input import Guard
from commands.rechecks import schedule as rechecks
from commands.rechecks.watch import Doors, Reading, doors_of, lists, still_in_effect, weigh
from commands.usual.places import Atlas

log = structlog.get_logger(__name__)

_NAMED = 3
"""How many changes a sentence names."""


class RecheckKeeper:
    """Rechecks cases when their time has come. Any thread may use it.

    Args:
        proposals: Where proposals are kept.
        cards: The cards of cases.
        show_what_is_left: Brings the cards of a case and of its plans up to date, by the case's id.
        maker: Reads how an account stands.
        guard: Whom no one may touch in a tenant, by its name.
        clock: Tells the time (aware UTC).
        atlas: Where addresses are, where Microsoft does not say.
        store: Where workers leave what they read; None where there are none.
        seal: Opens what they left; None where nobody is believed.
        ids: The id of each tenant by every name that it has or had.
    """

    def __init__(
        self,
        *,
        proposals: Proposals,
        cards: Cards,
        show_what_is_left: Callable[[str], None],
        maker: RecheckMaker,
        guard: Callable[[str], Guard],
        clock: Callable[[], datetime],
        atlas: Atlas | None = None,
        store: Store | None = None,
        seal: Seal | None = None,
        ids: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._proposals = proposals
        self._cards = cards
        self._show_what_is_left = show_what_is_left
        self._maker = maker
        self._guard = guard
        self._clock = clock
        self._atlas = atlas
        self._ids = ids
        self._receiving = Receiving("recheck", store, seal, proposals.ledger.path.parent)

    @property
    def _ledger(self) -> Ledger:
        return self._proposals.ledger

    def due(self, now: datetime) -> tuple[str, ...]:
        """Give the rechecks whose time has come."""
        return tuple(recheck_name(*one) for one in listed.watches_due(self._proposals.ledger, now))

    def untold(self) -> tuple[str, ...]:
        """Give the rechecks that found something of which the room was not told yet."""
        return tuple(recheck_name(*one) for one in alarms(self._ledger))

    def task(self, name: str, run: int) -> RecheckTask:
        """Give the task of a run, as it is after it crossed; another plan that is carried out changes it."""
        case_id, number = named(name)
        case = self._ledger.case(case_id)
        doors = doors_of(self._proposals, case_id)
        task = RecheckTask(
            case_id,
            number,
            run,
            case.tenant,
            case.subject,
            case.window,
            doors,
            self._ids.get(case.tenant, ""),
        )
        return TASKS.crossed(task)

    def look(self, name: str, run: int) -> None:
        """Read here, and write down what follows, unless that was done.

        Raises:
            LedgerError: it cannot be written down; the engine or the next round tries again.
        """
        if self._is_due(name):
            task = self.task(name, run)
            self._write_down(task, self._maker.look(task, self._ledger.memory(task.case_id)))

    def receive(self, name: str, run: int) -> None:
        """Write down what follows from what a worker read, unless that was done.

        Raises:
            LedgerError: it cannot be written down; the engine or the next round tries again.
        """
        if not self._is_due(name):
            return
        task = self.task(name, run)
        about = text_of(TASKS.write(task))
        # Where a plan was carried out meanwhile, other doors count, and nothing is sealed for that task.
        read = self._receiving.take(name, run, about, lambda sent, _: unpack(sent, task))
        if read is not None:
            self._write_down(task, read)

    def _is_due(self, name: str) -> bool:
        """Whether the ledger asks for a recheck now: one that is early would be missing at its time."""
        return is_due(self._ledger, *named(name), self._clock())

    def forget(self, name: str, run: int) -> None:
        """Drop what lies between keeper and workers about a run that was delivered."""
        self._receiving.forget(name, run)

    def stop(self) -> None:
        """Let what is being read count as no death: the bot is stopped by people."""
        self._receiving.stop()

    def give_up(self, name: str, runs: int) -> None:
        """Note that a recheck never came to an end.

        Raises:
            LedgerError: it cannot be noted.
        """
        self._write_down(self.task(name, runs), gave_up("recheck", name, runs))

    def _write_down(self, task: RecheckTask, read: Reading | Failed) -> None:
        if isinstance(read, Failed):
            seen = not_rechecked(task.round, read.says)
        else:
            case = self._ledger.case(task.case_id)
            doors = weigh(read, case, self._proposals, self._guard(case.tenant), self._atlas)
            seen = seen_of(doors, task.round, raised=doors.is_open)
        if rechecks.note_recheck(self._proposals.ledger, task.case_id, seen):
            log.info(
                "A case was looked at again.",
                action="watch.done",
                case=task.case_id,
                round=task.round,
                raised=seen.raised,
            )

    def show_waiting(self, name: str, awaited: Awaited) -> None:
        """Tell the thread of a case, once, that a recheck of it is due and what it waits for.

        Raises:
            SlackFailed: Slack did not answer for a long time.
            LedgerError: what was posted cannot be noted.
        """
        case = self._ledger.case(named(name)[0])
        self._cards.say_in_thread(case, f"recheck {named(name)[1]} waits", answers.recheck_waits(awaited))

    def show(self, name: str) -> None:
        """Show what was seen on the cards of case and plans, and tell the room what reappeared, once.

        Raises:
            SlackFailed: Slack did not answer for a long time.
            LedgerError: what was posted cannot be noted.
        """
        case_id, number = named(name)
        self._show_what_is_left(case_id)
        if name not in self.untold():
            return
        case = self._ledger.case(case_id)
        for entry in self._ledger.entries(case_id=case_id, kinds=(Rechecked.KIND,)):
            if isinstance(seen := entry.event, Rechecked) and seen.round == number:
                at = datetime.fromisoformat(entry.at).astimezone(UTC)
                says = f"Rechecked {at:%d %B %Y, %H:%M} UTC: {seen.seen}"
                link = self._cards.link(case)
                message = answers.came_back(says, case, link, late=seen.only_late)
                self._cards.say_in_room(case, alarm_name(number), message)


def seen_of(doors: Doors, number: int, *, raised: bool) -> Rechecked:
    """What the ledger notes of a look, with the sentences that the case's card says."""
    return Rechecked(
        round=number,
        says=_sentences(doors),
        raised=raised,
        closed=tuple(change.id for change in doors.closed),
        came_back=tuple(change.id for change in doors.came_back),
        new=tuple(change.id for change in doors.new),
        not_seen=tuple(one.what for one in doors.not_seen),
        late=tuple(change.id for change in doors.late),
    )


def not_rechecked(number: int, why: str) -> Rechecked:
    """What the ledger notes of a look that saw nothing."""
    return Rechecked(round=number, says=f"{RECHECKED}nothing was collected.\n{why}", not_seen=("account",))


def _sentences(doors: Doors) -> str:
    """Say in short how the back doors stand, one sentence a line."""
    number = len(doors.closed) + len(doors.came_back)
    if doors.is_quiet and number:
        return all_closed(number)
    parts = [f"{RECHECKED}{still_in_effect(doors)}"]
    for title, names in lists(doors):
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        parts.append(f"{title}: {'; '.join(names[:_NAMED])}{more}.")
    return "\n".join(parts)
