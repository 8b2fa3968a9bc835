"""Each entry as a signed webhook."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

import requests

from bot.outgoing.posting import post
from bot.webhooks import headers
from commands.ledger import Entry


class SiemWebhook:
    """Posts entries to a URL.

    Args:
        url: Where.
        key: What they are signed with.
        clock: Tells the time (aware UTC).
    """

    name = "webhook"

    def __init__(self, url: str, key: bytes, clock: Callable[[], datetime]) -> None:
        self._url = url
        self._key = key
        self._clock = clock
        self._session = requests.Session()

    def send(self, entry: Entry) -> None:
        """Post one entry; its id is the same whenever it is sent.

        Raises:
            NotDelivered: it was not taken.
        """
        body = json.dumps(payload(entry), ensure_ascii=True, separators=(",", ":")).encode()
        signed = headers(self._key, f"entry-{entry.seq}-{entry.hash.hex()[:16]}", self._clock(), body)
        post(self._session, self._url, body, signed)

    def close(self) -> None:
        """Let go of connections."""
        self._session.close()


def payload(entry: Entry) -> dict[str, object]:
    """Give what is posted for an entry: all that its hash covers, with the body read as JSON."""
    return {
        "type": f"ledger.{entry.kind}",
        "timestamp": entry.at,
        "data": {
            "seq": entry.seq,
            "version": entry.version,
            "actor": entry.actor,
            "case": entry.case_id,
            "facts": entry.facts,
            "prev": entry.prev.hex(),
            "hash": entry.hash.hex(),
        },
    }
