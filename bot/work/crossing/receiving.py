"""What workers leave for the keeper in the job database: how far they are, and what came of it.

One for each kind of work. What is opened was sealed for the very task that the keeper asked for; whatever
else lies there counts for nothing, and the work is begun again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, TypeVar

import structlog

from bot.errors import BotError
from bot.failing import refer_run
from bot.messages.awaited import Awaited
from bot.work.crossing.codec import ResultRefused, ResultUnreadable
from bot.work.crossing.failed import Failed
from bot.work.crossing.following import Follower
from bot.work.crossing.notes import Notes
from bot.work.crossing.seal import RESULT, Seal, SealBroken, opened
from bot.work.crossing.store import Store
from commands.errors import CommandError

log = structlog.get_logger(__name__)
T = TypeVar("T")

DEATHS: Final = 3
"""How often the bot may end while it reads one result: after that it is the result that ends it."""


class Receiving:
    """Takes what workers leave of one kind of work. Any thread may use it; one follows.

    Args:
        what: What it is called in the log.
        store: Where they leave it; None where there are none.
        seal: Opens it; None where nobody is believed.
        folder: Where it is noted that something is being read.

    Attributes:
        drawing: Held while something is drawn or written down: nothing is drawn after the end of a run that
            was on its way before.
    """

    def __init__(self, what: str, store: Store | None, seal: Seal | None, folder: Path) -> None:
        self._notes = Notes(folder)
        self._what = what
        self._store = store
        self._seal = seal
        self._follower: Follower | None = None
        self._shown_waiting: set[str] = set()
        self.drawing = threading.Lock()

    def show_progress(
        self,
        *,
        runs: Callable[[], Iterable[tuple[str, int]]],
        about: Callable[[str, int], str],
        draw: Callable[[str, int, bytes], None],
    ) -> None:
        """Say how `follow` shows how far workers are; the arguments are those of `Follower`."""

        def drawn(name: str, run: int, packed: bytes) -> None:
            with self.drawing:
                draw(name, run, packed)

        if self._store and self._seal:
            self._follower = Follower(self._store, self._seal, runs=runs, about=about, draw=drawn)

    def take(
        self,
        name: str,
        run: int,
        about: str,
        read: Callable[[bytes, bytes], T],
        kinds: tuple[str, ...] = (RESULT,),
    ) -> T | Failed | None:
        """Give what came of a run; None where there is nothing to use, and it must be begun again.

        Args:
            name: What the run is of.
            run: Its number.
            about: The whole task, as it was sealed.
            read: Reads what was sent and what lies beside it. Raises ResultUnreadable where nobody can, and
                ResultRefused where it is not believed.
            kinds: What it may be sealed as.
        """
        got = self._store.get(name, run) if self._store is not None else None
        if got is None:
            log.warning("A result is gone.", action="worker.no_result", what=self._what, case=name)
            return None
        try:
            if (deaths := self._notes.deaths(name, run)) >= DEATHS:
                self._notes.clear(name, run)
                raise ResultRefused(f"The bot ended {deaths} times while it read what the worker sent.")
            with self._notes.reading(name, run):
                sealed, beside = got
                body = self._opened(kinds, about, sealed, beside)
                del got, sealed  # what is sealed is not held while it is read
                return read(body, beside)
        except (ResultUnreadable, SealBroken) as unreadable:
            # The next round begins it again, a few times only.
            log.warning(
                "A result cannot be read.",
                action="worker.no_result",
                what=self._what,
                case=name,
                why=str(unreadable),
            )
            return None
        except ResultRefused as refused:
            reference = refer_run("What a worker sent is refused.", self._what, name, why=str(refused))
            return Failed(f"{refused} Reference: {reference}.", reference)

    def _opened(self, kinds: tuple[str, ...], about: str, sealed: bytes, beside: bytes) -> bytes:
        *others, last = kinds
        for kind in others:
            try:
                return opened(self._seal, kind, about, sealed, beside)
            except SealBroken:
                continue
        return opened(self._seal, last, about, sealed, beside)

    def forget(self, name: str, run: int) -> None:
        """Drop what lies between keeper and workers about a run that was delivered."""
        if self._store is not None:
            self._store.drop(name, run)

    def stop(self) -> None:
        """Let what is being read count as no death: the bot is stopped by people."""
        self._notes.stop()

    def show_waiting(
        self,
        awaited: Awaited | None,
        names: Iterable[str],
        draw: Callable[[str, Awaited | None], None],
    ) -> None:
        """Show on cards what their work waits for, and once more when it no longer does.

        Args:
            awaited: What it waits for; None for nothing.
            names: The cases or hunts that are under way.
            draw: Draws one of their cards.
        """
        for name in names:
            if (awaited is not None) == (name in self._shown_waiting):
                continue
            try:
                with self.drawing:
                    draw(name, awaited)
            except (BotError, CommandError) as error:
                # The next look tries again.
                log.info("A card waits.", action="slack.later", case=name, error=str(error))
                continue
            if awaited is None:
                self._shown_waiting.discard(name)
            else:
                self._shown_waiting.add(name)

    def follow(self) -> None:
        """Show how far those runs are that changed.

        Raises:
            SQLAlchemyError: the job database cannot be read.
            LedgerError: the ledger cannot be read.
        """
        if self._follower is not None:
            self._follower.follow()
