"""What people see of a case in Slack: one card that is edited in place, its thread, and its files.

Everything that was posted is noted in the ledger: a restart goes on with the same card and repeats nothing.

Longer than other files because whoever edits the card must know its thread and its files.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

import structlog
from slack_sdk import WebClient

from bot.artefacts import answers as kept_answers
from bot.artefacts import report_store
from bot.artefacts.archive import NAME, evidence_archive
from bot.artefacts.chart import ALT
from bot.artefacts.containment import NAME_BACK, as_it_stands, stands_now
from bot.artefacts.report_files import pictures, report_files
from bot.artefacts.timeline_png import NAME as PICTURE
from bot.artefacts.timeline_png import OTHERS, WIDTH, Picture
from bot.cards.painter import Edits, Painter, shows_something
from bot.cards.papers import handled_of, what_now
from bot.errors import BotError, CannotPost, RoomShared, RoomTaken, SlackFailed
from bot.messages import Message, answers
from bot.messages.awaited import Awaited
from bot.messages.case_card import ROLE_STEPS, CaseView, Gone, case_card
from bot.messages.details import details
from bot.messages.escape import plain
from bot.messages.proposal_words import proposal_line
from bot.portals import portals_of
from bot.slack.channels import cannot_post, demand_unshared
from bot.slack.client import call
from bot.slack.posting import Posting
from commands.check import Progress
from commands.containment import effects
from commands.containment.plan import Change, Nothing, Planned, offer_from
from commands.containment.proposals import Proposals
from commands.containment.propose import contain_now, without_done
from commands.ledger import BOT, Case, CaseState, Ledger
from commands.ledger import tasks as listed
from commands.ledger.entries import EvidencePacked
from commands.rechecks.watch import never_carried_out
from commands.report import Report
from graph.settings import Cloud

log = structlog.get_logger(__name__)

SHARED_PAUSE = 30.0
"""The same where the channel was found to be shared with another company."""

PERSISTENCE = 120.0
"""Seconds for which something is posted again and again before it is left to the next round."""

GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found"})
"""Slack's ways to say that a message is not there to be edited any more."""


class Cards:
    """Posts and edits what belongs to cases. Any thread may use it.

    Args:
        client: Slack's Web API, which waits where Slack asks for it.
        hasty: The same without waiting, for edits that the next one makes needless.
        ledger: Where cases and what was posted of them are kept.
        sleep: Waits for so many seconds.
        clouds: In which of Microsoft's clouds each tenant is, by its name.
        why_not_posted: Says why nothing of a tenant is posted in a channel, "" where it may be.
        reads: Whether a person may still read about a tenant.
        edits: How far apart a card is edited.
        width: Pixels of a picture from side to side.
    """

    def __init__(
        self,
        client: WebClient,
        hasty: WebClient,
        ledger: Ledger,
        sleep: Callable[[float], None] = time.sleep,
        *,
        clouds: Mapping[str, Cloud] = MappingProxyType({}),
        why_not_posted: Callable[[str, str], str] = lambda _tenant, _channel: "",
        reads: Callable[[str, str], bool] = lambda _user, _tenant: True,
        edits: Edits = Edits(),  # noqa: B008 - frozen
        width: int = WIDTH,
    ) -> None:
        self.edits = edits
        self._width = width
        self._client = client
        self._hasty = hasty
        self._posting = Posting(client)
        self._ledger = ledger
        self._sleep = sleep
        self._clouds = clouds
        self._why_not_posted = why_not_posted
        self._reads = reads

    def post(self, case: Case) -> Case:
        """Post the card of a new case and note where it is.

        Raises:
            CannotPost: Slack does not let the bot post there.
            SlackFailed: Slack did not answer.
        """
        card = self.say(case.channel, case_card(view_of(case)), tenant=case.tenant)
        with self._ledger.writing() as writing:
            writing.card_posted(case.id, card["channel"], card["ts"])
        return self._ledger.case(case.id)

    def link(self, case: Case) -> str:
        """Give the web address of the card, "" where Slack does not tell it."""
        return self.permalink(case.channel, case.card)

    def permalink(self, channel: str, ts: str) -> str:
        """Give the web address of a message, "" where there is none or Slack does not tell it."""
        if not ts:
            return ""
        try:
            answer = call(self._client.chat_getPermalink, channel=channel, message_ts=ts)
        except SlackFailed as error:
            log.warning("A link could not be had.", action="slack.no_link", channel=channel, code=error.code)
            return ""
        return str(answer["permalink"])

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
            self.persist(partial(self._tell_asker, case, answers.withheld(case, str(shared))))
        with self._ledger.writing() as writing:
            writing.shown(case.id, how)
        log.info("A case was shown.", action="case.shown", case=case.id, state=case.state.value, how=how)

    def _show(self, case: Case) -> None:
        done = self._ledger.posted(case.id, case.run)
        case = self.persist(lambda: self._repaint(case))
        if case.state is CaseState.DONE and case.report:
            names = self._thread(case, done, case.run, case.channel, case.card)
            self.persist(lambda: self._repaint(case, names))

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
        channel = call(self._client.conversations_open, users=case.asked_by)["channel"]["id"]
        return self.say(str(channel), message)

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
                self.persist(lambda: self._repaint(case, self._files(case)))
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
        if case.card and what not in self._ledger.posted(case.id, case.run):
            posted = self._say_of(case, message, case.card)
            self._note(case.id, case.run, what, posted["channel"], posted["ts"])

    def _say_of(self, case: Case, message: Message, thread: str = "") -> Any:
        """Say something in a case's channel, or to whoever asked alone where another company reads along."""
        try:
            return self.persist(partial(self.say, case.channel, message, thread, tenant=case.tenant))
        except RoomShared:
            log.warning("A case's channel is shared by now.", action="case.room_shared", case=case.id)
            return self.persist(partial(self._tell_asker, case, message))

    def say_in_room(self, case: Case, what: str, message: Message) -> None:
        """Say something that needs people at the top level of a case's channel, once for each `what`.

        Raises:
            SlackFailed: Slack did not answer for a long time.
            LedgerError: what was posted cannot be noted.
        """
        if case.card and what not in self._ledger.posted(case.id, case.run):
            posted = self._say_of(case, message)
            self._note(case.id, case.run, what, posted["channel"], posted["ts"])

    def post_report(self, case: Case, channel: str, request: str, warning: str = "") -> str:
        """Post the report of a case into a channel, with its details and files; give the message's link.

        `warning` says who reads along there, "" for nobody to beware of.

        Raises:
            CannotPost: Slack does not let the bot post there.
            SlackFailed: Slack did not answer.
        """
        # What was done about it is told as well; its buttons stay with the case's own card.
        view = replace(self._view(case, ()), offers=None, note=warning)
        card = self.say(channel, case_card(view), tenant=case.tenant)
        what = f"report {request[:12]}"
        with self._ledger.writing() as writing:
            writing.posted(case.id, case.run, what, card["channel"], card["ts"])
        self._thread(case, {}, case.run, card["channel"], card["ts"], prefix=f"{what} ")
        answer = call(self._client.chat_getPermalink, channel=card["channel"], message_ts=card["ts"])
        return str(answer["permalink"])

    def _thread(
        self, case: Case, done: dict[str, str], run: int, channel: str, card: str, *, prefix: str = ""
    ) -> tuple[str, ...]:
        report = report_store.load(case.report)
        # A report that is asked for once something was closed says what is open by then.
        for number, message in enumerate(details(*as_it_stands(report, handled_of(self._ledger, case))), 1):
            what = f"{prefix}details {number}"
            if what not in done:
                posted = self.persist(partial(self.say, channel, message, card, tenant=case.tenant))
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
        self.attach(
            channel, card, uploads, case.tenant, " ".join(one.trouble for one in drawn if one.trouble)
        )
        self._note(case.id, run, what, channel, ", ".join(files))
        return tuple(files)

    def attach(
        self, channel: str, card: str, uploads: list[dict[str, Any]], tenant: str, comment: str = ""
    ) -> None:
        """Attach files of a tenant in the thread of a card, all together.

        Raises:
            RoomShared: another company reads along by now.
            SlackFailed: Slack did not answer for a long time.
        """

        def upload() -> None:
            self.demand_room(self._client, channel, tenant)
            call(
                self._client.files_upload_v2,
                channel=channel,
                thread_ts=card,
                file_uploads=uploads,
                initial_comment=comment or None,
            )

        self.persist(upload)

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
        """What the card shows of a case and of everything that was done about it."""
        view = view_of(case, files=files)
        if view.report is None:
            return replace(view, offers=False if case.state is CaseState.FAILED else None)
        seen = self._ledger.last_recheck(case.id)
        proposals = Proposals(self._ledger)
        offered = offer_from(case.offer or "[]")
        done = effects.done_since(proposals.ledger, case.id, case.finished_at)
        offer = without_done(offered, done)
        changes = [one for one in offer if isinstance(one, Change)]
        handled = handled_of(self._ledger, case)
        return replace(
            view,
            proposals=tuple(proposal_line(one) for one in proposals.of_case(case.id)),
            doors=seen.says if seen else "",
            raised=seen.raised if seen else False,
            late=seen is not None and seen.only_late,
            left=seen is not None and bool(never_carried_out(proposals, case.id, changes)),
            offers=any(not isinstance(one, Nothing) for one in offer),
            now=bool(contain_now(offer)),
            stands=stands_now(view.report, handled),
            roles=_roles_gone(offered, done),
            name_restored=NAME_BACK in done,
            what_now=what_now(view.report, handled, listed.watched_until(proposals.ledger, case.id)),
            portals=self._portals(case),
        )

    def _portals(self, case: Case) -> tuple[tuple[str, str], ...]:
        """Microsoft's pages about the account; none for a tenant that is no longer configured."""
        cloud = self._clouds.get(case.tenant)
        return portals_of(case.subject.id, cloud) if cloud else ()

    def _note(self, case_id: str, run: int, what: str, channel: str, name: str) -> None:
        with self._ledger.writing() as writing:
            writing.posted(case_id, run, what, channel, name)

    def demand_room(self, client: WebClient, channel: str, tenant: str) -> None:
        """See once more who reads along, before anything of a tenant goes into a channel.

        Settings may give a channel to another tenant while cases lie in it, or a tenant channels of its own.

        Args:
            client: Slack's Web API.
            channel: Where it would go.
            tenant: Whose it is, "" for what is no tenant's.

        Raises:
            RoomShared: another company or another tenant's people read along.
            SlackFailed: Slack did not answer, so no one knows.
        """
        if why := self._why_not_posted(tenant, channel):
            raise RoomTaken(why)
        demand_unshared(client, channel)

    def say(self, channel: str, message: Message, thread: str = "", *, tenant: str = "") -> Any:
        """Post one message, in the form that Slack takes; nothing goes where others than its own read along.

        Args:
            channel: Where it goes.
            message: What is said.
            thread: The message below which it goes, "" for none.
            tenant: The name of the tenant that it is about; "" for what is no tenant's.

        Raises:
            CannotPost: Slack does not let the bot post there.
            SlackFailed: Slack did not answer.
        """
        try:
            self.demand_room(self._client, channel, tenant)
            return self._posting.post(channel, message, thread)
        except SlackFailed as error:
            reason = cannot_post(error.code)
            if reason:
                raise CannotPost(reason) from error
            raise

    def _repaint(self, case: Case, files: tuple[str, ...] = ()) -> Case:
        """Bring the card up to date; post a new one where someone has removed it."""
        message = case_card(self._view(case, files))
        self.demand_room(self._client, case.channel, case.tenant)
        try:
            self._posting.edit(case.channel, case.card, message)
        except SlackFailed as error:
            if error.code not in GONE:
                raise
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
        except RoomShared:
            log.warning("A case's channel is shared by now.", action="case.room_shared", case=case.id)
            return SHARED_PAUSE
        return self.edits.apart

    def draw(self, case: Case, progress: Progress | None, awaited: Awaited | None = None) -> None:
        """Show progress once, or what the check waits for.

        Raises:
            SlackFailed: Slack did not take it just now.
            RoomShared: another company reads along by now.
        """
        message = case_card(replace(view_of(case, progress=progress), awaited=awaited))
        self.demand_room(self._hasty, case.channel, case.tenant)
        Posting(self._hasty).edit(case.channel, case.card, message)

    def persist(self, act: Callable[[], Any]) -> Any:
        """Do something in Slack; try again for a while where the trouble may pass.

        Raises:
            SlackFailed: the trouble does not pass.
        """
        ends = time.monotonic() + PERSISTENCE
        pause = 1.0
        while True:
            try:
                return act()
            except SlackFailed as error:
                pause = max(pause, error.retry_after)
                if not error.passing or time.monotonic() + pause > ends:
                    raise
                log.warning(
                    "Slack is asked again.", action="slack.again", method=error.method, code=error.code
                )
            self._sleep(pause)
            pause = min(pause * 2, 30.0)


def _roles_gone(offered: Iterable[Planned], done: Collection[str]) -> Gone:
    """Say how many of the roles that the check found were taken away: the offer takes each of them away."""
    roles = [one for one in offered if one.step in ROLE_STEPS]
    changes = {one.id for one in roles if isinstance(one, Change)}
    gone = changes & set(done)
    if not gone:
        return Gone.NONE
    stays = any(isinstance(one, Nothing) and one.refused for one in roles)
    return Gone.SOME if stays or gone != changes else Gone.ALL


def _names(text: str) -> tuple[str, ...]:
    """The names of files, as they were noted when they were attached."""
    return tuple(name for name in text.split(", ") if name)


def view_of(case: Case, *, progress: Progress | None = None, files: tuple[str, ...] = ()) -> CaseView:
    """Give what the card shows of a case."""
    return CaseView(
        case_id=case.id,
        subject=case.subject.mail,
        subject_name=case.subject.display_name,
        asked_by="" if case.asked_by == BOT else case.asked_by,
        window=case.window,
        state=case.state.value,
        started_at=case.asked_at,
        progress=progress,
        report=report_store.load(case.report) if case.state is CaseState.DONE and case.report else None,
        files=files,
        finished_at=case.finished_at,
        note=case.note,
    )
