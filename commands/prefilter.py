"""Everyday records that tell something only when somebody else made them, told without reading them.

Mail opened, filed and drafted, files opened and fetched: of these the symptoms look at nothing that the user
did from a place that is not suspect. Where nothing about a user is suspect they need not be read,
and reading them is most of the work of a large export. The few ways in which they matter all the same are
looked for in their text; when in doubt they are read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import Final

from commands.clues.consents import apps_of, is_consent
from commands.facts import ProgramKind
from commands.symptoms.file_activity import DELETED_FILES
from commands.symptoms.mail_access import MANY_FILES, MANY_MESSAGES
from commands.usual import Usual
from commands.usual.acts import is_web_client
from commands.usual.agents import agent_of
from commands.usual.places import belongs_to_microsoft, spot_of
from graph.addresses import address_of
from graph.audit_log.record import AuditRecord

FETCHED: Final = frozenset({"FileDownloaded", "FileSyncDownloadedFull"}) | DELETED_FILES
"""Many of these within an hour tell something from an unfamiliar place already."""

QUIET: Final = FETCHED | {
    "MailItemsAccessed", "MailboxLogin", "FolderBind", "Create", "Update", "Move", "Copy",
    "MoveToDeletedItems", "FileAccessed", "FileAccessedExtended", "FilePreviewed", "FileCopied",
    "FileDeleted", "FileRecycled",
}  # fmt: skip
"""Operations of which that is so."""

_QUIET: Final = frozenset(name.encode() for name in QUIET)
_FETCHED: Final = frozenset(name.encode() for name in FETCHED)


def is_quiet(text: bytes, names: Collection[bytes]) -> bool:
    """Say whether an AuditData text is an everyday record of the user's own, by any of the names given.

    What was done in another mailbox is none: whether the user is at home there decides what it means.
    """
    if _value(text, b'"Operation":"') not in _QUIET or _value(text, b'"UserId":"').lower() not in names:
        return False
    return _value(text, b'"MailboxOwnerUPN":"').lower() in {b"", *names}


def ends(texts: Sequence[bytes]) -> tuple[bytes, ...]:
    """Give the oldest and the latest of some records, once each; none where there are none."""
    if not texts:
        return ()
    dated = [(_value(text, b'"CreationTime":"'), text) for text in texts]
    return tuple(dict.fromkeys((min(dated)[1], max(dated)[1])))


def visits(texts: Iterable[bytes]) -> tuple[bytes, ...]:
    """Give the first of some records of each day, address and program: they show where somebody was."""
    first: dict[tuple[bytes, ...], bytes] = {}
    for text in texts:
        where = _value(text, b'"ClientIPAddress":"') or _value(text, b'"ClientIP":"')
        program = _value(text, b'"ClientInfoString":"') or _value(text, b'"UserAgent":"')
        first.setdefault((_value(text, b'"CreationTime":"')[:10], where, program), text)
    return tuple(first.values())


def matter(texts: Sequence[bytes], records: Iterable[AuditRecord], usual: Usual) -> bool:
    """Say whether a user's quiet records may tell something, given what else is known of them.

    Args:
        texts: The quiet records.
        records: All other records of the user.
        usual: What is usual for the user by these.
    """
    if usual.any_suspect:
        return True
    # A record that names no place is placed by its session, and any record of that session may show where.
    unplaced = {
        one.session_id.encode()
        for one in records
        if one.session_id and (one.microsoft_address or not one.address)
    }
    if unplaced and any(
        not unplaced.isdisjoint((_value(text, b'"AADSessionId":"'), _value(text, b'"SessionId":"')))
        for text in texts
    ):
        return True
    if _from_elsewhere(texts, usual):
        return True
    if _fetches_much(texts) or any(_reads_much(text) for text in texts):
        return True
    let_in = [app.encode() for record in records if is_consent(record) for app in apps_of(record)]
    if any(app in text for app in let_in for text in texts):
        return True
    return any(_by_program(text) for text in texts)


def _from_elsewhere(texts: Iterable[bytes], usual: Usual) -> bool:
    """Say whether a browser was in the mailbox from where no sign-in was seen."""
    spots = {spot_of(one.ip_address) for one in usual.sign_ins}
    seen = {
        _value(text, b'"ClientIPAddress":"') or _value(text, b'"ClientIP":"')
        for text in texts
        if is_web_client(_value(text, b'"ClientInfoString":"').decode(errors="replace"))
    }
    found = (address_of(one.decode(errors="replace")) for one in seen)
    return any(spot_of(one) not in spots and not belongs_to_microsoft(one) for one in found if one)


def _fetches_much(texts: Sequence[bytes]) -> bool:
    fetched = [text for text in texts if _value(text, b'"Operation":"') in _FETCHED]
    if len(fetched) < MANY_FILES:
        return False
    hours = Counter(_value(text, b'"CreationTime":"')[: len("2026-08-20T10")] for text in fetched)
    return max(hours.values()) >= MANY_FILES


def _reads_much(text: bytes) -> bool:
    if _value(text, b'"Operation":"') != b"MailItemsAccessed":
        return False
    if b'"Name":"IsThrottled","Value":"True"' in text:
        return True
    count = re.search(rb'"OperationCount":"?(\d+)', text)
    messages = int(count[1]) if count else text.count(b'"InternetMessageId"')
    return messages >= MANY_MESSAGES


def _by_program(text: bytes) -> bool:
    if b'"Name":"UserAgent"' in text:
        return True  # not where it is looked for below
    agent = _value(text, b'"UserAgent":"')
    if _value(text, b'"Operation":"').startswith(b"File") and _is_program(agent):
        return True
    return _is_attack_tool(agent) or _is_attack_tool(_value(text, b'"ClientInfoString":"'))


@lru_cache(maxsize=4096)
def _is_program(user_agent: bytes) -> bool:
    return agent_of(user_agent.decode(errors="replace")) is not None


@lru_cache(maxsize=4096)  # asked twice for each quiet record, about the same few programs
def _is_attack_tool(user_agent: bytes) -> bool:
    agent = agent_of(user_agent.decode(errors="replace"))
    return agent is not None and agent.kind is ProgramKind.ATTACK


def _value(text: bytes, field: bytes) -> bytes:
    """Give the first text under a name, as it stands there; empty where it is none or written with blanks.

    `field` is the name with all that stands before the value.
    """
    at = text.find(field)
    if at < 0:
        return b""
    at += len(field)
    return text[at : text.find(b'"', at)]
