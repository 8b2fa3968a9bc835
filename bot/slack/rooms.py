"""Posting to rooms: messages, edits and files, where they may go, and again where Slack's trouble passes.

Cards, threads, files and direct messages go through here, right after it was seen who reads along.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import structlog
from slack_sdk import WebClient

from bot.errors import CannotPost, MessageGone, RoomTaken, SlackFailed
from bot.messages import Message
from bot.slack.channels import cannot_post, demand_unshared
from bot.slack.client import call
from bot.slack.posting import Posting

log = structlog.get_logger(__name__)
T = TypeVar("T")

PERSISTENCE = 120.0
"""Seconds for which something is posted again and again before it is left to the next round."""

_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "channel_not_found"})
"""Slack's ways to say that a message is not there to be edited any more."""


class Rooms:
    """Posts and edits messages. Any thread may use it.

    Args:
        client: Slack's Web API, which waits where Slack asks for it.
        hasty: The same without waiting, for edits that the next one makes needless.
        sleep: Waits for so many seconds.
        why_not_posted: Says why nothing of a tenant is posted in a channel, "" where it may be.
        demand_room: Sees that what is posted can be noted.
    """

    def __init__(
        self,
        client: WebClient,
        hasty: WebClient,
        sleep: Callable[[float], None] = time.sleep,
        *,
        why_not_posted: Callable[[str, str], str] = lambda _tenant, _channel: "",
        demand_room: Callable[[], None] = lambda: None,
    ) -> None:
        self._client = client
        self._clients = {False: client, True: hasty}
        self._postings = {False: Posting(client), True: Posting(hasty)}
        self._sleep = sleep
        self._why_not_posted = why_not_posted
        self._demand_room = demand_room

    def _demand(self, channel: str, tenant: str, *, hasty: bool = False) -> None:
        """See once more who reads along, before anything of a tenant goes into a channel.

        Settings may give a channel to another tenant while cases lie in it, or a tenant channels of its own.

        Args:
            channel: Where it would go.
            tenant: Whose it is, "" for what is no tenant's.
            hasty: Whether not to wait where Slack asks for it.

        Raises:
            RoomShared: another company or another tenant's people read along.
            SlackFailed: Slack did not answer, so no one knows.
        """
        if why := self._why_not_posted(tenant, channel):
            raise RoomTaken(why)
        demand_unshared(self._clients[hasty], channel)

    def say(
        self, channel: str, message: Message, thread: str = "", *, tenant: str = "", noted: bool = False
    ) -> Any:
        """Post one message, in the form that Slack takes; nothing goes where others than its own read along.

        Args:
            channel: Where it goes.
            message: What is said.
            thread: The message below which it goes, "" for none.
            tenant: The name of the tenant that it is about; "" for what is no tenant's.
            noted: Whether the ledger must note that it was said; where it cannot, it would be said again each
                time, so nothing is.

        Raises:
            CannotPost: Slack does not let the bot post there.
            SlackFailed: Slack did not answer.
            LedgerFull: it could not be noted.
        """
        if noted:
            self._demand_room()
        with _told_where_barred():
            self._demand(channel, tenant)
            return self._postings[False].post(channel, message, thread)

    def edit(self, channel: str, ts: str, message: Message, *, tenant: str, hasty: bool = False) -> None:
        """Edit a message of a tenant.

        Args:
            channel: Where it is.
            ts: Which one.
            message: What it is to say.
            tenant: The name of the tenant that it is about.
            hasty: Whether not to wait where Slack asks for it: the next edit makes this one needless.

        Raises:
            CannotPost: Slack does not let the bot write there any more; RoomShared where another company or
                another tenant's people read along by now.
            MessageGone: the message is not there any more.
            SlackFailed: Slack did not take it.
        """
        with _told_where_barred():
            self._demand(channel, tenant, hasty=hasty)
            self.edit_direct(channel, ts, message, hasty=hasty)

    def edit_direct(self, channel: str, ts: str, message: Message, *, hasty: bool = False) -> None:
        """Edit a message to one person, where nobody else can read along.

        Raises:
            MessageGone: the message is not there any more.
            SlackFailed: Slack did not take it.
        """
        try:
            self._postings[hasty].edit(channel, ts, message)
        except SlackFailed as error:
            if error.code in _GONE:
                raise MessageGone(error.method, error.code) from error
            raise

    def attach(
        self, channel: str, card: str, uploads: list[dict[str, Any]], tenant: str, comment: str = ""
    ) -> None:
        """Attach files of a tenant in the thread of a card, all together.

        Raises:
            RoomShared: another company reads along by now.
            SlackFailed: Slack did not answer for a long time.
            LedgerFull: it could not be noted that they are there, so they would come again and again.
        """
        self._demand_room()

        def upload() -> None:
            self._demand(channel, tenant)
            call(
                self._client.files_upload_v2,
                channel=channel,
                thread_ts=card,
                file_uploads=uploads,
                initial_comment=comment or None,
            )

        self.persist(upload)

    def link(self, channel: str, ts: str) -> str:
        """Give the web address of a message, "" where there is none or Slack does not tell it."""
        if not ts:
            return ""
        try:
            return self.sure_link(channel, ts)
        except SlackFailed as error:
            log.warning("A link could not be had.", action="slack.no_link", channel=channel, code=error.code)
            return ""

    def sure_link(self, channel: str, ts: str) -> str:
        """Give the web address of a message.

        Raises:
            SlackFailed: Slack does not tell it.
        """
        return str(call(self._client.chat_getPermalink, channel=channel, message_ts=ts)["permalink"])

    def direct(self, user: str) -> str:
        """Give the channel of the direct messages with somebody; it stays the same for ever.

        Raises:
            SlackFailed: Slack did not answer.
        """
        return str(call(self._client.conversations_open, users=user)["channel"]["id"])

    def persist(self, act: Callable[[], T]) -> T:
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


@contextmanager
def _told_where_barred() -> Iterator[None]:
    """Tell Slack's refusals of a whole channel from trouble that may pass."""
    try:
        yield
    except MessageGone:
        raise
    except SlackFailed as error:
        if reason := cannot_post(error.code):
            raise CannotPost(reason) from error
        raise
