"""The chain: how an entry lies in the file, and what its hash covers.

An entry is chained to the one before it: its hash covers a tag, the hash before, the header and the body's
bytes as they are stored. Nothing is made anew for it, so no change of a library can break an old chain.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from commands.ledger.entries import Event, body_of, event_of

TAG = b"compromise-bot ledger entry, version 2\n"
"""Starts every hashed text, so that a hash of ours can mean nothing else."""

GENESIS = bytes(32)
"""What the first entry has in place of the hash before it."""


class _Lengths(dict[int, bytes]):
    """Lengths as they are hashed, each made once: a long ledger has millions of them."""

    def __missing__(self, size: int) -> bytes:
        return self.setdefault(size, size.to_bytes(8, "big"))


LENGTHS = _Lengths()
"""A length in eight bytes, the greatest first."""

HEADER = ("seq", "at", "kind", "version", "actor", "case_id")
COLUMNS = (*HEADER, "body", "prev", "hash")


class Entry(NamedTuple):
    """One entry as it lies in the file.

    Attributes:
        seq: Its number, from 1.
        at: When it was written, in ISO 8601 (UTC).
        kind: The code of its kind.
        version: The version of its kind.
        actor: Who: a Slack user id, ``bot`` or ``cli``.
        case_id: The case that it is about, "" for none.
        body: What it says, as JSON.
        prev: The hash of the one before it.
        hash: Its own.
    """

    seq: int
    at: str
    kind: str
    version: int
    actor: str
    case_id: str
    body: str
    prev: bytes
    hash: bytes

    @property
    def event(self) -> Event:
        """What it says, read.

        Raises:
            ValueError: this program knows no such entry.
        """
        return event_of(self.kind, self.version, self.body)

    @property
    def facts(self) -> dict[str, Any]:
        """What it says, as JSON values."""
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the ledger: how many entries there are, and the hash of the last one in hexadecimal."""

    size: int
    hash: str


def hash_of(prev: bytes, header: tuple[bytes, ...], body: bytes) -> bytes:
    """Hash one entry: tag, hash before, then each header field and the body with its length in front."""
    parts = [part for text in (*header, body) for part in (LENGTHS[len(text)], text)]
    return hashlib.sha256(b"".join((TAG, prev, *parts))).digest()


def head_of(connection: sqlite3.Connection) -> Head:
    """Say how long the ledger is and which hash it ends with."""
    last = connection.execute("SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1").fetchone()
    return Head(last[0], last[1].hex()) if last else Head(0, GENESIS.hex())


def following(head: Head, at: datetime, actor: str, case_id: str, event: Event) -> Entry:
    """Make the entry that follows a head."""
    prev = bytes.fromhex(head.hash)
    actor = actor.encode("utf-8", "replace").decode()
    header = (str(head.size + 1), moment(at), event.KIND, str(event.VERSION), actor, case_id)
    body = body_of(event)
    made = hash_of(prev, tuple(part.encode() for part in header), body.encode())
    return Entry(head.size + 1, header[1], event.KIND, event.VERSION, actor, case_id, body, prev, made)


def moment(at: datetime) -> str:
    """Write a time as ISO 8601 in UTC with microseconds, so that texts sort as times do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def sha256_of(content: str | bytes) -> str:
    """Give the digest of a content in hexadecimal, "" for nothing."""
    raw = content.encode("utf-8", "replace") if isinstance(content, str) else content
    return hashlib.sha256(raw).hexdigest() if raw else ""
