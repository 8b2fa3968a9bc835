"""Posting and editing one message in the form that this workspace takes.

Slack refuses a block that the workspace does not know (`invalid_blocks`), and too much text in all blocks
together (`msg_blocks_too_long`), where exactly nobody knows. Both are answered with less: a simpler form of
the same message, or shorter ones. Nothing was posted when Slack refused, so nobody is told twice.
Source: Slack, "chat.postMessage", errors; github.com/slackapi/bolt-js/issues/2867.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import structlog
from slack_sdk import WebClient

from bot.errors import SlackFailed
from bot.messages import Message
from bot.messages.limits import shorter
from bot.slack.client import call

log = structlog.get_logger(__name__)

NOT_KNOWN: Final = "invalid_blocks"
TOO_LONG: Final = "msg_blocks_too_long"


class Posting:
    """Posts and edits through one client, and remembers what the workspace does not know.

    Any thread may use it.

    Args:
        client: Slack's Web API.
    """

    def __init__(self, client: WebClient) -> None:
        self._client = client
        self._unknown: set[str] = set()

    def post(self, channel: str, message: Message, thread: str = "") -> Any:
        """Post a message, or several where it has to be split; nothing in it is unfurled.

        Returns:
            Slack's answer to the first of them.

        Raises:
            SlackFailed: Slack did not answer, or refused every form.
        """
        into = {"thread_ts": thread} if thread else {}

        def send(one: Message) -> Any:
            return call(
                self._client.chat_postMessage,
                channel=channel,
                unfurl_links=False,
                unfurl_media=False,
                **into,
                **one.arguments,
            )

        return self._sent(message, send)

    def edit(self, channel: str, ts: str, message: Message) -> Any:
        """Edit a message; what would have to be split is cut here.

        Raises:
            SlackFailed: Slack did not answer, or refused every form.
        """

        def send(one: Message) -> Any:
            return call(self._client.chat_update, channel=channel, ts=ts, **one.arguments)

        return self._sent(message, send, whole=True)

    def _sent(self, message: Message, send: Callable[[Message], Any], *, whole: bool = False) -> Any:
        message = self._known(message)
        try:
            return send(message)
        except SlackFailed as error:
            if error.code == NOT_KNOWN and message.simpler is not None:
                answer = self._sent(message.simpler, send, whole=whole)
                # Only what was taken in a simpler form was refused for its newer blocks.
                self._learn(message, message.simpler)
                return answer
            less = shorter(message, whole=whole) if error.code == TOO_LONG else ()
            if not less:
                raise
            first, *others = [self._sent(one, send, whole=whole) for one in less]
            log.info("A message was too long.", action="slack.too_long", parts=1 + len(others))
            return first

    def _known(self, message: Message) -> Message:
        """The newest form without a block that was refused before."""
        while message.simpler is not None and self._unknown & _kinds(message):
            message = message.simpler
        return message

    def _learn(self, refused: Message, taken: Message) -> None:
        new = _kinds(refused) - _kinds(taken)
        if new - self._unknown:
            self._unknown |= new
            log.warning(
                "The workspace does not take a block; a simpler one is used.",
                action="slack.block_refused",
                blocks=sorted(new),
            )


def _kinds(message: Message) -> set[str]:
    return {str(block["type"]) for block in message.blocks}
