"""Whom the mailbox trusts and blocks: blocking colleagues or the security team hides their warnings.

Source: Exchange PowerShell, "Set-MailboxJunkEmailConfiguration".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from commands.clues.actions import AUDITS, actions, given, graded
from commands.clues.records import (
    found,
    listed,
    named,
    one_line,
    whence,
)
from commands.report import Finding, weighed
from commands.usual import Usual
from commands.usual.domains import domain_of
from graph.evidence import Evidence

TITLE = "Junk email lists that hide or allow mail"
SOURCE = "additional indicator"
NEEDS: Final = ("junk_lists",)
HELPS: Final = AUDITS

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


def detect(evidence: Evidence, usual: Usual) -> Iterator[Finding]:
    """Yield changes of the lists in the window, and entries that hide warnings."""
    told: set[str] = set()
    for record in actions(evidence, {"set-mailboxjunkemailconfiguration"}):
        blocked = given(record).get("blockedsendersanddomains", "")
        hiding = _hiding(blocked.replace(",", ";").split(";"), usual)
        told.update(hiding)
        sign = graded(record, usual, suspect=BY_INTRUDER, plain=WARNINGS if hiding else CHANGED)
        what = f"were changed to block {listed([named(one) for one in hiding])}" if hiding else "were changed"
        summary = f"The junk email lists {what}{whence(record, usual)}"
        yield found("junk_lists", sign, summary, record, after=one_line(blocked))
    lists = evidence.junk_lists.seen(None)
    if lists is not None:
        hiding = [one for one in _hiding(lists.blocked_senders_and_domains, usual) if one not in told]
        if hiding:
            summary = f"The mailbox treats as junk: {listed([named(one) for one in hiding])}"
            yield Finding(
                "junk_lists", WARNINGS, summary, after=one_line(", ".join(hiding)), records=tuple(hiding)
            )


def _hiding(entries: Iterable[str], usual: Usual) -> list[str]:
    """Give the entries that stand for the own tenant or for security notices."""
    hiding = []
    for entry in entries:
        plain = entry.strip().strip("@{}").casefold()
        domain = domain_of(plain) or plain
        if plain in SECURITY_SENDERS or domain in SECURITY_SENDERS or domain in usual.internal_domains:
            hiding.append(plain)
    return hiding
