"""Where questions from Slack are answered, away from the listeners: who asks, about whom, with what outcome.

A question is written into the ledger the moment it comes, before anything is done about it; a second delivery
of it is recognized by that and does nothing. It is answered in a thread of the desk's own, and every outcome
is written down as well.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final

import structlog
from slack_sdk.webhook import WebhookClient

from bot.cards.home import Home
from bot.errors import Barred, BotError, SlackFailed
from bot.failing import refer
from bot.messages import Message, answers
from bot.people.second_factor import Checked
from bot.slack.client import TIMEOUT, call
from bot.slack.intake import Asked, Intake
from bot.verbs import enrol, form
from bot.verbs.registry import read
from bot.verbs.shape import Answer, Tools
from commands.errors import CommandError, LedgerError, LedgerFull, LedgerUnwritable
from commands.ledger import CaseState, Ledger
from commands.ledger import entries as e
from graph.errors import GraphError

log = structlog.get_logger(__name__)

CLERKS = 8
"""How many questions are answered at the same time."""

LULL = 0.03
LONGEST_WAIT = 0.15
"""A question is worked on when none has come for so many seconds, or after the longest wait.

Acknowledgements come first: Slack gives up on them after three seconds, and on answers never.
"""

AGAIN: Final = 15.0
"""Seconds between two tries to do what could not be written down."""


def question_id(*parts: str) -> str:
    """Make the id of a question from what Slack sends with each delivery of it."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


class Desk:
    """Answers questions in threads of its own.

    Args:
        tools: What verbs work with.
        home: Who draws the Home tab.

    Attributes:
        ours: The mail domains whose addresses stay readable in what anyone is told on the spot: those of the
            one tenant, and none where there are several, for nobody has looked who asks.
    """

    def __init__(self, tools: Tools, *, home: Home) -> None:
        self._tools = tools
        self._client = tools.client
        self._ledger = tools.ledger
        self._cards = tools.cards
        self._rooms = tools.rooms
        self._home = home
        self.ours = tools.gate.ours if len(tools.tenancy.names) == 1 else frozenset[str]()
        self._pool = ThreadPoolExecutor(CLERKS, thread_name_prefix="desk")
        self._window_pool = ThreadPoolExecutor(CLERKS, thread_name_prefix="windows")
        self._intake = Intake(tools.ledger, written=self._kept, failed=self._not_kept)
        self._last_taken = 0.0
        self._named = threading.Event()
        self._put_off: dict[str, tuple[Asked, Answer | None]] = {}
        self._stopping = threading.Event()
        self._later = threading.Thread(target=self._go_on, name="put off", daemon=True)

    def start(self) -> None:
        """Take questions, and answer what was asked before the program ended and never answered."""
        self._intake.start()
        self._later.start()
        self._pool.submit(self._name_everybody)
        self._pool.submit(self._home.look_at_ledger)
        for request in self._ledger.unanswered_requests():
            log.info("A question is answered late.", action="asked.late", request=request.id)
            if not self._ledger.was_asked(request):
                # Whoever can put a row into the file must not speak for an approver in this way.
                log.error(
                    "A question that no entry tells of is not answered; run compromise ledger verify.",
                    action="asked.forged",
                    request=request.id,
                )
                continue
            asked = Asked(request.id, request.actor, "", request.channel, request.words)
            if request.case_id:
                self._pool.submit(self._answer_late, asked, request.case_id)
            else:
                self._pool.submit(self._answer, asked)

    def _name_everybody(self) -> None:
        """Note who the people are that the settings name, before any of them asks or decides."""
        try:
            for user in self._tools.people.name_everybody():
                log.warning("Nobody can tell who somebody is.", action="people.unknown", user=user)
        except (BotError, CommandError) as error:
            # Whoever does something first is looked up then.
            log.warning("Who is named could not be noted.", action="people.not_named", error=str(error))
        finally:
            self._named.set()

    def has_named_everybody(self) -> bool:
        """Whether who the named people are has been looked up since the start, as far as it could."""
        return self._named.is_set()

    def stop(self) -> None:
        """Finish the answers that were begun; what waits is answered at the next start."""
        self._stopping.set()
        self._intake.stop()
        if self._later.is_alive():
            self._later.join()
        self._window_pool.shutdown(wait=True, cancel_futures=True)
        self._pool.shutdown(wait=True, cancel_futures=True)

    @property
    def ledger(self) -> Ledger:
        """Where everything asked is written down."""
        return self._ledger

    def take(self, asked: Asked) -> str:
        """Take a question; returns at once. Gives why it was not taken, "" when it was."""
        self._last_taken = time.monotonic()
        return self._take(asked)

    def _take(self, asked: Asked, not_understood: str = "") -> str:
        try:
            self._intake.take(asked, not_understood=not_understood)
        except LedgerError as error:
            log.error("The ledger refused.", action="ledger.refused", error=str(error))  # noqa: TRY400
            return str(error)
        return ""

    def note(self, asked: Asked, says: str) -> str:
        """Write down a question that was not understood and is answered already; gives what `take` does."""
        return self._take(asked, says)

    def say_no(self, asked: Asked, sentence: str) -> None:
        """Tell the person that something was not done, without waiting for it to be told."""
        try:
            self._pool.submit(self._tell_no, asked, sentence)
        except RuntimeError:
            log.warning("An answer did not arrive.", action="answer.lost", request=asked.id)

    def _tell_no(self, asked: Asked, sentence: str) -> None:
        self.tell(asked, self._no(asked, sentence))

    def _no(self, asked: Asked, sentence: str) -> Message:
        return answers.no(sentence, self._tools.gate.readable_for(asked.user))

    def show_home(self, user: str) -> None:
        """Draw the Home tab of someone who opens it, without waiting for it to be drawn."""
        try:
            self._pool.submit(self._home.show, user)
        except RuntimeError:
            log.info("The Home tab is not drawn any more.", action="home.not_drawn")

    def open_check(self, asked: Asked, message: Mapping[str, Any]) -> None:
        """Open the window that checks the account in a message, without waiting for it to be open.

        What the message says goes into no record; what is sent from the window does.
        """
        try:
            self._window_pool.submit(self._open_check, asked, message)
        except RuntimeError:
            log.info("A window is not opened any more.", action="modal.not_opened")

    def _open_check(self, asked: Asked, message: Mapping[str, Any]) -> None:
        try:
            form.open_for_message(asked, message, self._tools)
        except (BotError, CommandError) as error:
            log.info("A window was not opened.", action="modal.not_opened", why=str(error))
            self.tell(asked, answers.no(str(error), self.ours))
        except Exception:  # noqa: BLE001 - whatever it is, people are told and the log has it
            self.tell(asked, answers.broken(refer("A window failed.", "modal.failed", request=asked.id)))

    def wrong_code(self, user: str, code: str) -> str:
        """Take the code that goes with an approval; give why it does not count, "" when it does."""
        return self._told(user, enrol.wrong_code(user, code, self._tools))

    def enrol(self, asked: Asked, code: str) -> str:
        """Take the first code of a new second factor; give why it does not count, "" when it does."""
        wrong = self._told(asked.user, enrol.wrong_first_code(asked.user, code, self._tools))
        if not wrong:
            try:
                self._pool.submit(lambda: self.tell(asked, enrol.announce(asked, self._tools)))
            except RuntimeError:
                log.warning("An answer did not arrive.", action="answer.lost", request=asked.id)
        return wrong

    def _told(self, user: str, checked: Checked) -> str:
        """Give why a code does not count, "" when it does; the team hears when it locks the codes."""
        if checked.locks:
            try:
                self._pool.submit(enrol.announce_lock, user, self._tools)
            except RuntimeError:
                log.warning("A lock was not announced.", action="factor.lock_not_announced")
        return "" if checked.right else checked.says

    def channel_of(self, about: str) -> str:
        """Give the channel of the case or proposal that a text begins with; "" where it names none."""
        name = about.partition(" ")[0]
        return self._ledger.channel_of(name)

    def _kept(self, asked: Asked, fresh: bool) -> None:
        if not fresh:
            log.info("A question came twice.", action="asked.twice", request=asked.id)
            return
        try:
            if asked.trigger:
                # A window must be open within three seconds of the click, so nothing is waited for.
                self._window_pool.submit(self._answer, asked)
            else:
                self._pool.submit(self._answer_in_turn, asked)
        except RuntimeError:
            log.info("A question is left for the next start.", action="asked.left", request=asked.id)

    def _not_kept(self, asked: Asked, error: Exception) -> None:
        reference = refer(
            "A question could not be written down.", "asked.unwritten", error=error, request=asked.id
        )
        sentence = str(error) if isinstance(error, LedgerError) else ""
        if isinstance(error, LedgerFull):
            sentence = f"{error} {answers.REPEAT}"
        message = answers.no(sentence, ()) if sentence else answers.broken(reference)
        try:
            self._pool.submit(self.tell, asked, message)
        except RuntimeError:
            log.warning("An answer did not arrive.", action="answer.lost", request=asked.id)

    def tell(self, asked: Asked, message: Message) -> None:
        """Tell something to the person who asked, and to no one else."""
        if asked.response_url:
            try:
                answer = WebhookClient(asked.response_url, timeout=TIMEOUT).send(
                    response_type="ephemeral", replace_original=False, **message.arguments
                )
            except OSError as error:
                log.info("An answer went another way.", action="answer.other_way", error=type(error).__name__)
            else:
                if answer.status_code == 200:
                    return
        try:
            call(
                self._client.chat_postEphemeral,
                channel=asked.channel,
                user=asked.user,
                **message.arguments,
            )
        except SlackFailed as error:
            log.info("An answer went another way.", action="answer.other_way", error=error.code)
            self._tell_directly(asked, message)

    def _tell_directly(self, asked: Asked, message: Message) -> None:
        """Tell it by direct message to someone who is not in the channel, or from no channel at all."""
        try:
            self._rooms.say(self._rooms.direct(asked.user), message)
        except BotError as error:
            log.warning("An answer did not arrive.", action="answer.lost", request=asked.id, error=str(error))

    def _answer_in_turn(self, asked: Asked) -> None:
        ends = time.monotonic() + LONGEST_WAIT
        while time.monotonic() < min(ends, self._last_taken + LULL):
            time.sleep(LULL)
        self._answer(asked)

    def _answer_late(self, asked: Asked, case_id: str) -> None:
        """Answer a question whose case was opened before the program ended, if its asker may still ask."""
        try:
            case = self._ledger.case(case_id)
            told: e.Response = e.CheckStarted(channel=case.channel)
            try:
                self._tools.gate.asker_about(asked, case)
            except Barred as barred:
                told = e.Refused(says=str(barred))
                message = self._no(asked, str(barred))
            else:
                looks = case.state is CaseState.LOOKING
                awaited = self._tools.jobs.waits_for() if looks else None
                message = answers.started(case, self._cards.link(case), awaited=awaited)
            with self._ledger.writing() as writing:
                writing.answer(asked.id, told, asked.user, case_id)
            messages: tuple[Message, ...] = (message,)
        except LedgerUnwritable as error:
            messages = self._leave(asked, error)
        except Exception:
            log.exception("A question could not be answered late.", action="asked.failed", request=asked.id)
            return
        for one in messages:
            self.tell(asked, one)

    def _answer(self, asked: Asked) -> None:
        """Answer one question, write the outcome down, and tell it."""
        try:
            messages = self._outcome(asked)
        except LedgerUnwritable as error:
            messages = self._leave(asked, error)
        except Exception:  # noqa: BLE001 - whatever it is, people are told and the log has it
            reference = refer("A question failed.", "asked.failed", request=asked.id)
            messages = (answers.broken(reference),)
            try:
                with self._ledger.writing() as writing:
                    writing.answer(asked.id, e.InternalError(reference=reference), asked.user)
            except CommandError as error:
                log.warning("The ledger is closed.", action="asked.unwritten", error=str(error))
        for message in messages:
            self.tell(asked, message)

    def _outcome(self, asked: Asked) -> tuple[Message, ...]:
        try:
            verb, wish = read(asked.words)
            may = verb.may(wish, asked, self._tools)
            answer = verb.shows(verb.do(wish, may, asked, self._tools), self._tools)
        except LedgerUnwritable:
            raise
        except LedgerError as error:
            log.error("The ledger refused.", action="ledger.refused", error=str(error))  # noqa: TRY400
            # What waited is refused as well, once; else it would be tried, and told, again and again.
            self._put_off.pop(asked.id, None)
            return (self._no(asked, str(error)),)
        except (BotError, CommandError, GraphError) as error:
            kind = e.Refused if isinstance(error, Barred) else e.NotAnswered
            log.info("A question was refused.", action="asked.refused", request=asked.id, why=str(error))
            with self._ledger.writing() as writing:
                writing.answer(asked.id, kind(says=str(error)), asked.user)
            return (self._no(asked, str(error)),)
        try:
            self._note(asked, answer)
        except LedgerError as error:
            # It is done, and told; only the note of it is left.
            log.error(  # noqa: TRY400 - the ledger's trouble is told in one line
                "A note waits for the ledger.", action="asked.put_off", request=asked.id, why=str(error)
            )
            self._put_off[asked.id] = asked, answer
        return answer.messages

    def _leave(self, asked: Asked, error: LedgerUnwritable) -> tuple[Message, ...]:
        """Leave a question for later, when all of it is done again; give what is told of that, once."""
        log.error(
            "A question waits for the ledger.", action="asked.put_off", request=asked.id, why=str(error)
        )
        if asked.id in self._put_off:
            return ()
        # The moment in which a window could be opened, or shows an answer, is over by then.
        self._put_off[asked.id] = replace(asked, trigger="", view=""), None
        return (self._no(asked, f"{error} {answers.PUT_OFF}"),)

    def _go_on(self) -> None:
        """Do what was put off, as soon as it can be written down."""
        while not self._stopping.wait(AGAIN):
            try:
                self.go_on()
            except LedgerError as error:
                log.warning("Questions wait for the ledger.", action="asked.put_off", why=str(error))
            except Exception:
                log.exception("Questions that wait cannot be answered.", action="asked.put_off")

    def go_on(self) -> None:
        """Do what was put off, in its order.

        Raises:
            LedgerError: the ledger cannot be used yet.
        """
        if not self._put_off:
            return
        self._ledger.demand_room()
        cases = {one.id: one.case_id for one in self._ledger.unanswered_requests()}
        for asked, answer in list(self._put_off.values()):
            if asked.id not in cases:
                continue
            if answer is not None:
                self._note(asked, answer)
            elif cases[asked.id]:
                self._answer_late(asked, cases[asked.id])
            else:
                self._answer(asked)
        still = {one.id for one in self._ledger.unanswered_requests()}
        for name in self._put_off.keys() - still:
            self._put_off.pop(name, None)

    def _note(self, asked: Asked, answer: Answer) -> None:
        """Write down how a question ended."""
        with self._ledger.writing() as writing:
            writing.answer(asked.id, answer.event, asked.user, answer.case_id)
