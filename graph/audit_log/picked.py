"""What was picked out of a log: handed on as text, and read again when somebody wants to look."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from graph.audit_log import files
from graph.audit_log.files import Entry
from graph.audit_log.parse import parse


class Picked(msgspec.Struct, frozen=True, gc=False):
    """One record worth a closer look: a structure of msgspec's, which is made in a fifth of the time.

    Attributes:
        kind: "audit", "directory", "sign-in", "risk", "message" or "rule": which log or listing it comes
            from; "burst" for a record of the unified log that was picked only because there are so many of
            its kind on that day, "ruled" for one that was picked only because a rule wants to see it.
        actor: Who acted, in comparable form.
        owner: The account acted on, "" where the record names none.
        failed_from: The address of a failed sign-in in the audit log, "" for everything else: the symptoms
            look for those of other accounts nowhere else.
        text: The record, as JSON of the form that `entry` reads.
    """

    kind: str
    actor: str
    owner: str
    failed_from: str
    text: bytes


def entry(picked_kind: str, text: bytes) -> Entry:
    """Read a picked record closely.

    Raises:
        UnreadableRecord: when it turns out to be none.
    """
    raw = _decoded(text)
    return parse(raw) if picked_kind in {"audit", "burst", "ruled"} else files.entry_of(raw)


def _decoded(text: bytes) -> Any:
    """Decode JSON; None when it is none.

    Half characters, which Microsoft cuts texts into, are let pass, and bytes that are no UTF-8 become
    replacement marks, as in `files`: one bad byte must not hide a record.
    """
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        try:
            return json.loads(text.decode(errors="replace"), strict=False)
        except (ValueError, RecursionError):
            return None


def encoded(raw: Mapping[str, Any]) -> bytes:
    """Write a record as text that `entry` reads again."""
    try:
        return msgspec.json.encode(raw)
    except (UnicodeEncodeError, TypeError, RecursionError):
        return json.dumps(raw, default=str).encode()
