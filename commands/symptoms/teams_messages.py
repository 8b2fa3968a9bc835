"""Links and chats that the account sent in Teams, and chats in which an outside help desk wrote to it.

Source: Microsoft Purview, "Audit log activities" (Microsoft Teams: MessageCreatedHasLink, ChatCreated);
Office 365 Management Activity API schema, "Microsoft Teams schema"; detection D74 of the public rules.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from operator import attrgetter
from typing import Any, Final

from commands.clues.actions import AUDITS, graded, to_subject
from commands.clues.busiest import busiest
from commands.clues.records import by_service, by_subject, changing, found, one_line, whence
from commands.report import Finding, Sign, weighed
from commands.sentence import sentence
from commands.usual import Usual
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence

TITLE = "Links or lures sent in Teams"
SOURCE = "additional indicator"
NEEDS: Final = ("audit_log",)
HELPS: Final = AUDITS[1:]

BY_INTRUDER = weighed("teams_messages_by_intruder")
MANY_BY_INTRUDER = weighed("teams_links_by_intruder")
MANY = weighed("teams_links_to_many")
HELP_DESK = weighed("teams_chat_from_outside_help_desk")
AT_WORK = weighed("teams_links_at_own_place")
SIGNS: Final = (BY_INTRUDER, MANY_BY_INTRUDER, MANY, HELP_DESK, AT_WORK)

MANY_CHATS: Final = 10
"""Chats that get a link within `SPAN`; people post one link in one channel."""

SPAN: Final = timedelta(minutes=15)

_LINK: Final = frozenset({"messagecreatedhaslink", "messageeditedhaslink"})
_WRITTEN: Final = _LINK | {"chatcreated", "messagesent"}
_OFFICE: Final = re.compile(
    r"help ?desk|service ?desk|it[ -]?support|tech(?:nical)? ?support|microsoft|security team|administrator",
    re.IGNORECASE,
)


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield what this account sent in Teams in the window, and who wrote to it as a help desk."""
    sent: dict[str, list[AuditRecord]] = defaultdict(list)
    strange: dict[str, list[AuditRecord]] = defaultdict(list)
    for record in changing(evidence):
        operation = record.operation.casefold()
        if operation not in _WRITTEN or by_service(record):
            continue
        if by_subject(record, evidence.subject):
            if operation in _LINK:
                sent[record.address or record.session_id].append(record)
            if usual.is_suspect_record(record):
                strange[record.address or record.session_id].append(record)
        elif operation == "chatcreated" and to_subject(record, evidence.subject):
            name = _outsider(record)
            if _OFFICE.search(name):
                who = f"An outside account calling itself “{one_line(name)}”"
                says = sentence(f"{who} opened a Teams chat", whence(record, usual))
                yield found("teams_messages", HELP_DESK, says, record)
    for records in sent.values():
        if burst := _burst(records):
            sign = graded(burst[0], usual, suspect=MANY_BY_INTRUDER, plain=MANY, familiar=AT_WORK)
            summary = f"Links were sent to {_chats(burst)} Teams chats within 15 minutes"
            yield _of(sign, summary, burst, usual)
    for records in strange.values():
        number = "1 Teams message or chat was" if len(records) == 1 else f"{len(records)} Teams messages were"
        yield _of(BY_INTRUDER, f"{number} sent", records, usual)


def _of(sign: Sign, summary: str, records: Sequence[AuditRecord], usual: Usual) -> Finding:
    ids = [record.id for record in records]
    says = sentence(summary, whence(records[0], usual))
    return found("teams_messages", sign, says, records[0], records=ids)


def _burst(records: Sequence[AuditRecord]) -> Sequence[AuditRecord]:
    """Give the messages of the busiest `SPAN`, none where they went to few chats."""
    best = busiest(records, SPAN, attrgetter("at"))
    return best if _chats(best) >= MANY_CHATS else ()


def _chats(records: Sequence[AuditRecord]) -> int:
    return len({record.details.get("ChatThreadId", "") or record.id for record in records})


def _outsider(record: AuditRecord) -> str:
    """The name of the chat's member from another tenant, "" where there is none."""
    home = str(record.raw.get("OrganizationId", ""))
    members: Any = record.raw.get("Members")
    for member in members if isinstance(members, list) else ():
        if isinstance(member, dict) and member.get("OrganizationId", home) != home:
            return str(member.get("DisplayName") or member.get("UPN") or "")
    return ""
