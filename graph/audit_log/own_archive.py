"""The bot's own evidence archive, told by its manifest, so that the records in it can be analyzed again.

Its reports are texts for people and its settings no records, so neither is read. Of a source's answers every
item keeps the line on which it stands, so that what is cited is found there. `bot.artefacts.archive` and
`bot.artefacts.answers` write it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import IO, Any, Final
from zipfile import ZipFile

from graph.audit_log.limits import CHUNK

TOLD_BY: Final = "compromise-bot evidence, "
"""How the form in a manifest begins."""

_MANIFEST: Final = "manifest.json"
_LARGEST_MANIFEST: Final = 16 << 20
_LONGEST_LINE: Final = 16 << 20
_SOURCES: Final = tuple(
    f"sources/{name}.json"
    for name in (
        "audit_log",
        "audit_log_on_mailbox",
        "directory_audits_by_user",
        "directory_audits_on_user",
        "hidden_inbox_rules",
        "message_trace",
        "risk_detections",
        "sign_ins",
        "sign_ins_non_interactive",
    )
)
_CITED: Final = "sources/records.jsonl"
_NO_RECORDS: Final = re.compile(rb'"path":"[^"]*/(?:security/auditLog/queries(?:/[^/"]*)?|subscribedSkus)"')
"""Asks how far a search is, or what licenses there are; the answer holds no record."""


def manifest_of(packed: ZipFile) -> dict[str, Any] | None:
    """Give an archive's manifest; None where it is no archive of ours."""
    try:
        info = packed.getinfo(_MANIFEST)
        if info.file_size > _LARGEST_MANIFEST or info.flag_bits & 1:
            return None
        told = json.loads(packed.read(info))
    except (KeyError, ValueError, RecursionError):
        return None
    ours = isinstance(told, dict) and str(told.get("form")).startswith(TOLD_BY)
    return told if ours else None


def holds_records(name: str) -> bool:
    """Say whether a file of an archive holds records."""
    return name in {*_SOURCES, _CITED}


def told_of(packed: ZipFile, manifest: dict[str, Any]) -> str:
    """Say in one sentence what an archive is, what of it is read, and which of that was not all there."""
    about, when = (
        str(manifest.get("account") or "an unknown account"),
        str(manifest.get("checked") or "")[:16],
    )
    checked = f", checked {when.replace('T', ' ')} UTC" if when else ""
    partly = [gap for name in _SOURCES if name in packed.namelist() and (gap := _gap(packed, name))]
    gaps = f". Not or partially collected then: {'; '.join(partly)}" if partly else ""
    read = "its records are read; its reports and the settings in it are not"
    return f"This is an evidence archive of compromise-bot for {about}{checked}: {read}{gaps}."


def _gap(packed: ZipFile, name: str) -> str:
    """Say which source was not all there when the archive was made, and why; "" where it was."""
    with packed.open(name) as stream:
        head = stream.readline(_LARGEST_MANIFEST).strip()
    try:
        told = json.loads(head if head.endswith(b"}") else head + b"]}")
    except ValueError:
        return ""
    if not isinstance(told, dict) or told.get("state") == "complete":
        return ""
    return f"{str(told.get('source')).replace('_', ' ')} ({str(told.get('reason')).rstrip('.')})"


class Records:
    """The items of a source's answers as JSON lines; every other line is empty."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._lines = _lines(stream)

    def read(self, size: int = CHUNK) -> bytes:
        """Give the next lines, about `size` bytes of them, or b"" at the end."""
        piece = bytearray()
        while len(piece) < size and (line := next(self._lines, b"")):
            piece += line
        return bytes(piece)


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    taken = True
    while line := stream.readline(_LONGEST_LINE):
        text = line.strip()
        if text.startswith(b'{"asked": '):
            taken = not _NO_RECORDS.search(text)
            yield b"\n"
        elif text.startswith((b'{"source": ', b"]}")) or not taken:
            yield b"\n"
        elif line.endswith(b"\n"):
            yield text.removesuffix(b",") + b"\n"
        else:
            yield line
