"""What people see of a case in Slack: one card that is edited in place, its thread, and its files.

Everything that was posted is noted in the ledger: a restart goes on with the same card and repeats nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

import structlog

from bot.artefacts import answers as kept_answers
from bot.artefacts import report_store
from bot.artefacts.archive import NAME, evidence_archive
from bot.artefacts.chart import ALT
from bot.artefacts.containment import as_it_stands
from bot.artefacts.report_files import pictures, report_files
from bot.artefacts.timeline_png import NAME as PICTURE
from bot.artefacts.timeline_png import OTHERS, WIDTH, Picture
from bot.cards.case_view import view_as_it_stands, view_of
from bot.cards.painter import Edits, Painter, shows_something
from bot.cards.papers import handled_of
from bot.errors import BotError, CannotPost, MessageGone, RoomShared, SlackFailed
from bot.messages import Message, answers
from bot.messages.awaited import Awaited
from bot.messages.case_card import CaseView, case_card
from bot.messages.details import details
from bot.messages.escape import plain
from bot.slack.rooms import Rooms
from commands.check import Progress
from commands.ledger import BOT, Case, CaseState, Ledger
from commands.ledger.entries import EvidencePacked
from commands.report import Report
from graph.settings import Cloud

log = structlog.get_logger(__name__)

BARRED_PAUSE = 30.0
"""The same where the channel takes no edits: archived, or shared with another company by now."""


class Cards:
    """Posts and edits what belongs to cases. Any thread may use it.

    Args:
        rooms: Where messages go.
        ledger: Where cases and what was posted of them are kept.
        clouds: In which of Microsoft's clouds each tenant is, by its name.
        reads: Whether a person may still read about a tenant.
        edits: How far apart a card is edited.
        width: Pixels of a picture from side to side.
    """

    def __init__(
        self,
        rooms: Rooms,
        ledger: Ledger,
        *,
        clouds: Mapping[str, Cloud] = MappingProxyType({}),
        reads: Callable[[str, str], bool] = lambda _user, _tenant: True,
        edits: Edits = Edits(),  # noqa: B008 - frozen
        width: int = WIDTH,
    ) -> None:
        self.edits = edits
        self._width = width
        self._rooms = rooms
        self._ledger = ledger
        self._clouds = clouds
        self._reads = reads

    def post(self, case: Case) -> Case:
        """Post the card of a new case and note where it is.

        Raises:
            CannotPost: Slack does not let the bot post there.
            SlackFailed: Slack did not answer.
        """
        card = self._rooms.say(case.channel, case_card(view_of(case)), tenant=case.tenant, noted=True)
        with self._ledger.writing() as writing:
            writing.card_posted(case.id, card["channel"], card["ts"])
        return self._ledger.case(case.id)

    def link(self, case: Case) -> str:
        """Give the web address of the card, "" where Slack does not tell it."""
        return self._rooms.link(case.channel, case.card)

    @contextmanager
    def painting(self, case: Case, first: float | None = None) -> Iterator[Callable[[Progress], None]]:
        """Give a function that shows progress on the card without ever holding up whoever calls it.

        Args:
            case: The case.
            first: Seconds between the first progress and the first edit, where they are not the usual ones.
        """
        edits = self.edits if first is None else replace(self.edits, first=first)
        painter = Painter[Progress](lambda progress: self.paint(case, progress), edits, shows_something)
        painter.thread.start()
        try:
            yield painter.tell
        finally:
            painter.stop()

    def show(self, case_id: str) -> None:
        """Show how a case ended: the card, then the details in its thread, then the files.

        May be called again after an interruption; it goes on where it stopped.

        Raises:
            SlackFailed: Slack did not answer for a long time.
            LedgerUnwritable: what was posted cannot be noted, so no more is posted.
        """
        case = self._ledger.case(case_id)
        if case.shown or case.state is CaseState.LOOKING:
            return
        how = f"as {case.state}"
        try:
            self._show(case)
        except RoomShared as shared:
            how = "only to the requester: the channel is now shared"
            self._rooms.persist(partial(self._tell_asker, case, answers.withheld(case, str(shared))))
        with self._ledger.writing() as writing:
            writing.shown(case.id, how)
        log.info("A case was shown.", action="case.shown", case=case.id, state=case.state.value, how=how)

    def _show(self, case: Case) -> None:
        done = self._ledger.posted(case.id, case.run)
        case = self._rooms.persist(lambda: self._repaint(case))
        if case.state is CaseState.DONE and case.report:
            names = self._thread(case, done, case.run, case.channel, case.card)
            self._rooms.persist(lambda: self._repaint(case, names))

    def _tell_asker(self, case: Case, message: Message) -> Any:
        """Tell the person who asked for a case, alone.

        Raises:
            SlackFailed: Slack did not answer.
        """
        if case.asked_by == BOT:
            log.warning("Nobody asked for a case, so nobody is told.", action="case.nobody", case=case.id)
            return {"channel": "", "ts": ""}
        if not self._reads(case.asked_by, case.tenant):
            log.warning("Whoever asked may no longer read it.", action="case.asker_gone", case=case.id)
            return {"channel": "", "ts": ""}
        return self._rooms.say(self._rooms.direct(case.asked_by), message)

    def refresh(self, case_id: str, *, insist: bool = False) -> None:
        """Bring the card of a finished case up to date after something was done about it.

        Args:
            case_id: The case.
            insist: Whether to try again for a while where Slack's trouble may pass, instead of leaving it to
                the next time.

        Raises:
            SlackFailed: Slack did not answer for a long time, and it was to be insisted.
            LedgerError: the case cannot be read.
        """
        case = self._ledger.case(case_id)
        if case.state is CaseState.LOOKING or not case.card or not case.shown:
            return  # whoever shows its end draws all of it
        try:
            if insist:
                self._rooms.persist(lambda: self._repaint(case, self._files(case)))
            else:
                self._repaint(case, self._files(case))
        except BotError as error:
            if insist and isinstance(error, SlackFailed) and error.passing:
                raise
            log.warning("A case's card waits.", action="slack.later", case=case.id, error=str(error))

    def say_in_thread(self, case: Case, what: str, message: Message) -> None:
        """Say something in the thread of a case's card, once for each `what`.

        Raises:
            SlackFailed: Slack did not answer for a long time.
            LedgerError: what was posted cannot be noted.
        """
        self._say_once(case, what, message, case.card)

    def _say_once(self, case: Case, what: str, message: Message, thread: str = "") -> None:
        if case.card and what not in self._ledger.posted(case.id, case.run):
            posted = self._say_of(case, message, thread)
            self._note(case.id, case.run, what, posted["channel"], posted["ts"])

    def _say_of(self, case: Case, message: Message, thread: str = "") -> Any:
        """Say something in a case's channel, or to whoever asked alone where another company reads along."""
        try:
            return self._rooms.persist(
                partial(self._rooms.say, case.channel, message, thread, tenant=case.tenant, noted=True)
            )
        except RoomShared:
            log.warning("A case's channel is shared by now.", action="case.room_shared", case=case.id)
            return self._rooms.persist(partial(self._tell_asker, case, message))

    def say_in_room(self, case: Case, what: str, message: Message) -> None:
        """Say something that needs people at the top level of a case's channel, once for each `what`.

        Raises:
            SlackFailed: Slack did not answer for a long time.
            LedgerError: what was posted cannot be noted.
        """
        self._say_once(case, what, message)

    def post_report(self, case: Case, channel: str, request: str, warning: str = "") -> str:
        """Post the report of a case into a channel, with its details and files; give the message's link.

        `warning` says who reads along there, "" for nobody to beware of.

        Raises:
            CannotPost: Slack does not let the bot post there.
            SlackFailed: Slack did not answer.
        """
        # What was done about it is told as well; its buttons stay with the case's own card.
        view = replace(self._view(case, ()), offers=None, note=warning)
        card = self._rooms.say(channel, case_card(view), tenant=case.tenant, noted=True)
        what = f"report {request[:12]}"
        with self._ledger.writing() as writing:
            writing.posted(case.id, case.run, what, card["channel"], card["ts"])
        self._thread(case, {}, case.run, card["channel"], card["ts"], prefix=f"{what} ")
        return self._rooms.sure_link(card["channel"], card["ts"])

    def _thread(
        self, case: Case, done: dict[str, str], run: int, channel: str, card: str, *, prefix: str = ""
    ) -> tuple[str, ...]:
        report = report_store.load(case.report)
        # A report that is asked for once something was closed says what is open by then.
        for number, message in enumerate(details(*as_it_stands(report, handled_of(self._ledger, case))), 1):
            what = f"{prefix}details {number}"
            if what not in done:
                posted = self._rooms.persist(
                    partial(self._rooms.say, channel, message, card, tenant=case.tenant, noted=True)
                )
                self._note(case.id, run, what, channel, posted["ts"])
        what = f"{prefix}files"
        if what in done:
            return _names(done[what])
        # What Microsoft answered goes into the case's own thread only, not wherever a report is asked for.
        files, drawn = self._papers(case, report, archive=not prefix)
        uploads = [{"filename": name, "title": name, "content": content} for name, content in files.items()]
        for upload in uploads:
            for name, one in zip((PICTURE, OTHERS), drawn, strict=False):
                if upload["filename"] == name:
                    upload["alt_txt"] = plain(one.alt, ALT)
        self._rooms.attach(
            channel, card, uploads, case.tenant, " ".join(one.trouble for one in drawn if one.trouble)
        )
        self._note(case.id, run, what, channel, ", ".join(files))
        return tuple(files)

    def _papers(
        self, case: Case, report: Report, *, archive: bool
    ) -> tuple[dict[str, bytes], tuple[Picture, ...]]:
        """The files of a case as it stands now; an archive is noted in the ledger before it is posted."""
        handled = handled_of(self._ledger, case)
        drawn = pictures(report, handled, self._width)
        files = report_files(report, handled, drawn)
        if archive:
            noted = self._ledger.answers_of(case)
            kept = kept_answers.kept(self._ledger.path, case.id, case.run, noted) if noted else None
            if kept is None:
                log.warning("An archive has no answers in it.", action="answers.missing", case=case.id)
            packed = evidence_archive(report, handled, files, case.offer, kept)
            files[NAME] = packed
            digest = hashlib.sha256(packed).hexdigest()
            event = EvidencePacked(case.run, NAME, len(packed), digest, answers=kept is not None)
            self._ledger.append(event, BOT, case.id)
        return files, drawn

    def _files(self, case: Case) -> tuple[str, ...]:
        """The names of the files that were attached in the thread."""
        return _names(self._ledger.posted(case.id, case.run).get("files", ""))

    def _view(self, case: Case, files: tuple[str, ...]) -> CaseView:
        return view_as_it_stands(self._ledger, case, files, self._clouds.get(case.tenant))

    def _note(self, case_id: str, run: int, what: str, channel: str, name: str) -> None:
        with self._ledger.writing() as writing:
            writing.posted(case_id, run, what, channel, name)

    def _repaint(self, case: Case, files: tuple[str, ...] = ()) -> Case:
        """Bring the card up to date; post a new one where someone has removed it."""
        message = case_card(self._view(case, files))
        try:
            self._rooms.edit(case.channel, case.card, message, tenant=case.tenant)
        except MessageGone:
            log.warning("A card was gone and is posted anew.", action="case.card_gone", case=case.id)
            return self.post(case)
        return case

    def paint(self, case: Case, progress: Progress) -> float:
        """Show progress once; give for how many seconds to leave the card alone."""
        try:
            self.draw(case, progress)
        except SlackFailed as error:
            log.info(
                "The card could not be edited just now.", action="slack.later", case=case.id, error=str(error)
            )
            return max(self.edits.apart, error.retry_after)
        except CannotPost as error:
            log.warning(
                "A case's channel takes no edits by now.",
                action="case.room_barred",
                case=case.id,
                why=str(error),
            )
            return BARRED_PAUSE
        return self.edits.apart

    def draw(self, case: Case, progress: Progress | None, awaited: Awaited | None = None) -> None:
        """Show progress once, or what the check waits for.

        Raises:
            SlackFailed: Slack did not take it just now.
            CannotPost: Slack lets nobody write there, or another company reads along by now.
        """
        message = case_card(replace(view_of(case, progress=progress), awaited=awaited))
        self._rooms.edit(case.channel, case.card, message, tenant=case.tenant, hasty=True)


def _names(text: str) -> tuple[str, ...]:
    """The names of files, as they were noted when they were attached."""
    return tuple(name for name in text.split(", ") if name)
