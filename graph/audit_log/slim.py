"""The few fields that tell everyday records apart, decoded alone."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import msgspec

from graph.audit_log.ids import id_of
from graph.audit_log.names import MAILBOX, Names
from graph.audit_log.pieces import typed_ids


class Slim(msgspec.Struct, gc=False):
    """The fields that tell one everyday record from another, in AuditData's own names."""

    Operation: str = ""
    Id: str | None = ""
    ObjectId: str | None = ""
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


_ACTOR: Final = re.compile(rb'"[aA]ctor"\s*:\s*(\[[^\[\]]{0,4000}\])')


def actor_in(text: bytes) -> str:
    """Give who acted by a record's list of ids, for records of which the user is said to be not available."""
    found = _ACTOR.search(text)
    if found is None:
        return ""
    ids = typed_ids(found[1].decode(errors="replace"))
    name = ids.get("Upn") or ids.get("Name")
    return name or ("" if ids.get("Kind") == "ServicePrincipal" else ids.get("Id", ""))


SYSTEM: Final = "NT AUTHORITY\\SYSTEM ("
"""How the name of Microsoft's own upkeep begins."""

decoded: Final = msgspec.json.Decoder(Slim).decode


def whole(text: str) -> str:
    """Give a text with half characters, which Microsoft cuts texts into, as question marks."""
    return text.encode(errors="replace").decode()


def comparable(name: str) -> str:
    """Give an account's name in comparable form; half a character becomes a question mark."""
    plain = whole(name.strip())
    return plain.lower() if "@" in plain else plain


@lru_cache(maxsize=16_384)  # two of every picked record, and always the same
def account_of(name: str) -> str:
    """Give an account's name in comparable form; half a character becomes a question mark."""
    return comparable(name)


def learn(names: Names, slim: Slim) -> None:
    """Remember by what the accounts of an everyday record are known."""
    at = slim.CreationTime
    actor, owner = account_of(slim.UserId), account_of(slim.MailboxOwnerUPN)
    names.note(id_of(slim.UserKey or ""), actor, at)
    if owner and "{" not in owner:
        names.note(id_of(slim.MailboxOwnerSid or ""), owner, at)
        if guid := id_of(slim.MailboxGuid or ""):
            names.note(MAILBOX + guid, owner, at)
        names.own(owner)
