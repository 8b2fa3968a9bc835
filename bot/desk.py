"""Where questions from Slack are answered, away from the listeners: who asks, about whom, with what outcome.

A question is written into the ledger the moment it comes, before anything is done about it; a second delivery
of it is recognised by that and does nothing. It is answered in a thread of the desk's own, and every outcome
is written down as well.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import structlog
from slack_sdk import WebClient
from slack_sdk.webhook import WebhookClient

from bot.cards.case import Cards
from bot.cards.home import Home
from bot.deciding import Answer, Deciding
from bot.errors import Barred, BotError, NotUnderstood, SlackFailed
from bot.gate import Gate
from bot.grammar import Check, Help, OpenForm, ShowReport, Suspect, Wish, read, window
from bot.jobs import Jobs
from bot.messages import Message, answers
from bot.messages.help import help_message
from bot.people import People, Person
from bot.reporting import Reporting
from bot.slack import channels
from bot.slack.client import TIMEOUT, call
from bot.slack.intake import Asked, Intake
from commands.errors import AlreadyLooking, CommandError, LedgerError
from commands.ledger import Case, CaseState, Ledger, new_case_id
from commands.ledger import entries as e
from graph.collect import Connection
from graph.errors import GraphError
from graph.question import Subject, Window

log = structlog.get_logger(__name__)

CLERKS = 8
"""How many questions are answered at the same time."""

LULL = 0.03
LONGEST_WAIT = 0.15
"""A question is worked on when none has come for so many seconds, or after the longest wait.

Acknowledgements come first: Slack gives up on them after three seconds, and on answers never.
"""


def question_id(*parts: str) -> str:
    """Make the id of a question from what Slack sends with each delivery of it."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


class Desk:
    """Answers questions in threads of its own.

    Args:
        client: Slack's Web API.
        ledger: Where everything asked is written down.
        people: Who somebody in Slack is.
        gate: Who may ask, and which account is meant.
        deciding: Who answers what is asked about finished checks and proposals.
        reporting: Who hears what anybody of the company reports.
        home: Who draws the Home tab.
        cards: What is shown of cases.
        jobs: Who does the work.
        clock: Tells the time (aware UTC).
        usual: How far back to look unless asked otherwise.
        channel: Where cards go unless asked otherwise; "" for where the question was asked.

    Attributes:
        ours: The configured mail domains, whose addresses stay readable in what is said.
    """

    def __init__(
        self,
        client: WebClient,
        *,
        ledger: Ledger,
        people: People,
        gate: Gate,
        deciding: Deciding,
        reporting: Reporting,
        home: Home,
        cards: Cards,
        jobs: Jobs,
        clock: Callable[[], datetime],
        usual: timedelta,
        channel: str,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._people = people
        self._gate = gate
        self._deciding = deciding
        self._reporting = reporting
        self._home = home
        self._cards = cards
        self._jobs = jobs
        self._clock = clock
        self._usual = usual
        self._channel = channel
        self.ours = gate.ours
        self._pool = ThreadPoolExecutor(CLERKS, thread_name_prefix="desk")
        self._window_pool = ThreadPoolExecutor(CLERKS, thread_name_prefix="windows")
        self._intake = Intake(ledger, written=self._kept, failed=self._not_kept)
        self._last_taken = 0.0

    def start(self) -> None:
        """Take questions, and answer what was asked before the program ended and never answered."""
        self._intake.start()
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

    def stop(self) -> None:
        """Finish the answers that were begun; what waits is answered at the next start."""
        self._intake.stop()
        self._window_pool.shutdown(wait=True, cancel_futures=True)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def take(self, asked: Asked) -> None:
        """Take a question; returns at once.

        Raises:
            LedgerError: the bot is stopping.
        """
        self._last_taken = time.monotonic()
        self._intake.take(asked)

    def note(self, asked: Asked, says: str) -> None:
        """Write down a question that was answered on the spot, because it could not be understood.

        Raises:
            LedgerError: the bot is stopping.
        """
        self._intake.take(asked, not_understood=says)

    def say_no(self, asked: Asked, sentence: str) -> None:
        """Tell the person that something was not done, without waiting for it to be told."""
        try:
            self._pool.submit(self.tell, asked, answers.no(sentence, self.ours))
        except RuntimeError:
            log.warning("An answer did not arrive.", action="answer.lost", request=asked.id)

    def check_again(self, case_id: str) -> str:
        """Give the words that check the account of a case again.

        Raises:
            NoSuchCase: there is none with this id.
        """
        return f"check {self._ledger.case(case_id).subject.user_principal_name}"

    def check_reported(self, report_id: str) -> str:
        """Give the words that check the account which somebody reported.

        Raises:
            NotUnderstood: there is no such report.
        """
        return self._reporting.check_words(report_id)

    def show_home(self, user: str) -> None:
        """Draw the Home tab of somebody who opens it, without waiting for it to be drawn."""
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
            self._reporting.open_check(asked, message)
        except (BotError, CommandError) as error:
            log.info("A window was not opened.", action="modal.not_opened", why=str(error))
            self.tell(asked, answers.no(str(error), self.ours))
        except Exception:
            reference = uuid4().hex[:10]
            log.exception("A window failed.", action="modal.failed", reference=reference)
            self.tell(asked, answers.broken(reference))

    def wrong_code(self, user: str, code: str) -> str:
        """Take the code that goes with an approval; give why it does not count, "" when it does."""
        return self._deciding.wrong_code(user, code)

    def enrol(self, asked: Asked, code: str) -> str:
        """Take the first code of a new second factor; give why it does not count, "" when it does."""
        wrong = self._deciding.enrol(asked.user, code)
        if not wrong:
            try:
                self._pool.submit(lambda: self.tell(asked, self._deciding.announce_enrolment(asked)))
            except RuntimeError:
                log.warning("An answer did not arrive.", action="answer.lost", request=asked.id)
        return wrong

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
        log.error("A question could not be written down.", action="asked.unwritten", exc_info=error)
        sentence = str(error) if isinstance(error, LedgerError) else ""
        message = answers.no(sentence, ()) if sentence else answers.broken(uuid4().hex[:10])
        try:
            self._pool.submit(self.tell, asked, message)
        except RuntimeError:
            log.warning("An answer did not arrive.", action="answer.lost", request=asked.id)

    def tell(self, asked: Asked, message: Message) -> None:
        """Tell something to the person who asked, and to nobody else."""
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
        """Tell it by direct message to somebody who is not in the channel, or from no channel at all."""
        try:
            channel = call(self._client.conversations_open, users=asked.user)["channel"]["id"]
            self._cards.say(channel, message)
        except BotError as error:
            log.warning("An answer did not arrive.", action="answer.lost", request=asked.id, error=str(error))

    def _answer_in_turn(self, asked: Asked) -> None:
        ends = time.monotonic() + LONGEST_WAIT
        while time.monotonic() < min(ends, self._last_taken + LULL):
            time.sleep(LULL)
        self._answer(asked)

    def _answer_late(self, asked: Asked, case_id: str) -> None:
        """Answer a question whose case was opened before the program ended."""
        try:
            case = self._ledger.case(case_id)
            with self._ledger.writing() as writing:
                writing.answer(asked.id, e.CheckStarted(channel=case.channel), asked.user, case_id)
            self.tell(asked, answers.started(case, self._cards.link(case)))
        except Exception:
            log.exception("A question could not be answered late.", action="asked.failed", request=asked.id)

    def _answer(self, asked: Asked) -> None:
        """Answer one question, write the outcome down, and tell it."""
        try:
            messages = self._outcome(asked)
        except Exception:
            reference = uuid4().hex[:10]
            log.exception("A question failed.", action="asked.failed", request=asked.id, reference=reference)
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
            match read(asked.words):
                case Help():
                    return (help_message(),)
                case Check() | ShowReport() as wish:
                    return (self._look_up(asked, wish),)
                case Suspect() as wish if self._reporting.starts_check(asked, wish):
                    return (self._look_up(asked, Check(wish.who, wish.when)),)
                case Suspect() as wish:
                    return self._noted(asked, self._reporting.hear(asked, wish))
                case OpenForm():
                    return self._noted(asked, self._reporting.open_form(asked))
                case wish:
                    return self._decide(asked, wish)
        except LedgerError as error:
            log.error("The ledger refused.", action="ledger.refused", error=str(error))  # noqa: TRY400
            return (answers.no(str(error), self.ours),)
        except (BotError, CommandError, GraphError) as error:
            kind = e.Refused if isinstance(error, Barred) else e.NotAnswered
            log.info("A question was refused.", action="asked.refused", request=asked.id, why=str(error))
            with self._ledger.writing() as writing:
                writing.answer(asked.id, kind(says=str(error)), asked.user)
            return (answers.no(str(error), self.ours),)

    def _decide(self, asked: Asked, wish: Wish) -> tuple[Message, ...]:
        return self._noted(asked, self._deciding.answer(asked, wish))

    def _noted(self, asked: Asked, answer: Answer) -> tuple[Message, ...]:
        """Write down how a question ended; give what the person is told."""
        with self._ledger.writing() as writing:
            writing.answer(asked.id, answer.event, asked.user, answer.case_id)
        return answer.messages

    def _look_up(self, asked: Asked, wish: Check | ShowReport) -> Message:
        asker = self._gate.asker(asked)
        subject, connection = self._gate.account(wish.who)
        self._gate.keep_from_own(asker, subject)
        if isinstance(wish, Check):
            return self._check(asked, wish, asker, subject, connection)
        return self._report(asked, wish, subject, connection)

    def _check(
        self, asked: Asked, wish: Check, asker: Person, subject: Subject, connection: Connection
    ) -> Message:
        span = window(wish.when, self._clock(), self._usual)
        if not (wish.channel or self._channel or asked.channel):
            raise NotUnderstood(
                f"Say in which channel the card goes. Type there: /compromise check {subject.mail}"
            )
        room = channels.room(self._client, wish.channel or self._channel or asked.channel)
        tenant = connection.settings.name
        try:
            case = self._open(asked.id, asker, tenant, subject, span, room)
        except AlreadyLooking as error:
            running = self._ledger.case(error.case_id)
            with self._ledger.writing() as writing:
                writing.answer(asked.id, e.AlreadyRunning(), asked.user, running.id)
            return answers.already(running, self._cards.link(running))
        try:
            case = self._cards.post(case)
        except Exception as error:
            # Without a card nobody would ever see this case end.
            why = str(error) if isinstance(error, BotError) else type(error).__name__
            with self._ledger.writing() as writing:
                writing.fail(case.id, says=f"The card could not be posted: {why}", reference="")
                writing.shown(case.id, "there is no card")
            raise
        self._jobs.enqueue(case)
        with self._ledger.writing() as writing:
            writing.answer(asked.id, e.CheckStarted(channel=case.channel), asked.user, case.id)
        log.info("A check was started.", action="check.started", case=case.id, asked_by=asked.user)
        return answers.started(case, self._cards.link(case))

    def _open(  # noqa: PLR0917 - one value for each thing that a case is made of
        self, request: str, asker: Person, tenant: str, subject: Subject, span: Window, room: channels.Room
    ) -> Case:
        note = self._note(subject, room)
        case_id = new_case_id()
        with self._ledger.writing() as writing:
            writing.open_case(
                case_id,
                tenant=tenant,
                subject=subject,
                window=span,
                channel=room.id,
                asked_by=asker.id,
                note=note,
                request=request,
            )
        return self._ledger.case(case_id)

    def _note(self, subject: Subject, room: channels.Room) -> str:
        """Warn when the subject, or whoever uses that account now, reads along."""
        try:
            user = self._people.slack_user_of(subject)
            if user and channels.is_member(self._client, room.id, user):
                return "Take care: the account's owner is a member of this channel and reads along."
        except SlackFailed as error:
            log.warning("Nobody knows who reads along.", action="room.unknown", error=str(error))
        return ""

    def _report(self, asked: Asked, wish: ShowReport, subject: Subject, connection: Connection) -> Message:
        case = self._ledger.latest_case(connection.settings.name, subject.id, with_report=True)
        if case is None:
            first = self._ledger.latest_case(connection.settings.name, subject.id)
            if first and first.state is CaseState.LOOKING:
                raise AlreadyLooking(first.id)
            raise NotUnderstood(
                f"There is no report about {subject.mail} yet. Type: /compromise check {subject.mail}"
            )
        if case.state is not CaseState.DONE:
            raise AlreadyLooking(case.id)
        room = channels.room(self._client, wish.channel or asked.channel)
        link = self._cards.post_report(case, room.id, asked.id)
        with self._ledger.writing() as writing:
            writing.answer(asked.id, e.ReportPosted(channel=room.id), asked.user, case.id)
        return answers.report_posted(case, link)
