"""The few fields that tell everyday records apart, decoded alone."""

from __future__ import annotations

from typing import Final

import msgspec

from graph.audit_log.contexts import QUOTE
from graph.audit_log.ids import id_of


class Slim(msgspec.Struct, gc=False):
    """The fields that tell one everyday record from another, in AuditData's own names."""

    Operation: str = ""
    Id: str | None = ""
    UserId: str = ""
    CreationTime: str = ""
    MailboxOwnerUPN: str = ""
    ClientIP: str | None = ""
    ClientIPAddress: str | None = ""
    ErrorNumber: str | int | None = ""
    UserKey: str | None = ""
    MailboxGuid: str | None = ""
    MailboxOwnerSid: str | None = ""
    ExtendedProperties: msgspec.Raw = msgspec.Raw(b"")


NO_ONE: Final = frozenset({b"", b"Not Available", b"Unknown", b"Anonymous"})
_USER_KEY: Final = b'"UserKey":"'


def user_key(block: bytes, start: int, end: int) -> bytes:
    """Give the id in the UserKey of a record, empty where it holds none."""
    at = block.find(_USER_KEY, start, end)
    if at < 0:
        return b""
    at += len(_USER_KEY)
    return id_of(block[at : block.find(QUOTE, at, end)].decode(errors="replace")).encode()


decoded: Final = msgspec.json.Decoder(Slim).decode
