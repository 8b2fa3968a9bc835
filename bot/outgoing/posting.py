"""One POST to another system, which takes it or does not: no redirect, no retry, little read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from bot.outgoing.forwarder import NotDelivered, NotTaken

SECONDS = 15
MOST_READ = 65_536
FOR_GOOD = frozenset({400, 413, 422})
"""Statuses that say that this very body will never be taken. Source: RFC 9110, 15.5."""


def post(session: requests.Session, url: str, body: bytes, headers: Mapping[str, str]) -> requests.Response:
    """Send a body; give the answer, whose body is read already.

    Raises:
        NotTaken: it will not be taken either when it is sent again.
        NotDelivered: it was not taken; says how it ended, and nothing of the address or the answer.
    """
    sent: dict[str, Any] = {"Content-Type": "application/json", **headers}
    try:
        with session.post(
            url, data=body, headers=sent, timeout=SECONDS, allow_redirects=False, stream=True
        ) as answer:
            answer._content = answer.raw.read(MOST_READ, decode_content=True)  # noqa: SLF001 - bounded by us
    except (requests.RequestException, OSError) as error:
        raise NotDelivered(type(error).__name__) from error
    if not 200 <= answer.status_code < 300:
        why = NotTaken if answer.status_code in FOR_GOOD else NotDelivered
        raise why(f"answered with status {answer.status_code}")
    return answer
