"""The few fields that tell everyday records apart, decoded alone."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import msgspec

from graph.audit_log.contexts import BURSTING, QUOTE, Contexts, comparable
from graph.audit_log.ids import id_of
from graph.audit_log.names import MAILBOX, Names
from graph.audit_log.pieces import as_text


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


@lru_cache(maxsize=16_384)  # two of every picked record, and always the same
def account_of(name: str) -> str:
    """Give an account's name in comparable form; half a character becomes a question mark."""
    return comparable(name)


def is_known(contexts: Contexts, slim: Slim, day: int, *, logon: bool, most: int) -> bool:
    """Count a record by its fields, as `Contexts.is_known` does by its text; say whether it is known."""
    operation = slim.Operation
    user, dated = slim.UserId.encode(errors="replace"), slim.CreationTime[:10].encode(errors="replace")
    if operation in BURSTING and contexts.is_double(user, (slim.Id or "").encode(errors="replace")):
        return True
    name = operation.encode(errors="replace")
    burst = operation in BURSTING
    if logon:
        where = (slim.ClientIP or "").encode(errors="replace")
        failed = operation == "UserLoginFailed"
        error = as_text(slim.ErrorNumber).encode(errors="replace") if failed else b""
        broad = (operation, slim.UserId, slim.ErrorNumber)
        agent = bytes(slim.ExtendedProperties)
        known = contexts.counted(hash((*broad, where, agent)), day, most, burst=burst)
        if not failed:
            known = known and contexts.counted(hash((*broad, day)), day, 1)
        if known:
            key = hash((operation, user, where, error, day))
            contexts.leave_out(key, name, user, b"", where, error, dated)
        return known
    where = (slim.ClientIPAddress or slim.ClientIP or "").encode(errors="replace")
    owner = slim.MailboxOwnerUPN.encode(errors="replace")
    key = hash((operation, slim.UserId, owner, where))
    known = contexts.counted(key, day, most, burst=burst)
    if known:
        contexts.leave_out(key, name, user, owner, where, b"", b"")
    return known


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
