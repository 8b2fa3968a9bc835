"""An entry as one line of CEF in a syslog frame. Pure.

Source: Micro Focus, "ArcSight Common Event Format (CEF) Implementation Standard", version 0: header with
bars, extension with equals signs; RFC 5424 for the frame, RFC 6587, 3.4.1, for counting its octets over TCP.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from bot.version import own_version
from commands.ledger import Entry
from commands.ledger.entries import EVENTS

LOG_AUDIT: Final = 13
"""The facility of what is audited. Source: RFC 5424, table 1."""

WARNING, NOTICE, INFO = 4, 5, 6
"""Severities of RFC 5424, table 2."""

_GRAVE: Final = frozenset(
    {"alert_raised", "vote_refused", "execution_started", "change_ended", "person_changed", "factor_locked"}
)
_DEEDS: Final = frozenset(
    {
        "check_finished",
        "proposed",
        "voted",
        "approved",
        "denied",
        "intended",
        "execution_finished",
        "rechecked",
    }
)
_LONGEST: Final = 4000

_SAYS: Final[Mapping[str, str]] = {
    event.KIND: " ".join((event.__doc__ or "").split("\n\n")[0].split()).rstrip(".")
    for events in EVENTS.values()
    for event in events
}


def severity_of(kind: str) -> int:
    """How grave an entry of a kind is, in CEF's numbers from 0 to 10."""
    return 7 if kind in _GRAVE else 5 if kind in _DEEDS else 3


def cef(entry: Entry) -> str:
    """Write an entry as CEF; its whole body stands in `msg`, cut where it is longer than a line should be."""
    header = ["CEF:0", "compromise-bot", "compromise-bot", own_version(), entry.kind]
    header += [_SAYS.get(entry.kind, entry.kind), str(severity_of(entry.kind))]
    moment = datetime.fromisoformat(entry.at)
    fields = {
        "rt": str(int(moment.timestamp() * 1000)),
        "externalId": str(entry.seq),
        "suser": entry.actor,
        "cs1Label": "case",
        "cs1": entry.case_id,
        "cs2Label": "entryHash",
        "cs2": entry.hash.hex(),
        "msg": entry.body[:_LONGEST],
    }
    extension = " ".join(f"{name}={_value(text)}" for name, text in fields.items() if text)
    return f"{'|'.join([header[0], *map(_header, header[1:])])}|{extension}"


def syslog(entry: Entry, host: str) -> bytes:
    """Put an entry into the frame of a syslog connection: its length, a space, and the message."""
    level = {7: WARNING, 5: NOTICE}.get(severity_of(entry.kind), INFO)
    moment = datetime.fromisoformat(entry.at).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    message = f"<{LOG_AUDIT * 8 + level}>1 {moment} {host} compromise-bot - {entry.kind} - {cef(entry)}"
    raw = message.encode()
    return str(len(raw)).encode() + b" " + raw


def _header(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").replace("\r", " ")


def _value(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("=", "\\=")
    return escaped.replace("\r", "\\r").replace("\n", "\\n")
