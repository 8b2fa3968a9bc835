"""Writes questions into the ledger before Slack is told that they arrived, many in one go.

Each commit waits for the disk, and questions come in bursts: what waits while one commit is under way goes
into the next one together. That keeps two hundred acknowledgements at once well below a tenth of a second.
"""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field

from commands.errors import LedgerUnwritable
from commands.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as Slack delivered it.

    Attributes:
        id: The same for every delivery of the same question, and told by nothing else.
        user: The Slack user id of who asks.
        team: That user's workspace, "" where Slack names none.
        channel: Where it was asked.
        words: What was typed after the command.
        response_url: Where an answer for this person alone may be sent; a secret for half an hour.
    """

    id: str
    user: str
    team: str
    channel: str
    words: str
    response_url: str = ""


@dataclass(frozen=True, slots=True)
class _Slip:
    """A question that waits to be written down, with the outcome that is known already, if any."""

    asked: Asked
    not_understood: str = ""
    fresh: Future[bool] = field(default_factory=Future)


class Intake:
    """One thread that writes for all listeners.

    Args:
        ledger: Where questions are kept.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._slips: queue.SimpleQueue[_Slip | None] = queue.SimpleQueue()
        self._open = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="intake", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, and end."""
        with self._open:
            self._closed = True
            self._slips.put(None)
        self._thread.join()

    def write(self, asked: Asked, *, not_understood: str = "") -> bool:
        """Write a question down; False when the very same one was written down before.

        Args:
            asked: The question.
            not_understood: The answer it was given on the spot, when it could not be understood.

        Raises:
            LedgerError: it could not be written down.
        """
        slip = _Slip(asked, not_understood)
        with self._open:
            if self._closed:
                raise LedgerUnwritable(str(self._ledger.path), "the bot is stopping")
            self._slips.put(slip)
        return slip.fresh.result()

    def _run(self) -> None:
        while (first := self._slips.get()) is not None:
            slips = [first]
            while not self._slips.empty() and (more := self._slips.get()) is not None:
                slips.append(more)
            self._write(slips)
            if self._closed and self._slips.empty():
                return

    def _write(self, slips: list[_Slip]) -> None:
        fresh = []
        try:
            with self._ledger.writing() as writing:
                for slip in slips:
                    asked = slip.asked
                    fresh.append(writing.ask(asked.id, asked.user, asked.channel, asked.words))
                    if fresh[-1] and slip.not_understood:
                        says = {"says": slip.not_understood}
                        writing.answer(asked.id, "not understood", asked.user, "", says)
        except Exception as error:  # noqa: BLE001 - whoever waits gets it, whatever it is
            for slip in slips:
                slip.fresh.set_exception(error)
            return
        for slip, is_fresh in zip(slips, fresh, strict=True):
            slip.fresh.set_result(is_fresh)
