"""Keeps the head of the ledger where the bot's machine cannot quietly change it: in a Slack channel.

What the ledger cannot prove of itself, that its end was not cut off and that it was not rewritten as a
whole, it can prove against a checkpoint that others have seen. Nothing waits for Slack here: a checkpoint
that cannot be posted is logged, and the next round makes a newer one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from slack_sdk import WebClient

from bot.errors import SlackFailed
from bot.messages.checkpoint import checkpoint
from bot.slack.client import call
from commands.errors import LedgerError, NothingToSign
from commands.ledger import BOT, Ledger
from commands.ledger.checkpoint import note, sign_head
from commands.ledger.entries import CheckpointSigned, ExecutionFinished
from commands.signing_key import SigningKey

log = structlog.get_logger(__name__)


class CheckpointPoster:
    """Posts checkpoints.

    Args:
        client: Reaches Slack.
        ledger: The ledger.
        keys: Signs.
        channel: The id of the channel for checkpoints; "" when none are posted.
        every: How long after a checkpoint the next one is due, when anything was written since.
        clock: Tells the time (aware UTC).
    """

    def __init__(
        self,
        client: WebClient,
        ledger: Ledger,
        keys: SigningKey,
        *,
        channel: str,
        every: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._keys = keys
        self._channel = channel
        self._every = every
        self._clock = clock

    def post(self, why: str) -> bool:
        """Post a checkpoint of the present head, and note it; say whether that was done.

        It is noted after it was posted: one that is nowhere to be seen would be worth nothing.
        """
        if not self._channel:
            return False
        try:
            self._ledger.demand_room()
            made = sign_head(self._ledger, self._keys)
            answer = call(
                self._client.chat_postMessage, channel=self._channel, **checkpoint(made, why).arguments
            )
            note(self._ledger, made, BOT, why=why, channel=self._channel, ts=str(answer["ts"]))
        except NothingToSign:
            return False
        except (SlackFailed, LedgerError) as error:
            log.warning(
                "A checkpoint could not be posted; the next round tries again.",
                action="checkpoint.failed",
                channel=self._channel,
                why=str(error),
            )
            return False
        log.info("A checkpoint was posted.", action="checkpoint.posted", size=made.size)
        return True

    def due(self) -> bool:
        """Post a checkpoint if its time has come; say whether one was posted.

        It has when a plan was carried out since the last one, or when anything was written since and the last
        one is old enough. That is read from the ledger, so neither a restart nor a failure forgets it.
        """
        if not self._channel:
            return False
        try:
            why = self._why()
        except LedgerError as error:
            log.warning("The ledger cannot be read.", action="checkpoint.failed", why=str(error))
            return False
        return self.post(why) if why else False

    def _why(self) -> str:
        signed = [one for one in self._ledger.entries(kinds=(CheckpointSigned.KIND,)) if one.actor == BOT]
        since = signed[-1].seq if signed else 0
        newest = self._ledger.head().size
        if next(self._ledger.entries(kinds=(ExecutionFinished.KIND,), after=since), None):
            return "a plan was carried out"
        others = (
            newest - since - sum(1 for _ in self._ledger.entries(kinds=(CheckpointSigned.KIND,), after=since))
        )
        if not others:
            return ""
        if not signed:
            return "first checkpoint"
        is_old = self._clock() - datetime.fromisoformat(signed[-1].at) >= self._every
        return "scheduled" if is_old else ""
