"""Whom the mailbox trusts and blocks: blocking colleagues or the security team hides their warnings.

Source: Exchange PowerShell, "Set-MailboxJunkEmailConfiguration".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Final

from commands.clues.actions import AUDITS, actions, changed, given, graded
from commands.clues.records import (
    found,
    listed,
    named,
    one_line,
    whence,
)
from commands.clues.sending import sent_of
from commands.report import Finding, Hides, ListEntry, weighed
from commands.sentence import sentence
from commands.usual import Usual
from commands.usual.domains import domain_of
from graph.audit_log.record import AuditRecord
from graph.evidence import Evidence
from graph.resources.mailbox import JunkLists

TITLE = "Junk email lists that hide or allow mail"
SOURCE = "additional indicator"
NEEDS: Final = ("junk_lists",)
HELPS: Final = (*AUDITS, "message_trace")

BY_INTRUDER = weighed("junk_lists_by_intruder")
WARNINGS = weighed("warnings_blocked")
CHANGED = weighed("junk_lists_changed")
SIGNS: Final = (BY_INTRUDER, WARNINGS, CHANGED)

SECURITY_SENDERS: Final = frozenset(
    {
        "microsoft.com",
        "microsoftonline.com",
        "accountprotection.microsoft.com",
        "account-security-noreply@accountprotection.microsoft.com",
        "microsoft-noreply@microsoft.com",
        "mssecurity-noreply@microsoft.com",
        "msonlineservicesteam@microsoftonline.com",
    }
)
"""Senders of Microsoft's security notices.

Source: Microsoft Entra, "Self-service password reset: notifications".
"""


_BLOCKED: Final = "BlockedSendersAndDomains"
_TRUSTED: Final = "TrustedSendersAndDomains"
_BETWEEN: Final = re.compile(r"[;,\s]+")


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield changes of the lists in the window, and entries that hide warnings."""
    told: set[str] = set()
    wrote_to = _got_mail(evidence, usual)
    before: dict[str, frozenset[str]] = {}
    for record in actions(evidence, {"set-mailboxjunkemailconfiguration"}):
        blocked = given(record).get(_BLOCKED.casefold(), "")
        hiding = _hiding(blocked.replace(",", ";").split(";"), usual)
        told.update(hiding)
        sign = graded(record, usual, suspect=BY_INTRUDER, plain=WARNINGS if hiding else CHANGED)
        entries = tuple(_entries(record, before, evidence, usual, wrote_to))
        blocks = list(hiding)
        if sign is BY_INTRUDER:
            blocks += [one.text for one in entries if one.why is Hides.ANSWERS and one.text not in hiding]
        what = f"were changed to block {listed([named(one) for one in blocks])}" if blocks else "were changed"
        says = sentence(f"The junk email lists {what}", whence(record, usual))
        one = found("junk_lists", sign, says, record, after=one_line(blocked))
        yield replace(one, entries=entries)
    lists = evidence.junk_lists.seen(None)
    if lists is not None:
        hiding = [one for one in _hiding(lists.blocked_senders_and_domains, usual) if one not in told]
        if hiding:
            summary = f"The mailbox treats as junk: {listed([named(one) for one in hiding])}"
            yield Finding(
                "junk_lists",
                WARNINGS,
                summary,
                after=one_line(", ".join(hiding)),
                records=tuple(hiding),
                entries=tuple(ListEntry(blocked=True, text=one, why=Hides.WARNINGS) for one in hiding),
            )


def _entries(
    record: AuditRecord,
    before: dict[str, frozenset[str]],
    evidence: Evidence,
    usual: Usual,
    wrote_to: Collection[str],
) -> Iterator[ListEntry]:
    """Give the entries of the lists that a record leaves behind, as far as they stand now.

    A record of the cmdlet holds the whole list, so that only the list before it tells what is new.

    Args:
        record: The change.
        before: The lists as the last record left them, where there was one; the record's are put there.
        evidence: Everything that was seen.
        usual: What is ordinary for the user.
        wrote_to: Who got the attacker's mail, by address and by domain.
    """
    now = evidence.junk_lists.seen(JunkLists())
    for field, standing in (
        (_BLOCKED, now.blocked_senders_and_domains),
        (_TRUSTED, now.trusted_senders_and_domains),
    ):
        old, new = changed(record, field)
        text = given(record).get(field.casefold(), "") or new
        earlier = frozenset(_split(old)) if old or new else before.get(field)
        after = frozenset(_split(text))
        if text:
            before[field] = after
        warnings = set(_hiding(after, usual)) if field == _BLOCKED else set()
        for entry in dict.fromkeys(plain_entry(one) for one in standing):
            if entry in after:
                answers = field == _BLOCKED and entry in wrote_to
                yield ListEntry(
                    blocked=field == _BLOCKED,
                    text=entry,
                    added=None if earlier is None else entry not in earlier,
                    why=Hides.WARNINGS if entry in warnings else Hides.ANSWERS if answers else Hides.NOTHING,
                )


def _got_mail(evidence: Evidence, usual: Usual) -> frozenset[str]:
    """Give who outside got mail of the attacker's, by address and domain: whose answers it is that matter."""
    people = {
        address
        for sent in sent_of(evidence, usual)
        if sent.suspect
        for address in sent.recipients
        if usual.is_outside(address)
    }
    return frozenset(people | {domain_of(one) for one in people})


def _split(text: str) -> Iterator[str]:
    return (plain for entry in _BETWEEN.split(text) if (plain := plain_entry(entry)))


def plain_entry(entry: str) -> str:
    """Give an entry of a list in comparable form."""
    return entry.strip().strip("@{}").casefold()


def _hiding(entries: Iterable[str], usual: Usual) -> list[str]:
    """Give the entries that stand for the own tenant or for security notices."""
    hiding = []
    for entry in entries:
        plain = plain_entry(entry)
        domain = domain_of(plain) or plain
        if plain in SECURITY_SENDERS or domain in SECURITY_SENDERS or domain in usual.internal_domains:
            hiding.append(plain)
    return hiding
