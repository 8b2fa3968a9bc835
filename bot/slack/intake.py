"""Writes questions into the ledger the moment they come, many in one go.

Slack's acknowledgement does not wait for the disk, and the disk does not wait for a quiet moment: what comes
while one commit is under way goes into the next one together. Between the two lie a few milliseconds.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from commands.errors import LedgerUnwritable
from commands.ledger import Ledger
from commands.ledger.entries import NotUnderstood


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
        trigger: What opens a window for this person, within three seconds and once; "" where nothing does.
            Like the response URL and what follows, it is never written down, so a question that is answered
            after a restart is without it.
        clicked: Whether a button said it, so that what is missing is asked for in a window.
        on_view: Whether the button is in a window, so that another window opens on top of it.
        factor: Whether a code of this person's second factor was checked along with it.
        view: The window from which it was sent, where that stays open and shows the answer; "" for none.
        tenant: The tenant of the record that a button names, "" where it names none.
        missing: What is said where there is no such record.
    """

    id: str
    user: str
    team: str
    channel: str
    words: str
    response_url: str = ""
    trigger: str = ""
    clicked: bool = False
    on_view: bool = False
    factor: bool = False
    view: str = ""
    tenant: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True)
class _Slip:
    """A question that waits to be written down, with the answer that it was given on the spot, if any."""

    asked: Asked
    not_understood: str = ""


class Intake:
    """One thread that writes for all listeners.

    Args:
        ledger: Where questions are kept.
        written: Called with each question once it is kept, and whether it is new; not for those that were
            answered on the spot.
        failed: Called with each question that could not be kept, and why.
    """

    def __init__(
        self,
        ledger: Ledger,
        *,
        written: Callable[[Asked, bool], None],
        failed: Callable[[Asked, Exception], None],
    ) -> None:
        self._ledger = ledger
        self._written = written
        self._failed = failed
        self._slips: queue.SimpleQueue[_Slip | None] = queue.SimpleQueue()
        self._open = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="intake", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, and end; nothing waits where the start of the bot failed before."""
        with self._open:
            self._closed = True
            self._slips.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def take(self, asked: Asked, *, not_understood: str = "") -> None:
        """Take a question; returns at once.

        Args:
            asked: The question.
            not_understood: The answer it was given on the spot, when it could not be understood.

        Raises:
            LedgerUnwritable: the bot is stopping.
        """
        with self._open:
            if self._closed:
                raise LedgerUnwritable(str(self._ledger.path), "the bot is stopping")
            self._slips.put(_Slip(asked, not_understood))

    def _run(self) -> None:
        over = False
        while not over:
            slips = [self._slips.get()]
            while not self._slips.empty():
                slips.append(self._slips.get())
            over = None in slips
            self._write([slip for slip in slips if slip is not None])

    def _write(self, slips: list[_Slip]) -> None:
        fresh = []
        try:
            with self._ledger.writing() as writing:
                for slip in slips:
                    asked = slip.asked
                    fresh.append(writing.ask(asked.id, asked.user, asked.channel, asked.words))
                    if fresh[-1] and slip.not_understood:
                        writing.answer(asked.id, NotUnderstood(says=slip.not_understood), asked.user)
        except Exception as error:  # noqa: BLE001 - whoever asked is told, whatever it is
            for slip in slips:
                self._failed(slip.asked, error)
            return
        for slip, is_fresh in zip(slips, fresh, strict=True):
            if not slip.not_understood:
                self._written(slip.asked, is_fresh)
