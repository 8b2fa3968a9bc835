"""What crosses the job database is sealed with a key that is not in it: who can write there is not believed.

A seal is an HMAC-SHA256 over the kind of a thing, what it is about, and the thing itself. The keeper seals
each task, and no worker takes another. What comes of a task is sealed together with the whole of it, so it
counts for this run about this account and this span of time alone. No nonce is needed beside that: who has no
key can have nothing sealed that the keeper did not ask for.

Keeper and workers have the same key. Whoever has it, such as the owner of a worker's machine, can forge what
a worker may send.

Source: RFC 2104, "HMAC".
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, Final

from bot.errors import BotError

_SIZE: Final = 32
_SEAL: Final = "seal"

RESULT: Final = "result"
CUT_OFF: Final = "cut off"
"""Kinds of what a worker leaves: all that came of a task, and what a hunt had found when it was stopped."""


class SealBroken(BotError):
    """Something was not sealed with our key, or for something else."""


class Seal:
    """Seals, and opens what is sealed. Any thread may use it.

    Args:
        key: What keeper and workers share.
    """

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def close(self, kind: str, about: str, body: bytes, beside: bytes = b"") -> bytes:
        """Give something with its seal before it.

        Args:
            kind: What kind of thing it is.
            about: What it is about.
            body: The thing itself.
            beside: What is kept beside it and belongs to it.
        """
        return self._of(kind, about, body, beside) + body

    def open(self, kind: str, about: str, sealed: bytes, beside: bytes = b"") -> bytes:
        """Give what is behind a seal.

        Raises:
            SealBroken: the seal is of another key, kind or matter, or something was changed.
        """
        body = sealed[_SIZE:]
        if not hmac.compare_digest(sealed[:_SIZE], self._of(kind, about, body, beside)):
            raise SealBroken(
                "The job database holds something that was not sealed with this worker_key: give bot and "
                "workers the same one."
            )
        return body

    def task(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Give a task with its seal in it."""
        return {**sent, _SEAL: self._of("task", text_of(sent)).hex()}

    def unsealed(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Give a task without its seal.

        Raises:
            SealBroken: it is not the keeper's.
        """
        bare = {name: value for name, value in sent.items() if name != _SEAL}
        if not hmac.compare_digest(
            str(sent.get(_SEAL)).encode(), self._of("task", text_of(bare)).hex().encode()
        ):
            raise SealBroken("The job database holds a task that was not sealed with this worker_key.")
        return bare

    @property
    def fingerprint(self) -> str:
        """Tell this key from another one, without telling the key."""
        return self._of("key", "", b"").hex()[:16]

    def _of(self, kind: str, about: str, *bodies: bytes) -> bytes:
        made = hmac.new(self._key, digestmod=hashlib.sha256)
        for part in (kind.encode(), about.encode(), *bodies):
            # With the length before each part, no two lists of parts are the same text.
            made.update(len(part).to_bytes(8))
            made.update(part)
        return made.digest()


def opened(seal: Seal | None, kind: str, about: str, sealed: bytes, beside: bytes = b"") -> bytes:
    """Open what a worker left.

    Raises:
        SealBroken: it is not sealed for this, or there is no key and nobody is believed.
    """
    if seal is None:
        raise SealBroken(
            "A worker sent something, and there is no worker_key to open it with: give both the same one."
        )
    return seal.open(kind, about, sealed, beside)


def text_of(task: Mapping[str, Any]) -> str:
    """Write a task in the one way in which it is sealed."""
    return json.dumps(task, sort_keys=True, separators=(",", ":"))
